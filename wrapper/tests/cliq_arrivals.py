"""A server that counts what arrives, and processes that share a user and go through everything.

For `test_arrivals`, and by hand with the documented window and a process that is stopped for longer than that:

    python wrapper/tests/cliq_arrivals.py redis://127.0.0.1:6379/0 --window 60 --stopped 70

That takes about four minutes, prints what it found, and ends with 1 where a promise was broken. The counting shares no
code with the project; the limit is that of the document.
"""

from __future__ import annotations

import argparse
import bisect
import contextlib
import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from zoho_cliq.state import GRACE
from zoho_cliq_api.contract import OPERATIONS

CALLER = Path(__file__).with_name("cliq_caller.py")
OPERATION = "list_message_actions"
LEAST = 0.85  # of the ideal throughput
TIMEOUT = 1.0  # seconds; of the callers
KILLED_AFTER = 3.0  # seconds from the first call


@dataclass(frozen=True)
class Scenario:
    """The scenario: `processes` share `state` for `seconds`, with a window of `window` seconds.

    If `stopped` is above 0, one process is killed, and another is stopped for that many seconds: while it has the state
    file locked if `locked` is set, otherwise while it has not. `state` is None, a path, or the address of a Redis
    server. All processes fork children too, unless `state` is None.
    """

    state: str | None
    processes: int
    seconds: float
    window: float = 4
    stopped: float = 0
    locked: bool = False


