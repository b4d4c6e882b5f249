"""A process that uses clients in every way at once, for tests that count what arrives: `python cliq_caller.py '{…}'`.

The settings: `url`, `state`, `window` (seconds that stand for the documented minute), `seconds` to go on for,
`timeout`, `forks` (whether it forks children that call too), and `settling`: seconds to wait after the last call. It
prints how many calls were made, how many were cut off after they were begun, every error that is none of the allowed
ones, and how many slots are free at the end.
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

    given: dict[str, Any] = {"base_url": settings["url"], "state": settings["state"], "timeout": settings["timeout"]}
    # A slot that a cancelled call leaves behind counts for so long that it is seen at the end, and one of a process
    # that is killed soon after the start does not.
    given_to_cancel = given | {"timeout": 10 * settings["timeout"]}
    end = time.monotonic() + settings["seconds"]
    made, cut, wrong = list[str](), list[str](), list[str]()

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
        with Cliq("1000.t", **given, max_wait=15 * settings["window"]) as cliq:
            while going():
                once(cliq)

    def one_for_each_call() -> None:
        while going():
            with Cliq("1000.t", **given, max_wait=0.2) as cliq:
                once(cliq)
            time.sleep(random.random() * 0.1)

    def noting_errors(work: Any) -> None:
        try:
            work()
        except Exception as error:
            wrong.append(f"{type(error).__name__}: {error}")
            raise

    async def noting(request: Any, send: Any) -> Any:
        cut.append("")
        answer = await send(request)
        cut.pop()
        return answer

    async def cancelled() -> None:
        while going():
            async with AsyncCliq("1000.t", **given_to_cancel, max_wait=1, middleware=[noting]) as cliq:
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
        signal.alarm(40)
        with contextlib.suppress(BaseException):
            with Cliq("1000.t", **given, max_wait=1) as cliq:
                for _ in range(2):
                    once(cliq)
            os._exit(3 if wrong else 0)
        os._exit(4)

    with Cliq("1000.t", **given):
        pass  # a fork while another thread imports a module would hang, with any library
    works = [long_lived, one_for_each_call, lambda: asyncio.run(cancelled())]
    threads = [threading.Thread(target=noting_errors, args=[work]) for work in works]
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
    time.sleep(settings["settling"])
    with Cliq("1000.t", **given) as cliq:
        free = cliq.thresholds["list_message_actions"].remaining
    return {"made": len(made), "cut": len(cut), "wrong": wrong, "free": free}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
