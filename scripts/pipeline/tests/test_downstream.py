"""A vendor change that is accepted in a copy of the checkout works without further edits: one test for each kind.

In the copy, the client, its command line and the mock server use the change, the tests that it can affect pass, and the
generated files are up to date. What a change of the document cannot affect is not run: other tests, ruff on files that
accepting does not write, and pytest plugins that the tests do not use.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pipeline import answers, error_classes
from pipeline.compose import compose
from pipeline.documents import dump_json, dump_yaml, load
from pipeline.normalize import normalize
from pipeline.regenerate import main
from pipeline.tests import vendor_changes as vendor
from pipeline.tree import ROOT, Tree, composed_text, upstream_text
from zoho_cliq_api.contract import OPERATIONS

CLIENT = ("wrapper/tests/test_engine.py", "wrapper/tests/test_operations.py", "wrapper/tests/test_validation.py")
SAME_IN_ANY_DOCUMENT = (
    "wrapper/tests/test_engine.py::test_repeating_without_end_waits_a_few_seconds_each_time",
    "wrapper/tests/test_engine.py::test_token_that_a_server_echoes_is_blanked",
    "contract_tests/tests/mock/test_mock_policies.py::test_each_value_has_its_effect[oauth_error_status]",
    "contract_tests/tests/mock/test_mock_policies.py::test_each_value_has_its_effect[oauth_expiry]",
    "contract_tests/tests/mock/test_mock_policies.py::test_each_value_has_its_effect[oauth_throttle_status]",
    "wrapper/tests/test_call.py::test_all_operations_of_the_vendors_functions",
    "scripts/pipeline/tests/test_composed.py::test_composing_is_repeatable",
    "scripts/pipeline/tests/test_composed.py::test_the_checks_find_a_planted_error",
)
"""Slow tests that are skipped: they test backing off, tokens, other documents, and the checks themselves."""
MOCK = ("contract_tests/tests/mock/test_mock_rules.py", "contract_tests/tests/mock/test_mock_policies.py")
PROJECT = ("wrapper/tests/project/test_project_files.py", "wrapper/tests/project/test_project_example.py")
RECORDED = (
    "contract_tests/tests/conformance/test_conformance_command.py::test_the_recorded_plan_is_what_the_table_sends",
    "contract_tests/tests/conformance/test_conformance_evidence.py::test_every_report_tells_what_was_not_shown",
)
PIPELINE = ("scripts/pipeline/tests/test_composed.py", "scripts/pipeline/tests/test_params.py")

TRIGGER = ("contract_tests/tests/trigger/test_trigger_delivery.py",)

PROOF = """
import json
import httpx
from zoho_cliq import Cliq, errors
from zoho_cliq_api.contract import OPERATIONS
from zoho_cliq_mock import MockServer

with MockServer() as server, Cliq("1000.owner", base_url=server.url, max_wait=0) as cliq:
    actions = cliq.message_actions
    raw = httpx.Client(base_url=server.url, headers={"Authorization": "Bearer 1000.colleague"})
