"""The machine: random request histories of several users; a history that shows a fault is shrunk to a short one.

It is a hypothesis state machine that only chooses the requests; the oracle judges the answers. A step of hypothesis
costs more time than a request, so each step sends a few requests, whose details are derived from one drawn number. With
a reset URL each history starts on an empty server; otherwise each history uses new names.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import Any, Concatenate, ParamSpec, cast

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from ..judge.document import DEFAULT_LIMIT, LARGEST_LIMIT, SHORT
from ..judge.facts import KNOWN
from ..judge.model import Action, in_order
from ..judge.verdicts import Violation
from ..result import Result
from ..sending import bodies, rare
from ..sending.client import UNDOCUMENTED_LOCK, Client, Locked, Stopped
from .table.bodies import JUNK
from .table.protocol import nowhere, operations, wrong_authorizations
from .table.scenario import wait_for_new_timestamp
from .table.state import neighbour
from .thresholds import NAMES, other_token, run_one

P = ParamSpec("P")
STEPS = 20
SEEDS = st.integers(0, 2**24)
LIMITS = (None, None, 1, 2, 3, 7, DEFAULT_LIMIT, LARGEST_LIMIT - 1, LARGEST_LIMIT)


class FaultFound(AssertionError):
    """A fact that decides the verdict does not hold. This ends a history."""


def run_machine(
    client: Client, result: Result, *, examples: int = 30, shrink: bool = True, strict: bool = False, steps: int = STEPS
) -> None:
    """Run random histories. The oracle keeps the violations of the shortest faulty history that was found.

    Args:
        client: the client of the run.
        result: where notes are recorded.
        examples: the maximum number of histories.
        shrink: whether to shorten a history that shows a fault.
        strict: whether inferred and guessed facts end a history, too; by default only stated facts do.
        steps: the number of steps of a history.

    Raises:
        Stopped: the run cannot continue; the subclass says why.
    """
    oracle = client.oracle
    kept, failed = list(oracle.violations), Counter(oracle.failed)
    shown: list[Violation] = []  # the violations of the last history with a fault
    stops: list[Stopped] = []

    class Histories(_Histories):
        """The state machine of this run: a class of its own, since hypothesis keeps state per class."""

    Histories.client, Histories.strict, Histories.start = client, strict, len(kept)
    Histories.shown, Histories.stops = shown, stops
    phases = [Phase.explicit, Phase.generate, *([Phase.shrink] if shrink else [])]
    try:
        run_state_machine_as_test(
            hypothesis.seed(client.seed)(Histories),
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                phases=phases,
                report_multiple_bugs=False,
                print_blob=False,
                suppress_health_check=cast(list[HealthCheck], list(HealthCheck)),
                verbosity=hypothesis.Verbosity.quiet,
            ),
        )
    except FaultFound as fault:
        result.notes.append(f"machine: {fault}"[:200])
    except Flaky:
        if stops:  # the history was stopped halfway, so its repetition behaved differently
            raise stops[0] from None
        result.notes.append(
            "machine: a history showed a fault, but not when it was repeated; the server may keep state"
        )
    finally:
        if shown:  # if hypothesis was stopped while it shrank or repeated a history, the oracle has lost violations
            oracle.violations[len(kept) :] = shown
        oracle.failed = failed + Counter(violation.fact for violation in oracle.violations[len(kept) :])
        del Histories.client  # hypothesis keeps a reference to each class, and so would keep the client in memory


def _limit(limit: int | None) -> dict[str, Any]:
    return {} if limit is None else {"limit": limit}


Step = Callable[Concatenate["_Histories", P], None]


def step(**drawn: st.SearchStrategy[Any]) -> Callable[[Step[P]], Step[P]]:
    """Return a decorator that makes a method a rule of hypothesis and records a `Stopped` that the method raises.

    The exception is recorded since hypothesis repeats a history that raised one; the repetition then stops at once.
    """

    def decorate(function: Step[P]) -> Step[P]:
        @functools.wraps(function)
        def carry_out(self: _Histories, *args: P.args, **kwargs: P.kwargs) -> None:
            with self.stoppable():
                function(self, *args, **kwargs)

        return cast("Step[P]", cast(Any, rule)(**drawn)(carry_out))

    return decorate


class _Histories(RuleBasedStateMachine):
    client: Client
    strict: bool
    start: int
    shown: list[Violation]
    stops: list[Stopped]

    def __init__(self) -> None:
        super().__init__()
        if self.stops:
            raise self.stops[0]
        del self.client.oracle.violations[self.start :]
        self.client.scenario = "machine"
        with self.stoppable():
            self.client.reset()
        self.points: list[tuple[str, str]] = []

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        try:
            yield
        except Stopped as stop:
            if isinstance(stop, Locked) and self.client.clock.jumps:
                with suppress(Stopped):
                    self.explain_lock()
            self.stops.append(stop)
            raise

    def explain_lock(self) -> None:
        """Test the threshold of the latest call, which was refused although the run had stayed below the threshold.

        Raise `FaultFound` if the server counts or locks otherwise than documented.
        """
        refused = self.client.trace[-1]
        user, operation = self.client.whose(refused.method, refused.target, refused.headers)
        if user and operation:
            self.client.pause(2 * UNDOCUMENTED_LOCK, "until the lock ends")
            run_one(self.client, SHORT[operation], user)
            self.check()

    # --- choices

    def users(self) -> list[str]:
        return [user for user in ("owner", "colleague", "outsider") if user in self.client.tokens]

    def reader(self, random: Random) -> str:
        return random.choice([*self.users(), "owner"])

    def writer(self, random: Random) -> str:
        return random.choice([*self.users(), *["owner"] * 6])

    def teams(self, user: str) -> tuple[int, ...]:
        return tuple(self.client.profile.teams.get(user, ()))

    def pick(self, random: Random, **content: Any) -> Action | None:
        """Return a random action whose fields have the values of `content`, or None if there is none.

        Deleted actions are included, and newer actions are more likely.
        """
        known = [
            action
            for action in self.client.oracle.model.actions.values()
            if all(action.content.get(name) == value for name, value in content.items())
        ]
        return known[-1 - min(random.randrange(len(known)), random.randrange(len(known)))] if known else None

    def mine(self, random: Random, **content: Any) -> Action | None:
        """Return a random existing action of the owner's whose fields have these values, or None if there is none.

        If a request for it is refused, only its body can be the reason.
        """
        living = self.client.oracle.model.living("owner")
        fitting = [a for a in living if all(a.content.get(name) == value for name, value in content.items())]
        return random.choice(fitting) if fitting else None

    def identifier(self, random: Random) -> str:
        action = self.pick(random)
        return action.id if action is not None and random.random() < 0.95 else bodies.UNKNOWN_ID

    def living(self) -> str:
        """Return the id of an existing Deluge action of the owner's, which may have a script. Create it if needed."""
        mine = self.client.oracle.model.living("owner")
        scripted = [action.id for action in mine if action.content.get("execution_type") == "deluge"]
        if scripted:
            return scripted[-1]
        return self.client.create(scope="personal", execution_type="deluge") or bodies.UNKNOWN_ID

    def listing(self, random: Random, user: str, **query: Any) -> None:
        """Read a whole listing, and keep the sync token for later steps."""
        limit = random.choice(LIMITS)
        if limit is not None and limit * 12 < len(self.client.oracle.model.actions):
            limit = 7
        token = self.client.listing(user, **query, **_limit(limit))
        if token:
            self.points.append((user.partition("-")[0], token))

    def check(self) -> None:
        for violation in self.client.oracle.violations[self.start :]:
            if self.strict or KNOWN[violation.fact].stated:
                self.shown[:] = self.client.oracle.violations[self.start :]
                raise FaultFound(f"{violation.fact}: expected {violation.expected}, got {violation.got}")

    # --- writes

    @step(seed=SEEDS)
    def create(self, seed: int) -> None:
        random = Random(seed)
        for _ in range(2):
            user = self.writer(random)
            body = bodies.create(random, self.teams(user))
            name = self.client.name(bodies.LONGEST["name"] if random.random() < 0.4 else None, text="Aé"[: seed % 3])
            identifier = self.client.create(user, **{"scope": ..., "message_types": ..., "name": name, **body})
            if identifier:
                self.client.get(identifier, user=self.reader(random))
                if random.random() < 0.3:
                    self.client.get_handler(identifier, user=user)
        self.check()

    @step(seed=SEEDS)
    def create_many(self, seed: int) -> None:
        if len(self.client.oracle.model.living()) < 45:
            for _ in range(18 + seed % 7):
                self.client.create(scope="organization")
            for page in self.client.pages():
                del page
        self.check()

    def change(self, random: Random, action: Action | None = None) -> None:
        """Update an action as its creator, or a random action as a random user if none is given."""
        user = action.creator if action is not None else self.writer(random)
        action = action or self.pick(random)
        if action is None:
            return
        content = action.content
        webhook, team = content.get("execution_type") == "webhook", content.get("scope") == "team"
        body = bodies.update(random, self.teams(user), webhook, team, most=random.choice([1, 1, 2, 3]))
        if random.random() < 0.3:
            body["name"] = self.client.name(bodies.LONGEST["name"] if random.random() < 0.5 else None)
        self.client.update(action.id, user=user, **body)

    def write(self, random: Random) -> None:
        """Change what listings show: mostly update one of the owner's actions, else create or delete one."""
        action = self.mine(random)
        kind = random.choice(["change", "change", "change", "any", "create", "delete"])
        if kind == "create" or action is None:
            self.client.create(scope=random.choice(["organization", "personal"]))
        elif kind == "delete":
            self.client.delete(action.id)
        else:
            self.change(random, action if kind == "change" else None)

    @step(seed=SEEDS)
    def update(self, seed: int) -> None:
        random = Random(seed)
        for _ in range(2):
            self.change(random)
            self.change(random, self.mine(random))
        if random.random() < 0.3:
            identifier, kind = self.identifier(random), random.choice(["deluge", "webhook"])
            self.client.update(identifier, execution_type=kind)
            self.client.get(identifier)
        self.client.get(self.identifier(random))
        self.check()

    @step(seed=SEEDS)
    def same_name(self, seed: int) -> None:
        random = Random(seed)
        action = self.pick(random)
        if action is None or action.creator not in self.client.tokens:
            return
        if any(text in str(action.content["name"]) for text in bodies.RARE):
            return  # a server may refuse the text, too, and so hide how it treats the name
        body = {"name": action.content["name"], "hint": "a hint", "scope": action.content["scope"]}
        if seed % 2:
            body |= {"execution_type": "webhook", "execution_url": bodies.URL}
        if body["scope"] == "team":
            body["team_ids"] = in_order(action.content.get("team_ids", frozenset()))
        self.client.create(action.creator, **body)
        self.client.update(self.identifier(random), user=action.creator, name=body["name"])
        if random.random() < 0.5 and action.alive:
            self.client.update(action.id, user=action.creator, name=self.client.name())
            if seed % 4 < 2:
                self.client.create(action.creator, **body)
            self.client.update(action.id, user=action.creator, name=body["name"])
        self.check()

    @step(seed=SEEDS)
    def delete(self, seed: int) -> None:
        random = Random(seed)
        identifier = self.identifier(random)
        for read in (self.client.get, self.client.get_handler):
            read(identifier, user=self.reader(random))
        self.client.delete(identifier, user=self.writer(random))
        self.client.get(identifier)
        if random.random() < 0.3:
            self.client.get_handler(identifier)
            self.client.update(identifier, hint="still there")
            self.client.delete(identifier)
        self.check()

    @step(seed=SEEDS)
    def delete_with_handler(self, seed: int) -> None:
        """Delete an action whose handler is set, then read the handler of a new action."""
        random = Random(seed)
        action = self.mine(random)
        if action is None:
            return
        if action.content.get("execution_type") == "webhook":
            self.client.update_handler(action.id, permissions=random.choice(bodies.PERMISSION_SETS))
        else:
            self.client.update_handler(action.id, script=bodies.script(random))
        self.client.get_handler(action.id, user=self.reader(random))
        self.client.delete(action.id)
        self.client.get_handler(action.id, user=self.reader(random))
        again = self.client.create(scope="personal")
        self.client.get_handler(again or bodies.UNKNOWN_ID)
        self.check()

    @step(seed=SEEDS)
    def permissions(self, seed: int) -> None:
        """Set several sets of permissions of one action."""
        random = Random(seed)
        action = self.mine(random, execution_type="webhook")
        own = action.id if action else self.client.create(execution_type="webhook", execution_url=bodies.URL)
        for some in random.sample(bodies.PERMISSION_SETS, 6):
            self.client.update_handler(own or bodies.UNKNOWN_ID, permissions=random.sample(some, len(some)))
        self.client.get_handler(own or bodies.UNKNOWN_ID)
        self.check()

    @step(seed=SEEDS)
    def handler(self, seed: int) -> None:
        random = Random(seed)
        action = self.pick(random)
        if action is None:
            return
        webhook = action.content.get("execution_type") == "webhook"
        for fits in (True, random.random() < 0.5):
            script: dict[str, Any] = {"script": bodies.script(random)}
            some = bodies.some(random, bodies.PERMISSIONS, random.choice([1, 2, 3]))
            permissions: dict[str, Any] = {"permissions": some if seed % 4 else bodies.PERMISSIONS}
            self.client.update_handler(
                action.id, user=self.writer(random), **(permissions if webhook == fits else script)
            )
            self.client.get_handler(action.id, user=self.reader(random))
        self.client.get_handler(action.id)
        self.client.get(action.id)
        self.client.get_handler(self.identifier(random), user=self.reader(random))
        self.check()

    # --- reads

    @step(seed=SEEDS)
    def read(self, seed: int) -> None:
        random = Random(seed)
        for _ in range(3):
            read = self.client.get if random.random() < 0.7 else self.client.get_handler
            read(self.identifier(random), user=self.reader(random))
        self.listing(random, self.reader(random))
        self.check()

    @step(seed=SEEDS)
    def pages(self, seed: int) -> None:
        """Read a listing, with writes between its pages."""
        random = Random(seed)
        user, limit = self.reader(random), random.choice(LIMITS[2:6])
        most = len(self.client.oracle.model.actions) // limit + 8
        page = self.client.list(user, limit=limit)
        for _ in range(min(most, 25)):
            token = page.get("next_token")
            if not isinstance(token, str) or not token:
                break
            if random.random() < 0.3:
                self.change(random)
            elif random.random() < 0.2:
                self.client.delete(self.identifier(random))
            if random.random() < 0.3:
                self.client.list(self.reader(random), limit=limit, next_token=token if random.random() < 0.5 else None)
            page = self.client.list(user, limit=limit, next_token=token)
        if isinstance(page.get("sync_token"), str):
            self.points.append((user, page["sync_token"]))
        self.check()

    @step(seed=SEEDS)
    def changes(self, seed: int) -> None:
        """List the changes since one of the last sync tokens, often after another listing and some writes."""
        random = Random(seed)
        if random.random() < 0.7 or not self.points:
            self.listing(random, self.reader(random))
            for _ in range(random.randint(1, 3)):
                self.write(random)
        for _ in range(2 if self.points else 0):
            user, token = random.choice([self.points[-1], *self.points[-4:]])
            other = other_token(self.client, user, "list") if random.random() < 0.2 else None
            self.listing(random, other or (user if random.random() < 0.9 else self.reader(random)), sync_token=token)
        self.check()

    @step()
    def let_time_pass(self) -> None:
        if self.client.clock.jumps:
            wait_for_new_timestamp(self.client)

    # --- requests that have to be refused

    @step(seed=SEEDS)
    def wrong_bodies(self, seed: int) -> None:
        random = Random(seed)
        for _ in range(6):
            updating = random.random() < 0.5
            name, value = random.choice(bodies.wrong(updating))
            special = {"team_ids": {"scope": "team"}, "execution_url": {"execution_type": "webhook"}}.get(name, {})
            action = self.mine(random, **special) if updating else None
            if action is not None:
                good = {"hint": "not kept"} if name != "hint" else {}
                self.client.update(action.id, **good, **{name: value})
                self.client.get(action.id)
            elif not updating:
                self.client.create(**{**special, name: value})
        if random.random() < 0.6:
            hook = {"execution_type": "webhook"}
            lacking = [hook, {"scope": "team"}, {**hook, "scope": "team", "execution_url": bodies.URL}]
            self.client.create(**random.choice(lacking))
            self.client.update(self.identifier(random), scope="team")
        self.check()

    @step(seed=SEEDS)
    def wrong_handlers(self, seed: int) -> None:
        random = Random(seed)
        for _ in range(2):
            body = random.choice(bodies.WRONG_HANDLERS)
            action = self.mine(random, execution_type="deluge" if "script" in body else "webhook")
            if action is not None:
                self.client.update_handler(action.id, **body)
                self.client.get_handler(action.id)
        self.client.get_handler(self.living(), kind="welcome_handler")
        self.client.update_handler(self.living(), kind="welcome_handler", script="return 1;")
        self.check()

    @step(seed=SEEDS)
    def junk(self, seed: int) -> None:
        random = Random(seed)
        for _ in range(4):
            identifier = self.living()
            rare.send_one(self.client, random, identifier)
            rare.send_one(self.client, random, identifier)
            operation = random.choice(["create", "create", "update", "update_handler"])
            _, raw, about = random.choice(JUNK)
            if about not in ("protocol.malformed", "create.object"):  # then a field of a create is wrong
                operation = "create"
            if random.random() < 0.2:
                odd: dict[str, Any] = random.choice([{"hint": None}, {"image": "no base64!"}])
                self.client.update(identifier, **odd)
                self.client.update_handler(identifier, script=None)
            self.client.ask(operation, identifier, raw=raw)
        if random.random() < 0.3:
            form = random.choice([{"Content-Type": rare.FORM}, None])
            self.client.ask("create", raw=b"name=a&hint=b", headers=form)
        self.check()

    @step(seed=SEEDS)
    def wrong_tokens(self, seed: int) -> None:
        """Call each operation without a valid token, or with a token that may lack the scope."""
        random = Random(seed)
        good = self.client.tokens["owner"]
        labels = [label for label in self.client.tokens if label.startswith("owner-")]
        for number in range(len(NAMES)):
            method, path, body = operations(self.client, self.living())[number]
            sent = self.client.action() if method == "POST" else body
            if labels and random.random() < 0.4:
                self.client.send(method, path, user=random.choice(labels), body=sent)
                continue
            query = {"access_token": good} if random.random() < 0.2 else None
            authorization = None if query else random.choice(wrong_authorizations(good))
            self.client.send(method, path, body=sent, query=query, headers={"Authorization": authorization})
        self.client.get(self.living())
        self.client.get_handler(self.living())
        self.check()

    @step(seed=SEEDS)
    def wrong_requests(self, seed: int) -> None:
        random = Random(seed)
        identifier = self.living()
        method, path, body = random.choice(operations(self.client, identifier))
        sent = self.client.action() if method == "POST" else body
        self.client.send(method, path, body=sent, headers={"Accept": "application/xml"})
        other = {"script": "return 0;"} if path == self.client.at("get_handler", identifier) else sent or {}
        self.client.send(random.choice(["PUT", "POST", "DELETE"]), path, body=other)
        paths = [f"{path}/more/and/more", nowhere(self.client)]
        paths += [self.client.at("get", text) for text in ("1'", "9" * 26, neighbour(self.client, identifier))]
        self.client.send("GET", random.choice(paths))
        for text in (f"{identifier}x", "%F0%9F%93%8E", bodies.UNKNOWN_ID):
            method, path, body = random.choice(operations(self.client, text)[2:])
            self.client.send(method, path, body=body)
        self.client.ask("list", query={"limit": random.choice(["ten", "0", "-1", LARGEST_LIMIT + 1])})
        self.client.ask("list", headers={"Accept": "application/json", "accept": "text/html"})
        accepted = ["*/*", "application/*", "text/html, application/json;q=0.5", None]
        self.client.ask("list", headers={"Accept": random.choice(accepted)})
        name = random.choice(["next_token", "sync_token"])
        self.client.ask("list", query={name: "bm90LWEtdG9rZW4="})
        if random.random() < 0.4:
            charset = {"Content-Type": "application/json; charset=utf-8"}
            self.client.ask("create", body=self.client.action(), headers=charset)
        self.client.get(identifier)
        self.check()

    @precondition(lambda self: self.client.profile.pace and self.client.clock.jumps)
    @step(seed=SEEDS)
    def threshold(self, seed: int) -> None:
        """Exceed the threshold of one operation as one user."""
        random = Random(seed)
        if not self.client.oracle.creation_limit:
            run_one(self.client, random.choice(NAMES), self.reader(random), ends=random.random() < 0.5)
            self.check()
