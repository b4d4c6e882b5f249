"""Apply against the mock server: what it sends, what it notes, what it refuses, and how long it takes."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cliq_fakes import FIELDS, HANDLER_UPDATE, PATIENT, TYPES, WINDOW
from cliq_projects import World, action_file, content, project, write
from zoho_cliq import AsyncCliq, Cliq, RawResponse, errors
from zoho_cliq.project import (
    AccountChanged,
    FolderBusy,
    Incomplete,
    Plan,
    Progress,
    apply,
    apply_async,
    drift,
    drift_async,
    keep,
    kept_plan,
    plan,
    plan_async,
    pull,
    pull_async,
    read,
)
from zoho_cliq.project.files import alone_in
from zoho_cliq.project.lock_file import read_locks
from zoho_cliq_api.contract import OPERATIONS

WEBHOOK: dict[str, Any] = {"execution_type": "webhook", "execution_url": "https://hooks.example.com/a"}


def applied(cliq: Cliq, root: Path, **choices: bool) -> Plan:
    """Plan and apply."""
    found = plan(cliq, read(root), **choices)
    apply(cliq, root, found)
    return found


def test_an_account_becomes_equal_and_stays(world: World, tmp_path: Path) -> None:
    cliq = world.client()
    project(tmp_path)
    write(tmp_path, "actions/icon.png", "\x89PNG")
    action_file(tmp_path, "note", "return {};\n", name="Note", hint="Keep it", scope="personal", image="icon.png")
    several = {"multi_selectable": True} if "multi_selectable" in FIELDS else {}
    action_file(
        tmp_path, "hook", name="Hook", hint="Send it", scope="team", team_ids=[100002, 100001], permissions=["user"],
        message_types=TYPES[-1:], **several, **WEBHOOK,
    )  # fmt: skip
    action_file(tmp_path, "bare", name="Bare", hint="Nothing")
    applied(cliq, tmp_path)
    found = world.actions()
    assert found["Note"]["handler"] == {"script": "return {};\n"}
    assert (found["Note"]["scope"], found["Hook"]["handler"]) == ("personal", {"permissions": ["user"]})
    assert sorted(found["Hook"]["team_ids"]) == [100001, 100002]
    world.calls()
    before = content(tmp_path)
    again = applied(cliq, tmp_path)
    assert again.empty
    assert world.calls() == {"list_message_actions": 2, "get_message_action_handler": 2}
    assert pull(cliq, tmp_path).written == ("schemas/cliq.schema.json",)[:0]
    assert content(tmp_path) == before
    assert not drift(cliq, read(tmp_path)).changes


def test_each_kind_of_change_arrives(world: World, tmp_path: Path) -> None:
    cliq = world.client()
    project(tmp_path)
    for key in ("a", "b", "c", "d"):
        action_file(tmp_path, key, f"return '{key}';", name=key.upper(), hint="h")
    action_file(tmp_path, "hook", name="Hook", hint="h", permissions=["chat"], **WEBHOOK)
    applied(cliq, tmp_path)
    ids = world.ids()
    action_file(tmp_path, "a", "return 'new';", name="B", hint="h", scope="personal")
    action_file(tmp_path, "b", "return 'b';", name="A", hint="h")
    (tmp_path / "actions/c.toml").unlink()
    (tmp_path / "actions/d.toml").rename(tmp_path / "actions/moved.toml")
    action_file(tmp_path, "hook", "return 'hook';", name="Hook", hint="h")
    write(tmp_path, "actions/hook.toml", 'name = "Hook"\nhint = "h"\nexecution_type = "deluge"\nscript = "hook.dg"\n')
    found = plan(cliq, read(tmp_path), prune=True, replace=True)
    assert [change.kind for change in found.changes] == ["rename", "rename", "delete", "replace"]
    apply(cliq, tmp_path, found)
    after, now = world.actions(), world.ids()
    assert (now["A"], now["B"], now["D"]) == (ids["B"], ids["A"], ids["D"])
    assert set(now) == {"A", "B", "D", "Hook"}
    assert now["Hook"] != ids["Hook"]
    assert (after["B"]["handler"], after["B"]["scope"]) == ({"script": "return 'new';"}, "personal")
    assert after["Hook"]["handler"] == {"script": "return 'hook';"}
    assert set(read(tmp_path).lock.entries) == {"a", "b", "moved", "hook"}
    assert plan(cliq, read(tmp_path), prune=True, replace=True).empty


def test_what_is_blocked_is_left_and_told_after_the_rest(world: World, tmp_path: Path) -> None:
    cliq = world.client()
    action_file(project(tmp_path), "a", name="A", hint="h", execution_type="deluge")
    applied(cliq, tmp_path)
    action_file(tmp_path, "a", name="A", hint="h", **WEBHOOK)
    action_file(tmp_path, "b", name="B", hint="h")
    with pytest.raises(Incomplete, match=r"actions/a.toml was left as it is: the API cannot change execution_type"):
        applied(cliq, tmp_path)
    assert set(world.ids()) == {"A", "B"}


def test_the_lock_file_is_noted_after_each_step(world: World, tmp_path: Path) -> None:
    project(tmp_path)
    for key in ("a", "b"):
        action_file(tmp_path, key, "x", name=key.upper(), hint="h")
    seen: list[tuple[str, list[str]]] = []

    def watch(request: Any, send: Any) -> Any:
        entries = read_locks(tmp_path)["test"].entries if (tmp_path / "cliq.lock.toml").exists() else {}
        known = [f"{key}{'' if entry.handler is None else '+'}" for key, entry in entries.items()]
        seen.append((request.operation, known))
        return send(request)

    applied(world.client(middleware=[watch]), tmp_path)
    assert seen[2:] == [
        ("create_message_action", []),
        ("update_message_action_handler", ["a"]),
        ("create_message_action", ["a+"]),
        ("update_message_action_handler", ["a+", "b"]),
        ("list_message_actions", ["a+", "b+"]),
    ]


def colleague(world: World, name: str, /, **fields: Any) -> None:
    """Change an action as another user of the same account would: without this client's knowledge."""
    with Cliq("1000.owner", base_url=world.server.url, clock=world.clock, account="colleague", state=None) as cliq:
        identifier = world.ids()[name]
        if "script" in fields:
            cliq.message_actions.update_handler(identifier, script=fields.pop("script"))
        if fields:
            cliq.message_actions.update(identifier, **fields)