"""


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Return a copy of the checkout, with all files that git tracks or would add."""
    root = tmp_path / "checkout"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    if (ROOT / "build" / "mypy").is_dir():  # the cache only saves time
        shutil.copytree(ROOT / "build" / "mypy", root / "build" / "mypy")
    return root


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the packages of the copy; return the completed process."""
    folders = (root / name for name in ("generated", "wrapper", "contract_tests", "scripts"))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    environment.pop("CI", None)  # the copy has no Node.js packages; tests that need them run in the checkout
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # several processes run the same modules
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    return subprocess.run(
        [sys.executable, *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False
    )


def checked(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return done.stdout


def accepted(root: Path, change: vendor.Change) -> str:
    """Accept a change in the copy; return the report."""
    document = load(root / "openapi" / "upstream.yaml")
    change(document)
    source = root.parent / "changed.yml"
    source.write_text(dump_yaml(vendor.as_published(document)), "utf-8")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        options = ["--from", str(source), "--accept", "--no-tests", "--max-seconds", "300"]
        assert main(options, Tree(root)) == 0, out.getvalue()
    return out.getvalue()


def assert_in_step(tree: Tree) -> None:
    """Assert that the files which accepting has written match the documents of the tree.

    The package depends only on the composed document, and its generation is deterministic; other tests prove both.
    Therefore it is enough to check that the package contains this document. One test also generates it again, with
    `--check`.
    """
    composed = compose(load(tree.upstream), load(tree.overlay), tree.name(tree.overlay))
    assert composed_text(composed) == tree.composed.read_text("utf-8")
    assert dump_json(composed) == (tree.generated / "openapi.json").read_text("utf-8")
    text = tree.errors.read_text("utf-8")
    assert error_classes.replaced(text, composed, tree.name(tree.errors)) == text
    assert answers.emit(composed) == tree.answers.read_text("utf-8")


def proved(root: Path, change: vendor.Change, proof: str, *tests: str) -> str:
    """Accept a change, run the proof script, the given tests and the checks, and return the report."""
    report = accepted(root, change)
    lines = "".join(f"    {line}\n" for line in proof.strip().splitlines())
    checked(run(root, "-c", f"{PROOF}{lines}    raw.close()\n"))
    tree = Tree(root)
    assert_in_step(tree)
    checked(run(root, "-m", "ruff", "check", "--quiet", str(tree.errors)))
    checked(run(root, "-m", "ruff", "format", "--quiet", "--check", str(tree.errors)))
    deselected = (f"--deselect={name}" for name in SAME_IN_ANY_DOCUMENT)
    checked(run(root, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not heavy", *deselected, *tests))
    return report


def test_what_is_published_is_imported_as_it_was(tree: Tree) -> None:
    upstream = load(tree.upstream)
    assert upstream_text(normalize(vendor.as_published(upstream), "x").document) == upstream_text(upstream)


def graded(root: Path, driver: str) -> list[str]:
    """Run the copy's conformance suite against the copy's mock server; return the notes of the report."""
    report = root.parent / "report"
    command = ("contract_tests/grade_mock.py", "--only", driver, "--report", str(report), "--quiet")
    checked(run(root, *command))
    return list(json.loads((report / "report.json").read_text("utf-8"))["notes"])


@pytest.mark.heavy
def test_a_threshold_goes_up(copied: Path) -> None:
    proof = """
identifier, limit = actions.create(name="n", hint="h").id, OPERATIONS["update_message_action"].threshold.limit
assert limit == 2 * OPERATIONS["delete_message_action"].threshold.limit
for number in range(limit):
    actions.update(identifier, hint=str(number))
try:
    raise AssertionError(actions.update(identifier, hint="one more"))
except errors.WouldWait:
    pass
statuses = [raw.patch("/messageactions/1", json={"hint": "h"}).status_code for _ in range(limit + 1)]
assert statuses == [404] * limit + [429], statuses
"""
    report = proved(copied, vendor.threshold_up, proof, CLIENT[0], MOCK[1])
    assert "the client waits accordingly, the mock enforces it, the suite tests it" in report
    graded(copied, "thresholds")


@pytest.mark.heavy
def test_a_threshold_goes_down(copied: Path) -> None:
    proof = """
limit = OPERATIONS["update_message_action"].threshold.limit
assert limit < OPERATIONS["delete_message_action"].threshold.limit
assert cliq.thresholds["update_message_action"].limit == limit
statuses = [raw.patch("/messageactions/1", json={"hint": "h"}).status_code for _ in range(limit + 1)]
assert statuses == [404] * limit + [429], statuses
"""
    proved(copied, vendor.threshold_down, proof, CLIENT[0], *MOCK)


NEW_FIELD = """
made = actions.create(name="n", hint="h", shortcut="Ctrl+1")
assert (made.shortcut, actions.get(made.id).shortcut) == ("Ctrl+1", "Ctrl+1")
assert actions.update(made.id, shortcut="Ctrl+2").shortcut == "Ctrl+2"
assert [each.shortcut for each in actions.list()] == ["Ctrl+2"]
try:
    raise AssertionError(actions.update(made.id, shortcut="x" * 13))
except errors.ValidationError as error:
    assert error.field == "shortcut"
body = {"name": "m", "hint": "h", "shortcut": "x" * 13}
assert raw.post("/messageactions", json=body).status_code == 400
import contextlib, io, os
from zoho_cliq.cli import main
os.environ |= {"ZOHO_CLIQ_TOKEN": "1000.owner", "ZOHO_CLIQ_BASE_URL": server.url}
with contextlib.redirect_stdout(io.StringIO()) as out:
    main(["--json", "--state", "memory.db", "create", "--name", "c", "--hint", "h", "--shortcut", "Ctrl+3"])
