"""For any folder and any account: plan and apply make them equal, a second plan is empty, and a pull changes no file.

The account may hold anything that the server takes, under every policy that touches it; apply may be cut off at any
call.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cliq_fakes import FIELDS, MOST_TYPES, TYPES
from cliq_projects import World, action_file, content, project
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zoho_cliq import Cliq, errors
from zoho_cliq.project import Plan, apply, drift, plan, pull, read
from zoho_cliq.state.shared import forget_everything
from zoho_cliq_mock.policies import Policies

POLICIES: list[dict[str, Any]] = [
    {},
    {"name_case": "insensitive"},
    {"name_unique_in": "creator"},
    {"empty_update": "refuse", "stray_team_ids": "refuse"},
    {"unset_handler": "not_found"},
    {"unset_handler": "empty", "default_permissions": "chat,user"},
    {"invisible": "403", "may_change": "visible"},
    {"handler_changes_sync": "yes", "sync_token_on": "every", "list_order": "newest_first"},
    {"default_scope": "personal", "default_message_types": "text", "repeated_items": "keep"},
    {"deleted_key": "absent", "token_lifetime": 1, "total_count": "present"},
    {"domain_errors": "400", "error_shape": "nested"},
    {"unset_handler": "not_found", "error_codes": "absent", "handler_of_missing_action": "msgaction_not_found"},
    {"validation_codes": "sibling", "malformed_id": "400", "null_token": "refuse", "list_limit": "clamp"},
    {"empty_strings": "accept", "empty_arrays": "accept", "may_change": "collaborators"},
    {"stray_execution_url": "store", "stray_team_ids": "ignore", "execution_url_schemes": "https"},
]
UNTOUCHED = {
    # What a server refuses or counts in another way than the document says; `plan` cannot know it.
    "creation_limit", "lock_extends", "scope_status", "team_choice", "threshold_counts", "threshold_per",
    "threshold_window", "throttle_status",
    # Not about actions.
    "access_token_seconds", "banner_text_limit", "form_inputs_limit", "response_url_seconds",
}  # fmt: skip
NAMES = ["A", "B", "C", "D"]
SCRIPTS = ["", "x", "return {};\n", "a\r\nb", "a\nb", "é\u2028\x0b\n\n", "\ufeffx"]


@st.composite
def action(draw: st.DrawFn, names: st.SearchStrategy[str]) -> dict[str, Any]:
    """Draw an action as the API takes it, and its handler."""
    fields: dict[str, Any] = {"name": draw(names), "hint": draw(st.sampled_from(["h", "i", 'é "${X}" \\']))}
    optional = {
        "message_types": st.lists(st.sampled_from(TYPES), min_size=1, max_size=MOST_TYPES, unique=True),
        "multi_selectable": st.booleans(),
        "scope": st.sampled_from(["organization", "personal"]),
    }
    for name, values in optional.items():
        if name not in FIELDS:
            continue
        # The mock's default are all types, even where a file may have fewer.
        if draw(st.booleans()) or (name == "message_types" and len(TYPES) > MOST_TYPES):
            fields[name] = draw(values)
    if draw(st.integers(0, 3)) == 0:
        ids = st.lists(st.integers(100001, 100004), min_size=1, max_size=FIELDS["team_ids"]["maxItems"], unique=True)
        fields |= {"scope": "team", "team_ids": draw(ids)}
    if draw(st.integers(0, 2)) == 0:
        fields |= {"execution_type": "webhook", "execution_url": draw(st.sampled_from(["https://a/b", "https://c"]))}
        if draw(st.booleans()):
            fields["permissions"] = draw(
                st.lists(st.sampled_from(["chat", "user", "message"]), max_size=2, unique=True)
            )
    else:
        if draw(st.booleans()):
            fields["execution_type"] = "deluge"
        if draw(st.booleans()):
            fields["script"] = draw(st.sampled_from(SCRIPTS))
    return fields


def actions(most: int = 4) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Draw actions with different names."""
    return st.lists(action(st.sampled_from(NAMES)), max_size=most, unique_by=lambda each: each["name"])


@contextmanager
def folder() -> Iterator[Path]:
    """Make a temporary project."""
    root = Path(tempfile.mkdtemp())
    try:
        yield project(root)
    finally:
        shutil.rmtree(root)