@pytest.mark.parametrize(
    "theirs", [{"hint": "theirs"}, {"script": "theirs"}, {"name": "Theirs"}, {"scope": "personal"}]
)
@pytest.mark.parametrize("prune", [False, True])
def test_what_changed_since_the_plan_is_refused_and_not_overwritten(
    world: World, tmp_path: Path, theirs: dict[str, Any], prune: bool
) -> None:
    cliq = world.client()
    action_file(project(tmp_path), "a", "x", name="A", hint="h")
    applied(cliq, tmp_path)
    action_file(tmp_path, "a", "mine", name="Mine", hint="mine", scope="team", team_ids=[100001])
    if prune:
        (tmp_path / "actions/a.toml").unlink()
    found = plan(cliq, read(tmp_path), prune=prune)
    colleague(world, "A", **theirs)
    before = world.actions()
    with pytest.raises(AccountChanged, match="changed since the plan was made"):
        apply(cliq, tmp_path, found)
    if "script" not in theirs:
        assert world.actions() == before
    (handler,) = [action["handler"] for action in world.actions().values()]
    assert handler == {"script": theirs.get("script", "x")}
    again = plan(cliq, read(tmp_path), prune=prune)
    assert "changed in the account since the last apply" in str(again)


@pytest.mark.parametrize("operation", ["get_message_action_handler", "update_message_action"])
def test_a_change_in_the_midst_of_an_apply_is_refused_too(world: World, tmp_path: Path, operation: str) -> None:
    project(tmp_path)
    for key in ("a", "b"):
        action_file(tmp_path, key, "x", name=key.upper(), hint="h")
    applied(world.client(), tmp_path)
    for key in ("a", "b"):
        action_file(tmp_path, key, "mine", name=key.upper(), hint="mine")
    theirs = {"hint": "theirs"} if operation == "update_message_action" else {"script": "theirs"}
    armed: list[bool] = []

    def meddle(request: Any, send: Any) -> Any:
        answer = send(request)
        if armed and request.operation == operation:
            armed.clear()
            colleague(world, "B", **theirs)
        return answer

    cliq = world.client(middleware=[meddle])
    found = plan(cliq, read(tmp_path))
    armed.append(True)
    with pytest.raises(AccountChanged, match="B"):
        apply(cliq, tmp_path, found, recheck=False)
    assert "theirs" in json.dumps(world.actions()["B"])
    assert "changed in the account since the last apply" in str(plan(cliq, read(tmp_path)))


