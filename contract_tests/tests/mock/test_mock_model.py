"""Listings and changes compared with a model: a hypothesis state machine of several users who write between pages.

There are two checks. First, each response must equal the prediction of a model in plain Python, which knows the whole
history. Second, a client that follows the tokens must end with the correct state: after a listing and a listing of
changes without writes in between, its copy equals what its user sees. The second check alone must detect each of four
faulty designs, which are installed here in place of the real one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from zoho_cliq_api.contract import OPERATIONS
from zoho_cliq_mock import audiences, operations
from zoho_cliq_mock.clock import Clock
from zoho_cliq_mock.directory import User
from zoho_cliq_mock.errors import Refusal
from zoho_cliq_mock.operations import ApiRequest
from zoho_cliq_mock.state import State
from zoho_cliq_mock.store import Page

TEAMS = (1, 2)
KEYS = ("ann", "bob", "cid")
SEED: dict[str, Any] = {
    "organizations": [{"id": "1"}, {"id": "2"}],
    "users": [{"key": key, "id": f"1{index}", "name": key, "organization": "1"} for index, key in enumerate(KEYS)]
    + [{"key": "eve", "id": "20", "name": "eve", "organization": "2"}],
    "teams": [
        {"id": 1, "organization": "1", "members": ["ann", "bob"]},
        {"id": 2, "organization": "1", "members": ["ann"]},
    ],
}
PEOPLE = (*KEYS, "eve")


class Fields:
    """An action in the model."""

    def __init__(self, creator: str, scope: str, teams: frozenset[int]) -> None:
        self.creator, self.scope, self.teams = creator, scope, teams
        self.hint = "h"
        self.people: frozenset[str] = frozenset()


class Reader:
    """A client that keeps a copy of what it has received, with the model's position of its listing."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.copy: dict[str, str] = {}
        self.token: str | None = None
        self.since = 0
        self.begun: int | None = None
        self.next: str | None = None
        self.last = 0
        self.gathered: dict[str, str] = {}


