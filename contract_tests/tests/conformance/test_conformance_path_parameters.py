"""Path parameters that the document may come to require: the profile gives them, and every path has them.

`workspace.py` grades servers by a document whose paths begin with a workspace, with the example of the README.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from api_paths import IN_PATHS
from zoho_cliq_conformance.judge.routes import SAMPLES
from zoho_cliq_conformance.profile import ProfileError, parse

pytestmark = pytest.mark.skipif(bool(IN_PATHS), reason="the document has such parameters: every test has them")
BY_ITSELF = Path(__file__).with_name("workspace.py")
PARTS = [
    "tokens.owner",
    "tokens.colleague",
    "tokens.outsider",
    "path_parameters.workspace",
    "reset_url",
    "control_token",
]


def graded(*drivers: str) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ZOHO_CLIQ_PATH_")}
    command = [sys.executable, str(BY_ITSELF), *drivers]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return graded("table")


def test_a_server_that_answers_only_to_the_given_value_is_graded(found: dict[str, Any]) -> None:
    assert found["given"] == ["conforms", [], [], PARTS]


@pytest.mark.heavy
def test_machine_fuzzer_and_thresholds_send_nothing_to_another_value() -> None:
    verdict, faults, elsewhere, _ = graded("machine", "fuzz", "thresholds")["given"]
    assert (faults, elsewhere) == ([], [])
    assert verdict != "cannot run"


def test_a_wrong_value_is_named_among_the_reasons_why_nothing_is_found(found: dict[str, Any]) -> None:
    verdict, stopped = found["other"]
    assert verdict == "cannot run"
    assert "check base_url http://in-process/api/v3" in stopped
    assert stopped.endswith(" and path_parameters")


def test_lines_of_shell_hold_the_value(found: dict[str, Any]) -> None:
    lines = [line for chain in found["curl"] for line in chain if "curl" in line]
    assert lines
    assert all("http://in-process/api/v3/acme%20co/messageactions" in line for line in lines)


def test_the_environment_gives_what_the_profile_does_not(found: dict[str, Any]) -> None:
    assert found["environment"] == {"workspace": "of the environment"}
    assert found["both"] == {"workspace": "acme co"}
    assert found["number"] == {"workspace": "7"}


def test_what_is_missing_or_unknown_is_said_in_one_line(found: dict[str, Any]) -> None:
    assert found["missing"] == (
        "profile: path_parameters.workspace is missing: paths of the document contain it; give it there, or set the "
        "environment variable ZOHO_CLIQ_PATH_WORKSPACE"
    )
    assert found["misspelled"] == ("profile: unknown path parameter path_parameters.workspaec; there are: workspace")
    assert found["dots"] == "profile: path_parameters.workspace must be part of a path, not '..'"


def test_init_writes_the_value(found: dict[str, Any]) -> None:
    assert '[path_parameters]\nworkspace = "acme co"\n' in found["written"]


def test_only_entries_with_the_given_value_are_judged(found: dict[str, Any]) -> None:
    assert (found["recorded"], found["recorded by all"]) == (1, 2)


@pytest.mark.skipif(bool(SAMPLES), reason="the document has such parameters")
def test_today_there_are_none() -> None:
    values = {"base_url": "http://cliq.example/api/v3", "tokens": {"owner": "1000.owner"}}
    assert parse({**values, "path_parameters": {}}).path_parameters == {}
    with pytest.raises(ProfileError) as caught:
        parse({**values, "path_parameters": {"workspace": "acme"}})
    assert str(caught.value) == (
        "profile: unknown path parameter path_parameters.workspace; the document has none besides those of the suite"
    )