def test_a_change_of_something_else_meanwhile_is_told(world: World, tmp_path: Path) -> None:
    project(tmp_path)
    action_file(tmp_path, "a", "x", name="A", hint="h")
    action_file(tmp_path, "b", "x", name="B", hint="h")
    cliq = world.client()
    applied(cliq, tmp_path)
    action_file(tmp_path, "a", "x", name="A", hint="new")
    found = plan(cliq, read(tmp_path))
    token = read(tmp_path).lock.sync_token
    with world.client(middleware=[lambda request, send: _meddled(world, request, send)]) as meddling:
        done = apply(meddling, tmp_path, found)
    assert len(done.changed_meanwhile) == 1
    assert "B (" in done.changed_meanwhile[0]
    assert done.changed_meanwhile[0].endswith(": hint")
    assert read(tmp_path).lock.sync_token == token


def _meddled(world: World, request: Any, send: Any) -> Any:
    if request.operation == "update_message_action":
        colleague(world, "B", hint="theirs")
    return send(request)


def test_a_kept_plan_is_carried_out_as_it_is(world: World, tmp_path: Path) -> None:
    cliq = world.client()
    root = project(tmp_path / "project")
    action_file(root, "a", "x", name="A", hint="h")
    applied(cliq, root)
    action_file(root, "a", "y", name="B", hint="h")
    action_file(root, "hook", name="Hook", hint="h", permissions=["chat"], **WEBHOOK)
    keep(plan(cliq, read(root)), root, tmp_path / "out.plan")
    assert (tmp_path / "out.plan").stat().st_mode & 0o777 == 0o600
    action_file(root, "a", "z", name="C", hint="later")
    found, folder = kept_plan(tmp_path / "out.plan")
    assert folder == root
    assert found == plan(cliq, read(root)) or found.steps
    apply(cliq, folder, found, recheck_handlers=True)
    assert set(world.ids()) == {"B", "Hook"}
    assert world.actions()["B"]["handler"] == {"script": "y"}
    with pytest.raises(AccountChanged, match=r"cliq.lock.toml"):
        apply(cliq, folder, found, recheck_handlers=True)


def test_a_kept_plan_is_refused_before_anything_is_changed(world: World, tmp_path: Path) -> None:
    cliq = world.client()
    project(tmp_path)
    for key in ("a", "b"):
        action_file(tmp_path, key, "x", name=key.upper(), hint="h")
    applied(cliq, tmp_path)
    for key in ("a", "b"):
        action_file(tmp_path, key, "mine", name=key.upper(), hint="mine")
    keep(plan(cliq, read(tmp_path)), tmp_path, tmp_path / "out.plan")
    colleague(world, "B", script="theirs")
    before = world.actions()
    with pytest.raises(AccountChanged, match="the handler of B"):
        apply(cliq, tmp_path, kept_plan(tmp_path / "out.plan")[0], recheck_handlers=True)
    assert world.actions() == before


def test_a_plan_for_another_server_is_refused(world: World, tmp_path: Path) -> None:
    action_file(project(tmp_path), "a", name="A", hint="h")
    found = plan(world.client(), read(tmp_path))
    with (
        Cliq("1000.owner", base_url="https://cliq.test/api/v3") as other,
        pytest.raises(errors.ConfigurationError, match=r"the plan is for http://127"),
    ):
        apply(other, tmp_path, found)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"zoho-cliq plan": 2}', '{"zoho-cliq plan": 1}', "\x00"])
def test_a_file_that_is_not_a_plan_is_refused(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, "plan", text)
    with pytest.raises(errors.ConfigurationError, match=r"cannot use .*plan: "):
        kept_plan(path)
    with pytest.raises(errors.ConfigurationError, match="No such file"):
        kept_plan(tmp_path / "none")


def test_a_kept_plan_with_values_of_wrong_types_is_refused(world: World, tmp_path: Path) -> None:
    action_file(project(tmp_path), "a", "x", name="A", hint="h")
    keep(plan(world.client(), read(tmp_path)), tmp_path, tmp_path / "out.plan")
    whole = json.loads((tmp_path / "out.plan").read_text())
    step, change = whole["steps"][0], whole["changes"][0]
    for wrong in ({"folder": None}, {"steps": [{**step, "kind": []}]}, {"changes": [{**change, "kind": None}]}):
        path = write(tmp_path, "wrong", json.dumps({**whole, **wrong}))
        with pytest.raises(errors.ConfigurationError, match="it contains no plan of zoho-cliq"):
            kept_plan(path)


def test_one_command_at_a_time_works_in_a_folder(world: World, tmp_path: Path) -> None:
    action_file(project(tmp_path), "a", name="A", hint="h")
    cliq = world.client()
    found = plan(cliq, read(tmp_path))
    world.calls()
    with alone_in(tmp_path):
        with pytest.raises(FolderBusy, match="nothing was sent"):
            apply(cliq, tmp_path, found)
        with pytest.raises(FolderBusy):
            pull(cliq, tmp_path)
    assert not world.calls()
    apply(cliq, tmp_path, found)


