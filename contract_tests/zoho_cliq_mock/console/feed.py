"""Server-sent events for open consoles: first the whole state, then each change.

While at least one console is open, a task compares the state with the previous one ten times a second. So the code that
changes the state need not know about the console, and no kind of change can be missed.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator

import orjson

from zoho_cliq_mock.console.rows import KINDS_OF_ENTRIES, Row, catalogue
from zoho_cliq_mock.state import State

LOOK_SECONDS = 0.1
KEEP_ALIVE_SECONDS = 15.0
MOST_REMOVED = 5000
_log = logging.getLogger("zoho_cliq_mock")


class Feed:
    """The entries of a state as of the latest comparison.

    Each has the number of the comparison at which it last changed.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._entries: dict[str, dict[str, tuple[int, Row]]] = {kind: {} for kind in KINDS_OF_ENTRIES}
        # The comparison at which each removed entry was found missing, by kind and id. Removals up to the comparison
        # `_forgotten` are no longer known.
        self._removed: dict[tuple[str, str], int] = {}
        self._number = self._forgotten = 0
        self._seen: tuple[int, int] | None = None
        self._news = asyncio.Event()
        self._watchers = 0
        self._task: asyncio.Task[None] | None = None
        self._ended = False

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield server-sent events for one console.

        `all` has every entry, `some` the entries that changed since the last event; a removed entry is null.
        """
        self._watchers += 1
        try:
            self._look()
            if self._task is None or self._task.done():
                self._task = asyncio.get_running_loop().create_task(self._watch())
            told = -1
            while not self._ended and not self._task.done():
                news = self._news
                if told < self._number:
                    event = self._everything() if told < self._forgotten else self._since(told)
                    told = self._number  # set before yielding, since more may change while the event is sent
                    yield event
                    continue
                try:
                    await asyncio.wait_for(news.wait(), KEEP_ALIVE_SECONDS)
                except TimeoutError:
                    yield b": still here\n\n"
        finally:
            self._watchers -= 1

    def close(self) -> None:
        """End all streams, so that a server that shuts down need not wait for them."""
        self._ended = True
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    # ---- looking

    async def _watch(self) -> None:
        try:
            while self._watchers and not self._ended:
                await asyncio.sleep(LOOK_SECONDS)
                self._look()
        except sqlite3.Error as error:  # end the streams; browsers reconnect by themselves
            _log.warning("the console cannot read the mock's state: %s", error)
        finally:
            self._wake()

    def _look(self) -> None:
        """Compare the state with the previous one, and wake the streams if anything changed."""
        state = self._state
        seen = (state.connection.total_changes, state.epoch)
        number = self._number + 1
        changed = False
        for name, kind in KINDS_OF_ENTRIES.items():
            if kind.stored and seen == self._seen:
                continue
            before = self._entries[name]
            after: dict[str, tuple[int, Row]] = {}
            for identifier, row in kind.read(state):
                known = before.get(identifier)
                after[identifier] = known if known is not None and known[1] == row else (number, row)
                changed = changed or after[identifier][0] == number
            for identifier in before.keys() - after.keys():
                self._removed[name, identifier] = number
                changed = True
            self._entries[name] = after
        self._seen = seen
        if not changed:
            return
        if len(self._removed) > MOST_REMOVED:
            self._removed.clear()
            self._forgotten = number
        self._number = number
        self._wake()

    # ---- telling

    def _everything(self) -> bytes:
        parts = {
            name: [
                (identifier, KINDS_OF_ENTRIES[name].encode(identifier, row)) for identifier, (_, row) in entries.items()
            ]
            for name, entries in self._entries.items()
        }
        return _event("all", parts, orjson.dumps(catalogue()))

    def _since(self, told: int) -> bytes:
        parts: dict[str, list[tuple[str, bytes]]] = {}
        for name, entries in self._entries.items():
            found = [
                (identifier, KINDS_OF_ENTRIES[name].encode(identifier, row))
                for identifier, (number, row) in entries.items()
                if number > told
            ]
            found += [
                (identifier, b"null")
                for (kind, identifier), number in self._removed.items()
                if kind == name and number > told and identifier not in entries
            ]
            if found:
                parts[name] = found
        return _event("some", parts)


def _event(name: str, parts: dict[str, list[tuple[str, bytes]]], catalogue: bytes | None = None) -> bytes:
    """Return an event with the data `{kind: {id: entry}}`. The data is one line, because JSON escapes line breaks."""
    kinds = [b"%s:{%s}" % (orjson.dumps(kind), b",".join(_pairs(entries))) for kind, entries in parts.items()]
    if catalogue is not None:
        kinds.append(b'"catalogue":' + catalogue)
    return b"event: %s\ndata: {%s}\n\n" % (name.encode(), b",".join(kinds))


def _pairs(entries: list[tuple[str, bytes]]) -> list[bytes]:
    return [b"%s:%s" % (orjson.dumps(identifier), entry) for identifier, entry in entries]