assert json.loads(out.getvalue())["shortcut"] == "Ctrl+3"
from zoho_cliq_api.params import CreateMessageActionFields
assert "shortcut" in CreateMessageActionFields.__annotations__
"""


@pytest.mark.heavy
def test_an_optional_field_comes(copied: Path) -> None:
    report = proved(copied, vendor.optional_field, NEW_FIELD, *CLIENT[1:], *PIPELINE, MOCK[0], *PROJECT, *RECORDED)
    assert "shortcut is an argument of the method, --shortcut of the command; the mock stores it" in report
    notes = graded(copied, "table")
    for operation in ("create_message_action", "update_message_action"):
        assert f"unmodelled: {operation}.shortcut: the kit has no facts about it" in notes


@pytest.mark.heavy
def test_a_field_of_an_answer_comes(copied: Path) -> None:
    proof = """
made = actions.create(name="n", hint="h")
assert not made.revision  # unset: the mock cannot know it
"""
    proved(copied, vendor.answer_field, proof, *PIPELINE, CLIENT[1])


@pytest.mark.heavy
def test_a_required_field_comes(copied: Path) -> None:
    proof = f"""
try:
    raise AssertionError(actions.create(name="n", hint="h"))
except errors.ValidationError as error:
    assert error.field == "shortcut"
assert raw.post("/messageactions", json={{"name": "n", "hint": "h"}}).status_code == 400
{NEW_FIELD}
"""
    report = proved(copied, vendor.required_field, proof, *CLIENT, *PIPELINE, *MOCK, *PROJECT, *TRIGGER)
    assert "examples create an action without shortcut, which is required now" in report
    graded(copied, "table")


@pytest.mark.heavy
def test_a_value_comes(copied: Path) -> None:
    proof = """
assert actions.create(name="n", hint="h", message_types=["video"]).message_types == ["video"]
assert "video" in actions.create(name="m", hint="h").message_types
"""
    proved(
        copied, vendor.value_added, proof, *CLIENT[1:], *PIPELINE, *MOCK, "wrapper/tests/project/test_project_pull.py"
    )


@pytest.mark.heavy
def test_a_value_goes(copied: Path) -> None:
    proof = """
made = actions.create(name="n", hint="h", execution_type="webhook", execution_url="https://example.com/x")
try:
    raise AssertionError(actions.update_handler(made.id, permissions=["location"]))
except errors.ValidationError as error:
    assert error.field == "permissions[0]"
"""
    proved(copied, vendor.value_removed, proof, *CLIENT[1:], *PIPELINE, MOCK[0], *TRIGGER)


@pytest.mark.heavy
def test_an_optional_field_goes(copied: Path) -> None:
    proof = """
try:
    raise AssertionError(actions.create(name="n", hint="h", multi_selectable=True))
except errors.ValidationError as error:
    assert error.field == "multi_selectable"
body = {"name": "m", "hint": "h", "multi_selectable": True}
assert raw.post("/messageactions", json=body).status_code == 400
assert actions.create(name="n", hint="h").multi_selectable is False
"""
    proved(copied, vendor.field_removed, proof, *CLIENT[1:], *PIPELINE, MOCK[0])


@pytest.mark.heavy
def test_limits_change(copied: Path) -> None:
    proof = """
from zoho_cliq_api.contract import document
fields = document()["components"]["schemas"]["MessageActionCreate"]["properties"]
name, url = fields["name"]["maxLength"], fields["execution_url"]["maxLength"]
made = actions.create(
    name="n" * name, hint="h", execution_type="webhook", execution_url="https://example.com/".ljust(url, "x")
)
for field, value in (("name", "n" * (name + 1)), ("execution_url", "https://example.com/".ljust(url + 1, "x"))):
    assert raw.patch(f"/messageactions/{made.id}", json={field: value}).status_code == 400
    try:
        raise AssertionError(actions.update(made.id, **{field: value}))
    except errors.ValidationError as error:
        assert error.field == field
"""
    proved(copied, vendor.limits, proof, *CLIENT[1:], PIPELINE[0], MOCK[0])


@pytest.mark.heavy
def test_an_error_code_comes(copied: Path) -> None:
    proof = """
control = {"Authorization": f"Bearer {server.control_token}"}
rule = {"fault": "status", "operation": "create_message_action", "status": 404, "code": "msgaction_team_not_found"}
httpx.post(f"{server.control_url}/faults", json=rule, headers=control).raise_for_status()
try:
    raise AssertionError(actions.create(name="n", hint="h"))
