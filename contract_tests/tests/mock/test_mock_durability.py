"""Acknowledged writes survive: the server is killed while four clients write, repeatedly on the same file.

The same check must detect a server that responds before its commit, which is simulated here.
"""

from __future__ import annotations

import http.client
import json
import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from api_paths import BASE_PATH, CREATING, action_path
from needed import NEEDED
from zoho_cliq_mock.state import State

WRITERS = 4
START = (
    "from zoho_cliq_mock.__main__ import main; main(['--port', '0', '--no-thresholds', '--quiet', '--db', {path!r}])"
)
# Answers first and commits with every twentieth write.
ACK_BEFORE_COMMIT = """
from contextlib import contextmanager
from zoho_cliq_mock.store import Store
writes = 0
@contextmanager
def transaction(self):
    global writes
    if not self.connection.in_transaction:
        self.connection.execute("BEGIN IMMEDIATE")
    yield self.connection.execute
    writes += 1
    if writes % 20 == 0:
        self.connection.execute("COMMIT")
Store._transaction = transaction
"""


class Writer(threading.Thread):
    """Creates, updates and deletes actions of its own until the server is gone, and records the acknowledged writes.

    `kept` maps each action to the hint that it must have; `unsure` has the actions whose last write got no response.
    """

    def __init__(self, url: str, name: str, chance: random.Random) -> None:
        super().__init__()
        self.address, self.prefix, self.chance = urlsplit(url).netloc, name, chance
        self.kept: dict[str, str] = {}
        self.unsure: set[str] = set()
        self.ids: list[str] = []
        self.deleted: set[str] = set()
        self.failure: AssertionError | None = None

    def run(self) -> None:
        connection = http.client.HTTPConnection(self.address, timeout=10)
        try:
            for number in range(100_000):
                self.write(connection, number)
        except (OSError, http.client.HTTPException):
            pass
        except AssertionError as error:
            self.failure = error
        finally:
            connection.close()

    def write(self, connection: http.client.HTTPConnection, number: int) -> None:
        kind = self.chance.choice(["create", "create", "update", "delete"]) if self.kept else "create"
        hint = f"{self.prefix} {number}"
        if kind == "create":
            status, data = self.call(connection, "POST", CREATING, {**NEEDED, "name": hint, "hint": hint})
            assert status in (200, 201), data
            identifier = data["data"]["id"]
            self.ids.append(identifier)
            self.kept[identifier] = hint
            return
        identifier = self.chance.choice(list(self.kept))
        self.unsure.add(identifier)
        if kind == "update":
            status, data = self.call(connection, "PATCH", action_path(identifier), {"hint": hint})
            assert status == 200, data
            self.kept[identifier] = hint
        else:
            status, data = self.call(connection, "DELETE", action_path(identifier), None)
            assert status == 204, data
            del self.kept[identifier]
            self.deleted.add(identifier)
        self.unsure.discard(identifier)

    def call(self, connection: http.client.HTTPConnection, method: str, path: str, body: Any) -> tuple[int, Any]:
        headers = {"Authorization": "Bearer 1000.owner", "Content-Type": "application/json"}
        text = None if body is None else json.dumps(body)
        connection.request(method, f"{BASE_PATH}{path}", text, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")


def cycle(path: Path, number: int, plant: str) -> tuple[list[Writer], int]:
    """Start the mock, write, kill it; return the writers and the number of acknowledged writes."""
    chance = random.Random(number)
    script = plant + START.format(path=str(path))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        url = server.stdout.readline().split()[-1]
        writers = [Writer(url, f"{number}-{each}", random.Random(f"{number}-{each}")) for each in range(WRITERS)]
        for writer in writers:
            writer.start()
        # Kill at a random moment, independent of the writes.
        threading.Event().wait(chance.uniform(0.02, 0.15))
        server.kill()
        for writer in writers:
            writer.join()
    return writers, sum(len(writer.ids) for writer in writers)


def lost_writes(path: Path, cycles: int, plant: str = "") -> tuple[int, int, int]:
    """Return the numbers of lost writes, reused ids and acknowledged creations over some cycles on one file."""
    kept: dict[str, str] = {}
    unsure: set[str] = set()
    deleted: set[str] = set()
    ids: list[str] = []
    lost = 0
    for number in range(cycles):
        writers, _ = cycle(path, number, plant)
        for writer in writers:
            assert writer.failure is None, writer.failure
            kept.update(writer.kept)
            ids += writer.ids
            unsure |= writer.unsure
            deleted |= writer.deleted
        state = State(str(path))
        stored = {
            str(identifier): json.loads(rendered)["hint"]
            for identifier, rendered in state.connection.execute("SELECT id, rendered FROM action")
        }
        state.close()
        sure = {identifier: hint for identifier, hint in kept.items() if identifier not in unsure}
        lost += sum(1 for identifier, hint in sure.items() if stored.get(identifier) != hint)
        lost += len(deleted & stored.keys())
        kept = {identifier: stored[identifier] for identifier in kept if identifier in stored}
        unsure.clear()
    return lost, len(ids) - len(set(ids)), len(ids)


def test_a_kill_loses_no_acknowledged_write(tmp_path: Path) -> None:
    lost, reused, created = lost_writes(tmp_path / "mock.db", 3)
    assert (lost, reused) == (0, 0)
    assert created > 10


@pytest.mark.heavy
def test_a_hundred_kills_lose_no_acknowledged_write(tmp_path: Path) -> None:
    lost, reused, created = lost_writes(tmp_path / "mock.db", 100)
    assert (lost, reused) == (0, 0)
    assert created > 1_000


@pytest.mark.heavy
def test_an_answer_before_the_commit_is_found(tmp_path: Path) -> None:
    lost, reused, _ = lost_writes(tmp_path / "mock.db", 3, ACK_BEFORE_COMMIT)
    assert lost + reused > 0