class Model(RuleBasedStateMachine):
    """The mock and its model, driven together."""

    watched: tuple[str, ...] = (*PEOPLE, "ann")
    order = "oldest_first"
    creator: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock(lambda: 1_000.0)
        self.clock.freeze(1_000.0)
        self.state = State(seed=SEED, clock=self.clock, policies={"list_order": self.order})
        self.exact = True
        self.plant()
        self.actions: dict[int, Fields] = {}
        self.memberships = {"ann": {1, 2}, "bob": {1}, "cid": set(), "eve": set[int]()}
        # For each change of visibility: the action, and the users who saw it before or after.
        self.log: list[tuple[int, set[str]]] = []
        self.readers = [Reader(key) for key in self.watched]
        self.made = 0

    def plant(self) -> None:
        """Install a faulty design in place of the real one; here nothing."""

    # ---- the model

    def sees(self, key: str, fields: Fields) -> bool:
        if (key == "eve") != (fields.creator == "eve"):
            return False
        if fields.scope == "organization" or key == fields.creator or key in fields.people:
            return True
        return fields.scope == "team" and not fields.teams.isdisjoint(self.memberships[key])

    def viewers(self, action: int) -> set[str]:
        return {key for key in PEOPLE if action in self.actions and self.sees(key, self.actions[action])}

    def note(self, action: int, before: set[str]) -> None:
        self.log.append((action, before | self.viewers(action)))

    def touched(self, key: str, since: int) -> set[int]:
        return {action for action, viewers in self.log[since:] if key in viewers}

    # ---- writes

    def user(self, key: str) -> User:
        return self.state.directory.users[key]

    def call(self, act: Callable[[State, ApiRequest], bytes], key: str, *parameters: str, body: Any = None) -> Any:
        named = dict(zip(("action_id", "handler_type"), parameters, strict=False))
        operation = next(OPERATIONS[name] for name, each in operations.ACTS.items() if each is act)
        return json.loads(act(self.state, ApiRequest(self.user(key), operation, named, b"", body)) or b"null")

    def pick(self, number: int) -> int | None:
        return sorted(self.actions)[number % len(self.actions)] if self.actions else None

    @rule(
        key=st.sampled_from(PEOPLE),
        scope=st.sampled_from(["organization", "team", "personal"]),
        teams=st.sampled_from([{1}, {2}, {1, 2}]),
    )
    def create(self, key: str, scope: str, teams: set[int]) -> None:
        key = self.creator or key
        if key == "eve" and scope == "team":
            scope = "personal"
        self.made += 1
        body: dict[str, Any] = {"name": f"n{self.made}", "hint": "h", "scope": scope}
        if scope == "team":
            body["team_ids"] = sorted(teams)
        action = int(self.call(operations.create_action, key, body=body)["data"]["id"])
        self.actions[action] = Fields(key, scope, frozenset(teams) if scope == "team" else frozenset())
        self.note(action, set())

    @rule(
        number=st.integers(-2, 3),
        scope=st.sampled_from([None, "organization", "team", "personal"]),
        teams=st.sampled_from([{1}, {2}, {1, 2}]),
        hint=st.sampled_from(["h", "i", "j"]),
    )
    def update(self, number: int, scope: str | None, teams: set[int], hint: str) -> None:
        action = self.pick(number)
        if action is None:
            return
        fields = self.actions[action]
        if fields.creator == "eve" and scope == "team":
            scope = None
        body: dict[str, Any] = {"hint": hint}
        if scope is not None:
            body["scope"] = scope
        if (scope or fields.scope) == "team":
            body["team_ids"] = sorted(teams)
        before = self.viewers(action)
        old = (fields.scope, sorted(fields.teams), fields.hint)
        self.call(operations.update_action, fields.creator, str(action), body=body)
        fields.scope = scope or fields.scope
        fields.teams = frozenset(teams) if fields.scope == "team" else frozenset()
        fields.hint = hint
        if old != (fields.scope, sorted(fields.teams), fields.hint):
            self.note(action, before)

    @rule(number=st.integers(-2, 3))
    def delete(self, number: int) -> None:
        # Delete nothing while there are few actions, so that listings have several pages.
        action = self.pick(number)
        if action is not None and len(self.actions) > 3:
            before = self.viewers(action)
            self.call(operations.delete_action, self.actions.pop(action).creator, str(action))
            self.note(action, before)

    @rule(number=st.integers(-2, 3), people=st.sampled_from([(), ("bob",), ("bob", "cid")]))
    def share(self, number: int, people: tuple[str, ...]) -> None:
        action = self.pick(number)
        if action is not None and self.actions[action].creator != "eve":
            before = self.viewers(action)
            changed = self.actions[action].people != frozenset(people)
            self.state.store.share(str(action), tuple(self.user(key).id for key in people))
            self.actions[action].people = frozenset(people)
            if changed:
                self.note(action, before)

    @rule(key=st.sampled_from(KEYS), teams=st.sampled_from([set(), {1}, {2}, {1, 2}]))
    def move(self, key: str, teams: set[int]) -> None:
        before = {action for action in self.actions if key in self.viewers(action)}
        self.state.change_teams(key, frozenset(teams))
        self.memberships[key] = set(teams)
        after = {action for action in self.actions if key in self.viewers(action)}
        for action in before ^ after:
            self.log.append((action, {key}))

    @rule(seconds=st.sampled_from([0.5, 30.0]))
    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)

    # ---- reads

    @rule(number=st.integers(0, 4), limit=st.integers(1, 3))
    def turn_page(self, number: int, limit: int) -> None:
        reader = self.readers[number % len(self.readers)]
        if reader.begun is None:
            reader.begun = len(self.log)
            reader.last, reader.next, reader.gathered = 0, None, {}
        query = f"limit={limit}"
        if reader.next is not None:
            query += f"&next_token={reader.next}"
        elif reader.token is not None:
            query += f"&sync_token={reader.token}"
        call = ApiRequest(self.user(reader.key), OPERATIONS["list_message_actions"], {}, query.encode(), None)
        page = json.loads(operations.list_actions(self.state, call))
        found = [int(action["id"]) for action in page["data"]]
        if self.exact:
            self.compare(reader, page, found, limit)
        reader.gathered.update({action["id"]: action["hint"] for action in page["data"]})
        reader.last = found[-1] if found else reader.last
        reader.next = page.get("next_token")
        if reader.next is None:
            self.finish(reader, page)

    def compare(self, reader: Reader, page: Any, found: list[int], limit: int) -> None:
        visible = {action for action, fields in self.actions.items() if self.sees(reader.key, fields)}
        wanted = visible
        if reader.token is not None:
            wanted = visible & self.touched(reader.key, reader.since)
        if self.order == "oldest_first":
            following = sorted(action for action in wanted if action > reader.last)
        else:
            following = sorted((action for action in wanted if not 0 < reader.last <= action), reverse=True)
        assert found == following[:limit]
        assert ("next_token" in page) == (len(following) > limit)
        assert all(each["hint"] == self.actions[int(each["id"])].hint for each in page["data"])
        if "next_token" not in page and reader.token is not None:
            gone = self.touched(reader.key, reader.since) - visible
            assert page["deleted"] == [str(action) for action in sorted(gone)]

    def finish(self, reader: Reader, page: Any) -> None:
        assert reader.begun is not None
        reader.copy = {**(reader.copy if reader.token is not None else {}), **reader.gathered}
        for action in page.get("deleted", []):
            reader.copy.pop(action, None)
        reader.token, reader.since, reader.begun = page["sync_token"], reader.begun, None

    @rule(number=st.integers(0, 4))
    def settle(self, number: int) -> None:
        self.settled(number)

    def settled(self, number: int) -> None:
        """Finish the listing, then ask for changes while nobody writes: the copy is what the user sees."""
        reader = self.readers[number % len(self.readers)]
        for _ in range(2):
            self.turn_page(number, 3)
            turns = 0
            while reader.begun is not None and turns < 100:
                self.turn_page(number, 3)
                turns += 1
        visible = {str(a): f.hint for a, f in self.actions.items() if self.sees(reader.key, f)}
        assert reader.copy == visible

    @rule(number=st.integers(0, 4))
    def start_over(self, number: int) -> None:
        """Forget everything, between two listings."""
        reader = self.readers[number % len(self.readers)]
        if reader.begun is None:
            reader.token, reader.copy = None, {}

    def teardown(self) -> None:
        try:
            for number in range(len(self.readers)):
                self.settled(number)
        finally:
            self.state.close()