except errors.MsgactionTeamNotFound as error:
    assert isinstance(error, errors.NotFound)
"""
    report = proved(copied, vendor.error_code, proof, *PIPELINE, MOCK[0], "wrapper/tests/test_errors.py")
    assert "openapi/overlay.yaml:" in report
    assert "class and family of msgaction_team_not_found are guessed: MsgactionTeamNotFound, not_found" in report


@pytest.mark.heavy
def test_a_scope_comes(copied: Path) -> None:
    proof = """
made = actions.create(name="n", hint="h")
lacking = httpx.delete(f"{server.url}/messageactions/{made.id}", headers={"Authorization": "Bearer 1000.owner-delete"})
assert lacking.status_code == 403, lacking.text
assert "ZohoCliq.MessageActions.ADMIN" in lacking.text
actions.delete(made.id)
from zoho_cliq.cli.options import parser
assert "ZohoCliq.MessageActions.ADMIN" in str(parser()._subparsers._group_actions[0].choices["login"].epilog)
"""
    proved(copied, vendor.scope, proof, *PIPELINE, MOCK[0])
    graded(copied, "table")


@pytest.mark.heavy
def test_an_operation_comes(copied: Path) -> None:
    proof = """
import logging
lines = []
handler = logging.Handler()
handler.emit = lambda record: lines.append(record.getMessage())
logging.getLogger("zoho_cliq_mock").addHandler(handler)
made = actions.create(name="n", hint="h")
try:
    raise AssertionError(cliq.call("archive_message_action", action_id=made.id))
except errors.ServerError as error:
    assert error.status == 501
assert lines == [
    "the mock does not implement the operation archive_message_action "
    "(POST /messageactions/{MESSAGE_ACTION_ID}/archive): returned 501"
]
assert cliq.thresholds["archive_message_action"].remaining == cliq.thresholds["archive_message_action"].limit - 1
from zoho_cliq_conformance.result import unmodelled
assert unmodelled() == ["archive_message_action"]
"""
    tests = (*PIPELINE, MOCK[0], "scripts/pipeline/tests/test_docs.py")
    report = proved(copied, vendor.operation, proof, *tests)
    assert "zoho-cliq call archive_message_action --field NAME=VALUE" in report
    assert "the mock answers archive_message_action with 501; give it a function in ACTS" in report
    checked(run(copied, "-P", "-m", "pipeline.regenerate", "--check"))
    assert "unmodelled: archive_message_action: the kit has no facts about it" in graded(copied, "table")


PATHS = ("wrapper/tests/test_operations.py", "scripts/pipeline/tests/test_composed.py", MOCK[0])
PROOF_OF_COMMAND = """
import contextlib, io, os
from zoho_cliq.cli import main
os.environ |= {"ZOHO_CLIQ_TOKEN": "1000.owner", "ZOHO_CLIQ_BASE_URL": server.url}
def command(*arguments):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main(["--json", "--state", "memory.db", *arguments]) == 0
    return json.loads(out.getvalue())
"""


@pytest.mark.heavy
def test_a_parameter_comes_at_the_end_of_a_path(copied: Path) -> None:
    proof = """
made = actions.create(name="n", hint="h")
assert actions.update_handler(made.id, version="2", script="return 1;").script == "return 1;"
assert actions.get_handler(made.id, version="2").script == "return 1;"
assert command("handler", made.id, "--version", "2")["script"] == "return 1;"
assert raw.get(f"/messageactions/{made.id}/handlers/execution_handler").status_code == 404
path = OPERATIONS["get_message_action_handler"].at(action_id=made.id, version="more than eight")
assert raw.get(path).status_code == 400
from typing import Required, get_origin, get_type_hints
from zoho_cliq_api import params
types = get_type_hints(params.GetMessageActionHandlerFields, vars(params), include_extras=True)
assert get_origin(types["version"]) is not Required  # the client may know it
"""
    report = proved(copied, vendor.path_parameter, PROOF_OF_COMMAND + proof, *PATHS)
    assert "update_message_action_handler: version is an argument of the method, and an option of the command" in report
    assert "calls that leave version out take it from Cliq(…, path_parameters={'version': …})" in report
    assert "unmodelled: get_message_action_handler.version: the kit has no facts about it" in graded(copied, "table")


@pytest.mark.heavy
def test_a_parameter_comes_in_the_middle_of_a_path(copied: Path) -> None:
    proof = """
