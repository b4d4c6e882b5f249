"""Choosing an action by id or name, dry runs, and the question before a deletion."""

from __future__ import annotations

import io
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from cliq_fakes import CREATING, LISTING, NEEDED, SCHEMAS, action_path, handler_path
from cliq_runs import Run, Terminal, create
from zoho_cliq import MessageAction, UnreadableAction
from zoho_cliq._operations import Operations
from zoho_cliq.cli.naming import chosen
from zoho_cliq.cli.options import parser
from zoho_cliq.message_actions import MessageActions
from zoho_cliq_mock import MockServer

LONGEST = SCHEMAS["MessageActionCreate"]["properties"]["name"]["maxLength"]


def calls(mock: MockServer) -> list[str]:
    """Return method and path of every call that the server got."""
    return [f"{entry.method} {entry.path}" for entry in mock.journal()]


# --- by name ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [("Create ticket",), ("--name", "Create ticket")])
def test_an_action_is_found_by_its_name(run: Run, way: tuple[str, ...], tmp_path: Path) -> None:
    made = create(run, "Create ticket")
    create(run, "Create ticket 2")
    create(run, "create ticket")
    script = tmp_path / "ticket.dg"
    script.write_text("return 1;\n")
    assert json.loads(run("get", *way, "--json")[1])["id"] == made["id"]
    assert json.loads(run("update", *way, "--hint", "New", "--json")[1])["hint"] == "New"
    assert run("handler", *way, "--script", str(script), "--json")[0] == 0
    assert run("handler", *way, "--raw") == (0, "return 1;\n", "")
    assert run("delete", *way, "--yes") == (0, f"Deleted 'Create ticket' ({made['id']})\n", "")
    assert len(json.loads(run("list", "--json")[1])) == 2


def test_a_name_is_found_beyond_the_first_page(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        create(run, f"Note {number}")
    listed = MessageActions.list
    monkeypatch.setattr(MessageActions, "list", lambda self, **more: listed(self, limit=2, **more))
    assert json.loads(run("get", "Note 4", "--json")[1])["name"] == "Note 4"


def test_a_name_that_is_a_number_needs_the_option(run: Run) -> None:
    made = create(run, "2026")
    assert run("get", "2026")[0] == 1
    assert json.loads(run("get", "--name", "2026", "--json")[1])["id"] == made["id"]


@pytest.mark.parametrize("command", ["get", "update --hint x", "delete --yes", "handler"])
def test_a_name_that_nobody_has_is_one_line(run: Run, command: str) -> None:
    create(run, "Create ticket")
    code, out, err = run(*command.split(), "--name", "Create tickt")
    assert (code, out) == (1, "")
    assert err == "zoho-cliq: no action is named 'Create tickt'; did you mean 'Create ticket'?\n"
    assert run(*command.split(), "--name", "Zzz")[2].endswith("no action is named 'Zzz'; zoho-cliq list shows all\n")


def test_a_name_that_several_have_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create(run, "Twin")
    action = MessageAction.from_dict(made)
    other = MessageAction.from_dict({**made, "id": "7"})
    third = UnreadableAction({**made, "id": None})
    monkeypatch.setattr(MessageActions, "list", lambda self: [action, other, third])
    code, out, err = run("delete", "Twin", "--yes")
    assert (code, out) == (2, "")
    assert err == f"zoho-cliq: 2 actions are named 'Twin': {made['id']}, 7; give the id of one\n"
    code, _, err = run("delete", "Twin", "--yes", "--json")
    assert json.loads(err) == {
        "error": "AmbiguousName",
        "message": f"2 actions are named 'Twin': {made['id']}, 7; give the id of one",
        "ids": [made["id"], "7"],
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("get", "give the action's id, or its --name"),
        ("delete", "give the action's id, or its --name"),
        ("get ''", "give the action's id, or its --name"),
        ("handler --name=", "give the action's id, or its --name"),
        ("get 5 --name x", "give the action's id or its --name, not both"),
        ("update 5 --name x", "give the action's id or its --name, not both; --new-name gives it another name"),
        ("update 5", "give at least one field to change, such as --hint; see zoho-cliq update --help"),
    ],
)
def test_an_action_is_chosen_in_one_way(run: Run, mock: MockServer, arguments: str, message: str) -> None:
    code, out, err = run(*shlex.split(arguments))
    assert (code, out, err) == (2, "", f"zoho-cliq: {message}\n")
    assert calls(mock) == []


def test_an_update_by_name_renames(run: Run) -> None:
    made = create(run, "Old")
    assert json.loads(run("update", "--name", "Old", "--new-name", "New", "--json")[1])["name"] == "New"
    assert json.loads(run("update", made["id"], "--new-name", "Newer", "--json")[1])["name"] == "Newer"


