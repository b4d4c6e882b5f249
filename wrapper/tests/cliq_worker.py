"""One client in a process of its own, for tests with several: `python cliq_worker.py '{"url": …}'` prints what it saw.

The settings: `url`, `accounts_url` or `token`, `state`, `calls`, `window` (seconds that stand for the documented
window), `crash` (end without a trace, with a call under way). It says that it is ready, and begins when it is sent a
line.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any

from zoho_cliq_api import contract


def scaled(window: int) -> None:
    """Make every documented window and lock as much shorter as `window` is."""
    for name, operation in contract.OPERATIONS.items():
        if operation.threshold:
            threshold = operation.threshold._replace(window_seconds=window, lock_seconds=5 * window)
            SHORT[name] = operation._replace(threshold=threshold)


SHORT: dict[str, Any] = {}


def main(settings: dict[str, Any]) -> dict[str, Any]:
    if settings.get("window"):
        scaled(settings["window"])
        contract.OPERATIONS = SHORT
    from zoho_cliq import Cliq, OAuth, errors

    auth: Any = settings.get("token") or OAuth(
        "1000.DEMO", "demo-secret", "1000.owner-refresh", accounts_url=settings["accounts_url"]
    )
    refused, done, waits = 0, 0, list[float]()
    with Cliq(
        auth,
        base_url=settings["url"],
        state=settings["state"],
        max_wait=600,
        timeout=10,
        on_wait=lambda wait: waits.append(wait.seconds),
        middleware=[dying] if settings.get("crash") else [],
    ) as cliq:
        print("ready", flush=True)
        sys.stdin.readline()
        for _ in range(settings["calls"]):
            if settings.get("listing"):
                cliq.message_actions.list().first()
                done += 1
                continue
            try:
                cliq.message_actions.get("1")
            except errors.MessageActionNotFound:
                done += 1
            except errors.RateLimited:
                refused += 1
    return {"done": done, "refused": refused, "ended": time.time(), "waited": sum(waits)}


def dying(request: Any, send: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
