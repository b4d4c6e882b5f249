"""The scripts of maintainers: `--help` without any setup, and releases that are complete or not made at all."""

from __future__ import annotations

import argparse
import datetime
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.__main__ import BENCHES
from pipeline import regenerate, release
from pipeline.errors import PipelineError
from pipeline.pythons import supported
from pipeline.tree import ROOT
from zoho_cliq_conformance import cli as conformance
from zoho_cliq_mock import __main__ as mock

SCRIPTS = sorted(
    path for path in (ROOT / "scripts").iterdir() if path.is_file() and not path.suffix and os.access(path, os.X_OK)
)


def told(script: Path, *arguments: str, folder: Path | None = None) -> tuple[int, str, str]:
    done = subprocess.run(
        [script, *arguments], env={"PATH": "/usr/bin:/bin"}, cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", [path.name for path in SCRIPTS])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_script_explains_itself_and_sets_nothing_up(name: str, option: str, tmp_path: Path) -> None:
    copy = tmp_path / "scripts" / name
    copy.parent.mkdir()
    shutil.copy2(ROOT / "scripts" / name, copy)
    code, out, err = told(copy, option, folder=tmp_path)
    assert (code, err) == (0, "")
    assert out[:1].isupper()
    assert len(out.splitlines()[0]) > 10
    assert not re.search(r"^(#|set |here=|case )", out, re.M)
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted(["scripts", name])


def test_the_supported_pythons_are_those_of_the_classifiers(tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    names = ["Programming Language :: Python :: 3.9", "Typing :: Typed", "Programming Language :: Python :: 3.11"]
    pyproject.write_text(f"[project]\nclassifiers = {names}\n")
    assert supported(pyproject) == ["3.9", "3.11"]


@pytest.mark.parametrize("arguments", [["x"], ["3.13", "3.12"], ["--upgrade"]])
def test_bootstrap_takes_one_version_at_most(arguments: list[str]) -> None:
    done = subprocess.run([ROOT / "scripts/bootstrap", *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("scripts/bootstrap takes a version of Python, such as 3.13, or nothing")


@pytest.mark.parametrize("name", ["check", "coverage", "demo", "docs"])
def test_scripts_without_arguments_refuse_them(name: str, tmp_path: Path) -> None:
    assert told(ROOT / "scripts" / name, "--quick", folder=tmp_path) == (
        2,
        "",
        f"scripts/{name} takes no arguments; see scripts/{name} --help\n",
    )


def options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the long options of a parser and its subcommands."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from options(action.choices["run"])
        elif action.help != argparse.SUPPRESS:
            yield from (text for text in action.option_strings if text.startswith("--"))


@pytest.mark.parametrize(
    ("name", "parser"),
    [
        ("regenerate", regenerate.parser()),
        ("mock", mock.parser()),
        ("conformance", conformance.parser()),
    ],
)
def test_a_script_lists_every_option(name: str, parser: argparse.ArgumentParser) -> None:
    text = told(ROOT / "scripts" / name, "--help")[1]
    missing = set(options(parser)) - set(re.findall(r"--[a-z-]+", text)) - {"--help", "--version"}
    assert missing == set()


def test_the_benchmarks_are_listed() -> None:
    listed = re.findall(r"(?m)^    ([a-z]+)  ", told(ROOT / "scripts" / "bench", "--help")[1])
    assert set(listed) == {*BENCHES, "lock"}


# --- releases ---------------------------------------------------------------------------------------------------------

DAY = datetime.date(2026, 1, 2)


def test_a_version_must_be_one_and_go_up() -> None:
    assert release.checked("1.0", "0.9.9") == "1.0"
    for text, words in (("soon", "is not a version"), ("0.9.9", "is not above"), ("0.9", "is not above")):
        with pytest.raises(PipelineError, match=words):
            release.checked(text, "0.9.9")


def test_what_is_unreleased_gets_a_version_and_a_date() -> None:
    changelog = "# Changelog\n\n## Unreleased\n\n### Fixed\n\n- A.\n\n## 0.1.0 (2025-01-01)\n\n- B.\n"
    assert release.dated(changelog, "0.2.0", DAY) == (
        "# Changelog\n\n## Unreleased\n\n## 0.2.0 (2026-01-02)\n\n### Fixed\n\n- A.\n\n## 0.1.0 (2025-01-01)\n\n- B.\n"
    )
    for text, words in (
        ("# Changelog\n", "has no heading"),
        ("## Unreleased\n\n## 0.1.0 (2025-01-01)\n\n- B.\n", "nothing is listed under Unreleased"),
    ):
        with pytest.raises(PipelineError, match=words):
            release.dated(text, "0.2.0", DAY)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of the files that a build needs."""
    for name in ("pyproject.toml", "CHANGELOG.md", "README.md", "LICENSE", "wrapper", "generated", "contract_tests"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("tests", "__pycache__", "mutation"))
        else:
            shutil.copy(source, tmp_path)
    return tmp_path


def test_a_release_is_written_proved_and_built(checkout: Path) -> None:
    proved: list[str] = []
    built = release.prepare(
        checkout, "99.1", DAY, lambda root: proved.append((root / "wrapper/zoho_cliq/_version.py").read_text())
    )
    assert [path.name for path in built] == ["zoho_cliq-99.1-py3-none-any.whl", "zoho_cliq-99.1.tar.gz"]
    assert '__version__ = "99.1"' in proved[0]
    assert "## 99.1 (2026-01-02)" in (checkout / "CHANGELOG.md").read_text()


def test_a_release_that_fails_leaves_every_file_as_it_was(checkout: Path) -> None:
    names = ("pyproject.toml", "CHANGELOG.md", "wrapper/zoho_cliq/_version.py")
    before = [(checkout / name).read_text() for name in names]

    def fail(_: Path) -> None:
        raise PipelineError("a test failed")

    with pytest.raises(PipelineError, match="a test failed"):
        release.prepare(checkout, "99.1", DAY, fail)
    assert [(checkout / name).read_text() for name in names] == before
    (checkout / names[0]).write_text(before[0] + '\nversion = "2"\n')
    with pytest.raises(PipelineError, match=r"pyproject.toml: states its version 2 times"):
        release.prepare(checkout, "99.1", DAY, fail)


def test_changes_that_are_not_committed_stop_a_release(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main(["99.1"], checkout) == 2
    assert "changes that are not committed" in capsys.readouterr().err
    assert release.main(["0.0.1"], checkout) == 2
    assert "is not above" in capsys.readouterr().err
