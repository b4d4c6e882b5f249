"""Clients in processes of their own.

`python cliq_worker.py '{"processes": 2, "url": …}'` prints, as JSON, the exit code of each and what it saw. The
settings: `processes`, `url`, `accounts_url` or `token`, `state`, `calls`, `window` (seconds that stand for the
documented window), `crash` (end without a trace, with a call under way). It says when all processes are ready, and they
begin when it is sent a line. They are forked from this one, which only imports what they need: that takes less than
starting each.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import time
import traceback
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


def forked(settings: dict[str, Any]) -> tuple[int, int, int]:
    """Start a process; return its id, and the pipes to its input and from its output."""
    its_input, to_input = os.pipe()
    from_output, its_output = os.pipe()
    if (child := os.fork()) == 0:
        os.dup2(its_input, 0)
        os.dup2(its_output, 1)
        code = 1
        try:
            print(json.dumps(main(settings)), flush=True)
            code = 0
        except BaseException:  # noqa: BLE001 - the process ends with it
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(its_input)
    os.close(its_output)
    return child, to_input, from_output


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    if given.get("window"):
        scaled(given["window"])
        contract.OPERATIONS = SHORT
    for name in ("zoho_cliq.client", "zoho_cliq.message_actions", *(["redis"] if "://" in given["state"] else [])):
        importlib.import_module(name)
    processes = [forked(given) for _ in range(given["processes"])]
    outputs = [os.fdopen(from_output) for _, _, from_output in processes]
    for output in outputs:
        output.readline()
    print("ready", flush=True)
    sys.stdin.readline()
    for _, to_input, _ in processes:
        os.write(to_input, b"\n")
    seen = [output.read() for output in outputs]
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child, _, _ in processes]
    print(json.dumps({"codes": codes, "seen": [json.loads(each or "null") for each in seen]}))
