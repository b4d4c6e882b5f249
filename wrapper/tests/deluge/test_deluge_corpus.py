"""Tests with public scripts in the folder that ZOHO_CLIQ_DELUGE_CORPUS names; the project contains none of them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from zoho_cliq_deluge import DelugeRuntimeError, DelugeSyntaxError, format, parse, run  # noqa: A004
from zoho_cliq_deluge.tree import Name, Script, walk

CORPUS = os.environ.get("ZOHO_CLIQ_DELUGE_CORPUS", "")
STUBS: list[Any] = [{}, {"k": "v"}, "", [], 1, None]
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not CORPUS, reason="ZOHO_CLIQ_DELUGE_CORPUS names no folder of scripts"),
]


def exported() -> list[Path]:
    return sorted(Path(CORPUS).glob("*-exported-*.dg"))


def read() -> dict[Path, Script]:
    scripts, problems = {}, []
    for path in exported():
        try:
            scripts[path] = parse(path.read_text("utf-8"))
        except DelugeSyntaxError as error:
            problems.append(len(error.errors))
    # Two scripts have unbalanced brackets or quotes; one assigns in a condition.
    assert problems == [1] * len(problems)
    return scripts


def test_exported_scripts_are_read_and_laid_out() -> None:
    scripts = read()
    assert scripts
    assert len(scripts) >= len(exported()) - 3
    same = 0
    for path, script in scripts.items():
        text = path.read_text("utf-8")
        laid_out = format(text)
        assert format(laid_out) == laid_out, path
        assert parse(laid_out) == script, path
        assert len(parse(laid_out).comments) == len(script.comments), path
        same += laid_out == text
    # The others were edited in other editors: blank lines, spaces after commas, braces at the end of lines.
    assert same >= 0.72 * len(scripts)


@pytest.mark.parametrize("stub", STUBS, ids=repr)
def test_exported_scripts_run_or_fail_with_an_error_of_deluge(stub: Any) -> None:
    for script in read().values():
        free = {node.name for node in walk(script) if isinstance(node, Name)}
        with suppress(DelugeRuntimeError):
            run(script, dict.fromkeys(free, stub), policies={"computing_seconds": 1})
