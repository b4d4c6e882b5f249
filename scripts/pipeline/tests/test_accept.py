"""Accepting a changed vendor document, with all files that follow from it, in a copied tree.

The tree contains an example that does not depend on what this checkout has accepted: our own document with the vendor's
structure, and its own overlay. The most important tests also run with the vendor's document, if it is available.
"""

from __future__ import annotations

import copy
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pipeline import accept as accepting
from pipeline import derived, generate
from pipeline.checklist import checklist, lines
from pipeline.compose import UNDESCRIBED, compose
from pipeline.contract import data_centers
from pipeline.documents import load
from pipeline.errors import PipelineError
from pipeline.fetch import Source
from pipeline.regenerate import main
from pipeline.report import render
from pipeline.review import Review, review
from pipeline.tree import ROOT, Tree, composed_text, files, upstream_text

ITEM = "/messageactions/{MESSAGE_ACTION_ID}"
TODAY = datetime.date(2031, 2, 3)
MESSAGE_TYPES = {"text", "link", "attachment"}
pytestmark = pytest.mark.usefixtures("cached_clients")

GOLDEN = Path(__file__).resolve().parent / "golden"


@pytest.fixture(scope="session")
def example() -> dict[str, str]:
    """Return the texts of the example's documents, by their names in `openapi/`."""
    upstream, overlay = (GOLDEN / f"vendor_shaped.{name}.yaml" for name in ("upstream", "overlay"))
    composed = composed_text(compose(load(upstream), load(overlay)))
    return {
        "upstream.yaml": upstream.read_text("utf-8"),
        "overlay.yaml": overlay.read_text("utf-8"),
        "message-actions.yaml": composed,
    }


@pytest.fixture
def copied(copied: Tree, example: dict[str, str]) -> Tree:
    """Return a copied tree with the documents of the example; tests may change it."""
    for name, text in example.items():
        (copied.root / "openapi" / name).write_text(text, "utf-8")
    return copied


@pytest.fixture(scope="session")
def unchanged(vendor_shaped: Path) -> Any:
    """Return our own document with the vendor's structure, as data. Tests must not change it."""
    return load(vendor_shaped)


@pytest.fixture
def document(unchanged: Any) -> Any:
    """Return our own document with the vendor's structure, as data."""
    return copy.deepcopy(unchanged)


@pytest.fixture(params=["ours", "theirs"])
def either(request: pytest.FixtureRequest, vendor_shaped: Path) -> Any:
    """Return our own document with the vendor's structure, or the vendor's real one if it is available."""
    if request.param == "ours":
        return load(vendor_shaped)
    folder = ROOT.parent / "shared" / "vendor"
    if not folder.is_dir():
        pytest.skip("the vendor's documents are not beside this checkout")
    return load(folder / "messageactions.yml")


def saved(document: Any, tmp_path: Path) -> str:
    """Write the document to a file, and return its path. JSON, since it is written and read many times faster."""
    path = tmp_path / "changed.yml"
    path.write_text(json.dumps(document), "utf-8")
    return str(path)


def reviewed(document: Any, tree: Tree) -> Review:
    return review(tree, Source("changed.yml", "changed.yml", json.dumps(document).encode()))


def snapshot(tree: Tree) -> dict[str, bytes]:
    """Return the content of every file of a tree, except caches and `build/`."""
    return {str(path): (tree.root / path).read_bytes() for path in files(tree.root) if path.parts[0] != "build"}


