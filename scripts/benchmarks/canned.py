"""A server of fixed answers in a process of its own: the same bytes for every client, served as cheaply as Python can.

It answers `POST /api/v3/messageactions`, `GET /api/v3/messageactions?limit=…&next_token=…` over TOTAL actions, and `GET
/api/v3/messageactions/ID`. It checks nothing, because it is used to measure clients.
"""

from __future__ import annotations

import asyncio
import functools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from zoho_cliq_api.contract import OPERATIONS

TOTAL = 10_000
FIRST_ID = 48210000000400000
_QUERY = re.compile(rb"[?&](limit|next_token)=(\d+)")
_COLLECTION = tuple(OPERATIONS[name].at().encode() for name in ("create_message_action", "list_message_actions"))


def action(number: int) -> dict[str, Any]:
    """Return the n-th message action as the API shows it.

    The actions vary: webhook and Deluge, all scopes, one to three message types.
    """
    scope = ("organization", "personal", "team")[number % 3]
    webhook = number % 2 == 0
    return {
        "name": f"Create ticket {number}",
        "type": "custom",
        "creator": {"name": "Ada Lovelace", "id": "70021945"},
        "execution_type": "webhook" if webhook else "deluge",
        **({"execution_url": f"https://desk.example.com/cliq/{number}"} if webhook else {}),
        **({"team_ids": [100001, 100002]} if scope == "team" else {}),
        "handlers": [{"type": "execution_handler"}],
        "hint": "File this message at the help desk and tell the team",
        "id": str(FIRST_ID + number),
        "message_types": ["text", "link", "attachment"][: 1 + number % 3],
        "multi_selectable": number % 4 == 0,
        "scope": scope,
        "status": "enabled",
    }


def single(number: int) -> dict[str, Any]:
    """Return the answer to reading or creating one action."""
    return {"url": "/api/v3/messageactions", "type": "messageaction", "data": action(number)}


def page(limit: int, offset: int) -> dict[str, Any]:
    """Return one page of the listing; `next_token` is the offset of the next page, absent on the last."""
    end = min(offset + limit, TOTAL)
    answer = {
        "url": "/api/v3/messageactions",
        "type": "messageaction",
        "data": [action(number) for number in range(offset, end)],
        "sync_token": "MjB8MTc5NTQyMTYwMDAwMHw0ODIxMA==",
    }
    return answer if end == TOTAL else {**answer, "next_token": str(end)}


def _bytes(answer: dict[str, Any]) -> bytes:
    body = json.dumps(answer, separators=(",", ":")).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


@functools.cache
def respond(method: bytes, target: bytes) -> bytes:
    """Return the whole response to a request line."""
    path = target.partition(b"?")[0]
    if path.endswith(_COLLECTION):
        if method == b"POST":
            return _bytes(single(0))
        asked = dict(_QUERY.findall(target))
        return _bytes(page(int(asked.get(b"limit", 20)), int(asked.get(b"next_token", 0))))
    return _bytes(single(int(path.rpartition(b"/")[2]) - FIRST_ID))


class _Protocol(asyncio.Protocol):
    """Reads requests with Content-Length bodies from one connection and answers each."""

    def __init__(self) -> None:
        self.pending = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.pending += data
        while (end := self.pending.find(b"\r\n\r\n")) >= 0:
            head = self.pending[:end]
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            total = end + 4 + (int(length[1]) if length else 0)
            if len(self.pending) < total:
                return
            self.pending = self.pending[total:]
            method, target, _ = head.split(b" ", 2)
            assert self.transport is not None
            self.transport.write(respond(method, target))


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Protocol, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def running() -> Iterator[str]:
    """Run the server in a process of its own, and yield its base URL, including /api/v3."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.canned"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/api/v3"
    finally:
        process.terminate()
        process.wait()
        process.stdout.close() if process.stdout else None


if __name__ == "__main__":
    asyncio.run(_serve())
