"""The planner: steps from three states, with no server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from cliq_fakes import UPDATE
from hypothesis import given, settings
from hypothesis import strategies as st
from zoho_cliq.project import matching
from zoho_cliq.project.matching import replacement_name, temporary_name
from zoho_cliq.project.model import (
    UNREAD,
    AccountAction,
    DesiredAction,
    Entry,
    Handler,
    Lock,
    Unread,
    digest,
    entry_of,
    handler_digest,
)
from zoho_cliq.project.planner import make_plan
from zoho_cliq.project.plans import Plan, script_diff
from zoho_cliq.project.renames import Mover, Names, ordered
from zoho_cliq_api.contract import OPERATIONS


def wanted(key: str, name: str, handler: Handler = None, **fields: Any) -> DesiredAction:
    return DesiredAction(key, {"name": name, "hint": "h", **fields}, handler, f"actions/{key}.dg")


def there(number: int, name: str, handler: Handler | Unread = UNREAD, **fields: Any) -> AccountAction:
    shown = {"name": name, "hint": "h", "execution_type": "deluge", "message_types": ["text", "link"]}
    return AccountAction(str(number), {**shown, **fields}, handler, "Ann")


def lock(**actions: AccountAction) -> Lock:
    return Lock({key: entry_of(action) for key, action in actions.items()})


def kinds(plan: Plan) -> list[str]:
    return [change.kind for change in plan.changes]


def steps(plan: Plan) -> list[tuple[Any, ...]]:
    return [(step.kind, step.action or step.key, dict(step.body)) for step in plan.steps]


def test_nothing_to_do() -> None:
    action = there(1, "A", "x\r\n")
    plan = make_plan([wanted("a", "A", "x\n", message_types=["link", "text"])], [action], lock(a=action))
    assert plan.empty
    assert plan.calls == {}
    assert str(plan) == "Nothing to do: the account equals the folder."


def test_a_create_takes_two_calls_and_one_without_a_handler_takes_one() -> None:
    plan = make_plan([wanted("a", "A", "x"), wanted("b", "B")], [], Lock())
    assert steps(plan) == [
        ("create", "a", {"name": "A", "hint": "h"}),
        ("handler", "a", {"script": "x"}),
        ("create", "b", {"name": "B", "hint": "h"}),
    ]
    assert plan.steps[1].after == (0,)
    assert plan.calls == {"create_message_action": 2, "list_message_actions": 1, "update_message_action_handler": 1}


def test_a_change_sends_what_differs_and_looks_before() -> None:
    action = there(1, "A", "x", multi_selectable=False)
    plan = make_plan([wanted("a", "A", "y", hint="new", multi_selectable=False)], [action], lock(a=action))
    assert steps(plan) == [("update", "1", {"hint": "new"}), ("handler", "1", {"script": "y"})]
    assert plan.calls["get_message_action"] == plan.calls["get_message_action_handler"] == 1
    assert 'hint: "h" → "new"' in str(plan)
    assert "      -x\n" in str(plan)


def test_a_rename_keeps_the_id() -> None:
    action = there(1, "Old", "x")
    plan = make_plan([wanted("a", "New", "x", hint="i")], [action], lock(a=action))
    assert kinds(plan) == ["rename"]
    assert steps(plan) == [("update", "1", {"name": "New", "hint": "i"})]
    assert "rename      Old → New" in str(plan)


def test_an_action_that_the_lock_does_not_know_is_found_by_its_name() -> None:
    plan = make_plan([wanted("a", "A", hint="i")], [there(1, "A"), there(2, "B")], Lock())
    assert steps(plan) == [("update", "1", {"hint": "i"})]
    assert "found by its name, created by Ann" in str(plan.changes[0].note)
    assert [left.id for left in plan.left] == ["2"]


def test_a_file_that_was_renamed_keeps_its_action() -> None:
    action = there(1, "A")
    plan = make_plan([wanted("b", "A")], [action], lock(a=action), prune=True)
    assert plan.empty
    assert set(plan.settled.entries) == {"b"}


def test_several_actions_of_one_name_block_the_file_unless_one_is_equal() -> None:
    plan = make_plan([wanted("a", "A", hint="i")], [there(1, "A"), there(2, "A")], Lock())
    assert kinds(plan) == ["blocked"]
    assert not plan.steps
    assert "several actions in the account are called 'A' (1, 2)" in str(plan.changes[0].note)
    alike = make_plan([wanted("a", "A", hint="i")], [there(1, "A"), there(2, "A", hint="i")], Lock())
    assert alike.empty
    assert alike.settled.entries["a"].id == "2"


def test_prune_deletes_only_actions_that_are_in_the_lock() -> None:
    known, strange = there(1, "A", "x"), there(2, "B")
    kept = make_plan([], [known, strange], lock(a=known))
    assert kept.empty
    assert [(left.id, left.key) for left in kept.left] == [("1", "a"), ("2", None)]
    pruned = make_plan([], [known, strange], lock(a=known), prune=True)
    assert steps(pruned) == [("delete", "1", {})]
    assert [left.id for left in pruned.left] == ["2"]
    assert pruned.changes[0].note is None


@pytest.mark.parametrize("changed", [there(1, "A", "x", hint="theirs"), there(1, "A", "theirs")])
def test_what_somebody_else_changed_is_said(changed: AccountAction) -> None:
    before = lock(a=there(1, "A", "x"))
    plan = make_plan([wanted("a", "A", "mine", hint="mine")], [changed], before)
    assert sum(each.foreign for each in plan.changes[0].fields) == 1
    assert str(plan).count("changed in the account since the last apply") == 1
    assert "changed in the account" in str(make_plan([], [changed], before, prune=True).changes[0].note)


def test_an_action_that_is_gone_is_made_again() -> None:
    plan = make_plan([wanted("a", "A")], [], lock(a=there(1, "A")))
    assert kinds(plan) == ["create"]
    assert "the action of the lock, 1, is no longer in the account" in str(plan)


def test_an_image_is_compared_with_what_was_sent() -> None:
    action = there(1, "A")
    file = wanted("a", "A", image="aW1n")
    assert steps(make_plan([file], [action], lock(a=action))) == [("update", "1", {"image": "aW1n"})]
    sent = Lock({"a": entry_of(action, None, {"image": "aW1n"})})
    assert make_plan([file], [action], sent).empty
    other = Lock({"a": Entry("2", {"image": digest("aW1n")})})
    assert not make_plan([file], [action], other).empty


def test_teams_go_with_the_scope() -> None:
    action = there(1, "A", scope="organization")
    plan = make_plan([wanted("a", "A", scope="team", team_ids=[2])], [action], lock(a=action))
    assert steps(plan) == [("update", "1", {"scope": "team", "team_ids": [2]})]


def test_what_the_api_cannot_change_needs_replace() -> None:
    action = there(1, "A", "x")
    file = wanted("a", "A", ("chat",), execution_type="webhook", execution_url="https://x")
    plan = make_plan([file], [action], lock(a=action))
    assert kinds(plan) == ["blocked"]
    assert not plan.steps
    assert "the API cannot change execution_type; --replace creates a new action instead" in str(plan)
    plan = make_plan([file], [action], lock(a=action), replace=True)
    assert steps(plan) == [
        ("create", "a", {**file.fields, "name": replacement_name("1")}),
        ("handler", "a", {"permissions": ["chat"]}),
        ("delete", "1", {}),
        ("update", "a", {"name": "A"}),
    ]
    assert [step.after for step in plan.steps] == [(), (0,), (1,), (2,)]


def test_a_replacement_that_was_interrupted_goes_on() -> None:
    old, new = (
        there(1, "A", "x"),
        there(2, replacement_name("1"), ("chat",), execution_type="webhook", execution_url="https://x"),
    )
    file = wanted("a", "A", ("chat",), execution_type="webhook", execution_url="https://x")
    remembered = Lock({"a": Entry("1", {}, None, "2")})
    rest = [("delete", "1", {}), ("update", "2", {"name": "A"})]
    assert steps(make_plan([file], [old, new], remembered, replace=True)) == rest
    # The lock does not know it: the answer to its create was lost.
    assert steps(make_plan([file], [old, new], lock(a=old), replace=True)) == rest
    assert "one was started" in str(make_plan([file], [old, new], remembered))
    # The old one is gone: nothing is left to decide.
    assert steps(make_plan([file], [new], remembered)) == rest[1:]
    # The file wants what the old one is.
    back = make_plan([wanted("a", "A", "x", execution_type="deluge")], [old, new], remembered)
    assert steps(back) == [("delete", "2", {})]


@pytest.mark.parametrize(
    ("most", "name"), [(None, "renaming 48210000000417001"), (20, "n48210000000417001"), (8, "n0417001")]
)
def test_a_temporary_name_is_as_short_as_it_must_be(
    monkeypatch: pytest.MonkeyPatch, most: int | None, name: str
) -> None:
    monkeypatch.setattr(matching, "name_length", lambda: most)
    assert temporary_name("renaming", "48210000000417001") == name
    assert temporary_name("replacing", "48210000000417001") != name


def test_names_that_are_swapped_go_by_a_temporary_one() -> None:
    one, two = there(1, "A"), there(2, "B")
    plan = make_plan([wanted("x", "B", hint="i"), wanted("y", "A")], [one, two], lock(x=one, y=two))
    assert steps(plan) == [
        ("update", "1", {"name": temporary_name("renaming", "1"), "hint": "i"}),
        ("update", "2", {"name": "A"}),
        ("update", "1", {"name": "B"}),
    ]
    assert {step.group for step in plan.steps} == {0}
    assert [step.check for step in plan.steps] == [True, True, False]


def test_a_create_waits_for_its_name() -> None:
    action = there(1, "A")
    plan = make_plan([wanted("x", "B"), wanted("y", "A")], [action], lock(x=action))
    assert [step[0] for step in steps(plan)] == ["update", "create"]
    assert plan.steps[1].after == (0,)


def test_a_name_that_stays_taken_blocks_only_the_files_that_need_it() -> None:
    one, two = there(1, "A"), there(2, "B")
    plan = make_plan([wanted("x", "B"), wanted("y", "C"), wanted("z", "A")], [one, two], lock(x=one))
    assert kinds(plan) == ["create", "blocked", "blocked"]
    assert [step[:2] for step in steps(plan)] == [("create", "y")]
    assert "'B' (2) already has this name" in str(plan)
    pruned = make_plan([wanted("x", "B")], [one, two], lock(x=one, y=two), prune=True)
    assert [step[:2] for step in steps(pruned)] == [("delete", "2"), ("update", "1")]
    assert pruned.steps[1].after == (0,)


NAMES = ["A", "a", "B", "C", "D", "E"]


@given(st.permutations(NAMES), st.permutations(NAMES), st.sets(st.integers(0, 5)), st.integers(0, 6))
def test_any_renames_never_use_a_taken_name(old: list[str], new: list[str], going: set[int], staying: int) -> None:
    movers = [Mover(str(i), old[i], new[i]) for i in range(6) if i < staying and i not in going and old[i] != new[i]]
    groups, stuck = ordered(movers, Names({str(i): name for i, name in enumerate(old)}), frozenset(map(str, going)))
    names = {str(i): name for i, name in enumerate(old) if i not in going}
    moved = [move for group in groups for move in group]
    for identifier, name in moved:
        assert name not in [other for each, other in names.items() if each != identifier]
        names[identifier] = name
    assert {identifier for identifier, _ in moved} | set(stuck) == {mover.id for mover in movers}
    assert all(names[mover.id] == mover.new for mover in movers if mover.id not in stuck)
    for mover in movers:
        if mover.id in stuck:
            assert mover.id not in [identifier for identifier, _ in moved]


@settings(deadline=None)  # a busy machine is no failure
@given(st.permutations(list("ABCDEFGH")))
def test_each_cycle_of_renames_takes_one_extra_call(new: list[str]) -> None:
    movers = [Mover(str(i), "ABCDEFGH"[i], name) for i, name in enumerate(new) if name != "ABCDEFGH"[i]]
    groups, stuck = ordered(movers, Names({str(i): name for i, name in enumerate("ABCDEFGH")}), frozenset())
    assert not stuck
    assert sum(map(len, groups)) == len(movers) + len(groups)


def least(calls: Mapping[str, int]) -> float:
    """Return the least time of so many calls: each operation's windows go on beside those of the others."""
    found = 0.0
    for name, count in calls.items():
        threshold = OPERATIONS[name].threshold
        assert threshold is not None
        found = max(found, (count - 1) // threshold.limit * threshold.window_seconds)
    return found


@pytest.mark.parametrize("count", [1, 10, 11, 20, 35, pytest.param(300, marks=pytest.mark.heavy)])
def test_the_least_time_is_that_of_the_slowest_operation(count: int) -> None:
    new = [wanted(f"n{i}", f"N{i}", "x") for i in range(count)]
    plan = make_plan(new, [], Lock())
    assert plan.seconds == least(plan.calls)
    account = [there(i, f"N{i}", "y") for i in range(count)]
    remembered = Lock({f"n{i}": entry_of(action) for i, action in enumerate(account)})
    changed = [wanted(f"n{i}", f"N{i}", "x", hint="new") for i in range(count)]
    plan = make_plan(changed, account, remembered)
    assert plan.seconds == least(plan.calls)
    swapped = [wanted(f"n{i}", f"N{i ^ 1}", "y") for i in range(count - count % 2)]
    plan = make_plan(swapped, account, remembered)
    swaps = UPDATE.limit // 3  # in a window: one is begun only where all of it can be done
    assert plan.seconds == max(0, count // 2 - 1) // swaps * UPDATE.window_seconds
    replaced = [wanted(f"n{i}", f"N{i}", execution_type="webhook", execution_url="https://x") for i in range(count)]
    plan = make_plan(replaced, account, remembered, replace=True)
    assert plan.seconds == least(plan.calls)


def test_the_trusted_lock_stands_in_for_a_handler() -> None:
    action = there(1, "A")
    remembered = Lock({"a": Entry("1", entry_of(action).fields, handler_digest("x"))})
    assert make_plan([wanted("a", "A", "x")], [action], remembered).empty
    assert kinds(make_plan([wanted("a", "A", "y")], [action], remembered)) == ["change"]


def test_a_script_diff_tells_of_a_missing_last_line_feed() -> None:
    assert script_diff("a\nb", "a\nb\n", "f")[3:] == [" a", "-b", "\\ No newline at end of file", "+b"]
    assert script_diff(None, "a\n", "f")[:2] == ["--- account", "+++ f"]


def test_plain_data_of_a_plan() -> None:
    action = there(1, "A", "x")
    plan = make_plan([wanted("a", "B", "y")], [action, there(2, "C")], lock(a=action))
    found = plan.to_dict()
    assert found["changes"][0]["old_name"] == "A"
    name, script = found["changes"][0]["fields"]
    assert name == {"field": "name", "old": "A", "new": "B", "changed_at_account": False}
    assert script == {"field": "script", "old": "x", "new": "y", "changed_at_account": False}
    assert found["left"] == [{"id": "2", "name": "C", "creator": "Ann", "in_lock": False}]
    assert found["seconds"] == 0
