"""The tests find all mutants of Deluge's built-in functions, except those that are listed with a reason.

The list is `deluge_survivors.toml`. After a change, `python wrapper/tests/deluge/deluge_mutants.py --all` grades every
mutant and prints what has to change in the list. The heavy tests grade one in sixteen, and a different sample after
each change.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).with_name("deluge_mutants.py")
sys.path[:0] = [str(TOOL.parent)]

from deluge_mutants import KINDS, ONE_IN, figures, listed, mutants, sample  # noqa: E402

README = Path(__file__).parents[2] / "zoho_cliq_deluge" / "README.md"


def graded(*arguments: str) -> tuple[int, list[str]]:
    """Grade in a separate process, which threads of other tests and coverage measurement do not slow down."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE_"))}
    command = [sys.executable, str(TOOL), "--processes", "1", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.stderr.endswith(" mutants graded\n"), done.stderr
    return done.returncode, done.stdout.splitlines()


def test_the_list_names_mutants_that_there_are() -> None:
    names = [change.name for change in mutants()]
    assert len(set(names)) == len(names)
    assert set(listed()) <= set(names)
    assert {survivor.kind for survivor in listed().values()} <= set(KINDS)
    assert all(survivor.reason.endswith(".") for survivor in listed().values())


def test_at_least_95_of_100_mutants_are_found() -> None:
    """Equivalent mutants do not count. The heavy tests check that the list of survivors is complete."""
    found = figures()
    different = found["mutants"] - found["equivalent"]
    assert found["missed"] <= 0.05 * different
    shown = f"find {different - found['missed']:,} of {found['mutants']:,}"
    assert shown in " ".join(README.read_text("utf-8").split())


def test_another_sample_is_drawn_after_each_change() -> None:
    one, other = ({change.name for change in sample(inputs)} for inputs in ("a", "b"))
    for drawn in (one, other):
        assert 0.7 < len(drawn) * ONE_IN / len(mutants()) < 1.3
    assert len(one & other) < len(one) / 4


@pytest.mark.heavy
def test_a_mutant_is_found_and_a_wrong_list_is_reported(tmp_path: Path) -> None:
    assert graded("_functions.text.left: count < 0") == (0, [])
    empty = tmp_path / "empty.toml"
    empty.write_text("", "utf-8")
    survivor = next(name for name in listed() if name.startswith("_functions.text."))
    assert graded("--survivors", str(empty), survivor) == (1, [f"{survivor}: survives, and is not listed"])


@pytest.mark.heavy
def test_each_mutant_of_a_sample_is_found_or_listed() -> None:
    assert graded("--sample") == (0, [])