def test_without_a_pattern_in_the_document_everything_is_an_id(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Operations().prepared("get_message_action")
    parameters = tuple(each._replace(schema={"type": "string"}) for each in known.parameters)
    options = parser().parse_args(["get", "abc"])
    monkeypatch.setattr(Operations, "prepared", lambda self, name: known._replace(parameters=parameters))
    assert chosen(options).id == "abc"


# --- dry runs ---------------------------------------------------------------------------------------------------------


NEW = NEEDED.get("create_message_action", {})


@pytest.mark.parametrize(
    ("arguments", "method", "path", "body"),
    [
        ("create --name Note --hint h", "POST", CREATING, {**NEW, "name": "Note", "hint": "h"}),
        ("create --name Note --hint h --if-exists adopt", "POST", CREATING, {**NEW, "name": "Note", "hint": "h"}),
        ("update 5 --hint h", "PATCH", action_path(5), {"hint": "h"}),
        ("delete 5", "DELETE", action_path(5), None),
        ("handler 5 --no-permissions", "PATCH", handler_path(5), {"permissions": []}),
        ("handler 5", "GET", handler_path(5), None),
        ("call list_message_actions --field limit=5", "GET", f"{LISTING}?limit=5", None),
    ],
)
def test_a_dry_run_shows_the_request_and_sends_nothing(
    run: Run, mock: MockServer, arguments: str, method: str, path: str, body: Any
) -> None:
    code, out, err = run(*arguments.split(), "--dry-run", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    (request,) = found["requests"]
    assert found["dry_run"] is True
    assert (request["method"], request["url"]) == (method, f"{mock.url}{path}")
    assert request["body"] == body
    assert request["headers"]["Authorization"] == "Bearer (hidden)"
    code, out, err = run(*arguments.split(), "--dry-run")
    assert (code, err) == (0, "zoho-cliq: dry run: nothing was sent\n")
    assert out.startswith(f"{method} {mock.url}{path}\n")
    assert "1000.owner" not in out
    assert ("\n{\n" in out) is (body is not None)
    assert run(*arguments.split(), "--dry-run", "--quiet") == (0, out, "")
    assert calls(mock) == []


def test_a_dry_run_by_name_shows_the_listing_first(run: Run, mock: MockServer) -> None:
    code, out, _ = run("delete", "To do", "--dry-run")
    assert code == 0
    assert re.findall("^(?:GET|DELETE) .*", out, re.M) == [
        f"GET {mock.url}{LISTING}?limit=100",
        f"DELETE {mock.url}{action_path('')}{{id of 'To do'}}",
    ]
    assert calls(mock) == []


def test_a_dry_run_refuses_what_would_be_refused(run: Run) -> None:
    code, out, err = run("create", "--name", "x" * (LONGEST + 1), "--hint", "h", "--dry-run")
    assert (code, out) == (2, "")
    assert f"name: must have at most {LONGEST} characters" in err


def test_a_dry_run_shortens_icons_for_people(run: Run, tmp_path: Path) -> None:
    icon = tmp_path / "icon.png"
    icon.write_bytes(b"\x89PNG" * 400)
    arguments = ("update", "5", "--image", str(icon), "--dry-run")
    assert "… (2136 characters)" in run(*arguments)[1]
    assert len(json.loads(run(*arguments, "--json")[1])["requests"][0]["body"]["image"]) == 2136


def test_a_body_that_is_no_json_is_shown_as_text(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoho_cliq._operations.json.dumps", lambda _: "plain \x1b")
    assert run("update", "5", "--hint", "h", "--dry-run")[1].endswith("\n\nplain \N{REPLACEMENT CHARACTER}\n")


# --- deleting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("YES", 0), ("", 1), ("n", 1), ("yep", 1)])
@pytest.mark.parametrize("by_name", [False, True])
def test_a_person_is_asked_before_a_deletion(
    run: Run, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, by_name: bool
) -> None:
    made = create(run, "Note")
    monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n"))
    ended, _, err = run("delete", "Note" if by_name else made["id"])
    assert ended == code
    shown = f"'Note' ({made['id']})" if by_name else made["id"]
    assert err.startswith(f"Delete action {shown} for good? [y/N]: ")
    left = [entry["id"] for entry in json.loads(run("list", "--json")[1])]
    assert left == ([] if code == 0 else [made["id"]])


def test_a_deletion_that_nobody_can_be_asked_about_is_refused(
    run: Run, mock: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = create(run)
    before = calls(mock)
    for stdin in (None, io.StringIO("y\n")):
        monkeypatch.setattr("sys.stdin", stdin)
        code, out, err = run("delete", made["id"])
        assert (code, out) == (2, "")
        assert err == "zoho-cliq: delete asks before it deletes; without a terminal give --yes\n"
    assert calls(mock) == before


def test_yes_asks_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create(run)
    monkeypatch.setattr("sys.stdin", Terminal())
    assert run("delete", made["id"], "--yes", "--quiet") == (0, "", "")
