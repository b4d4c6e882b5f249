"""What follows from an accepted change without another edit: the mock server enforces it, the suite tests it.

The packages of this checkout run with the generated package of a copied tree in which the change was accepted.
"""

from __future__ import annotations

import datetime
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pipeline.documents import dump_yaml, load
from pipeline.regenerate import main
from pipeline.tests.test_accept import add_message_type, add_operation, raise_threshold, remove_status
from pipeline.tree import ROOT, Tree
from zoho_cliq_mock import MockServer

pytestmark = pytest.mark.heavy


@pytest.fixture
def accepted(copied: Tree, vendor_shaped: Path, tmp_path: Path) -> Callable[..., Tree]:
    """Accepts changes of the vendor's document in the copied tree, and gives it."""

    def accept(*changes: Callable[[Any], None]) -> Tree:
        document = load(vendor_shaped)
        for change in changes:
            change(document)
        source = tmp_path / "changed.yml"
        source.write_text(dump_yaml(document), "utf-8")
        assert main(["--from", str(source), "--accept", "--no-tests"], copied, datetime.date(2031, 2, 3)) == 0
        return copied

    return accept


def run(tree: Tree, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A fresh Python with the generated package of a tree and all other packages of this checkout."""
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(tree.generated.parent)},
        capture_output=True,
        text=True,
        check=False,
    )


CALLS = """
import json, sys
import httpx
from zoho_cliq_mock import MockServer

calls, answers = json.loads(sys.argv[1]), []
with MockServer(db=":memory:") as server:
    with httpx.Client(base_url=server.url, headers={"Authorization": "Bearer 1000.owner"}) as client:
        body = {"name": "n", "hint": "h", "message_types": ["text"]}
        action = client.post(server.url + "/messageactions", json=body).json()["data"]
        for method, path, body in calls:
            answer = client.request(method, server.url + path.replace("ID", action["id"]), json=body)
            answers.append([answer.status_code, answer.json() if answer.content else None])
print(json.dumps(answers))
"""


def answers(tree: Tree, *calls: tuple[str, str, Any]) -> list[Any]:
    """What a mock server answers to calls on an action that it was given before; ID stands for the action's id."""
    done = run(tree, "-c", CALLS, json.dumps(calls))
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def test_the_mock_enforces_a_new_threshold_and_takes_a_new_value(accepted: Callable[..., Tree]) -> None:
    tree = accepted(raise_threshold, add_message_type, remove_status)
    update = ("PATCH", "/messageactions/ID", {"message_types": ["video"]})
    found = answers(tree, *[update] * 21, ("GET", "/messageactions/ID", None))
    assert [status for status, _ in found[:20]] == [200] * 20
    assert found[20][0] == 429
    assert found[0][1]["data"]["message_types"] == ["video"]


def test_the_mock_refuses_what_the_document_no_longer_takes(accepted: Callable[..., Tree]) -> None:
    def no_videos(document: Any) -> None:
        for name in ("v3-msgaction-create", "v3-msgaction-edit"):
            document["components"]["schemas"][name]["properties"]["message_types"]["items"]["enum"].remove("link")

    tree = accepted(no_videos)
    found = answers(tree, ("PATCH", "/messageactions/ID", {"message_types": ["link"]}))
    assert found[0][0] == 400


def test_the_mock_answers_501_for_an_operation_it_does_not_model(accepted: Callable[..., Tree]) -> None:
    found = answers(accepted(add_operation), ("POST", "/messageactions/ID/archive", None))
    assert found[0][0] == 501
    assert "archive_message_action" in json.dumps(found[0][1])


GRADE_MOCK = ROOT / "contract_tests" / "grade_mock.py"


def graded(tree: Tree, report: Path, driver: str) -> subprocess.CompletedProcess[str]:
    """The mock graded with one driver; both have the generated package of the tree."""
    return run(tree, str(GRADE_MOCK), "--only", driver, "--report", str(report), "--quiet")


def test_the_suite_tests_the_new_threshold(accepted: Callable[..., Tree], tmp_path: Path) -> None:
    tree = accepted(raise_threshold, add_message_type, remove_status)
    done = graded(tree, tmp_path / "report", "thresholds")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    report = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
    rows = report["calls_per_operation"]
    updates = next(row for row in rows if (row["user"], row["operation"]) == ("owner", "update"))
    assert updates["threshold_per_minute"] == 20
    assert updates["calls"] > 20


def test_the_suite_notices_a_server_that_still_has_the_old_threshold(
    accepted: Callable[..., Tree], tmp_path: Path
) -> None:
    tree = accepted(raise_threshold)
    profile, report = tmp_path / "profile.toml", tmp_path / "report"
    command = ("-m", "zoho_cliq_conformance", "run", "--only", "thresholds", "--quiet")
    with MockServer() as server:  # with this checkout's own contract (10 calls), the suite with the changed one (20)
        template = runpy.run_path(str(GRADE_MOCK))["PROFILE"]
        profile.write_text(template.format(url=server.url, control=server.control_url, token=server.control_token))
        done = run(tree, *command, "--profile", str(profile), "--report", str(report))
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-3000:]
    assert "thresholds.update" in (tmp_path / "report" / "report.json").read_text("utf-8")


def test_the_suite_says_that_a_new_operation_is_unmodelled(accepted: Callable[..., Tree], tmp_path: Path) -> None:
    done = graded(accepted(add_operation), tmp_path / "report", "table")
    assert done.returncode == 2, done.stdout[-3000:] + done.stderr[-3000:]
    report = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
    assert report["verdict"] == "cannot run"
    assert [note for note in report["notes"] if "archive_message_action" in note and note.startswith("unmodelled")]