def test_two_checkouts_applied_at_once_make_no_duplicates(world: World, tmp_path: Path) -> None:
    cliq = world.client()
    roots = [project(tmp_path / name) for name in ("one", "two")]
    for root in roots:
        action_file(root, "a", "x", name="A", hint="h")
    plans = [plan(cliq, read(root)) for root in roots]
    apply(cliq, roots[0], plans[0])
    with pytest.raises(AccountChanged, match=r"A \(\d+\) is new"):
        apply(cliq, roots[1], plans[1])
    with pytest.raises(AccountChanged, match="'A' is taken, by an action that is new"):
        apply(cliq, roots[1], plans[1], recheck=False)
    applied(cliq, roots[1])
    assert len(world.ids()) == 1
    assert read(roots[1]).lock == read(roots[0]).lock


def test_a_trusted_lock_saves_the_handlers_that_nobody_changed(world: World, tmp_path: Path) -> None:
    cliq = world.client()
    project(tmp_path)
    for number in range(5):
        action_file(tmp_path, f"a{number}", "x", name=f"A{number}", hint="h")
    applied(cliq, tmp_path)
    world.calls()
    found = plan(cliq, read(tmp_path), trust_lock=True)
    assert found.empty
    assert found.trusted == 5
    assert "a change made in Cliq would be missed" in str(found)
    assert world.calls() == {"list_message_actions": 2}
    action_file(tmp_path, "a0", "y", name="A0", hint="h")
    colleague(world, "A1", hint="theirs")
    colleague(world, "A2", script="theirs")  # does not count as a change of the action: this is what is missed
    world.calls()
    found = plan(cliq, read(tmp_path), trust_lock=True)
    assert [change.key for change in found.changes] == ["a0", "a1"]
    assert world.calls()["get_message_action_handler"] == 2
    assert [change.key for change in plan(cliq, read(tmp_path)).changes] == ["a0", "a1", "a2"]
    assert [each.key for each in drift(cliq, read(tmp_path), trust_lock=True).changes] == ["a1"]
    assert [str(each).partition(" (")[0] for each in drift(cliq, read(tmp_path)).changes] == ["a1", "a2"]


def test_drift_tells_what_is_gone_and_what_is_new(world: World, tmp_path: Path) -> None:
    cliq = world.client()
    project(tmp_path)
    for key in ("a", "b"):
        action_file(tmp_path, key, "x", name=key.upper(), hint="h")
    applied(cliq, tmp_path)
    cliq.message_actions.delete(world.ids()["A"])
    colleague(world, "B", hint="theirs", script="theirs")
    cliq.message_actions.create(name="C", hint="h")
    found = drift(cliq, read(tmp_path))
    told = [str(change) for change in found.changes]
    assert told[0].startswith("a (")
    assert told[0].endswith("is no longer in the account")
    assert told[1].endswith("hint is now 'theirs'; the handler is different")
    assert [name for _, name in found.unmanaged] == ["C"]


def folder_of(tmp_path: Path, count: int, script: str = "x", hint: str = "h") -> Path:
    """Write a project of so many actions."""
    project(tmp_path)
    for number in range(count):
        action_file(tmp_path, f"a{number}", script, name=f"A{number}", hint=hint)
    return tmp_path


