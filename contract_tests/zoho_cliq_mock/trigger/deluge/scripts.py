"""The scripts of one mock server: what they may use, and running each in a thread of its own.

Only one script computes at a time, since threads of one process would not compute faster together; while one script
waits for a response, another computes. The interpreter is imported when the first script runs.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zoho_cliq_mock.extras import deluge_missing
from zoho_cliq_mock.trigger.deluge.connections import read_connections, shown_connections
from zoho_cliq_mock.trigger.deluge.databases import Databases
from zoho_cliq_mock.trigger.deluge.runs import Outcome, Surroundings
from zoho_cliq_mock.trigger.deluge.session import Session

if TYPE_CHECKING:
    import sqlite3

MOST_AT_ONCE = 8
"""Scripts that may be pending, waiting ones included; each may hold 64 MiB. Further ones wait for their turn."""


class Scripts:
    """The scripts of a mock server.

    Attributes:
        connections: the headers of each connection, by link name.
        stubs: what tasks of other services return, by task name (`zoho.crm.getRecordById`): a value, or a function,
            which is called with the task's arguments in the script's thread.
        databases: the databases that scripts use.
    """

    def __init__(self, connection: sqlite3.Connection, connections: object = None) -> None:
        self._first_connections = read_connections(connections or {})
        self.connections = dict(self._first_connections)
        self.stubs: dict[str, Any] = {}
        self.databases = Databases(connection)
        self._turn = threading.Lock()
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._under_way: set[Session] = set()

    def reset(self) -> None:
        """Remove records and stubs, return to the connections of the start, and cancel running scripts."""
        self._end("the mock was reset while the script ran")
        self.databases.clear()
        self.stubs.clear()
        self.connections = dict(self._first_connections)

    def snapshot(self) -> Any:
        """Return connections and stubs; the snapshot of the database holds the rest."""
        return dict(self.connections), dict(self.stubs)

    def restore(self, saved: Any) -> None:
        """Return to a snapshot, and cancel running scripts."""
        self._end("the mock was restored to a snapshot while the script ran")
        connections, stubs = saved
        self.connections, self.stubs = dict(connections), dict(stubs)

    def shown(self) -> dict[str, Any]:
        """Return the names of stubs, and of connections with the names of their headers."""
        return {"connections": shown_connections(self.connections), "task_stubs": sorted(self.stubs)}

    async def run(
        self, script: str, event: Mapping[str, Any], surroundings: Surroundings, *, seconds: float
    ) -> Outcome:
        """Run a script with an event, and return the outcome.

        Args:
            script: the text of the script.
            event: the event as scripts see it (see `script_event`).
            surroundings: what the run may use.
            seconds: how long the run may take, in seconds of real time; 0 for no limit.
        """
        loop = asyncio.get_running_loop()
        session = Session(loop, self._turn, seconds)
        outcome: asyncio.Future[Outcome] = loop.create_future()

        def settle(found: Outcome) -> None:
            if not outcome.done():
                outcome.set_result(found)

        def work() -> None:
            try:
                found = self._work(script, event, surroundings, session)
            except BaseException as error:  # noqa: BLE001 - without an outcome the caller would wait forever
                found = Outcome(failed=f"the run ended with {type(error).__name__}")
            try:
                loop.call_soon_threadsafe(settle, found)
            except RuntimeError:
                return  # the loop was closed, so no caller is waiting

        self._under_way.add(session)
        try:
            # A daemon thread, so that a script that waits for a response does not keep the program from exiting.
            threading.Thread(target=work, name="zoho-cliq-mock-deluge", daemon=True).start()
            return await outcome
        finally:
            self._under_way.discard(session)
            session.end("the mock stopped")

    def _work(self, script: str, event: Mapping[str, Any], surroundings: Surroundings, session: Session) -> Outcome:
        with self._room, self._turn:
            if session.ended:
                return Outcome(failed=session.ended, reset=True)
            try:
                from zoho_cliq_mock.trigger.deluge.execute import execute
            except ImportError as error:
                return Outcome(missing=deluge_missing(error))
            return execute(script, event, surroundings, session)

    def _end(self, why: str) -> None:
        for session in self._under_way:
            session.end(why)
