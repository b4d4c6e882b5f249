"""`bench jobs`: common tasks with the API, in calls and in minutes, under the real thresholds.

Client and mock server share one simulated clock that moves only when the client waits. So hours pass in seconds, and
the results are the same on every machine. The other client is a plain loop over the stock generated client, which after
a refusal waits a minute and tries again.
"""

from __future__ import annotations

import importlib
import json
import math
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import httpx
from zoho_cliq import Cliq
from zoho_cliq.errors import CliqError
from zoho_cliq.testing import FakeClock
from zoho_cliq_api.contract import OPERATIONS
from zoho_cliq_mock import MockServer

from benchmarks import environment, peers
from benchmarks.report import Report, Table, progress

TOKEN = "1000.owner"
START = 1_800_000_000.0
ACTIONS, CHANGED, HANDLERS, CREATED = 10_000, 37, 200, 200
CUT = 0.05
OURS, PLAIN = "zoho_cliq", "loop over the stock client"
MINUTE = 60.0


class World:
    """A mock server for one job of one client, and counts of what it received."""

    def __init__(self, server: MockServer, clock: FakeClock) -> None:
        self.server = server
        self.clock = clock
        self.calls: Counter[str] = Counter()
        self.looks = 0
        """The calls needed to look for the action after each cut connection: one page for each hundred actions."""
        self.lockouts = 0
        self._locked_until = 0.0
        self._began = clock.now
        server.app.state.journal.on_entry = self._saw

    def _saw(self, entry: Any) -> None:
        if entry.operation not in OPERATIONS:
            return
        self.calls[entry.operation] += 1
        if entry.fault:
            count = self.server.app.state.connection.execute("SELECT count(*) FROM action").fetchone()[0]
            self.looks += max(1, math.ceil(count / 100))
        if entry.status == 429 and self.clock.now >= self._locked_until:
            self.lockouts += 1
            self._locked_until = self.clock.now + 300

    def begin(self) -> None:
        """Set the counts to zero and start to measure time."""
        self.calls.clear()
        self.looks = self.lockouts = 0
        self._began = self.clock.now

    @property
    def minutes(self) -> float:
        """Minutes since `begin`."""
        return (self.clock.now - self._began) / MINUTE

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Send a call to the mock's control API and return the data of its response."""
        headers = {"Authorization": f"Bearer {self.server.control_token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.server.control_url}/{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def plant(self, count: int) -> None:
        """Create this many actions directly in the mock, without going through the thresholds."""
        store, owner = self.server.app.state.store, self.server.app.state.directory.users["owner"]
        for number in range(count):
            body = {"name": f"Action {number}", "hint": "Planted", "execution_type": "deluge"}
            store.create(owner, body)

    def ids(self) -> list[str]:
        """Return the ids of all actions of the server."""
        query = self.server.app.state.connection.execute("SELECT id FROM action ORDER BY id")
        return [str(row[0]) for row in query]


class Client(NamedTuple):
    """The four jobs, done by one client. Each returns its result, which is then checked."""

    list_all: Callable[[], Any]
    changes: Callable[[Any], set[str]]
    handlers: Callable[[list[str]], int]
    create: Callable[[int], int]


@contextmanager
def world() -> Iterator[World]:
    """Yield a mock server and the clock that it shares with its client."""
    clock = FakeClock(START)
    with MockServer(clock=clock.time) as server:
        yield World(server, clock)


def ours(there: World) -> Client:
    """Return the jobs done by zoho_cliq, used as its README says."""
    cliq = Cliq(TOKEN, base_url=there.server.url, clock=there.clock, max_wait=1e9)
    actions = cliq.message_actions

    def list_all() -> Any:
        listing = actions.changes()
        found = {action.id for action in listing}
        return found, listing.sync_token

    def changes(before: Any) -> set[str]:
        return {action.id for action in actions.changes(before[1])}

    def handlers(ids: list[str]) -> int:
        for identifier in ids:
            actions.update_handler(identifier, script='info "changed";')
        return len(ids)

    def create(count: int) -> int:
        failed = 0
        for number in range(count):
            try:
                actions.create(name=f"New {number}", hint="Created", if_exists="adopt")
            except CliqError:
                failed += 1
        return failed

    return Client(list_all, changes, handlers, create)


def plain(there: World) -> Client:
    """Return the jobs done by loops over the stock client.

    It waits a minute after a refusal and retries a broken connection.
    """
    models: Any = importlib.import_module("stock_cliq.models")
    client: Any = importlib.import_module("stock_cliq").AuthenticatedClient(base_url=there.server.url, token=TOKEN)
    listing = peers.stock_call("list_message_actions")
    creating = peers.stock_call("create_message_action")
    updating = peers.stock_call("update_message_action_handler")

    def until_taken(call: Callable[[], Any]) -> Any:
        while True:
            try:
                answer = call()
            except httpx.TransportError:
                continue
            if answer.status_code != 429:
                return answer
            there.clock.sleep(MINUTE)

    def snapshot() -> dict[str, Any]:
        found: dict[str, Any] = {}
        token: str | None = None
        while True:
            given = {"limit": 100, **({"next_token": token} if token else {})}
            answer = until_taken(partial(listing.sync_detailed, client=client, **given)).parsed
            found |= {action.id: action.to_dict() for action in answer.data}
            if not answer.next_token:
                return found
            token = answer.next_token

    def changes(before: Any) -> set[str]:
        return {identifier for identifier, action in snapshot().items() if before.get(identifier) != action}

    def handlers(ids: list[str]) -> int:
        body = models.ExehandlerEdit(script='info "changed";')
        kind = models.HandlerType("execution_handler")
        taken = [
            until_taken(partial(updating.sync_detailed, identifier, kind, client=client, body=body))
            for identifier in ids
        ]
        return sum(answer.status_code == 200 for answer in taken)

    def create(count: int) -> int:
        failed = 0
        for number in range(count):
            body = models.MsgactionCreate.from_dict({"name": f"New {number}", "hint": "Created"})
            answer = until_taken(partial(creating.sync_detailed, client=client, body=body))
            failed += answer.status_code != 200
        return failed

    return Client(snapshot, changes, handlers, create)


def run(quick: bool) -> Report:
    """Do every job with both clients."""
    environment.clients()
    report = Report("jobs", "what people do, in calls and in minutes under the real thresholds")
    jobs = (listing_job, changes_job, handlers_job, creating_job)
    show = progress("jobs")
    for done, job in enumerate(jobs):
        show(done, len(jobs))
        rows = []
        title = ""
        for name, make in ((OURS, ours), (PLAIN, plain)):
            with world() as there:
                title, least_calls, least_minutes, remark = job(there, make(there))
                calls = sum(there.calls.values())
                figures = {
                    "calls": calls,
                    "least_calls": least_calls,
                    "minutes": there.minutes,
                    "least_minutes": least_minutes,
                    "lockouts": there.lockouts,
                    **remark,
                }
                report.figures.setdefault(title, {})[name] = figures
                told = ", ".join(f"{key} {value}" for key, value in remark.items())
                rows.append((name, f"{calls}", f"{there.minutes:.1f}", f"{there.lockouts}", told))
        # Connections are cut at the n-th call, so the cuts differ between the clients. The minimum is for our cuts.
        first = report.figures[title][OURS]
        least_calls, least_minutes = first["least_calls"], first["least_minutes"]
        rows.append(("least possible", f"{least_calls}", f"{least_minutes:.1f}", "0", ""))
        report.tables.append(Table(title, ("client", "calls", "minutes", "lock-outs", ""), rows))
    show(len(jobs), len(jobs))
    _judge(report)
    report.notes.append(
        "The plain loop finds changes by listing everything again and comparing; sync tokens are there for it too, but "
        "it would have to keep and renew them itself."
    )
    return report


def least_minutes(calls: int, operation: str) -> float:
    """Return the minutes that the threshold of an operation demands for this many calls at least."""
    threshold = OPERATIONS[operation].threshold
    assert threshold is not None
    return (math.ceil(calls / threshold.limit) - 1) * threshold.window_seconds / MINUTE


Outcome = tuple[str, int, float, dict[str, int]]


def listing_job(there: World, client: Client) -> Outcome:
    """Read every action."""
    there.plant(ACTIONS)
    there.begin()
    client.list_all()
    least = math.ceil(ACTIONS / 100)
    return f"list {ACTIONS:,} actions", least, least_minutes(least, "list_message_actions"), {}


def changes_job(there: World, client: Client) -> Outcome:
    """Find what changed in a day, after listing everything at its start."""
    there.plant(ACTIONS)
    before = client.list_all()
    there.clock.sleep(86_400)
    store, owner = there.server.app.state.store, there.server.app.state.directory.users["owner"]
    changed = set(there.ids()[:: ACTIONS // CHANGED][:CHANGED])
    for identifier in changed:
        store.update(owner, identifier, {"hint": "Changed since"})
    there.begin()
    found = client.changes(before)
    if found != changed:
        raise environment.SetupError(f"{len(found ^ changed)} changes were missed or made up")
    return f"find {CHANGED} changes among {ACTIONS:,} actions", 1, 0.0, {}


def handlers_job(there: World, client: Client) -> Outcome:
    """Change the handler of many actions."""
    there.plant(HANDLERS)
    there.begin()
    client.handlers(there.ids())
    least = least_minutes(HANDLERS, "update_message_action_handler")
    return f"change {HANDLERS} handlers", HANDLERS, least, {}


def creating_job(there: World, client: Client) -> Outcome:
    """Create many actions while connections are cut, half of them before the action is created and half after."""
    for when, seed in (("before", 11), ("after", 12)):
        rule = {"fault": "close", "operation": "create_message_action", "probability": CUT / 2, "seed": seed}
        there.control("POST", "faults", {**rule, "when": when})
    there.begin()
    failed = client.create(CREATED)
    cuts = {rule["when"]: rule["applied"] for rule in there.control("GET", "state")["faults"]}
    names = Counter(
        row[0] for row in there.server.app.state.connection.execute("SELECT name FROM action WHERE name LIKE 'New %'")
    )
    remark = {
        "cut": sum(cuts.values()),
        "duplicates": sum(count - 1 for count in names.values()),
        "missing": CREATED - len(names),
        "said to have failed": failed,
    }
    # After a cut, a client must list all actions to see whether the new one exists (the API cannot search by name),
    # and create it again if it does not.
    posts = CREATED + cuts["before"]
    return (
        f"create {CREATED} actions, {CUT:.0%} of connections cut",
        posts + there.looks,
        least_minutes(posts, "create_message_action"),
        remark,
    )


def _judge(report: Report) -> None:
    for title, found in report.figures.items():
        figures = found[OURS]
        report.exact(f"{title}: calls = the least possible", figures["calls"], figures["least_calls"])
        most = figures["least_minutes"] * 1.05
        report.exact(f"{title}: time ≤ 1.05× the least possible", round(figures["minutes"], 3), round(most, 3), " min")
        report.exact(f"{title}: 0 lock-outs", figures["lockouts"], 0)
        if "duplicates" in figures:
            wrong = figures["duplicates"] + figures["missing"] + figures["said to have failed"]
            report.exact(f"{title}: none twice, none missing, none wrongly reported", wrong, 0)
