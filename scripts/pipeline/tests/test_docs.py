"""The reference: built without a warning, every operation with its facts, no dead link."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pipeline.compose import operations
from pipeline.docs import dead_links, page
from pipeline.tree import ROOT


@pytest.fixture(scope="module")
def pages() -> Path:
    """The reference, built by the command itself in a Python of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.docs"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "scripts"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return ROOT / "build" / "docs"


def test_every_operation_has_its_facts(pages: Path, composed: Any) -> None:
    html = (pages / "operations.html").read_text("utf-8")
    for path, method, operation in operations(composed):
        assert f"<code>{method.upper()} {path}</code>" in html
        threshold = operation["x-threshold"]
        assert f"{threshold['limit']} in {threshold['window_seconds']} s" in html
        for scope in operation["security"][0]["Cliq_Auth"]:
            assert scope in html
        for code in operation["x-error-codes"]:
            assert (
                f"error code <code>{code}</code>: <code>{composed['x-error-catalogue'][code]['class']}</code>" in html
            )
    assert "maxLength <code>128</code>" in html


def test_the_links_of_the_table_lead_to_the_operations(pages: Path) -> None:
    html = (pages / "operations.html").read_text("utf-8")
    for anchor in re.findall(r'<td><a href="#([^"]+)">', html):
        assert f'id="{anchor}"' in html
    assert len(re.findall(r'<td><a href="#([^"]+)">', html)) >= 7


def test_no_link_is_dead(pages: Path) -> None:
    assert list(dead_links(pages)) == []
    assert 'id="Cliq.message_actions"' in (pages / "zoho_cliq.html").read_text("utf-8")


def test_dead_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="b.html#there">x</a><a href="b.html#gone">x</a><a href="c.html">x</a>')
    (tmp_path / "b.html").write_text('<p id="there"><a href="https://example.com/">x</a><a href="#there">x</a></p>')
    assert list(dead_links(tmp_path)) == ["a.html → b.html#gone", "a.html → c.html"]


def test_what_a_document_says_cannot_become_code() -> None:
    operation = {"operationId": "o", "description": '"""\nimport os\n', "responses": {"200": {}}}
    names: dict[str, Any] = {}
    exec(compile(page({"paths": {"/a": {"get": operation}}, "components": {"schemas": {}}}), "page", "exec"), names)
    assert set(names) <= {"__builtins__", "__doc__"}