@pytest.mark.parametrize(
    "count", [20, pytest.param(100, marks=pytest.mark.heavy), pytest.param(300, marks=pytest.mark.heavy)]
)
def test_thresholds_are_never_exceeded_and_no_time_is_lost(world: World, tmp_path: Path, count: int) -> None:
    answers: list[RawResponse] = []
    cliq = world.client(on_response=answers.append)
    folder_of(tmp_path, count)
    pages = -(-count // 100)

    def waits(*operations: str) -> float:
        """Return the windows that the slowest of these operations has to wait for."""
        known = [threshold for name in operations if (threshold := OPERATIONS[name].threshold)]
        return max((-(-count // each.limit) - 1) * each.window_seconds for each in known)

    began = world.clock.now
    found = plan(cliq, read(tmp_path))
    apply(cliq, tmp_path, found, recheck=False)
    calls = Counter(answer.operation for answer in answers)
    assert calls == {
        "create_message_action": count, "update_message_action_handler": count, "list_message_actions": 1 + pages,
    }  # fmt: skip
    assert world.clock.now - began <= waits("create_message_action", "update_message_action_handler") * 1.05
    world.clock.now += WINDOW + 1
    answers.clear()
    folder_of(tmp_path, count, "y", "i")
    began = world.clock.now
    found = plan(cliq, read(tmp_path))
    assert world.clock.now - began <= waits("get_message_action_handler") * 1.05
    world.clock.now += WINDOW + 1
    began = world.clock.now
    apply(cliq, tmp_path, found, recheck=False)
    most = waits(*(f"{verb}_message_action{part}" for verb in ("get", "update") for part in ("", "_handler")))
    assert world.clock.now - began <= most * 1.05
    calls = Counter(answer.operation for answer in answers)
    assert {calls[name] for name in ("update_message_action", "get_message_action")} == {count}
    assert calls["get_message_action_handler"] == 2 * count
    assert calls["update_message_action_handler"] == count
    assert calls["list_message_actions"] == 2 * pages
    assert found.seconds == most
    assert {answer.status for answer in answers} == {200}


def test_progress_tells_what_waits_for_how_long_and_when_all_is_done(world: World, tmp_path: Path) -> None:
    seen: list[Progress] = []
    cliq = world.client()
    limit, window = HANDLER_UPDATE.limit, HANDLER_UPDATE.window_seconds
    count = 2 * limit + 5
    folder_of(tmp_path, count)
    apply(cliq, tmp_path, plan(cliq, read(tmp_path)), on_progress=seen.append)
    waits = [each for each in seen if each.waits]
    assert [(each.what, round(each.waits), round(each.left)) for each in waits] == [
        ("update_message_action_handler", window, 2 * window),
        ("update_message_action_handler", window, window),
    ]
    assert [each.done for each in seen] == sorted(each.done for each in seen)
    assert (seen[-1].done, seen[-1].total, seen[-1].left) == (2 * count, 2 * count, 0)
    seen.clear()
    plan(cliq, read(tmp_path), on_progress=seen.append)
    assert [round(each.waits) for each in seen if each.waits] == [window, window]
    assert (seen[0].total, round(seen[0].left)) == (count, 2 * window)


def test_a_wait_that_is_too_long_is_refused_and_a_second_apply_goes_on(world: World, tmp_path: Path) -> None:
    folder_of(tmp_path, HANDLER_UPDATE.limit + 2)
    with world.client(max_wait=5) as cliq:
        found = plan(cliq, read(tmp_path))
        with pytest.raises(
            errors.WouldWait, match=r"completed steps are kept, and the same command continues"
        ) as caught:
            apply(cliq, tmp_path, found)
        assert caught.value.reason == "threshold"
        # A new action is begun only if its script can follow at once.
        assert [action["handler"] for action in world.actions().values()] == [{"script": "x"}] * HANDLER_UPDATE.limit
    cliq = world.client()
    found = plan(cliq, read(tmp_path))
    assert [step.kind for step in found.steps] == ["create", "handler"] * 2
    apply(cliq, tmp_path, found)
    assert plan(cliq, read(tmp_path)).empty


def test_a_lock_out_is_waited_for_or_refused(world: World, tmp_path: Path) -> None:
    folder_of(tmp_path, 1)
    cliq = world.client(max_wait=400)
    cliq._engine.state.lock(cliq._engine.account, 300)
    applied(cliq, tmp_path)
    assert world.clock.now >= 1300
    cliq._engine.state.lock(cliq._engine.account, 300)
    with pytest.raises(errors.WouldWait) as caught:
        plan(cliq.with_options(max_wait=90), read(tmp_path))
    assert caught.value.reason == "lock"


def test_tasks_do_the_same(world: World, tmp_path: Path) -> None:
    async def main() -> None:
        settings: Any = {"base_url": world.server.url, "clock": world.clock, "max_wait": PATIENT}
        async with AsyncCliq("1000.owner", **settings) as cliq:
            folder_of(tmp_path, 12)
            found = await plan_async(cliq, read(tmp_path))
            assert (await apply_async(cliq, tmp_path, found)).steps == 24
            assert (await plan_async(cliq, read(tmp_path))).empty
            before = content(tmp_path)
            assert not (await pull_async(cliq, tmp_path)).written
            assert content(tmp_path) == before
            assert not (await drift_async(cliq, read(tmp_path))).changes
            with pytest.raises(errors.WouldWait):
                await plan_async(cliq.with_options(max_wait=1), read(tmp_path))

    asyncio.run(main())
    assert len(world.ids()) == 12


def test_every_operation_of_a_plan_has_a_threshold() -> None:
    assert all(operation.threshold for operation in OPERATIONS.values())