@dataclass(frozen=True)
class Outcome:
    """The result of a scenario.

    When calls arrived, sorted; unexpected errors; how many calls were cancelled; and how many slots were free one
    window and `GRACE` after the last call, since a cancelled call counts for that long.
    """

    scenario: Scenario
    limit: int
    arrivals: list[float]
    wrong: list[str]
    cut: int
    free: int

    def sliding(self) -> int:
        """Return the most arrivals in a window that begins with one of them."""
        return sliding(self.arrivals, self.scenario.window)

    def fixed(self) -> int:
        """Return the most arrivals in a fixed window, wherever the first window begins."""
        return fixed(self.arrivals, self.scenario.window)

    def reached(self) -> float:
        """Return the part of the calls that can be made in the whole windows from the first call on.

        The threshold allows `limit` in each. Less are possible where a call was cut off, whose slot counts for `GRACE`
        more, and while the file was locked, when everybody waits. Nothing is taken off for the calls of the process
        that was killed, each of which counts for `GRACE` and its timeout more.
        """
        window, first = self.scenario.window, self.arrivals[0]
        windows = int((self.arrivals[-1] - first) // window)
        lost = self.cut * GRACE + (self.limit * self.scenario.stopped if self.scenario.locked else 0)
        possible = windows * self.limit - lost / window
        return bisect.bisect_left(self.arrivals, first + windows * window) / possible

    def broken(self) -> list[str]:
        """Return the broken promises."""
        counts = {"sliding": self.sliding(), "fixed": self.fixed()}
        found = [
            f"{most} arrivals in a {kind} window of {self.limit}" for kind, most in counts.items() if most > self.limit
        ]
        if self.reached() < LEAST:
            found.append(f"{self.reached():.2f} of the ideal throughput, not {LEAST}")
        # Calls that were under way when the file was locked could not be settled, and count for their whole timeout.
        if self.free != self.limit and not self.scenario.locked:
            found.append(f"{self.limit - self.free} slots were left behind")
        return found + self.wrong

    def __str__(self) -> str:
        return (
            f"{len(self.arrivals)} calls, {self.sliding()} of {self.limit} in a window, {self.reached():.2f} of ideal, "
            f"{self.cut} cut off, {self.free} slots free at the end"
        )


def sliding(arrivals: list[float], window: float) -> int:
    """Return the most arrivals in a window that begins with one of them."""
    return max(bisect.bisect_left(arrivals, start + window) - at for at, start in enumerate(arrivals))


def fixed(arrivals: list[float], window: float) -> int:
    """Return the most arrivals in a fixed window, wherever the first window begins."""
    most = 0
    for phase in range(20):
        counts: dict[int, int] = {}
        for arrival in arrivals:
            stroke = int((arrival + phase * window / 20) // window)
            counts[stroke] = counts.get(stroke, 0) + 1
        most = max(most, *counts.values())
    return most


class Counter(ThreadingHTTPServer):
    """A server that notes when each call came, and answers within a tenth of a second."""

    daemon_threads = True
    request_queue_size = 200

    def __init__(self) -> None:
        self.arrivals: list[float] = []
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore that a client was killed or cancelled, which is no error of the server."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Counter

    def do_GET(self) -> None:
        self.server.arrivals.append(time.monotonic())
        time.sleep(random.random() * 0.1)
        body = b'{"url": "/x", "type": "messageaction", "data": []}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def counting() -> Iterator[Counter]:
    """Run a server."""
    server = Counter()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def stop(process: subprocess.Popen[bytes], scenario: Scenario) -> None:
    """Stop a process while it has the state file locked, or while it has not."""
    while True:
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        if "://" in str(scenario.state) or is_locked(str(scenario.state)) == scenario.locked:
            return
        process.send_signal(signal.SIGCONT)
        time.sleep(random.random() * 0.002)


def is_locked(path: str) -> bool:
    """Return whether a file stays locked for longer than a running process needs."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        for _ in range(300):
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return False
            time.sleep(random.random() * 0.004)
    finally:
        os.close(descriptor)
    return True


def played(scenario: Scenario) -> Outcome:
    """Return the result of a scenario."""
    window = scenario.window
    settling = window + GRACE + 0.2  # for which the ledger counts a call that was cut off, and a little
    threshold = OPERATIONS[OPERATION].threshold
    assert threshold is not None
    with counting() as server:
        settings = {
            "url": f"http://127.0.0.1:{server.server_port}/api/v3",
            "state": scenario.state,
            "window": window,
            "seconds": scenario.seconds,
            "timeout": TIMEOUT,
            "forks": scenario.state is not None,
            "settling": settling,
        }
        command = [sys.executable, str(CALLER), json.dumps(settings)]
        running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(scenario.processes)]
        heard = list(running)
        if scenario.stopped:
            while not server.arrivals:  # where the machine is slow, they take their time to start
                time.sleep(0.01)
            time.sleep(KILLED_AFTER)
            heard.remove(running[0])
            running[0].kill()  # and what it forked goes on
            stop(running[1], scenario)
            time.sleep(scenario.stopped)
            running[1].send_signal(signal.SIGCONT)
        told: list[dict[str, Any]] = []
        wrong: list[str] = []
        for process in running:
            out = process.communicate(timeout=scenario.seconds + 2 * settling + 30)[0]
            if process in heard and process.returncode == 0:
                told.append(json.loads(out))
            elif process in heard:
                wrong.append(f"a process ended with {process.returncode}")
    wrong += [error for each in told for error in each["wrong"]]
    # Each process tells what is free when it has ended its calls and waited: the last one sees what all have left.
    free = max((each["free"] for each in told), default=0)
    return Outcome(scenario, threshold.limit, sorted(server.arrivals), wrong, sum(each["cut"] for each in told), free)


def main() -> int:
    """Run one scenario, and print its result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("state", help="a path, or the address of a Redis server that nobody else uses")
    parser.add_argument("--window", type=float, default=60, help="seconds that stand for the documented minute")
    parser.add_argument("--stopped", type=float, default=70, help="seconds for which a process is stopped")
    given = parser.parse_args()
    seconds = KILLED_AFTER + given.stopped + 1.5 * given.window
    outcome = played(Scenario(given.state, 4, seconds, given.window, given.stopped))
    print(outcome, *outcome.broken(), sep="\n")
    return 1 if outcome.broken() else 0


if __name__ == "__main__":
    sys.exit(main())
