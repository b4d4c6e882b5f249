"""What rarely happens: broken servers, disks and settings, and what is left of an interruption."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cliq_fakes import HANDLER_UPDATE
from cliq_projects import World, action_file, project, write
from zoho_cliq import AsyncCliq, Cliq, Middleware, OAuth, RawResponse, Request, errors
from zoho_cliq.project import (
    AccountChanged,
    Environment,
    FolderBusy,
    Plan,
    ProjectError,
    apply,
    check,
    drift,
    keep,
    plan,
    pull,
    read,
)
from zoho_cliq.project import files as files_module
from zoho_cliq.project.configuration import read_configuration
from zoho_cliq.project.files import alone_in, path_fault, write_whole
from zoho_cliq.project.lock_file import read_locks, write_locks
from zoho_cliq.project.matching import replacement_name
from zoho_cliq.project.model import UNREAD, AccountAction, DesiredAction, Entry, Lock
from zoho_cliq.project.planner import make_plan
from zoho_cliq.project.secrets_in_files import found_secrets
from zoho_cliq.project.toml_files import read_table

WEBHOOK: dict[str, Any] = {"execution_type": "webhook", "execution_url": "https://hooks.example.com/a"}


def started(world: World, tmp_path: Path, **settings: Any) -> tuple[Cliq, Path]:
    """Return a client and a project of one action that is applied."""
    cliq = world.client(**settings)
    action_file(project(tmp_path), "a", "x", name="A", hint="h")
    apply(cliq, tmp_path, plan(cliq, read(tmp_path)))
    return cliq, tmp_path


def answered(world: World, operation: str, data: Any) -> None:
    """Let the server answer an operation with other data from now on."""
    body = json.dumps({"url": "/", "type": "messageaction", "data": data})
    rule = {"fault": "wrong_content_type", "body": body, "content_type": "application/json", "operation": operation}
    world.control("POST", "faults", rule)


# ---- the account


@pytest.mark.parametrize("fault", ["reset", "malformed_json"])
def test_a_create_whose_answer_is_lost_is_found(world: World, tmp_path: Path, fault: str) -> None:
    action_file(project(tmp_path), "a", "x", name="A", hint="h")
    cliq = world.client()
    found = plan(cliq, read(tmp_path))
    world.control("POST", "faults", {"fault": fault, "operation": "create_message_action", "when": "after", "times": 1})
    apply(cliq, tmp_path, found)
    assert len(world.ids()) == 1
    assert plan(cliq, read(tmp_path)).empty


def test_an_action_that_goes_while_apply_runs(world: World, tmp_path: Path) -> None:
    cliq, root = started(world, tmp_path)
    action_file(root, "a", "x", name="A", hint="new")
    found = plan(cliq, read(root))
    cliq.message_actions.delete(world.ids()["A"])
    with pytest.raises(AccountChanged, match=r"A \(\d+\) is gone"):
        apply(cliq, root, found, recheck=False)
    with pytest.raises(AccountChanged, match=r"A \(\d+\) is gone"):
        apply(cliq, root, found)


def just_before(operation: str, act: Callable[[], object]) -> Middleware:
    """Return a middleware that acts right before the operation is sent."""

    def middleware(request: Request, send: Callable[[Request], RawResponse]) -> RawResponse:
        if request.operation == operation:
            act()
        return send(request)

    return middleware


@pytest.mark.parametrize(
    ("operation", "files"),
    [
        ("update_message_action", {"hint": "new"}),
        ("update_message_action_handler", {"script": "new"}),
        ("delete_message_action", None),
    ],
)
def test_an_action_that_goes_just_before_its_change_is_sent(
    world: World, tmp_path: Path, operation: str, files: dict[str, str] | None
) -> None:
    cliq, root = started(world, tmp_path)
    for path in (root / "actions").iterdir():
        path.unlink()
    if files is not None:
        action_file(root, "a", **{"script": "x", "name": "A", "hint": "h"} | files)
    gone = world.ids()["A"]
    late = world.client(middleware=[just_before(operation, lambda: cliq.message_actions.delete(gone))])
    with pytest.raises(AccountChanged, match=rf"A \({gone}\) is gone"):
        apply(late, root, plan(late, read(root), prune=True))


def test_a_name_that_is_taken_just_before_a_rename_is_sent(world: World, tmp_path: Path) -> None:
    cliq, root = started(world, tmp_path)
    action_file(root, "a", "x", name="New", hint="h")
    taken = partial(cliq.message_actions.create, name="New", hint="h", execution_type="deluge")
    late = world.client(middleware=[just_before("update_message_action", taken)])
    with pytest.raises(AccountChanged, match="'New' is taken"):
        apply(late, root, plan(late, read(root)))


def test_an_answer_without_content_stops_apply_and_the_next_goes_on(world: World, tmp_path: Path) -> None:
    cliq, root = started(world, tmp_path)
    action_file(root, "a", "x", name="A", hint="new")
    found = plan(cliq, read(root))
    empty = {"fault": "status", "status": 204, "body": "", "when": "after", "operation": "update_message_action"}
    world.control("POST", "faults", empty)
    with pytest.raises(errors.CliqError, match="apply again"):
        apply(cliq, root, found)
    world.control("DELETE", "faults")
    apply(cliq, root, plan(cliq, read(root)))
    assert plan(cliq, read(root)).empty


@pytest.mark.parametrize("tokens", [True, False])
def test_changes_of_others_during_an_apply_are_told(world: World, tmp_path: Path, tokens: bool) -> None:
    world.begin(handler_changes_sync="yes")
    project(tmp_path)
    for key in ("a", "b", "c"):
        action_file(tmp_path, key, "x", name=key.upper(), hint="h")
    cliq = world.client()
    apply(cliq, tmp_path, plan(cliq, read(tmp_path)))
    action_file(tmp_path, "a", "x", name="A", hint="new")

    def meddle(request: Any, send: Any) -> Any:
        if request.operation == "update_message_action":
            with Cliq("1000.owner", base_url=world.server.url, clock=world.clock, account="other") as other:
                ids = world.ids()
                other.message_actions.create(name="New", hint="h")
                other.message_actions.update_handler(ids["B"], script="theirs")
                other.message_actions.delete(ids["C"])
        return send(request)

    found = plan(cliq, read(tmp_path))
    if not tokens:  # a server that gives none: everything is listed, and deletions are seen
        found = Plan(
            **{name: getattr(found, name) for name in Plan.__dataclass_fields__ if name != "sync_token"},
            sync_token=None,
        )
    done = apply(world.client(middleware=[meddle]), tmp_path, found, recheck=False)
    told = "; ".join(done.changed_meanwhile)
    assert "is new" in told
    assert ("its handler, or something that was changed back" in told) == tokens
    assert ("C (" in told and "is gone" in told) == (not tokens)


def test_trust_lock_without_a_sync_token_reads_every_handler(world: World, tmp_path: Path) -> None:
    cliq, root = started(world, tmp_path)
    locks = read_locks(root)
    write_locks(root, {"test": Lock(locks["test"].entries)})
    assert plan(cliq, read(root), trust_lock=True).trusted == 0
    # And a refused token lists everything.
    write_locks(root, {"test": Lock(locks["test"].entries, "nonsense")})
    assert plan(cliq, read(root), trust_lock=True).trusted == 0
    # An apply that has nothing to do notes the token that was missing.
    write_locks(root, {"test": Lock(locks["test"].entries)})
    apply(cliq, root, plan(cliq, read(root)))
    assert read(root).lock.sync_token is not None


def test_entries_of_listings_that_cannot_be_read_are_passed_over(world: World, tmp_path: Path) -> None:
    cliq, root = started(world, tmp_path)
    answered(world, "list_message_actions", [{"name": "no id"}, 7])
    assert [change.kind for change in plan(cliq, read(root)).changes] == ["create"]

    async def main() -> None:
        from zoho_cliq.project import plan_async

        async with AsyncCliq("1000.owner", base_url=world.server.url, clock=world.clock) as other:
            assert [change.kind for change in (await plan_async(other, read(root))).changes] == ["create"]

    asyncio.run(main())


def test_waits_are_announced(world: World, tmp_path: Path) -> None:
    waits: list[Any] = []
    cliq = world.client(on_wait=waits.append)
    project(tmp_path)
    for number in range(HANDLER_UPDATE.limit + 1):
        action_file(tmp_path, f"a{number}", "x", name=f"A{number}", hint="h")
    apply(cliq, tmp_path, plan(cliq, read(tmp_path)))
    assert [(wait.operation, round(wait.seconds), wait.reason) for wait in waits] == [
        ("update_message_action_handler", HANDLER_UPDATE.window_seconds, "threshold")
    ]


def test_values_that_no_file_can_have_are_left_out(world: World, tmp_path: Path) -> None:
    def odd(number: int, **fields: Any) -> dict[str, Any]:
        shown = {"id": str(number), "name": f"N{number}", "hint": "h", "execution_type": "deluge", "scope": "personal"}
        return shown | fields

    data = [odd(1, scope="alone"), odd(2, name="x" * 200), odd(3, name=None), odd(4, execution_type="later")]
    answered(world, "list_message_actions", data)
    done = pull(world.client(), tmp_path)
    told = "\n".join(done.left)
    assert re.search(r"N1 \(1\): scope is left out: must be one of .*, not 'alone'", told)
    assert "xxx (2): name: must have at most" in told
    assert "(3): name:" in told
    assert re.search(r"N4 \(4\): execution_type: must be one of .*, not 'later'; no file was written", told)
    assert [path.name for path in tmp_path.glob("actions/*.toml")] == ["n1.toml"]
    # A file that is there is left, too.
    world.control("DELETE", "faults")
    answered(world, "list_message_actions", [odd(1, hint="x" * 200)])
    assert "the account has a value that a file cannot have" in pull(world.client(), tmp_path).left[0]


def test_a_permission_that_no_file_can_have_is_left_out(world: World, tmp_path: Path) -> None:
    world.client().message_actions.create(name="Hook", hint="h", message_types=["text"], **WEBHOOK)
    answered(world, "get_message_action_handler", {"name": "x", "function_id": "1", "permissions": ["later"]})
    assert "permissions is left out: permissions[0]: must be one of" in pull(world.client(), tmp_path).left[0]
    assert "permissions" not in (tmp_path / "actions/hook.toml").read_text()


def test_names_for_scripts_avoid_what_is_there(world: World, tmp_path: Path) -> None:
    made = world.client().message_actions.create(name="A", hint="h")
    world.client().message_actions.update_handler(made.id, script="x")
    write(tmp_path, "elsewhere", "")
    (tmp_path / "actions/a-2.dg").mkdir(parents=True)
    (tmp_path / "actions/a.dg").symlink_to(tmp_path / "elsewhere")
    pull(world.client(), tmp_path)
    assert 'script = "a-3.dg"' in (tmp_path / "actions/a.toml").read_text()


# ---- the planner


def replaced(**new: Any) -> tuple[DesiredAction, list[AccountAction], Lock]:
    """Return a file, and an account in which its action is being replaced."""
    shown = {"name": "A", "hint": "h", "execution_type": "deluge"}
    wanted = DesiredAction("a", {"name": "A", "hint": "h", **WEBHOOK}, ("chat",), None)
    second = AccountAction("2", {**shown, "name": replacement_name("1"), **WEBHOOK, **new}, None)
    return wanted, [AccountAction("1", shown), second], Lock({"a": Entry("1", {}, None, "2")})


def test_a_replacement_that_differs_is_brought_up_to_date_first() -> None:
    wanted, account, lock = replaced(hint="old")
    found = make_plan([wanted], account, lock, replace=True)
    assert [(step.kind, step.action) for step in found.steps] == [
        ("update", "2"),
        ("handler", "2"),
        ("delete", "1"),
        ("update", "2"),
    ]


def test_a_replacement_that_does_not_fit_is_made_anew() -> None:
    wanted, account, lock = replaced(execution_type="later")
    found = make_plan([wanted], account, lock, replace=True)
    assert [(step.kind, step.action) for step in found.steps] == [
        ("delete", "2"),
        ("create", None),
        ("handler", None),
        ("delete", "1"),
        ("update", None),
    ]


def test_lock_entries_without_file_and_action_are_removed() -> None:
    found = make_plan([], [], Lock({"gone": Entry("9")}))
    assert found.empty
    assert not found.settled.entries


def test_a_plan_shows_images_and_new_lists() -> None:
    shown = {"name": "A", "hint": "h", "execution_type": "deluge"}
    wanted = DesiredAction("a", {**shown, "image": "aW1n", "message_types": ["text"]})
    made = make_plan([wanted], [AccountAction("1", shown, UNREAD)], Lock())
    text = str(made)
    assert "image: set; the API never returns it" in text
    assert made.to_dict()["changes"][0]["fields"][0]["new"] == "3 bytes"
    assert 'message_types: ["text"]' in text


def test_a_name_that_differs_in_case_from_one_that_stays_is_the_servers_to_judge() -> None:
    shown = {"hint": "h", "execution_type": "deluge"}
    account = [AccountAction("1", {"name": "A", **shown}), AccountAction("2", {"name": "B", **shown})]
    found = make_plan([DesiredAction("b", {"name": "a", "hint": "h"})], account, Lock({"b": Entry("2")}))
    assert [(step.kind, step.body["name"]) for step in found.steps] == [("update", "a")]


def test_plain_data_has_notes() -> None:
    shown = {"name": "A", "hint": "h", "execution_type": "deluge"}
    found = make_plan([DesiredAction("a", {"name": "A", "hint": "i"})], [AccountAction("1", shown)], Lock())
    assert found.to_dict()["changes"][0]["note"].startswith("found by its name")


def test_a_replacement_that_was_begun_is_finished_or_taken_back(world: World, tmp_path: Path) -> None:
    cliq, root = started(world, tmp_path)
    (old,) = world.ids().values()
    for wanted in ("webhook", "deluge"):
        made = cliq.message_actions.create(name=replacement_name(old), hint="other", **WEBHOOK)
        lock = read(root).lock
        entry = Entry(old, lock.entries["a"].fields, lock.entries["a"].handler, made.id)
        write_locks(root, {"test": Lock({"a": entry}, lock.sync_token)})
        if wanted == "deluge":
            action_file(root, "a", "x", name="A", hint="h")
            apply(cliq, root, plan(cliq, read(root)))
            assert world.ids() == {"A": old}
        else:
            action_file(root, "a", name="A", hint="h", permissions=["chat"], **WEBHOOK)
            apply(cliq, root, plan(cliq, read(root), replace=True))
            assert world.ids() == {"A": made.id}
            old = made.id
            action_file(root, "a", "x", name="A", hint="h")
            apply(cliq, root, plan(cliq, read(root), replace=True))
            old = world.ids()["A"]
        assert plan(cliq, read(root)).empty
        assert read(root).lock.entries["a"].replacement is None


def test_a_lock_out_after_the_plan_is_waited_for(world: World, tmp_path: Path) -> None:
    action_file(project(tmp_path), "a", name="A", hint="h")
    cliq = world.client(max_wait=400)
    found = plan(cliq, read(tmp_path))
    cliq._engine.state.lock(cliq._engine.account, 300)
    apply(cliq, tmp_path, found, recheck=False)
    assert world.clock.now >= 1300


def test_a_file_that_was_moved_is_pulled_under_its_new_name(world: World, tmp_path: Path) -> None:
    cliq, root = started(world, tmp_path)
    (root / "actions/a.toml").rename(root / "actions/b.toml")
    assert pull(cliq, root).written == ("cliq.lock.toml",)
    assert set(read(root).lock.entries) == {"b"}


# ---- settings


def test_credentials_are_taken_from_where_they_are_named(tmp_path: Path) -> None:
    named = Environment(
        "a", "eu", credentials={name: name.upper() for name in ("client_id", "client_secret", "refresh_token")}
    )
    auth = named.auth({"CLIENT_ID": "i", "CLIENT_SECRET": "s", "REFRESH_TOKEN": "r"})
    assert isinstance(auth, OAuth)
    assert (auth.client_id, auth.data_center) == ("i", "eu")
    with pytest.raises(errors.ConfigurationError, match="takes the credentials from REFRESH_TOKEN, which is not set"):
        named.auth({"CLIENT_ID": "i", "CLIENT_SECRET": "s"})
    auth.save(tmp_path / "kept")
    assert isinstance(Environment("a", credentials={"file": str(tmp_path / "kept")}).auth({}), OAuth)
    assert Environment("a").auth({}) is None
    assert Environment("a", secrets={"K": ""}).masked("text") == "text"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[environments]\na = 1", "cliq.toml:2: an environment is a table"),
        ("[environments.a]\nvariables = 1", "cliq.toml:2: variables: must be a table"),
        ("x = ", "cliq.toml:1: is not valid TOML: Invalid value"),
    ],
)
def test_more_mistakes_in_the_configuration(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ProjectError) as caught:
        read_configuration(project(tmp_path, text), {})
    assert str(caught.value).startswith(told)
    assert [str(mistake) for mistake in check(tmp_path)] == [str(mistake) for mistake in caught.value.mistakes]


def test_check_passes_over_what_an_unset_variable_decides(tmp_path: Path) -> None:
    project(tmp_path, '[environments.a.variables]\nKEY = { env = "NOT_SET_ANYWHERE" }\n')
    url = {"execution_url": "${KEY}", "permissions": ["all"]}
    action_file(tmp_path, "a", name="A", hint="h", **WEBHOOK | url)
    assert [str(mistake).partition(": must")[0] for mistake in check(tmp_path, environ={})] == [
        "actions/a.toml:5: permissions: permissions[0]"
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('client_secret = "CLIQ_CLIENT_SECRET"', None),
        ('execution_url = "https://h.example.com/?token=${KEY}"', None),
        ('execution_url = "https://${USER}:${KEY}@h.example.com/"', None),
        ("info token;", None),
        ('client_secret = "9f8e7d6c5b4a"', "a secret"),
        ('headers.put("api_key", "9f8e7d6c5b4a");', "a secret"),
        ('url = "https://ann:hunter2@h.example.com/"', "a password in a URL"),
        ('url = "https://h.example.com/?api_key=9f8e7d6c5b4a"', "a secret in a URL"),
        ('execution_url = "https://h.example.com/?key=9f8e7d6c5b4a"', "a secret in a URL"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
        (f'x = "ghp_{"a1" * 18}";', "a GitHub token"),
    ],
)
def test_texts_in_the_form_of_a_secret_are_reported(text: str, kind: str | None) -> None:
    assert [found[1] for found in found_secrets(f"\n{text}\n")] == ([kind] if kind else [])


def test_a_hidden_file_is_no_action(tmp_path: Path) -> None:
    write(project(tmp_path), "actions/.a.toml", "?")
    assert not read(tmp_path).actions


def test_check_reads_the_lock_and_good_images(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "actions").mkdir()
    (tmp_path / "actions/a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    action_file(tmp_path, "a", name="A", hint="h", image="a.png")
    write(tmp_path, "cliq.lock.toml", "layout = 9")
    assert [mistake.file for mistake in check(tmp_path)] == ["cliq.lock.toml"]


def test_the_checker_of_scripts_is_used(tmp_path: Path) -> None:
    action_file(project(tmp_path), "a", "return nowhere;", name="A", hint="h")
    (mistake,) = check(tmp_path)
    assert (mistake.file, mistake.line, mistake.severity) == ("actions/a.dg", 1, "error")
    assert mistake.message.startswith("column 8: ")
    assert mistake.message.endswith(" [undefined-variable]")
    write(tmp_path, "actions/a.dg", 'password = "hunter2hunter2";\nreturn {"text": password};')
    assert [str(mistake) for mistake in check(tmp_path)] == [  # and not once more by the search for secrets
        str(mistake) for mistake in check(tmp_path) if mistake.message.endswith("[secret]")
    ]
    assert len(check(tmp_path)) == 1


# ---- files


def test_a_disk_that_fails_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any, **named: Any) -> None:
        raise OSError(28, "No space left on device")

    path = write(tmp_path, "a", "old")
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(errors.ConfigurationError, match=r"cannot write .*a: No space left on device"):
        write_whole(path, "new")
    with pytest.raises(errors.ConfigurationError, match=r"cannot write .*kept: No space left on device"):
        keep(make_plan([], [], Lock()), tmp_path, tmp_path / "kept")
    assert os.listdir(tmp_path) == ["a"]
    assert path.read_text() == "old"
    monkeypatch.undo()
    with pytest.raises(errors.ConfigurationError, match=r"cannot write .*below: "):
        write_whole(path / "below", "new")


def test_a_link_inside_the_project_stays_one(tmp_path: Path) -> None:
    real = write(tmp_path, "shared/real.dg", "old")
    (tmp_path / "link.dg").symlink_to(real)
    write_whole(tmp_path / "link.dg", "new")
    assert (tmp_path / "link.dg").is_symlink()
    assert real.read_text() == "new"


def test_invalid_paths_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "cannot be read: " in str(path_fault(tmp_path, tmp_path / "a\0b"))  # why is in the words of each Python
    with pytest.raises(errors.ConfigurationError, match="cannot use"), alone_in(tmp_path / "none"):
        pass
    write(tmp_path, "file", "")
    with Cliq("token") as cliq, pytest.raises(errors.ConfigurationError, match="cannot make"):
        pull(cliq, tmp_path / "file" / "below")
    unreadable = read_table(tmp_path / "none.toml", "none.toml")
    assert str(unreadable) == "none.toml:1: cannot be read: No such file or directory"
    action_file(project(tmp_path), "a", "x", name="A", hint="h")
    real = Path.read_bytes

    def refused(path: Path) -> bytes:
        if path.suffix == ".dg":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(ProjectError, match=r"actions/a\.toml:3: script: a\.dg cannot be read: Permission denied"):
        read(tmp_path)


def test_a_system_without_flock_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with alone_in(tmp_path), pytest.raises(FolderBusy), alone_in(tmp_path):
        pass
    monkeypatch.setattr(files_module, "fcntl", None)
    with alone_in(tmp_path), alone_in(tmp_path):
        pass


def test_the_module_loads_without_fcntl(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.delitem(sys.modules, "zoho_cliq.project.files")
    assert importlib.import_module("zoho_cliq.project.files").fcntl is None


def test_drift_of_a_lock_without_digests_is_no_drift(world: World, tmp_path: Path) -> None:
    cliq, root = started(world, tmp_path)
    (identifier,) = world.ids().values()
    write_locks(root, {"test": Lock({"a": Entry(identifier)})})
    assert not drift(cliq, read(root)).changes
