"""A process that uses clients in every way at once, for tests that count what arrives: `python cliq_caller.py '{…}'`.

The settings: `url`, `state`, `window` (seconds that stand for the documented minute), `seconds` to go on for, and
`forks` (whether it forks children that call too). It prints how many calls were made and every error that is none of
the allowed ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import json
import os
import random
import signal
import sys
import threading
import time
from typing import Any

from zoho_cliq_api import contract


def main(settings: dict[str, Any]) -> dict[str, Any]:
    contract.OPERATIONS = {
        name: operation._replace(
            threshold=operation.threshold
            and operation.threshold._replace(window_seconds=settings["window"], lock_seconds=5 * settings["window"])
        )
        for name, operation in contract.OPERATIONS.items()
    }
    from zoho_cliq import AsyncCliq, Cliq, errors

    given: dict[str, Any] = {"base_url": settings["url"], "state": settings["state"], "timeout": 1.0}
    end = time.monotonic() + settings["seconds"]
    made, wrong = list[str](), list[str]()

    def going() -> bool:
        return time.monotonic() < end

    def noted(error: Exception) -> None:
        if not isinstance(error, (errors.WouldWait, TimeoutError)):
            wrong.append(f"{type(error).__name__}: {error}")

    def once(cliq: Any) -> None:
        try:
            list(cliq.message_actions.list())
            made.append("")
        except errors.CliqError as error:
            noted(error)
            time.sleep(0.02)

    def long_lived() -> None:
        with Cliq("1000.t", **given, max_wait=60) as cliq:
            while going():
                once(cliq)

    def one_for_each_call() -> None:
        while going():
            with Cliq("1000.t", **given, max_wait=0.2) as cliq:
                once(cliq)
            time.sleep(random.random() * 0.1)

    async def cancelled() -> None:
        while going():
            async with AsyncCliq("1000.t", **given, max_wait=1) as cliq:
                for _ in range(3):
                    try:
                        async with asyncio.timeout(random.random() * 0.3):
                            await cliq.message_actions.list().first()
                        made.append("")
                    except (TimeoutError, errors.CliqError) as error:
                        noted(error)
                    await asyncio.sleep(random.random() * 0.05)

    def child() -> None:
        faulthandler.register(signal.SIGALRM, chain=True)  # a child that hangs says where, and ends
        signal.alarm(10)
        with contextlib.suppress(BaseException):
            with Cliq("1000.t", **given, max_wait=1) as cliq:
                for _ in range(2):
                    once(cliq)
            os._exit(3 if wrong else 0)
        os._exit(4)

    with Cliq("1000.t", **given):
        pass  # a fork while another thread imports a module would hang, with any library
    works = [long_lived, one_for_each_call, lambda: asyncio.run(cancelled())]
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    while going():
        time.sleep(0.4)
        if settings["forks"]:
            found = os.fork()
            if found == 0:
                wrong.clear()
                child()
            if code := os.waitstatus_to_exitcode(os.waitpid(found, 0)[1]):
                wrong.append(f"a child ended with {code}")
    for thread in threads:
        thread.join()
    return {"made": len(made), "wrong": wrong}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