import logging
lines = []
handler = logging.Handler()
handler.emit = lambda record: lines.append(record.getMessage())
logging.getLogger("zoho_cliq_mock").addHandler(handler)
made = actions.create(name="n", hint="h")
assert actions.update_handler(made.id, network_id=7, script="return 1;").script == "return 1;"
assert actions.get_handler(made.id, network_id=7).script == "return 1;"
assert lines == [f"{each}: the mock validates the path parameter network_id, but does not use it" for each in
                 ("update_message_action_handler", "get_message_action_handler")]
try:
    raise AssertionError(actions.get_handler(made.id, network_id=0))
except errors.ValidationError as error:
    assert error.field == "network_id"
for text in ("0", "x"):
    assert raw.get(OPERATIONS["get_message_action_handler"].at(action_id=made.id, network_id=text)).status_code == 400
assert command("handler", made.id, "--network-id", "7")["script"] == "return 1;"
with Cliq("1000.owner", base_url=server.url, path_parameters={"network_id": "7"}) as knowing:
    assert knowing.message_actions.get_handler(made.id).script == "return 1;"
import pathlib
folder = pathlib.Path("our-actions")
folder.mkdir()
(folder / "cliq.toml").write_text("[environments.test.path_parameters]\\nnetwork_id = 7\\n")
command("pull", str(folder))
assert (folder / "actions" / "n.dg").read_text() == "return 1;"
os.environ["ZOHO_CLIQ_PATH_NETWORK_ID"] = "7"
assert command("handler", made.id)["script"] == "return 1;"
"""
    report = proved(copied, vendor.path_parameter_inside, PROOF_OF_COMMAND + proof, *PATHS)
    assert "required path parameter NETWORK_ID added: nothing in the mock depends on it" in report
    assert "is called" not in report
    assert f"{len(OPERATIONS)} of {len(OPERATIONS)} operations" in checked(run(copied, "scripts/demo.py"))
    graded(copied, "table")


@pytest.mark.heavy
def test_one_of_two_operations_leaves_a_path(copied: Path) -> None:
    proof = """
made = actions.create(name="n", hint="h")
assert [each.id for each in actions.list(folder_id="f")] == [made.id]
assert [each["id"] for each in command("list", "--folder-id", "f")] == [made.id]
assert raw.get("/messageactions").status_code == 405
"""
    report = proved(copied, vendor.list_parameter, PROOF_OF_COMMAND + proof, *PATHS, "wrapper/tests/test_listing.py")
    assert "list_message_actions: moved from GET /messageactions: client, mock and suite follow" in report
    graded(copied, "table")


@pytest.mark.heavy
@pytest.mark.parametrize("change", [vendor.parameter_renamed, vendor.segment_renamed])
def test_a_path_is_called_otherwise(copied: Path, change: vendor.Change) -> None:
    proof = """
made = actions.create(name="n", hint="h")
actions.update_handler(made.id, script="return 1;")
assert cliq.call("get_message_action_handler", action_id=made.id, handler_type="execution_handler").data.script
assert command("call", "get_message_action", "--field", f"action_id={made.id}")["data"]["id"] == made.id
"""
    calling = "wrapper/tests/test_call.py" if change is vendor.parameter_renamed else MOCK[1]
    report = proved(copied, change, PROOF_OF_COMMAND + proof, *PATHS, calling)
    assert "look for examples" not in report
    graded(copied, "table")


@pytest.mark.heavy
def test_a_path_that_the_mock_takes_for_another_is_left_to_a_person(copied: Path) -> None:
    document = load(copied / "openapi" / "upstream.yaml")
    vendor.trailing_slash(document)
    source = copied.parent / "changed.yml"
    source.write_text(dump_json(vendor.as_published(document)), "utf-8")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(["--from", str(source), "--accept", "--no-tests", "--max-seconds", "300"], Tree(copied)) == 1
    told = f"the mock server cannot be used any more: LookupError: POST {vendor.COLLECTION}/ does not lead to create"
    assert told in out.getvalue()


@pytest.mark.heavy
def test_a_window_changes(copied: Path) -> None:
    proof = """
threshold = OPERATIONS["update_message_action"].threshold
made = actions.create(name="n", hint="h")
for number in range(threshold.limit):
    actions.update(made.id, hint=str(number))