def fresh(world: World, policies: Mapping[str, Any]) -> Cliq:
    """Empty the server, and return a client with an empty ledger."""
    world.begin(**policies)
    forget_everything()
    return world.client()


def fill(cliq: Cliq, wanted: list[dict[str, Any]]) -> None:
    """Create actions."""
    for each in wanted:
        fields = dict(each)
        handler = {name: fields.pop(name) for name in ("script", "permissions") if name in fields}
        made = cliq.message_actions.create(**fields)
        if handler:
            cliq.message_actions.update_handler(made.id, **handler)  # type: ignore[arg-type]


def write(root: Path, wanted: Mapping[str, dict[str, Any]]) -> None:
    """Write the files of actions in place of those that are there."""
    shutil.rmtree(root / "actions", ignore_errors=True)
    for key, each in wanted.items():
        fields = {name: _escaped(value) for name, value in each.items() if name != "script"}
        action_file(root, key, each.get("script"), **fields)


def _escaped(value: Any) -> Any:
    return value.replace("${", "$${") if isinstance(value, str) else value


def carried_out(cliq: Cliq, root: Path) -> Plan:
    """Plan and apply with everything that may be needed."""
    found = plan(cliq, read(root), prune=True, replace=True)
    apply(cliq, root, found)
    return found


def plain(script: str) -> str:
    """Return a script as a file of it is read."""
    return script.removeprefix("\ufeff").replace("\r\n", "\n")


def assert_equal(world: World, wanted: list[dict[str, Any]]) -> None:
    """Assert that the account has what the files want, and each name once."""
    found = world.actions()
    assert len(found) == len(world.ids())
    for each in wanted:
        there = found[each["name"]]
        handler = there.get("handler") or {}
        for name, value in each.items():
            if name == "script":
                assert plain(handler.get("script", "")) == plain(value)
            elif name == "permissions":
                assert set(handler.get("permissions", [])) == set(value)
            else:
                assert (set(there[name]) == set(value)) if isinstance(value, list) else there[name] == value
    assert not [name for name in found if name.startswith(("replacing", "renaming"))]


def check_everything(world: World, cliq: Cliq, root: Path, wanted: list[dict[str, Any]]) -> None:
    """Assert all that must hold after an apply."""
    assert_equal(world, wanted)
    again = plan(cliq, read(root), prune=True, replace=True)
    assert again.empty, str(again)
    assert not drift(cliq, read(root)).changes
    assert plan(cliq, read(root), trust_lock=True).empty
    before = content(root)
    unmanaged = {left.id for left in again.left}
    if not unmanaged:
        done = pull(cliq, root)
        assert not done.written, (before, content(root))
        assert not done.left, done
        assert content(root) == before


def two_states(world: World, policies: Mapping[str, Any], examples: int) -> None:
    """Carry random folders to random accounts."""

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(actions(), actions(), actions(), st.permutations(range(4)))
    def run(
        account: list[dict[str, Any]], first: list[dict[str, Any]], second: list[dict[str, Any]], order: list[int]
    ) -> None:
        cliq = fresh(world, policies)
        fill(cliq, account)
        with folder() as root:
            write(root, {f"k{number}": each for number, each in enumerate(first)})
            carried_out(cliq, root)
            check_everything(world, cliq, root, first)
            # The same files with other content: names move among ids, types change, files come and go. A name that
            # nobody manages is not wanted, as that may be refused.
            taken = {left.name for left in plan(cliq, read(root)).left}
            second = [each for each in second if each["name"] not in taken]
            write(root, {f"k{order[number]}": each for number, each in enumerate(second)})
            carried_out(cliq, root)
            check_everything(world, cliq, root, second)

    run()


def test_every_policy_about_actions_is_tried() -> None:
    about = {name for name in Policies().as_dict() if not name.startswith(("webhook_", "deluge", "oauth_"))}
    assert {name for policies in POLICIES for name in policies} == about - UNTOUCHED


def test_plan_and_apply_make_two_states_equal(world: World) -> None:
    two_states(world, {}, 5)


@pytest.mark.heavy
@pytest.mark.parametrize("policies", POLICIES, ids=str)
def test_plan_and_apply_make_any_two_states_equal(world: World, policies: dict[str, Any]) -> None:
    two_states(world, policies, 60)