class Planted(Model):
    """A faulty design, which may be detected only by what a client ends with."""

    watched = ("ann",)
    creator = "ann"  # so that her pages are not empty

    def plant(self) -> None:
        self.exact = False
        self.history: list[tuple[int, float, int, tuple[str, ...], tuple[str, ...]]] = []
        audiences = self.state.store.audiences
        real = audiences.log

        def log(action: int, before: tuple[str, ...], after: tuple[str, ...]) -> None:
            real(action, before, after)
            self.history.append((audiences.change, self.clock.now(), action, before, after))

        audiences.log = log  # type: ignore[method-assign]
        self.design()

    def design(self) -> None:
        raise NotImplementedError

    # Left out: changes of membership, because the planted designs know only changes of actions; and what ends a listing
    # at once, because they are found by what happens while one runs.
    move = settle = None  # type: ignore[assignment]


class Offset(Planted):
    """A faulty design: pages are found by counting actions from the start."""

    def design(self) -> None:
        store, audiences = self.state.store, self.state.store.audiences

        def page(user: User, *, last: int, limit: int) -> Page:
            rows = audiences.page(user, last=0, limit=10_000, descending=False)
            return Page([row[1] for row in rows[last : last + limit]], last + limit, len(rows) > last + limit)

        store.page = page  # type: ignore[method-assign]


class TimeStamp(Planted):
    """A faulty design: changes since a token are found by time stamp, as those later than the last before the token."""

    def design(self) -> None:
        def touched(user: User, since: int, at_most: int) -> set[int]:
            stamp = max((time for change, time, *_ in self.history if change <= since), default=0.0)
            return {
                action
                for _, time, action, before, after in self.history
                if time > stamp and not set(before + after).isdisjoint(user.audiences)
            }

        self.state.store.audiences.touched = touched  # type: ignore[method-assign]


class SequenceAtEnd(Planted):
    """A faulty design: the sync token marks the end of its listing instead of its beginning."""

    def design(self) -> None:
        self.at_end = True


class FirstChangeOnly(Planted):
    """A faulty design: an action counts as deleted only if it was visible before its first change since the token."""

    def design(self) -> None:
        audiences = self.state.store.audiences

        def gone(user: User, since: int) -> list[int]:
            first: dict[int, tuple[str, ...]] = {}
            for change, _, action, before, _after in self.history:
                if change > since:
                    first.setdefault(action, before)
            keys = audiences._keys_of(user)
            return [
                action
                for action, before in sorted(first.items())
                if not set(before).isdisjoint(user.audiences) and not audiences.sees(keys, action)
            ]

        audiences.gone = gone  # type: ignore[method-assign]


def check(machine: type[Model], examples: int, number: int) -> None:
    chosen = settings(
        max_examples=examples,
        stateful_step_count=30,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    run_state_machine_as_test(seed(number)(machine), settings=chosen)


def test_the_mock_equals_its_model() -> None:
    check(Model, 60, 0)


@pytest.mark.parametrize(
    ("order", "dense"),
    [
        ("newest_first", 0),
        pytest.param("oldest_first", 0, marks=pytest.mark.heavy),
        pytest.param("newest_first", audiences.DENSE, marks=pytest.mark.heavy),
    ],
)
def test_the_mock_equals_its_model_in_both_orders_and_with_many_changes(
    monkeypatch: pytest.MonkeyPatch, order: str, dense: int
) -> None:
    monkeypatch.setattr(audiences, "DENSE", dense)
    check(type("Ordered", (Model,), {"order": order}), 60, 1)


@pytest.mark.heavy
@pytest.mark.parametrize("number", range(1, 5))
def test_the_mock_equals_its_model_in_ten_thousand_histories(number: int) -> None:
    check(type(f"Model{number}", (Model,), {}), 2_500, number)


@pytest.mark.parametrize(
    "design",
    [Offset, *(pytest.param(each, marks=pytest.mark.heavy) for each in (TimeStamp, SequenceAtEnd, FirstChangeOnly))],
)
def test_the_model_test_finds_naive_designs(design: type[Planted], monkeypatch: pytest.MonkeyPatch) -> None:
    if design is SequenceAtEnd:
        real = operations._listing

        def listing(state: State, user: User, query: dict[str, str]) -> Any:
            return real(state, user, query)._replace(start=state.store.audiences.change + 1)

        monkeypatch.setattr(operations, "_listing", listing)
    with pytest.raises((AssertionError, Refusal)):
        check(design, 3_000, 3)


@pytest.mark.heavy
def test_the_planted_designs_differ_by_their_design_alone() -> None:
    """With the real design installed in the same way, the model test finds no difference."""
    check(type("Honest", (Planted,), {"design": lambda self: None}), 40, 0)
