"""The documentation site: no warnings, facts for every operation and error code, and no broken links."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import zoho_cliq.errors
from pipeline.compose import operations
from pipeline.docs import commands, errors
from pipeline.docs.links import dead_links, led
from pipeline.docs.operations import page
from pipeline.errors import PipelineError
from pipeline.tree import ROOT
from zoho_cliq.errors import ApiError, CliqError


@pytest.fixture(scope="module")
def pages() -> Path:
    """Build the site with its command in a new Python process, and return its folder."""
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


@pytest.mark.heavy
def test_every_operation_has_its_facts(pages: Path, composed: Any) -> None:
    html = (pages / "reference" / "operations.html").read_text("utf-8")
    for path, method, operation in operations(composed):
        assert f"<code>{method.upper()} {path}</code>" in html
        threshold = operation["x-threshold"]
        assert f"{threshold['limit']} in {threshold['window_seconds']} s" in html
        for scope in operation["security"][0]["Cliq_Auth"]:
            assert scope in html
        for code in operation["x-error-codes"]:
            assert f'<a href="errors.html#{code}"><code>{code}</code></a>' in html
    longest = composed["components"]["schemas"]["MessageActionCreate"]["properties"]["hint"]["maxLength"]
    assert f"maxLength <code>{longest}</code>" in html


@pytest.mark.heavy
def test_every_error_code_has_cause_and_remedy(pages: Path, composed: Any) -> None:
    html = (pages / "reference" / "errors.html").read_text("utf-8")
    for code, entry in composed["x-error-catalogue"].items():
        section = html.partition(f'<h2 id="{code}">')[2].partition("<h2")[0]
        assert f"<code>{entry['class']}</code>" in section
        assert len(re.findall(r"<p>(?:Cause|Remedy): \w", section)) == 2


@pytest.mark.heavy
def test_an_example_has_its_files(pages: Path) -> None:
    html = (pages / "guides" / "help-desk.html").read_text("utf-8")
    assert '<a href="help-desk.html#test-desk-py"><code>test_desk.py</code></a>' in html
    for name in ("desk", "test-desk", "rehost", "sync", "test-scripts"):
        assert f'<h2 id="{name}-py">' in html
    assert "receiver" in html.partition('<h2 id="desk-py">')[2].partition("<h2")[0]


def test_a_code_without_an_entry_has_that_of_its_family() -> None:
    document = {"paths": {}, "x-error-catalogue": {"new_code": {"class": "NewCode", "family": "conflict"}}}
    text = errors.page(document, {"conflict": {"cause": "It clashes.", "remedy": "Look."}})
    assert "Cause: It clashes." in text
    assert "Remedy: Look." in text
    assert "Exception: `NewCode`, a `Conflict`. Any operation may return it." in text


def test_every_exception_without_a_code_has_cause_and_remedy() -> None:
    explained = tomllib.loads((ROOT / "docs" / "errors.toml").read_text("utf-8"))
    listed = errors.page({"paths": {}, "x-error-catalogue": {}}, explained).partition("## Without a code")[2]
    raised = {
        name
        for name, each in vars(zoho_cliq.errors).items()
        if isinstance(each, type) and issubclass(each, CliqError) and not issubclass(each, ApiError)
    }
    assert set(re.findall(r"(?m)^### `(\w+)`\n\nCause: .+\n\nRemedy: .+$", listed)) == raised - {"CliqError"}


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("page_name", "names"),
    [
        (
            "client",
            [
                "zoho_cliq.client.Cliq",
                "zoho_cliq.client.Cliq.from_env",
                "zoho_cliq.client.AsyncCliq.call",
                "zoho_cliq.bulk.Bulk.run",
            ],
        ),
        ("client", ["zoho_cliq._raw.ApiResponse.parse", "zoho_cliq.state.Budget"]),
        (
            "message_actions",
            [
                f"zoho_cliq.message_actions.{owner}.{method}"
                for owner in ("MessageActions", "AsyncMessageActions")
                for method in (
                    "create",
                    "list",
                    "get",
                    "update",
                    "delete",
                    "get_handler",
                    "update_handler",
                    "changes",
                    "ensure",
                )
            ],
        ),
        ("mock", ["zoho_cliq_mock.MockServer.reset", "zoho_cliq_mock.MockServer.trigger", "zoho_cliq_mock.Policies"]),
        ("webhooks", ["zoho_cliq.webhooks.Receiver.asgi", "zoho_cliq.webhooks.testing.event"]),
        ("extras", ["zoho_cliq.testing.FakeClock", "zoho_cliq.testing.plugin.cliq"]),
        ("deluge", ["zoho_cliq_deluge.run", "zoho_cliq_deluge.parse", "zoho_cliq_deluge.Gateway"]),
        ("credentials", ["zoho_cliq._auth.auth.OAuth.from_code"]),
        ("conformance", ["zoho_cliq_conformance.grading.grade"]),
    ],
)
def test_the_api_has_its_methods(pages: Path, page_name: str, names: list[str]) -> None:
    html = (pages / "api" / f"{page_name}.html").read_text("utf-8")
    for name in names:
        assert f'id="{name}"' in html, name


@pytest.mark.heavy
def test_the_fields_of_a_method_stand_at_the_method(pages: Path, composed: Any) -> None:
    html = (pages / "api" / "message_actions.html").read_text("utf-8")
    create = html.partition('id="zoho_cliq.message_actions.MessageActions.create"')[2].partition("<h3")[0]
    longest = composed["components"]["schemas"]["MessageActionCreate"]["properties"]["name"]["maxLength"]
    assert f"At most {longest} characters." in create


@pytest.mark.heavy
def test_every_command_and_option_is_listed(pages: Path) -> None:
    html = (pages / "reference" / "commands.html").read_text("utf-8")
    for heading in ("zoho-cliq login", "zoho-cliq-mock", "zoho-cliq-mock trigger", "zoho-cliq-conformance run"):
        assert f">{heading}<" in html
    assert "<code>--page-size" in html
    assert 'handler "Create ticket" --raw' in re.sub("<[^>]*>", "", html).replace("&quot;", '"')


def test_an_option_stands_once() -> None:
    whole = argparse.ArgumentParser(prog="tool")
    whole.add_argument("--json", action="store_true", help="print JSON")
    sub = whole.add_subparsers().add_parser("do", description="Do *it*.")
    sub.add_argument("--json", action="store_true", help="print JSON")
    sub.add_argument("name", help="whose <name>")
    text = commands.page([whole])
    assert text.count("- `--json`: print JSON") == 1
    assert "- `NAME`: whose &lt;name&gt;" in text
    assert "Do \\*it\\*." in text


def test_examples_of_a_command_are_code() -> None:
    whole = argparse.ArgumentParser(prog="tool", epilog="Mind the *gap*.\n\nexamples:\n  tool a_b\n  tool <file")
    text = commands.page([whole])
    assert "\nMind the \\*gap\\*.\n\nExamples:\n\n```sh\ntool a_b\ntool <file\n```\n" in text
    assert "```sh" not in commands.page([argparse.ArgumentParser(prog="tool")])


@pytest.mark.heavy
def test_no_link_is_dead(pages: Path) -> None:
    assert list(dead_links(pages)) == []


def test_dead_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="b.html#there">x</a><a href="b.html#gone">x</a><a href="c.html">x</a>')
    (tmp_path / "b.html").write_text('<p id="there"><a href="https://example.com/">x</a><a href="#there">x</a></p>')
    assert list(dead_links(tmp_path)) == ["a.html → b.html#gone", "a.html → c.html"]


def test_links_of_the_repository_lead_to_pages(tmp_path: Path) -> None:
    for file in ("README.md", "kit/README.md", "kit/plan.json"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    shown = {"README.md": "overview.md", "kit/README.md": "guides/kit.md"}
    text = "[kit](kit#use) [plan](kit/plan.json) [out](https://example.com) [here](#there)"
    assert led(text, "README.md", "overview.md", shown, tmp_path) == (
        "[kit](guides/kit.md#use) plan (`kit/plan.json`) [out](https://example.com) [here](#there)"
    )
    assert led("[up](../README.md)", "kit/README.md", "guides/kit.md", shown, tmp_path) == "[up](../overview.md)"
    with pytest.raises(PipelineError, match=r"kit/README.md links to gone.md, which does not exist"):
        led("[gone](gone.md)", "kit/README.md", "guides/kit.md", shown, tmp_path)


FOLDERS = (".github", "contract_tests", "docs", "openapi", "scripts", "wrapper")
TEXTS = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md")))
    if "node_modules" not in path.parts
)


def linked(text: str) -> list[str]:
    """Return the targets of a Markdown text's links and pictures that point into the repository."""
    prose = re.sub(r"(?ms)^ *```.*?^ *```$|`[^`\n]*`", "", text)
    found = re.findall(r"\]\(([^)\s]+)\)", prose) + re.findall(r"(?m)^\[[^\]]+\]: (\S+)", prose)
    return [target for target in found if not re.match("[a-z]+:", target)]


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives the headings of a Markdown text."""
    headings = re.findall(r"(?m)^#+ (.*?)(?: \{.*\})?$", re.sub(r"(?ms)^```.*?^```$", "", text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def lost(text: Path) -> list[str]:
    """Return the links of a Markdown file that lead to no file or heading if it is read as plain Markdown."""
    found = []
    for target in linked(text.read_text("utf-8")):
        file, _, anchor = target.partition("#")
        there = (text.parent / file).resolve() if file else text
        known = there.is_relative_to(ROOT) and there.exists()
        if known and anchor:
            readme = there / "README.md" if there.is_dir() else there
            known = readme.suffix == ".md" and anchor in anchors(readme.read_text("utf-8"))
        if not known:
            found.append(target)
    return found


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_work_where_plain_markdown_is_shown(text: Path) -> None:
    assert lost(text) == []


def test_lost_links_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lost.__globals__, "ROOT", tmp_path)
    (tmp_path / "b.md").write_text("# The `b`, in full\n")
    links = ["b.md", "b.md#the-b-in-full", "#a", "b.md#b", "c.md", "../x.md", "https://example.com/x"]
    text = tmp_path / "a.md"
    text.write_text("## A\n" + " ".join(f"[x]({link})" for link in links) + " `[x](code.md)`\n\n[y]: gone.md\n")
    assert lost(text) == ["b.md#b", "c.md", "../x.md", "gone.md"]


@pytest.mark.heavy
def test_a_guide_links_to_pages_that_are_written_from_files(pages: Path) -> None:
    html = (pages / "guides" / "first-steps.html").read_text("utf-8")
    for place in ("../reference/operations.html", "../reference/errors.html"):
        assert f'<a href="{place}">' in html
    assert '<a href="mock.html#the-console">' in (pages / "guides" / "development-loop.html").read_text("utf-8")
    assert '<a href="guides/development-loop.html">' in (pages / "overview.html").read_text("utf-8")


def test_what_a_document_says_cannot_become_markup() -> None:
    operation = {"operationId": "o", "description": "<script>alert(1)</script>", "responses": {"200": {}}}
    text = page({"paths": {"/a": {"get": operation}}, "components": {"schemas": {}}})
    assert "<script>" not in text