try:
    raise AssertionError(actions.update(made.id, hint="one more"))
except errors.WouldWait as error:
    assert 85 < error.seconds <= 90.2, error.seconds
with Cliq("1000.colleague", base_url=server.url, clock=server.clock) as patient:  # with the default of max_wait
    own = patient.message_actions.create(name="m", hint="h")
    for number in range(threshold.limit + 1):
        patient.message_actions.update(own.id, hint=str(number))
"""
    report = proved(copied, vendor.threshold_window, proof, CLIENT[0], "wrapper/tests/test_bulk.py", *MOCK)
    assert "threshold 10 calls in 60 s → 10 calls in 90 s: the client waits accordingly" in report
    graded(copied, "thresholds")


@pytest.mark.heavy
def test_a_lock_time_changes(copied: Path) -> None:
    proof = """
limit = OPERATIONS["update_message_action"].threshold.limit
statuses = [raw.patch("/messageactions/1", json={"hint": "h"}).status_code for _ in range(limit + 1)]
assert statuses == [404] * limit + [429], statuses
server.advance(599)
assert raw.patch("/messageactions/1", json={"hint": "h"}).status_code == 429
server.advance(1)
assert raw.patch("/messageactions/1", json={"hint": "h"}).status_code == 404
server.fail_next(status=429)
try:
    raise AssertionError(actions.get("1"))
except errors.RateLimited as error:
    assert error.retry_after == 600
"""
    report = proved(copied, vendor.lock_time, proof, CLIENT[0], *MOCK)
    assert "lock 300 s → 600 s: the client waits accordingly, the mock enforces it, the suite tests it" in report
    graded(copied, "thresholds")


@pytest.mark.heavy
def test_answers_look_otherwise(copied: Path) -> None:
    proof = """
made = actions.create(name="n", hint="h")
assert made.creator.id and not made.settings
assert OPERATIONS["create_message_action"].success == 201
assert raw.post("/messageactions", json={"name": "m", "hint": "h"}).status_code == 201
"""
    proved(copied, vendor.answers_otherwise, proof, *CLIENT[1:], *PIPELINE, *MOCK)
    graded(copied, "table")


@pytest.mark.heavy
def test_bodies_hold_otherwise(copied: Path) -> None:
    proof = """
made = actions.create(name="no", help="a field", image=None)
from zoho_cliq_api.contract import document
longest = document()["components"]["schemas"]["MessageActionCreate"]["properties"]["hint"]["maxLength"]
assert raw.patch(f"/messageactions/{made.id}", json={"hint": "h" * (longest + 1)}).status_code == 400
try:
    raise AssertionError(actions.update(made.id, hint="h" * (longest + 1)))
except errors.ValidationError as error:
    assert error.field == "hint"
assert command("create", "--name", "more", "--field-help", "me")["name"] == "more"
"""
    report = proved(copied, vendor.bodies_otherwise, PROOF_OF_COMMAND + proof, *CLIENT[1:], *PIPELINE, *MOCK, *PROJECT)
    assert "_check.py:25: update_message_action_handler: request body: script: x-max-bytes" in report
    graded(copied, "table")


@pytest.mark.heavy
def test_names_are_others(copied: Path) -> None:
    proof = """
made = actions.create(name="n", hint="h")
assert [each.id for each in actions.list(state="on")] == [made.id]
assert command("list", "--field-state", "off")[0]["id"] == made.id
assert issubclass(errors.RateLimitedError, errors.BadRequest)
assert issubclass(errors.MessageActionNotFound, errors.NotFound)
from zoho_cliq.cli.options import parser
login = str(parser()._subparsers._group_actions[0].choices["login"].epilog)
assert "ZohoCliq.MessageActions.ALL" in login
assert "ZohoCliq.MessageActions.READ" not in login
"""
    report = proved(copied, vendor.document_otherwise, PROOF_OF_COMMAND + proof, *CLIENT, *PIPELINE, MOCK[0])
    assert "the words for ZohoCliq.MessageActions.READ, which is gone, are removed" in report
    graded(copied, "table")


@pytest.mark.heavy
def test_other_words_are_no_change(copied: Path) -> None:
    before = (copied / "openapi" / "message-actions.yaml").read_bytes()
    assert accepted(copied, vendor.description) == "no change\n"
    assert (copied / "openapi" / "message-actions.yaml").read_bytes() == before