def pulled_and_copied(world: World, examples: int) -> None:
    """Pull random accounts, and make another one from the folder."""

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(actions(), st.sampled_from(POLICIES))
    def run(account: list[dict[str, Any]], policies: dict[str, Any]) -> None:
        cliq = fresh(world, policies)
        fill(cliq, account)
        with folder() as root:
            assert not pull(cliq, root).left
            check_everything(world, cliq, root, account)
            again = fresh(world, policies)
            carried_out(again, root)
            assert_equal(world, account)

    run()


def test_an_account_is_pulled_and_then_there_is_nothing_to_do(world: World) -> None:
    pulled_and_copied(world, 5)


@pytest.mark.heavy
def test_any_account_is_pulled_and_then_there_is_nothing_to_do(world: World) -> None:
    pulled_and_copied(world, 100)


class CutOff(Exception):
    """The simulated end of the process."""


def cut_off_everywhere(
    world: World,
    first: Mapping[str, dict[str, Any]],
    second: Mapping[str, dict[str, Any]],
    policies: Mapping[str, Any],
    *,
    after: bool,
) -> None:
    """End an apply at each of its changes, before it is sent or after it was answered; the next one finishes it."""
    for cut in itertools.count(1):
        cliq = fresh(world, policies)
        calls = 0

        def cut_off(request: Any, send: Any, cut: int = cut) -> Any:
            nonlocal calls
            calls += request.method != "GET"
            if request.method != "GET" and calls == cut:
                if after:
                    send(request)
                raise CutOff
            return send(request)

        with folder() as root:
            write(root, first)
            carried_out(cliq, root)
            write(root, second)
            try:
                carried_out(world.client(middleware=[cut_off]), root)
            except CutOff:
                carried_out(cliq, root)
                check_everything(world, cliq, root, list(second.values()))
                continue
            check_everything(world, cliq, root, list(second.values()))
            return


BEFORE: list[dict[str, Any]] = [
    {"name": "A", "hint": "h", "script": "x"},
    {"name": "B", "hint": "h"},
    {"name": "C", "hint": "h"},
]
AFTER: list[dict[str, Any]] = [
    {"name": "B", "hint": "i", "script": "y"},
    {"name": "A", "hint": "h", "execution_type": "webhook", "execution_url": "https://a/b", "permissions": ["chat"]},
    {"name": "D", "hint": "new", "script": "z"},
]


def keyed(wanted: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return actions by the key of their file."""
    return {f"k{number}": each for number, each in enumerate(wanted)}


@pytest.mark.parametrize("after", [False, True])
def test_an_apply_that_is_cut_off_is_finished_by_the_next(world: World, after: bool) -> None:
    cut_off_everywhere(world, keyed(BEFORE), keyed(AFTER), {}, after=after)


@pytest.mark.heavy
def test_an_apply_that_is_cut_off_anywhere_is_finished_by_the_next(world: World) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(actions(3), actions(3), st.permutations(range(4)), st.sampled_from(POLICIES), st.booleans())
    def run(
        first: list[dict[str, Any]],
        second: list[dict[str, Any]],
        order: list[int],
        policies: dict[str, Any],
        after: bool,
    ) -> None:
        moved = {f"k{order[number]}": each for number, each in enumerate(second)}
        cut_off_everywhere(world, keyed(first), moved, policies, after=after)

    run()


FAULTS = ["reset", "status", "truncated", "malformed_json"]


@pytest.mark.heavy
@pytest.mark.parametrize(("fault", "when"), [*itertools.product(FAULTS, ["before", "after"])])
@pytest.mark.parametrize("times", [1, 3])
def test_each_fault_at_each_call_ends_well(world: World, fault: str, when: str, times: int) -> None:
    for nth in itertools.count(1):
        cliq = fresh(world, {})
        with folder() as root:
            write(root, keyed(BEFORE))
            carried_out(cliq, root)
            write(root, keyed(AFTER))
            found = plan(cliq, read(root), prune=True, replace=True)
            world.control("POST", "faults", {"fault": fault, "when": when, "nth": list(range(nth, nth + times))})
            cut = True
            try:
                apply(cliq, root, found, recheck=False)
                cut = False
            except (errors.CliqError, ConnectionError):
                pass
            fired = world.control("GET", "faults")
            world.control("DELETE", "faults")
            if cut:
                carried_out(cliq, root)
            check_everything(world, cliq, root, AFTER)
            if not fired["rules"][0]["applied"]:
                assert nth > len(found.steps)
                return
