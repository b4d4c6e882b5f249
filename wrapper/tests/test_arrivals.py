"""What arrives at a server, counted by the server: no window holds more calls than allowed, whatever the clients go
through. The counting shares no code with the project."""

from __future__ import annotations

import bisect
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from zoho_cliq.state import GRACE

CALLER = Path(__file__).with_name("cliq_caller.py")
LIMIT, WINDOW = 30, 4
HOLD = 5 + 1  # seconds from a reservation to the last moment at which its call can be under way


class Counter(ThreadingHTTPServer):
    """A server that notes when each call came, and answers within 30 ms."""

    daemon_threads = True
    request_queue_size = 200

    def __init__(self) -> None:
        self.arrivals: list[float] = []
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed or cancelled is no error of the server."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Counter

    def do_GET(self) -> None:
        self.server.arrivals.append(time.monotonic())
        time.sleep(random.random() * 0.03)
        body = b'{"url": "/x", "type": "messageaction", "data": []}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def sliding(arrivals: list[float]) -> int:
    """The most arrivals in a window that begins with one of them."""
    return max(bisect.bisect_left(arrivals, start + WINDOW) - at for at, start in enumerate(arrivals))


def fixed(arrivals: list[float]) -> int:
    """The most arrivals between two strokes of a clock that strikes once in a window, wherever it begins."""
    most = 0
    for phase in range(20):
        counts: dict[int, int] = {}
        for arrival in arrivals:
            stroke = int((arrival + phase * WINDOW / 20) // WINDOW)
            counts[stroke] = counts.get(stroke, 0) + 1
        most = max(most, *counts.values())
    return most


@pytest.fixture
def counter() -> Iterator[Counter]:
    server = Counter()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("kind", "processes", "seconds", "disturbed"),
    [
        ("memory", 1, 13, False),
        ("sqlite", 3, 13, False),
        ("sqlite", 4, 20, True),
        ("redis", 3, 13, False),
        ("redis", 4, 20, True),
    ],
)
def test_no_window_holds_more_than_the_threshold(
    kind: str,
    processes: int,
    seconds: int,
    disturbed: bool,
    counter: Counter,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    where = {"memory": lambda: None, "sqlite": lambda: str(tmp_path / "state.db")}.get(
        kind, lambda: request.getfixturevalue("redis_url")
    )()
    settings = {
        "url": f"http://127.0.0.1:{counter.server_port}/api/v3",
        "state": where,
        "window": WINDOW,
        "seconds": seconds,
        "forks": where is not None,
    }
    command = [sys.executable, str(CALLER), json.dumps(settings)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(processes)]
    killed = []
    if disturbed:
        time.sleep(3)
        running[0].kill()  # and what it forked goes on
        killed.append(running[0])
        running[1].send_signal(signal.SIGSTOP)
        time.sleep(HOLD + WINDOW + 1)  # beyond the end of every slot that it had
        running[1].send_signal(signal.SIGCONT)
    ended = [process.communicate(timeout=seconds + 30)[0] for process in running]
    arrivals = sorted(counter.arrivals)
    windows = int((arrivals[-1] - arrivals[0]) // WINDOW)  # whole ones, from the first call to the last
    reached = bisect.bisect_left(arrivals, arrivals[0] + windows * WINDOW) / (windows * LIMIT)
    shown = f"{len(arrivals)} calls, {sliding(arrivals)} in a window, {reached:.2f} of ideal"
    record_property("arrivals", shown)
    print(shown)
    for process, out in zip(running, ended, strict=True):
        if process not in killed:
            assert process.returncode == 0
            assert json.loads(out)["wrong"] == []
    assert sliding(arrivals) <= LIMIT
    assert fixed(arrivals) <= LIMIT
    assert reached >= (0.7 if disturbed else 0.85)  # a killed call counts to its last moment
    if where is not None:
        time.sleep(0 if disturbed else WINDOW + GRACE)  # a call that was cut off counts a little longer
        assert left_over(settings) >= (LIMIT if not disturbed else 1), "a slot was left behind"


def left_over(settings: dict[str, Any]) -> int:
    """What is left of the threshold, as another process sees it."""
    code = (
        "import sys; from zoho_cliq import Cliq\n"
        "with Cliq('1000.t', base_url=sys.argv[1], state=sys.argv[2]) as cliq:\n"
        "    print(cliq.thresholds['list_message_actions'].remaining)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, settings["url"], settings["state"]], check=True, capture_output=True, timeout=30
    )
    return int(found.stdout)


def test_the_counting_itself_finds_one_call_too_many() -> None:
    good = [number * WINDOW / LIMIT * 1.001 for number in range(90)]  # not on the edges, where floats round
    assert sliding(good) == fixed(good) == LIMIT
    bad = sorted([*good, 3.01])
    assert sliding(bad) == fixed(bad) == LIMIT + 1
