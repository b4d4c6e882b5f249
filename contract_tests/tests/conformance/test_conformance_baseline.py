"""`--baseline` reports new and mended faults, and `--fail-fast` stops at the first fault."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from faulty import PATCH_405, answers, both, of, without
from harness import CONTROL, grade, profile, reference_transport
from mutants import MUTANTS, Prepare
from served import run_command, served
from zoho_cliq_conformance import grading
from zoho_cliq_conformance.reporting import baseline, page, render, report
from zoho_cliq_conformance.result import CONFORMS, FAULTS, NOT_SHOWN, Result

HINT, DELETE = without("hint"), answers(503, of("delete"))


def built(prepare: Prepare | None, **changes: Any) -> tuple[Result, dict[str, Any]]:
    """Return the result of the table, and its report. Some servers are graded once, and the result is kept."""
    kept = not changes and prepare in (None, HINT, DELETE, PATCH_405)
    result, found = _built(prepare) if kept else _graded(prepare, changes)
    return result, copy.deepcopy(found)  # a copy, since `compare` changes the report


@functools.cache
def _built(prepare: Prepare | None) -> tuple[Result, dict[str, Any]]:
    return _graded(prepare, {})


def _graded(prepare: Prepare | None, changes: dict[str, Any]) -> tuple[Result, dict[str, Any]]:
    graded = profile(pace=False, **changes)
    result = grade(reference_transport(prepare, thresholds=False), thresholds=False, graded=graded)
    return result, report.build(result, strict=False, drivers=["table"], seconds=0)


def saved(found: dict[str, Any], directory: Path) -> Path:
    path = directory / "report.json"
    path.write_text(report.to_json(found))
    return path


def against(earlier: Prepare | None, now: Prepare | None, directory: Path, **changes: Any) -> dict[str, Any]:
    """Return the report of the server `now`, compared with the server `earlier` as its baseline."""
    path = saved(built(earlier)[1], directory)
    result, found = built(now, **changes)
    baseline.compare(found, baseline.load(path), result.exit_code_without_faults())
    return found


def test_the_same_faults_are_no_new_ones(tmp_path: Path) -> None:
    found = against(HINT, HINT, tmp_path)
    assert (found["exit_code"], found["verdict"], found["start_here"]) == (CONFORMS, baseline.NO_NEW, None)
    assert (found["baseline"]["new"], found["baseline"]["mended"]) == ([], [])
    assert sorted(found["baseline"]["still"]) == sorted(fault["fact"] for fault in found["faults"])
    text = "\n".join(render.terminal(found))
    assert "known fault: " in text
    assert "still there: " in text
    suite = ElementTree.fromstring(render.junit(found))
    assert suite.get("failures") == "0"
    assert len(suite.findall("testcase/skipped[@message]")) == int(suite.get("skipped", ""))
    assert "known from the baseline" in render.junit(found)
    assert "class='verdict no'" in page.html(found)


def test_new_faults_exit_with_1_and_are_the_start(tmp_path: Path) -> None:
    found = against(HINT, both(HINT, DELETE), tmp_path)
    assert (found["exit_code"], found["verdict"]) == (FAULTS, "faults")
    assert found["start_here"]["what"] == "Every delete call gets status 503, whatever it requests."
    assert "delete.success" in found["baseline"]["new"]
    assert "action.hint.shape" in found["baseline"]["still"]
    assert {fault["fact"] for fault in found["faults"] if not fault["known"]} == set(found["baseline"]["new"])
    suite = ElementTree.fromstring(render.junit(found))
    assert suite.get("failures") == str(len(found["baseline"]["new"]))


def test_fixed_faults_are_named(tmp_path: Path) -> None:
    found = against(HINT, None, tmp_path)
    assert (found["exit_code"], found["verdict"], found["faults"]) == (CONFORMS, "conforms", [])
    assert "action.hint.shape" in found["baseline"]["mended"]
    assert found["baseline"]["still"] == []
    assert any(line.startswith("    fixed: ") for line in render.terminal(found))


def test_a_fault_that_a_run_does_not_test_is_not_fixed(tmp_path: Path) -> None:
    found = against(
        MUTANTS["anyone-may-get-by-id"].prepare,
        None,
        tmp_path,
        tokens={"owner": "1000.owner"},
        teams={"owner": [100001]},
    )
    assert set(found["baseline"]["unseen"]) >= {"visibility.personal", "visibility.other-organization"}
    assert found["baseline"]["mended"] == []
    [note] = [note for note in found["notes"] if "baseline" in note]
    assert "tokens.colleague" in note


def test_facts_that_the_baseline_did_not_show_either_do_not_decide(tmp_path: Path) -> None:
    _, alone = built(PATCH_405)
    assert any(map(render.is_missed, alone["facts"]))
    assert against(PATCH_405, PATCH_405, tmp_path)["exit_code"] == CONFORMS
    for fact in alone["facts"]:
        fact["verdict"] = fact["verdict"].replace("not shown", "passed")
    result, found = built(PATCH_405)
    baseline.compare(found, baseline.load(saved(alone, tmp_path)), result.exit_code_without_faults())
    assert (found["exit_code"], found["verdict"]) == (NOT_SHOWN, "not shown")


def test_the_command_compares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = saved(built(DELETE)[1], tmp_path)
    with served(tmp_path, DELETE) as path:
        again, out, _ = run_command(capsys, "run", "--profile", path, "--quiet", "--baseline", kept)
    assert again == 0, out
    assert out.endswith(f"{baseline.NO_NEW}\n")
    with served(tmp_path) as path:
        mended, out, _ = run_command(capsys, "run", "--profile", path, "--quiet", "--baseline", kept)
    assert mended == 0
    assert "fixed: " in out
    assert out.count("note: the baseline was written by a different run: server http://") == 1


def change(**keys: Any) -> Callable[[dict[str, Any]], str]:
    """Return a function that writes a report with other values of some keys; `...` removes a key."""
    return lambda found: json.dumps({key: value for key, value in {**found, **keys}.items() if value is not ...})


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        (lambda found: "{", "is not JSON"),
        (lambda found: "[" * 100_000, "is not JSON"),
        (lambda found: "[]", "is not a report"),
        (lambda found: "{}", "is not a report"),
        (change(schema=1), "has schema 1, but this version needs"),
        (change(kit="9.9.9"), "was written by version 9.9.9 of the kit, this is"),
        (change(kit=...), "was written by an earlier version of the kit"),
        (change(faults=...), "is not a complete report ('faults')"),
        (change(faults=[7]), "is not a complete report"),
        (change(facts=[{}]), "is not a complete report"),
        (change(facts=7), "is not a complete report"),
    ],
)
def test_an_unusable_baseline_is_refused_before_anything_is_sent(
    written: Callable[[dict[str, Any]], str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from zoho_cliq_conformance.sending.client import Client

    client = Client(profile(reset_url=None, pace=False), reference_transport(thresholds=False), seed=1)
    found = report.build(Result(client), strict=False, drivers=["table"], seconds=0)
    kept, path = tmp_path / "b.json", tmp_path / "p.toml"
    kept.write_text(written(found))
    path.write_text('base_url = "http://127.0.0.1:9/api/v3"\n[tokens]\nowner = "1000.owner"\n')
    status, out, err = run_command(capsys, "run", "--profile", path, "--baseline", kept)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert complaint in err


def test_a_missing_baseline_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.har"
    path.write_text("{}")
    status, _, err = run_command(capsys, "check-har", path, "--baseline", tmp_path / "none.json")
    assert (status, err.count("\n")) == (2, 1)
    assert "cannot be read" in err


def test_fail_fast_stops_at_the_first_fault_cleans_up_and_reports(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    servers = []

    def prepare(server: Any) -> Any:
        servers.append(server)
        return PATCH_405(server)

    with served(tmp_path, prepare) as path:
        status, out, _ = run_command(capsys, "run", "--profile", path, "--quiet", "--fail-fast", "--report", tmp_path)
        assert not servers[0].actions
    found = json.loads((tmp_path / "report.json").read_text())
    assert status == found["exit_code"] == FAULTS
    assert found["calls"] < 100
    last = [fault for fault in found["faults"] if fault["decides"]]
    assert all(fault["times"] == 1 for fault in last)
    assert found["stopped"] == f"at the first fault, {last[0]['fact']}"
    assert "stopped: at the first fault" in out


def test_fail_fast_goes_on_after_remarks_and_faults_of_the_baseline(tmp_path: Path) -> None:
    from zoho_cliq_mock import create_app

    server: dict[str, Any] = {"policies": {"empty_arrays": "accept"}, "thresholds": False, "control_token": CONTROL}
    first = grading.grade(profile(pace=False), app=create_app(**server), fail_fast=True, seed=1)
    assert first["stopped"].startswith("at the first fault, create.message_types.min")
    whole = grading.grade(profile(pace=False), app=create_app(**server), seed=1)
    assert whole["calls"] > first["calls"]
    kept = saved(whole, tmp_path)
    again = grading.grade(profile(pace=False), app=create_app(**server), fail_fast=True, baseline=kept, seed=1)
    assert (again["stopped"], again["exit_code"]) == ("", CONFORMS)
    grading.demand(again)


@pytest.mark.parametrize("driver", ["machine", "fuzz"])
@pytest.mark.heavy
def test_fail_fast_stops_every_driver(driver: str) -> None:
    from zoho_cliq_mock import create_app

    app = create_app(policies={"empty_arrays": "accept"}, thresholds=False, control_token=CONTROL)
    options: dict[str, Any] = {"app": app, "drivers": (driver, "table"), "seed": 1, "examples": 20}
    found = grading.grade(profile(pace=False), fail_fast=True, **options)
    assert found["exit_code"] == FAULTS
    assert found["stopped"].startswith("at the first fault, ")
