"""Completion, tried in the shells themselves."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from cliq_fakes import SCHEMAS, TYPES
from cliq_runs import Run
from zoho_cliq import cli
from zoho_cliq.cli import parser

CASES = [
    ("", ["list", "create", "changes", "whoami", "completion", "deluge"], ["--json"]),
    ("cre", ["create"], ["list"]),
    ("deluge ", ["check", "format", "run", "explain"], ["list"]),
    ("list --", ["--json", "--limit", "--page-size", "--quiet"], ["--script", "--raw"]),
    ("update --na", ["--name"], ["--new-name"]),
    ("create --scope ", SCHEMAS["Scope"]["enum"], ["deluge"]),
    ("create --execution-type w", ["webhook"], ["deluge"]),
    ("create --message-type ", TYPES, []),
    ("create --name x --data-center ", ["us", "eu", "cn"], []),
    ("handler --permission ", ["chat", "message", "user"], []),
    ("completion ", ["bash", "zsh", "fish"], ["list"]),
    ("schema ", ["action", "cliq"], []),
    ("handler 5 --script tic", ["ticket.dg"], []),
    ("deluge check tic", ["ticket.dg"], []),
    ("pull fol", ["folder"], ["folding.txt"]),
]
"""What stands after `zoho-cliq `, what must be among the completions, and what must not."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with something to complete, and the script of every shell."""
    folder = tmp_path_factory.mktemp("completion")
    (folder / "ticket.dg").touch()
    (folder / "folding.txt").touch()
    (folder / "folder").mkdir()
    for shell in ("bash", "zsh", "fish"):
        with (folder / f".{shell}").open("w") as file, redirect_stdout(file):
            assert cli.main(["completion", shell]) == 0
    return folder


def shell(name: str, *arguments: str, place: Path) -> list[str]:
    """Run a script in a shell; return the lines that it printed. Skip where the shell is not installed."""
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed")
    environment = {"PATH": os.environ["PATH"], "HOME": str(place), "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [program, *arguments], cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert "command not found" not in done.stderr
    return done.stdout.splitlines()


def holds(found: list[str], wanted: list[str], unwanted: list[str]) -> None:
    words = {line.strip().rstrip("/") for line in found}
    assert set(wanted) <= words, found
    assert not set(unwanted) & words, found


@pytest.mark.parametrize(("typed", "wanted", "unwanted"), CASES)
def test_bash(place: Path, typed: str, wanted: list[str], unwanted: list[str]) -> None:
    script = """
source ./.bash
read -ra COMP_WORDS <<<"zoho-cliq $1"
[[ $1 == "" || $1 == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
complete -p zoho-cliq >/dev/null || exit 1
_shtab_zoho_cliq zoho-cliq "${COMP_WORDS[COMP_CWORD]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
    holds(shell("bash", "-c", script, "bash", typed, place=place), wanted, unwanted)


@pytest.mark.parametrize(("typed", "wanted", "unwanted"), CASES)
def test_fish(place: Path, typed: str, wanted: list[str], unwanted: list[str]) -> None:
    script = f'source ./.fish; complete -C"zoho-cliq {typed}"'
    found = [line.partition("\t")[0] for line in shell("fish", "-c", script, place=place)]
    holds(found, wanted, unwanted)


def test_zsh_loads_the_script_and_knows_every_command(place: Path) -> None:
    script = 'autoload -Uz compinit; compinit -u -D; eval "$(<.zsh)"; print -l $functions[_shtab_zoho_cliq_commands]'
    found = "\n".join(shell("zsh", "-f", "-c", f"{script}; print -l $_comps[zoho-cliq]", place=place))
    known = next(action.choices for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    for name in known:
        assert re.search(f"[( ]{name}:'", found), name
    assert found.endswith("_shtab_zoho_cliq")


def test_without_its_library_completion_names_the_extra(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    code, out, err = run("completion", "bash")
    assert (code, out) == (2, "")
    assert "completion needs the extra `cli`" in err or "completion needs shtab, which is installed" in err


def test_the_script_is_printed(run: Run) -> None:
    code, out, err = run("completion", "bash")
    assert (code, err) == (0, "")
    assert "complete -o bashdefault -F _shtab_zoho_cliq zoho-cliq" in out
    assert run("completion", "csh")[0] == 2
