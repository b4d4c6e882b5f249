"""The mock server as the judge of pacing: scaled thresholds, added latency, and a count of every lock-out.

The threshold of a minute and its lock of five minutes are scaled down to seconds, in this process and in each process
that calls `scale` before it imports the client. Only the numbers of the contract change; both sides run their real
code.

    POST /bench/reset?window=sliding|fixed&latency=SECONDS    a new server state
    GET /bench/counts                                         the counts since the reset
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs

from zoho_cliq_api import contract

OPERATION = "get_message_action"
WINDOW, LOCK = 2, 10
"""Seconds, instead of the documented 60 and 300."""


def scale() -> contract.Threshold:
    """Scale down every threshold of the contract, and return that of the measured operation.

    Call this before `zoho_cliq` or `zoho_cliq_mock` reads the contract.
    """
    scaled = {
        name: operation._replace(
            threshold=operation.threshold and operation.threshold._replace(window_seconds=WINDOW, lock_seconds=LOCK)
        )
        for name, operation in contract.OPERATIONS.items()
    }
    contract.OPERATIONS = MappingProxyType(scaled)
    threshold = scaled[OPERATION].threshold
    assert threshold is not None
    return threshold


class Judge:
    """The mock's application with added latency in both directions; counts accepted calls, refusals, and locks."""

    def __init__(self) -> None:
        self.reset("sliding", 0.0)

    def reset(self, window: str, latency: float) -> None:
        """Replace the mock by a new one, and set the counts to zero.

        Args:
            window: `sliding` or `fixed`.
            latency: the latency in seconds.
        """
        from zoho_cliq_mock import create_app

        self.app = create_app(":memory:", policies={"threshold_window": window})
        self.latency = latency
        self.draw = random.Random(1)
        self.accepted = self.refused = self.lockouts = 0
        self.locked_until = 0.0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer `/bench/…` itself and everything else through the mock."""
        if scope["type"] == "http" and scope["path"].startswith("/bench/"):
            asked = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
            if scope["path"].endswith("/reset"):
                self.reset(asked["window"], float(asked["latency"]))
            body = json.dumps({"accepted": self.accepted, "refused": self.refused, "lockouts": self.lockouts}).encode()
            headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return

        async def count(message: Any) -> None:
            if message["type"] == "http.response.start":
                if scope["method"] == "GET":
                    self._count(message["status"])
                await self._travel()
            await send(message)

        await self._travel()
        await self.app(scope, receive, count)

    async def _travel(self) -> None:
        if self.latency:
            await asyncio.sleep(self.latency / 2 * self.draw.uniform(0.5, 1.5))

    def _count(self, status: int) -> None:
        now = time.monotonic()
        if status == 429:
            self.refused += 1
            if now >= self.locked_until:
                self.lockouts += 1
                self.locked_until = now + LOCK
        elif status == 200:
            self.accepted += 1


@contextmanager
def running() -> Iterator[str]:
    """Run the judge in a process of its own, and yield its address, without the API's path."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.lockout"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def main() -> None:
    """Serve until it is ended; the first line on stdout is the port."""
    import socket

    import uvicorn

    scale()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        print(listener.getsockname()[1], flush=True)
        config = uvicorn.Config(Judge(), lifespan="off", log_config=None, access_log=False)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
