"""Reports say where to start, link causes, faults, facts and sources, need no scripts, and contain all faults."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from faulty import FAULTY, PATCH_405
from harness import grade, profile, reference_transport
from mutants import MUTANTS
from mutants.builders import wrap
from served import TOKENS, run_command, served
from zoho_cliq_conformance.judge.facts import KNOWN
from zoho_cliq_conformance.reporting import page, render, report, sources
from zoho_cliq_conformance.reporting.causes import calls_of

README = Path(page.__file__).parents[1] / "README.md"


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """Return the report of a server that refuses every PATCH, which also breaks an inferred fact."""
    result = grade(reference_transport(PATCH_405, thresholds=False), thresholds=False, graded=profile(pace=False))
    return report.build(result, strict=False, drivers=["table"], seconds=0)


def test_the_terminal_begins_with_the_cause_a_line_of_shell_and_its_fact(found: dict[str, Any]) -> None:
    lines = [*render.terminal(found)]
    assert lines[0] == f"{len(found['faults'])} faults, 1 cause"
    assert lines[1] == "start here: Every PATCH gets status 405, whatever it requests.  [cause-1]"
    assert lines[2] == f"    fact      {KNOWN['update.accepts'].statement}  [update.accepts]"
    assert lines[3].startswith("    $ curl -sS -i -X PATCH http://in-process/api/v3/messageactions/")
    assert "$TOKEN_OWNER" in lines[3]
    text = "\n".join(lines)
    assert text.count("    request ") == 1  # one fault in full; of the others only the facts
    assert all(fault["fact"] in text for fault in found["faults"])
    assert "remark (inferred) update.execution_type" in text
    everything = "\n".join(render.terminal(found, verbose=True))
    assert everything.count("    request ") == len(found["faults"])


def test_the_line_to_begin_with_shows_the_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    with served(tmp_path, PATCH_405) as path:
        run_command(capsys, "run", "--profile", path, "--quiet", "--fail-fast", "--report", tmp_path / "out")
        start = json.loads((tmp_path / "out" / "report.json").read_text())["start_here"]
        line = start["curl"].replace("$TOKEN_OWNER", "1000.owner")
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
    assert "\n" not in start["curl"]
    assert done.stdout.startswith("HTTP/1.1 405")


def test_a_fault_that_takes_several_calls_begins_with_all_of_them_on_one_line() -> None:
    prepare = MUTANTS["update-resets-hint"].prepare
    result = grade(reference_transport(prepare, thresholds=False), thresholds=False, graded=profile(pace=False))
    start = report.build(result, strict=False, drivers=["table"], seconds=0)["start_here"]
    assert start["curl"].startswith("answer=$(")
    assert "; ID1=$(" in start["curl"]
    assert subprocess.run(["sh", "-n", "-c", start["curl"]], check=False).returncode == 0
    assert "\n" not in start["curl"]


def test_the_page_links_causes_faults_facts_and_sources(found: dict[str, Any]) -> None:
    html = page.html(found)
    ids = re.findall(r"\bid='([^']*)'", html)
    assert len(ids) == len(set(ids))
    links = re.findall(r"href='([^']*)'", html)
    assert {link.removeprefix("#") for link in links if link.startswith("#")} <= set(ids)
    assert {f"fault-{fault['fact']}" for fault in found["faults"]} <= set(ids)
    assert {f"fact-{fact}" for fact in KNOWN} <= set(ids)
    assert {cause["id"] for cause in found["causes"]} <= set(ids)
    assert all(f"#{sources.of(fact.where).anchor}" in links for fact in KNOWN.values())
    [section] = re.findall(r"<section class='cause' id='cause-1'>(.*?)</section>", html, re.DOTALL)
    others = {fault["fact"] for fault in found["faults"]} - {found["start_here"]["fact"]}
    assert set(re.findall(r"href='#fault-([^']*)'", section)) == others
    assert all(sources.CLASSES[name].split(".")[0] in html.replace("&#x27;", "'") for name in sources.CLASSES)


def test_the_page_needs_no_script_and_loads_nothing(found: dict[str, Any]) -> None:
    html = page.html(found)
    assert not re.search(
        r"<script|<link|<img|<iframe|\bon[a-z]+=|javascript:|url\(|@import|\bsrc=", html, re.IGNORECASE
    )
    elsewhere = set(re.findall(r"href='([^'#][^']*)'", html))
    assert elsewhere == {source.link for fact in KNOWN.values() if (source := sources.of(fact.where)).link}
    assert not any(token in html for token in TOKENS)


def test_sources_are_sections_of_the_documents() -> None:
    schema = sources.of("document: MessageActionCreate")
    assert schema.pointer == "#/components/schemas/MessageActionCreate"
    assert json.loads(schema.excerpt)["required"]
    operation = sources.of("page: update handler, script")
    assert operation.name == "page: update handler"
    assert operation.pointer.startswith("#/paths/~1messageactions~1")
    assert operation.pointer.endswith("/patch")
    assert json.loads(operation.excerpt)["operationId"] == "update_message_action_handler"
    assert sources.of("RFC 9110, 15.5.6").link == "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6"
    assert sources.of("seen live").anchor == "source-seen-live"


def test_junit_has_the_failures_first_by_their_causes(found: dict[str, Any]) -> None:
    suite = ElementTree.fromstring(render.junit(found))
    deciding = [fault["fact"] for fault in found["faults"] if fault["decides"]]
    first = [*suite][: len(found["faults"])]
    failures = [case.find("failure") for case in first]
    assert [failure.get("type") for failure in failures if failure is not None] == ["cause-1"] * len(deciding)
    assert suite.get("failures") == str(len(deciding))
    text = next(failure.text for failure in failures if failure is not None) or ""
    assert text.startswith("cause-1: Every PATCH gets status 405, whatever it requests.")
    [remark] = [case.find("system-out") for case in first if case.find("system-out") is not None]
    assert "remark (inferred)" in (remark.text or "" if remark is not None else "")
    assert len(suite) == len(KNOWN)


def test_every_key_of_the_json_is_documented(found: dict[str, Any]) -> None:
    section = README.read_text("utf-8").partition("## The JSON report")[2].partition("\n## ")[0]
    documented = set(re.findall(r"`(\w+)`", section))
    keys = set(found) | {key for name in ("causes", "faults", "facts") for key in found[name][0]}
    assert keys | found["start_here"].keys() <= documented


def test_a_fault_counts_calls() -> None:
    result = grade(
        reference_transport(FAULTY["no hint"][0], thresholds=False), thresholds=False, graded=profile(pace=False)
    )
    found = report.build(result, strict=False, drivers=["table"], seconds=0)
    current = next(fault for fault in found["faults"] if fault["fact"] == "list.current")
    broken = [violation for violation in result.violations if violation.fact == "list.current"]
    assert current["times"] == calls_of(broken) < len(broken)


def test_what_a_server_chose_in_a_cause_is_shown_and_does_nothing() -> None:
    evil = "text/<script>alert(1)</script>\x1b[2J"
    prepare = wrap(lambda m, t, h, b, r: (r[0], [("Content-Type", evil)], r[2]) if r[2] else r)
    result = grade(reference_transport(prepare, thresholds=False), thresholds=False, graded=profile(pace=False))
    found = report.build(result, strict=False, drivers=["table"], seconds=0)
    assert "text/<script>" in found["causes"][0]["what"]
    assert "<script" not in page.html(found)
    assert all(line.isprintable() for line in render.terminal(found))
    ElementTree.fromstring(render.junit(found))