@pytest.fixture
def not_generated(copied: Tree, cached_clients: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every client be the committed one, for tests in which no client is written. None of them is cached."""
    monkeypatch.setattr(generate, "generate", lambda _, package, into: shutil.copytree(copied.generated, into))
    monkeypatch.setattr(generate, "type_check", lambda *_: None)


def schema(document: Any, name: str) -> Any:
    return document["components"]["schemas"][name]["properties"]


def raise_threshold(document: Any) -> None:
    """Change 10 to 20 in the HTML of the update operation's description."""
    operation = document["paths"][ITEM]["patch"]
    changed, count = re.subn(r"(Threshold limit.{0,12}?)10( requests)", r"\g<1>20\2", operation["description"])
    assert count == 1
    operation["description"] = changed


def add_message_type(document: Any) -> None:
    """Add a new value wherever the message types are listed."""
    for name in ("v3-msgaction-create", "v3-msgaction-edit"):
        schema(document, name)["message_types"]["items"]["enum"] = [*sorted(MESSAGE_TYPES), "video"]


def remove_status(document: Any) -> None:
    """Remove a property that the overlay describes, requires and shows in examples."""
    del schema(document, "MessageActionResponse")["data"]["properties"]["status"]


def add_operation(document: Any) -> None:
    """Add an unknown operation, with its own threshold and error code."""
    operation = copy.deepcopy(document["paths"][ITEM]["delete"])
    operation |= {"operationId": "archive_message_action", "summary": "Put away"}
    operation["description"] = operation["description"].replace("msgaction_not_found", "msgaction_already_archived")
    operation["responses"] = {"200": document["paths"][ITEM]["get"]["responses"]["200"], **operation["responses"]}
    del operation["responses"]["204"]
    document["paths"][f"{ITEM}/archive"] = {"post": operation}


def test_the_same_document_is_no_change(
    either: Any, copied: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = snapshot(copied)
    assert main(["--from", saved(either, tmp_path)], copied) == 0
    assert capsys.readouterr().out == "no change\n"
    assert snapshot(copied) == before


def test_other_words_are_no_change_but_accepting_notes_the_source(document: Any, copied: Tree, tmp_path: Path) -> None:
    document["info"]["description"] = "<p>Quite another introduction.</p>"
    before = snapshot(copied)
    source = saved(document, tmp_path)
    assert main(["--from", source], copied) == 0
    assert snapshot(copied) == before
    assert main(["--from", source, "--accept"], copied, TODAY) == 0
    changed = {path for path, content in snapshot(copied).items() if before.get(path) != content}
    assert changed == {"openapi/provenance.toml"}
    noted = tomllib.loads(copied.provenance.read_text("utf-8"))
    assert (noted["document"], noted["date"]) == ("changed.yml", TODAY)
    assert noted["sha256"] == Source("", "", Path(source).read_bytes()).sha256


def test_another_version_of_the_document_alone_is_no_change(document: Any, copied: Tree, tmp_path: Path) -> None:
    document["info"]["version"] = "3.1"
    before = copied.changelog.read_text("utf-8")
    assert main(["--from", saved(document, tmp_path), "--accept"], copied, TODAY) == 0
    assert copied.changelog.read_text("utf-8") == before
    assert load(copied.composed)["info"]["version"] == "3.1"
    assert main(["--check"], copied) == 0


def test_another_tag_is_told_since_it_moves_the_generated_modules(document: Any, copied: Tree) -> None:
    document["tags"] = [{"name": "Menu"}]
    for item in document["paths"].values():
        for operation in item.values():
            operation["tags"] = ["Menu"]
    found = reviewed(document, copied)
    assert found.refusal is None
    assert {(change.rating, change.text.partition(":")[0]) for change in found.changes} == {
        ("fix", "tag messageactions → Menu")
    }


def test_without_accept_a_change_is_told_and_nothing_written(
    document: Any, copied: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raise_threshold(document)
    before = snapshot(copied)
    assert main(["--from", saved(document, tmp_path)], copied) == 1
    out = capsys.readouterr().out
    assert "update_message_action (PATCH /messageactions/{MESSAGE_ACTION_ID})\n" in out
    assert "  feature   threshold 10 calls in 60 s → 20 calls in 60 s\n" in out
    assert out.endswith("1 change for users of the client: feature, minor bump, 0.1.0 → 0.2.0\n")
    assert "\033" not in out
    assert snapshot(copied) == before


@pytest.mark.parametrize("either", ["ours", pytest.param("theirs", marks=pytest.mark.heavy)], indirect=True)
def test_three_changes_go_through_end_to_end(
    either: Any, copied: Tree, example: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for change in (raise_threshold, add_message_type, remove_status):
        change(either)
    source = saved(either, tmp_path)
    assert main(["--from", source, "--format", "json"], copied) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["rating"], report["bump"], report["refusal"]) == ("breaking", "major", None)
    told = {(row["operation"], row["rating"], row["text"]) for row in report["changes"]}
    assert ("update_message_action", "feature", "threshold 10 calls in 60 s → 20 calls in 60 s") in told
    assert ("create_message_action", "feature", "request body: message_types[]: value video added") in told
    assert ("get_message_action", "breaking", "response 200: data: property status removed") in told

    assert main(["--from", source, "--accept", "--no-tests"], copied, TODAY) == 0
    capsys.readouterr()
    assert main(["--check"], copied) == 0
    assert main(["--from", source], copied) == 0
    assert capsys.readouterr().out.endswith("no change\n")

    overlay = copied.overlay.read_text("utf-8")
    assert "properties.status" not in overlay
    assert len(overlay.splitlines()) > len(example["overlay.yaml"].splitlines()) - 30
    changelog = copied.changelog.read_text("utf-8")
    assert "### Vendor's document\n" in changelog
    assert "- `update_message_action`: threshold 10 calls in 60 s → 20 calls in 60 s (feature)." in changelog
    code = (
        "from zoho_cliq_api.contract import OPERATIONS\n"
        "from zoho_cliq_api.models import MessageAction, MessageType\n"
        "import attrs\n"
        "print(OPERATIONS['update_message_action'].threshold.limit, MessageType('video').name,"
        " 'status' in [field.name for field in attrs.fields(MessageAction)])\n"
    )
    assert python(copied, code) == "20 VIDEO False"


def python(tree: Tree, code: str) -> str:
    """Run code in a new Python process with the packages of a copied tree; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tree.generated.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_new_operation_reaches_client_and_contract(
    document: Any, copied: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_operation(document)
    found = reviewed(document, copied)
    assert any(change.text == "operation added" and change.rating == "feature" for change in found.changes)
    words = "error msgaction_already_archived has no class yet: MsgactionAlreadyArchived (bad_request) is taken from"
    assert any(line.startswith(words) for line in found.overlay)
    left = checklist(copied, found)
    assert any("archive_message_action with 501" in line for line in left.decide)
    assert "archive_message_action has no description" in "\n".join(left.decide)
    assert left.prove[:2] == ("scripts/test", "scripts/check")
    assert main(["--from", saved(document, tmp_path), "--accept", "--no-tests"], copied, TODAY) == 0
    out = capsys.readouterr().out
    assert out.endswith("\n".join(lines(left)) + "\n"), "a checklist ends the report"
    assert "Works automatically:\n" in out
    code = (
        "from zoho_cliq_api.contract import OPERATIONS, ERROR_CODES\n"
        "from zoho_cliq_api.api.messageactions import archive_message_action\n"
        "operation = OPERATIONS['archive_message_action']\n"
        "print(operation.method, operation.threshold.limit, *operation.error_codes,"
        " ERROR_CODES[operation.error_codes[0]].class_name, callable(archive_message_action._parse_response))\n"
    )
    assert python(copied, code) == "POST 10 msgaction_already_archived MsgactionAlreadyArchived True"


RESPONSE = [
    "creator",
    "execution_type",
    "handlers",
    "hint",
    "message_types",
    "multi_selectable",
    "name",
    "scope",
    "status",
]
REQUEST = ["execution_url", "image", "multi_selectable", "team_ids"]


def some(names: list[str]) -> list[Any]:
    """Return the names as pytest parameters; all except the first and the last are marked heavy."""
    return [name if name in (names[0], names[-1]) else pytest.param(name, marks=pytest.mark.heavy) for name in names]


@pytest.mark.parametrize("name", some(RESPONSE))
def test_any_property_of_an_answer_may_go_without_another_edit(document: Any, copied: Tree, name: str) -> None:
    del schema(document, "MessageActionResponse")["data"]["properties"][name]
    found = reviewed(document, copied)
    assert found.refusal is None
    assert ("breaking", f"response 200: data: property {name} removed") in {
        (change.rating, change.text) for change in found.changes
    }
    assert found.composed is not None
    action = found.composed["components"]["schemas"]["MessageAction"]
    assert name not in action["properties"]
    assert name not in action["required"]
    assert any(name in line for line in found.overlay)


@pytest.mark.parametrize("name", some(REQUEST))
def test_any_property_of_a_request_may_go_without_another_edit(document: Any, copied: Tree, name: str) -> None:
    for owner in ("v3-msgaction-create", "v3-msgaction-edit"):
        schema(document, owner).pop(name, None)
    found = reviewed(document, copied)
    assert found.refusal is None
    assert any(change.text == f"request body: property {name} removed" for change in found.changes)


@pytest.mark.parametrize(("name", "component"), [("message_types", "MessageType"), ("scope", "Scope")])
def test_an_enumeration_that_the_overlay_still_uses_may_not_go_silently(
    document: Any, copied: Tree, name: str, component: str
) -> None:
    for owner in ("v3-msgaction-create", "v3-msgaction-edit"):
        del schema(document, owner)[name]
    found = reviewed(document, copied)
    assert found.refusal is not None
    assert f"the overlay refers to #/components/schemas/{component}" in found.refusal


def test_parameters_and_operations_may_go_without_another_edit(document: Any, copied: Tree) -> None:
    listing = document["paths"]["/messageactions"]["get"]
    listing["parameters"] = [parameter for parameter in listing["parameters"] if parameter["name"] != "sync_token"]
    found = reviewed(document, copied)
    assert found.refusal is None
    assert [change.text for change in found.changes] == ["query parameter sync_token removed"]


def test_what_the_overlay_hides_is_told_as_such(document: Any, copied: Tree) -> None:
    del schema(document, "MessageActionUpdateResponse")["data"]["properties"]["team_ids"]
    found = reviewed(document, copied)
    assert found.changes == ()
    assert [change.text for change in found.unseen] == ["response 200: data: property team_ids removed"]
    assert found.rating == "fix"


def test_an_action_that_the_vendor_made_unnecessary_is_told(document: Any, copied: Tree) -> None:
    limit = next(p for p in document["paths"]["/messageactions"]["get"]["parameters"] if p["name"] == "limit")
    with copied.overlay.open("a") as file:
        file.write(
            "  - target: $.paths['/messageactions'].get.parameters[?@.name == 'limit'].schema\n"
            "    description: A bound that the vendor left out.\n    update: {exclusiveMinimum: 0}\n"
        )
    assert reviewed(document, copied).same
    limit["schema"]["exclusiveMinimum"] = 0
    found = reviewed(document, copied)
    assert found.refusal is None
    assert any("parameters[?@.name == 'limit'].schema) has become unnecessary" in line for line in found.overlay)


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_a_renamed_property_is_refused_with_the_report(
    document: Any, copied: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    data = schema(document, "MessageActionResponse")["data"]["properties"]
    data["visibility"] = data.pop("scope")
    before = snapshot(copied)
    assert main(["--from", saved(document, tmp_path), "--accept", "--format", form], copied) == 2
    captured = capsys.readouterr()
    assert "property scope removed" in captured.out.replace("\\", "")
    assert "$.components.schemas.MessageActionResponseData.properties.scope): matches nothing" in captured.err
    assert "new beside it: visibility" in captured.err
    assert len(captured.err.splitlines()) == 1
    assert snapshot(copied) == before


@pytest.mark.usefixtures("not_generated")
@pytest.mark.parametrize("stage", ["generate", "type_check"])
def test_a_failure_while_accepting_writes_nothing(
    document: Any,
    copied: Tree,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stage: str,
) -> None:
    def fail(*_: object) -> None:
        raise PipelineError("something that went wrong")

    raise_threshold(document)
    before = snapshot(copied)
    monkeypatch.setattr(generate, stage, fail)
    assert main(["--from", saved(document, tmp_path), "--accept"], copied) == 2
    assert capsys.readouterr().err == "regenerate: something that went wrong\n"
    assert snapshot(copied) == before


@pytest.mark.usefixtures("not_generated")
def test_a_changelog_without_its_heading_is_refused(
    document: Any, copied: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raise_threshold(document)
    copied.changelog.write_text("# Changelog\n")
    before = snapshot(copied)
    assert main(["--from", saved(document, tmp_path), "--accept"], copied) == 2
    assert "has no heading '## Unreleased'" in capsys.readouterr().err
    assert snapshot(copied) == before


@pytest.mark.heavy
def test_the_touched_tests_are_run_and_decide_the_exit_code(
    document: Any, copied: Tree, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = copied.root / "wrapper" / "tests"
    folder.mkdir(parents=True)
    (folder / "test_touched.py").write_text("def test_a():\n    assert 'update_message_action'\n")
    (folder / "test_far_away.py").write_text("def test_b():\n    raise AssertionError\n")
    raise_threshold(document)
    assert accepting.touched_tests(copied, reviewed(document, copied)) == ["wrapper/tests/test_touched.py"]
    pyproject = copied.root / "pyproject.toml"
    pyproject.write_text(re.sub(r"\[tool\.pytest[^[]*(\[[^[]*)*?(?=\n\[)", "", pyproject.read_text("utf-8")))
    source = saved(document, tmp_path)
    assert main(["--from", source, "--accept"], copied, TODAY) == 0
    assert "1 passed" in capfd.readouterr().out
    (folder / "test_touched.py").write_text("def test_a():\n    assert not 'update_message_action'\n")
    add_message_type(document)
    assert main(["--from", saved(document, tmp_path), "--accept"], copied, TODAY) == 1
    assert "1 failed" in capfd.readouterr().out
    assert main(["--check"], copied) == 0


def test_repairs_are_one_line_unless_they_are_asked_for(
    document: Any, copied: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raise_threshold(document)
    source = saved(document, tmp_path)
    main(["--from", source], copied)
    told = capsys.readouterr().out.splitlines()
    assert [line for line in told if "epair" in line] == ["Repaired while importing: 9 faults (--verbose lists them)"]
    main(["--from", source, "--verbose"], copied)
    at_length = capsys.readouterr().out.splitlines()
    assert "Repaired while importing" in at_length
    assert len(at_length) == len(told) + 9


def test_a_path_that_gains_a_parameter_takes_its_overlay_along(document: Any, copied: Tree) -> None:
    path = f"{ITEM}/handlers/{{HANDLER_TYPE}}"
    item = document["paths"].pop(path)
    for operation in item.values():
        operation["parameters"].append(
            {"name": "VERSION", "in": "path", "required": True, "schema": {"type": "string"}}
        )
    document["paths"][f"{path}/versions/{{VERSION}}"] = item
    found = reviewed(document, copied)
    assert found.refusal is None
    assert f"'{path}'" not in found.overlay_text
    assert f"the actions on {path} now select {path}/versions/{{VERSION}}" in found.overlay
    assert ("breaking", "required path parameter VERSION added") in {
        (change.rating, change.text) for change in found.changes
    }
    left = checklist(copied, found)
    assert (
        "get_message_action_handler: version is an argument of the method, and an option of the command" in left.works
    )


def renamed_on_handlers(document: Any) -> str:
    """Rename the path parameter of an action only in the handler's path; return the new path."""
    path = f"{ITEM}/handlers/{{HANDLER_TYPE}}"
    item = document["paths"].pop(path)
    for operation in item.values():
        for parameter in operation["parameters"]:
            parameter["name"] = parameter["name"].replace("MESSAGE_ACTION_ID", "ACTION")
    document["paths"][path.replace("MESSAGE_ACTION_ID", "ACTION")] = item
    return path.replace("MESSAGE_ACTION_ID", "ACTION")


def test_a_parameter_that_is_renamed_on_some_paths_keeps_its_argument(document: Any, copied: Tree) -> None:
    before = copy.deepcopy(document)
    path = renamed_on_handlers(document)
    found = reviewed(document, copied)
    assert found.refusal is None
    assert found.composed is not None
    assert "the parameter MESSAGE_ACTION_ID is called ACTION on some paths" in found.overlay
    renamed = ("fix", "path parameter MESSAGE_ACTION_ID is called ACTION")
    assert {(each.rating, each.text) for each in found.changes if each.kind != "moved"} == {renamed}
    first = {
        (parameter["name"], parameter.get("x-argument"))
        for place, item in found.composed["paths"].items()
        for operation in item.values()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "path"
    }
    arguments = {("MESSAGE_ACTION_ID", "action_id"), ("ACTION", "action_id"), ("HANDLER_TYPE", "handler_type")}
    assert first == arguments
    links = found.composed["paths"]["/messageactions"]["post"]["responses"]["200"]["links"]
    for name, link in links.items():
        place = next(
            place
            for place, item in found.composed["paths"].items()
            for each in item.values()
            if each["operationId"] == name
        )
        assert set(link["parameters"]) == set(re.findall(r"\{(\w+)\}", place)), name
    assert path in found.composed["paths"]
    # A later document that uses one name again still matches its overlay.
    copied.overlay.write_text(found.overlay_text, "utf-8")
    copied.upstream.write_text(upstream_text(found.upstream), "utf-8")
    copied.composed.write_text(composed_text(found.composed), "utf-8")
    again = reviewed(before, copied)
    assert (again.refusal, {each.rating for each in again.changes}) == (None, {"fix"})


def test_a_renamed_parameter_that_no_action_selects_is_left_to_a_person(document: Any, copied: Tree) -> None:
    overlay = copied.overlay.read_text("utf-8")
    selected = "[?@.name == 'MESSAGE_ACTION_ID']"
    line = overlay[: overlay.index(selected)].count("\n") + 1
    copied.overlay.write_text(overlay.replace(selected, "[?@['name'] == 'MESSAGE_ACTION_ID']"), "utf-8")
    renamed_on_handlers(document)
    found = reviewed(document, copied)
    assert found.refusal is None
    copied.overlay.write_text(found.overlay_text, "utf-8")
    place = (
        f"openapi/overlay.yaml:{line}: get_message_action_handler: path parameter MESSAGE_ACTION_ID is called ACTION"
    )
    assert f"{place}: select it in the action that names its argument" in checklist(copied, found).decide


def test_an_example_gets_a_property_that_is_required_now(document: Any, copied: Tree) -> None:
    create = document["components"]["schemas"]["v3-msgaction-create"]
    create["properties"]["category"] = {"type": "string", "enum": ["red", "blue"]}
    create["required"].append("category")
    found = reviewed(document, copied)
    assert found.refusal is None
    assert found.composed is not None
    sent = found.composed["paths"]["/messageactions"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    assert {example["value"]["category"] for example in sent.values()} == {"blue"}
    assert found.composed["components"]["schemas"]["Category"]["description"] == UNDESCRIBED
    decide = checklist(copied, found).decide
    assert any(line.endswith("the schema Category has no description") for line in decide)
    assert any(line.startswith("openapi/overlay.yaml") for line in decide)


def test_an_example_loses_what_the_document_no_longer_allows(document: Any, copied: Tree) -> None:
    for owner in ("v3-msgaction-create", "v3-msgaction-edit"):
        schema(document, owner)["hint"]["maxLength"] = 20
        schema(document, owner)["message_types"]["minItems"] = 2
    schema(document, "MessageActionResponse")["data"]["properties"]["id"] = {"type": "integer"}
    listing = document["paths"]["/messageactions"]["get"]
    next(p for p in listing["parameters"] if p["name"] == "limit")["schema"]["maximum"] = 50
    found = reviewed(document, copied)
    assert found.refusal is None
    assert any(line.endswith("value.hint does not fit any more and is removed") for line in found.overlay)
    assert found.composed is not None
    shown = found.composed["paths"]["/messageactions"]["get"]["responses"]["200"]["content"]["application/json"]
    assert all(isinstance(action["id"], int) for each in shown["examples"].values() for action in each["value"]["data"])
    lost = set(copied.overlay.read_text("utf-8").splitlines()) - set(found.overlay_text.splitlines())
    assert not any("#" in line or "target" in line for line in lost), lost


@pytest.mark.parametrize(("path", "method", "status"), [("/messageactions", "post", "201"), (ITEM, "patch", "202")])
def test_actions_follow_another_status_of_a_good_answer(
    document: Any, copied: Tree, path: str, method: str, status: str
) -> None:
    responses = document["paths"][path][method]["responses"]
    responses[status] = responses.pop("200")
    found = reviewed(document, copied)
    assert found.refusal is None
    assert f"the actions on the answer 200 of {method.upper()} {path} lead to {status}" in found.overlay
    assert found.composed is not None
    before = load(copied.composed)["paths"][path][method]["responses"]["200"]
    assert found.composed["paths"][path][method]["responses"][status] == {
        **before,
        "description": {"201": "Created", "202": "Accepted"}[status],
    }


def test_actions_follow_another_method(document: Any, copied: Tree) -> None:
    document["paths"][ITEM]["put"] = document["paths"][ITEM].pop("patch")
    found = reviewed(document, copied)
    assert found.refusal is None
    assert f"the actions on PATCH {ITEM} lead to PUT" in found.overlay
    assert [change.text for change in found.changes] == [f"moved from PATCH {ITEM}"]
    assert found.composed is not None
    before = load(copied.composed)["paths"][ITEM]
    assert found.composed["paths"][ITEM] == {
        **{k: v for k, v in before.items() if k != "patch"},
        "put": before["patch"],
    }


def test_a_scope_that_the_vendor_withdraws_is_asked_for_no_more(document: Any, copied: Tree) -> None:
    renamed = json.loads(json.dumps(document).replace("ZohoCliq.MessageActions.READ", "ZohoCliq.MessageActions.VIEW"))
    found = reviewed(renamed, copied)
    assert (found.refusal, found.unseen) == (None, ())
    texts = {change.text for change in found.changes}
    assert "scope ZohoCliq.MessageActions.READ can no longer be asked for" in texts
    assert "ZohoCliq.MessageActions.READ:" not in found.overlay_text


def test_a_bound_that_the_vendor_states_now_is_taken(document: Any, copied: Tree) -> None:
    for owner in ("v3-msgaction-create", "v3-msgaction-edit"):
        schema(document, owner)["name"]["minLength"] = 3
    found = reviewed(document, copied)
    assert (found.refusal, found.unseen) == (None, ())
    assert any(line.endswith("minLength, which the vendor states now, is removed") for line in found.overlay)
    assert {change.text for change in found.changes} == {"request body: name: minLength 1 → 3"}


def test_what_the_overlay_hides_is_left_to_a_person(document: Any, copied: Tree) -> None:
    schema(document, "v3-msgaction-create")["name"]["minLength"] = 3  # the overlay's action is for two schemas
    found = reviewed(document, copied)
    line = next(line for line in checklist(copied, found).decide if "minLength none → 3" in line)
    assert re.match(r"openapi/overlay\.yaml:\d+: create_message_action: .*keeps this from the client", line)


def test_a_refusal_says_where_in_the_overlay(document: Any, copied: Tree) -> None:
    operation = document["paths"][ITEM]["get"]
    operation["description"] = re.sub("(Threshold limit|Lock period)", "", operation["description"])
    refusal = reviewed(document, copied).refusal or ""
    line = re.match(rf"openapi/overlay\.yaml:(\d+): GET {re.escape(ITEM)}: states no threshold; add x-thr", refusal)
    assert line
    overlay = copied.overlay.read_text("utf-8").splitlines()
    assert overlay[int(line[1]) - 1].endswith(f"target: $.paths['{ITEM}'].get")


def test_a_gone_operation_is_listed_with_what_uses_it(document: Any, copied: Tree) -> None:
    for name in ("a.py", "b.py"):
        (copied.root / "wrapper" / "zoho_cliq" / name).write_text('"""Words."""\n\n"delete_message_action"\n', "utf-8")
    del document["paths"][ITEM]["delete"]
    decide = checklist(copied, reviewed(document, copied)).decide
    told = (
        "wrapper/zoho_cliq/a.py:3: uses delete_message_action, which is gone; so do 1 other files in wrapper/zoho_cliq"
    )
    assert told in decide


def test_a_schema_with_a_name_of_ours_is_refused(document: Any, copied: Tree) -> None:
    document["components"]["schemas"]["MessageAction"] = {"type": "object", "properties": {"id": {"type": "string"}}}
    data = schema(document, "MessageActionResponse")["data"]["properties"]
    data["origin"] = {"$ref": "#/components/schemas/MessageAction"}
    refusal = reviewed(document, copied).refusal or ""
    assert "MessageActionResponseData: the name 'MessageAction' is taken; give the other schema of that" in refusal


def test_two_operations_of_one_id_are_refused(document: Any, copied: Tree) -> None:
    added = {**document["paths"][ITEM]["get"], "operationId": "get_message_action"}
    document["paths"][f"{ITEM}/more"] = {"get": added}
    refusal = reviewed(document, copied).refusal or ""
    assert refusal.startswith(f"GET {ITEM}/more: its id get_message_action is that of GET {ITEM}, too; give one")


def test_what_can_no_longer_be_loaded_is_left_to_a_person(
    document: Any, copied: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mock = copied.root / "contract_tests" / "zoho_cliq_mock"
    mock.mkdir(parents=True)
    (mock / "__init__.py").touch()
    (mock / "app.py").write_text("def create_app():\n    return {}['limit']\n", "utf-8")
    raise_threshold(document)
    assert main(["--from", saved(document, tmp_path), "--accept", "--no-tests"], copied, TODAY) == 1
    told = "contract_tests/zoho_cliq_mock/app.py:2: the mock server cannot be used any more: KeyError: 'limit'"
    assert told in capsys.readouterr().out


def test_servers_of_other_data_centers_take_nobodys_place(document: Any, copied: Tree) -> None:
    us = document["servers"][0]["url"]
    host, _, path = us.removeprefix("https://").partition("/")
    hosts = {"default": "cliq.zoho.eu", "enum": ["cliq.zoho.eu", host, "cliq.zoho.mx"]}
    document["servers"] = [{"url": f"https://{{host}}/{path}", "variables": {"host": hosts}}]
    found = reviewed(document, copied)
    assert found.composed is not None
    before, after = (data_centers(each) for each in (load(copied.composed), found.composed))
    assert after == before
    assert after["us"]["url"] == us
    urls = [server["url"] for server in found.composed["servers"]]
    assert sorted(urls) == sorted({*(server["url"] for server in before.values()), f"https://cliq.zoho.mx/{path}"})
    told = "has no data center, so clients cannot choose it"
    assert [line for line in checklist(copied, found).decide if told in line] == [
        f"openapi/overlay.yaml:22: https://cliq.zoho.mx/{path} {told}: name it, and its accounts"
    ]
    document["servers"] = [{"url": us.replace("/v3", "/v4")}]
    assert any(
        "do the other data centers follow?" in line for line in checklist(copied, reviewed(document, copied)).decide
    )


def test_files_that_other_programs_make_are_renewed(
    document: Any, copied: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = "__import__('zoho_cliq_api.contract').contract.OPERATIONS['update_message_action'].threshold.limit"
    programs = {
        "limit.txt": ("-c", f"import sys; open(sys.argv[1], 'w').write(str({limit}))"),
        "same.txt": ("-c", "import sys; open(sys.argv[1], 'w').write('same')"),
        "broken.txt": ("-c", "raise SystemExit('KeyError: hint')"),
        "absent.txt": ("-c", "raise SystemExit('is not run')"),
    }
    for name in ("limit.txt", "same.txt", "broken.txt"):
        (copied.root / name).write_text(name.removesuffix(".txt"), "utf-8")
    monkeypatch.setattr(derived, "_PROGRAMS", programs)
    raise_threshold(document)
    assert main(["--from", saved(document, tmp_path), "--accept", "--no-tests"], copied, TODAY) == 1
    told = capsys.readouterr()
    assert "broken.txt: is still of the former document: KeyError: hint" in told.out
    assert [line for line in told.err.splitlines() if line.endswith(".txt")] == ["written: limit.txt"]
    assert [(copied.root / f"{name}.txt").read_text("utf-8") for name in ("limit", "same", "broken")] == [
        "20", "same", "broken",
    ]  # fmt: skip


def test_a_checklist_ends_the_report(
    document: Any, copied: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_operation(document)
    found = checklist(copied, reviewed(document, copied))
    assert any("archive_message_action with 501" in line for line in found.decide)
    assert "archive_message_action has no description" in "\n".join(found.decide)
    assert found.prove[:2] == ("scripts/test", "scripts/check")
    assert main(["--from", saved(document, tmp_path), "--accept", "--no-tests"], copied, TODAY) == 0
    out = capsys.readouterr().out
    assert out.endswith("\n".join(lines(found)) + "\n")
    assert "Works automatically:\n" in out


def test_a_report_has_no_markup_of_the_document_and_colour_only_on_a_terminal(document: Any, copied: Tree) -> None:
    raise_threshold(document)
    found = reviewed(document, copied)
    evil = found.changes[0]._replace(text="<script>alert(1)</script> [x](y) `z` *w*")
    text = render(found._replace(changes=(evil,)), "0.1.0", "markdown")
    assert "<script>" not in text.replace("\\<", "")
    assert text.startswith("## What changed in `changed.yml`\n")
    assert "\033[32mfeature  \033[0m threshold" in render(found, "0.1.0", "text", colour=True)
    for form in ("text", "markdown", "json"):
        assert "\033" not in render(found, "0.1.0", form)


def test_openapi_3_1_and_json_are_read_too(document: Any, copied: Tree) -> None:
    document["openapi"] = "3.1.0"
    assert reviewed(document, copied).same


def test_provenance_names_a_document_and_no_place_of_this_machine(tree: Tree) -> None:
    noted = tomllib.loads(tree.provenance.read_text("utf-8"))
    assert re.fullmatch(r"[0-9a-f]{64}", noted["sha256"])
    assert "/" not in noted["document"]
