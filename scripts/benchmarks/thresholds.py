"""`bench thresholds`: many processes, one user, one threshold: which strategies are locked out or lose time.

Each cell is one strategy in one setting. It runs real processes against the mock, with thresholds scaled to a window of
2 s and a lock of 10 s, until every call has been answered with 200. The ideal time is the least that the threshold and
the latency allow: `(windows - 1) × window + latency`, or, if that is longer, the calls of one process in sequence.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import random
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from redis import Redis

from benchmarks import lockout
from benchmarks.environment import SetupError
from benchmarks.report import Report, Table, Target, progress

CALLS = 40
PROCESSES = (1, 4, 16)
LATENCIES = (0.02, 0.05, 0.15)
"""Latencies as shares of the window."""
WINDOWS = ("sliding", "fixed")
PATIENCE = 10
"""A cell is stopped after this many times the ideal time."""
TOKEN = "1000.owner"
OURS = ("zoho_cliq, SQLite", "zoho_cliq, Redis")


class Setting(NamedTuple):
    """The parameters of one worker of a cell."""

    url: str
    action: str
    number: int
    processes: int
    limit: int
    folder: Path
    redis: str | None


class Window:
    """A rate limiter for one process: at most `limit` calls in any `seconds`, counted when they are sent."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit, self.seconds = limit, seconds
        self.sent: deque[float] = deque()

    def wait(self) -> None:
        """Wait until a call is allowed, and count it."""
        if len(self.sent) == self.limit:
            time.sleep(max(0.0, self.sent.popleft() + self.seconds - time.monotonic()))
        self.sent.append(time.monotonic())


def _caller(setting: Setting) -> Callable[[], int]:
    """Return a function that sends one call as the stock client does and returns the status."""
    client = httpx.Client(base_url=setting.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)
    return lambda: client.get(f"/messageactions/{setting.action}").status_code


def loop(setting: Setting) -> Callable[[], None]:
    """Return a strategy: call; after a refusal wait a twelfth of the window (5 s of a minute) and call again."""
    call = _caller(setting)

    def until_done() -> None:
        while call() != 200:
            time.sleep(lockout.WINDOW / 12)

    return until_done


def backoff(setting: Setting) -> Callable[[], None]:
    """Return a strategy: call; after a refusal wait with full jitter, from 1 s doubling up to a minute (scaled)."""
    call = _caller(setting)

    def until_done() -> None:
        attempt = 0
        while call() != 200:
            most = min(60, 2**attempt) * lockout.WINDOW / 60
            time.sleep(random.uniform(0, most))
            attempt += 1

    return until_done


def _limited(setting: Setting, wait: Callable[[], object]) -> Callable[[], None]:
    """Return a strategy: wait for a limiter, then call; after a refusal wait until the lock ends."""
    call = _caller(setting)

    def until_done() -> None:
        wait()
        while call() != 200:
            time.sleep(lockout.LOCK)
            wait()

    return until_done


def per_process(setting: Setting) -> Callable[[], None]:
    """Return a strategy: each process keeps the documented limit by itself."""
    return _limited(setting, Window(setting.limit, lockout.WINDOW).wait)


def divided(setting: Setting) -> Callable[[], None]:
    """Return a strategy: each process keeps its share of the documented limit."""
    share = setting.limit // setting.processes
    seconds = lockout.WINDOW if share else lockout.WINDOW * setting.processes / setting.limit
    return _limited(setting, Window(max(1, share), seconds).wait)


def pyrate(setting: Setting) -> Callable[[], None]:
    """Return a strategy: PyrateLimiter's SQLite bucket, shared by its file lock."""
    from pyrate_limiter.limiter_factory import create_sqlite_limiter

    database = str(setting.folder / "pyrate.db")
    limiter = create_sqlite_limiter(setting.limit, lockout.WINDOW * 1000, database, use_file_lock=True)
    return _limited(setting, lambda: limiter.try_acquire("calls"))


def _ours(setting: Setting, state: str) -> Callable[[], None]:
    from zoho_cliq import Cliq

    cliq = Cliq(TOKEN, base_url=setting.url, state=state, max_wait=1e6)

    def until_done() -> None:
        cliq.message_actions.get(setting.action)

    return until_done


def ours_sqlite(setting: Setting) -> Callable[[], None]:
    """Return a strategy: zoho_cliq with one state file."""
    return _ours(setting, str(setting.folder / "state.db"))


def ours_redis(setting: Setting) -> Callable[[], None]:
    """Return a strategy: zoho_cliq with one Redis server."""
    assert setting.redis is not None
    return _ours(setting, setting.redis)


STRATEGIES: dict[str, Callable[[Setting], Callable[[], None]]] = {
    OURS[0]: ours_sqlite,
    OURS[1]: ours_redis,
    "plain client in a loop": loop,
    "retry with backoff": backoff,
    "a limiter per process": per_process,
    "limit ÷ processes": divided,
    "PyrateLimiter, shared": pyrate,
}


class Outcome(NamedTuple):
    """The result of a cell.

    Attributes:
        accepted: how many calls were answered with 200.
        lockouts: how many locks began.
        ratio: the time taken, as a multiple of the ideal time.
        finished: whether all workers ended before the cell was stopped.
    """

    accepted: int
    lockouts: int
    ratio: float
    finished: bool


def run(quick: bool) -> Report:
    """Run every cell, one after the other; with `quick`, only the lowest and the highest latency."""
    threshold = lockout.scale()
    report = Report("thresholds", "one user, many processes: who is locked out, and who loses time?")
    latencies = (LATENCIES[0], LATENCIES[2]) if quick else LATENCIES
    windows = WINDOWS[:1] if quick else WINDOWS
    cells = [(window, latency, count) for window in windows for latency in latencies for count in PROCESSES]
    with ExitStack() as stack:
        server = stack.enter_context(lockout.running())
        redis = stack.enter_context(_redis())
        names = [name for name in STRATEGIES if redis or name != OURS[1]]
        if redis is None:
            report.notes.append("redis-server is not installed here, so the Redis row is left out.")
        show = progress("thresholds")
        done = 0
        for name in names:
            rows = []
            for window, latency, count in cells:
                show(done, len(cells) * len(names))
                done += 1
                found = cell(server, redis, name, threshold.limit, window, latency, count)
                figures = {"strategy": name, "window": window, "latency": latency, "processes": count}
                report.figures.setdefault("cells", []).append({**figures, **found._asdict()})
                taken = f"{found.ratio:.2f}×" if found.finished else f"> {PATIENCE}×, {found.accepted} of {CALLS} done"
                rows.append((window, f"{latency:.0%}", str(count), str(found.lockouts), taken))
            columns = ("window", "latency", "processes", "lock-outs", "time ÷ ideal")
            report.tables.append(Table(name, columns, rows))
        show(done, done)
    for name in OURS:
        _judge(report, name)
    report.notes.append(
        f"{CALLS} calls of a threshold of {threshold.limit}; latency in shares of the window, half of it each way, "
        "drawn from half to one and a half of it."
    )
    return report


def ideal(limit: int, latency: float, processes: int) -> float:
    """Return the fewest seconds in which all calls can be answered."""
    windows = math.ceil(CALLS / limit) - 1
    return max(windows * lockout.WINDOW + latency, math.ceil(CALLS / processes) * latency)


def cell(
    server: str, redis: str | None, name: str, limit: int, window: str, latency_share: float, processes: int
) -> Outcome:
    """Run one strategy in one setting."""
    latency = latency_share * lockout.WINDOW
    url = f"{server}/api/v3"
    _ask(f"{server}/bench/reset?window={window}&latency={latency}", "POST")
    action = _ask(f"{url}/messageactions", "POST", {"name": "Bench", "hint": "Paced"})["data"]["id"]
    if redis:
        Redis.from_url(redis).flushall()
    context = multiprocessing.get_context("fork")
    best = ideal(limit, latency, processes)
    with tempfile.TemporaryDirectory(prefix="bench-thresholds-") as folder:
        tickets = context.Value("i", CALLS)
        ready = context.Barrier(processes + 1)
        workers = []
        for number in range(processes):
            setting = Setting(url, action, number, processes, limit, Path(folder), redis)
            arguments = (name, setting, tickets, ready)
            workers.append(context.Process(target=_work, args=arguments, daemon=True))
        for worker in workers:
            worker.start()
        ready.wait(60)
        started = time.monotonic()
        for worker in workers:
            worker.join(max(0.0, started + PATIENCE * best - time.monotonic()))
        took = time.monotonic() - started
        finished = not any(worker.is_alive() for worker in workers)
        for worker in workers:
            if worker.is_alive():
                worker.kill()
                worker.join()
            elif worker.exitcode:
                raise SetupError(f"a process of {name!r} failed (see above)")
        counts = _ask(f"{server}/bench/counts", "GET")
    return Outcome(counts["accepted"], counts["lockouts"], took / best, finished)


def _work(name: str, setting: Setting, tickets: Any, ready: Any) -> None:
    """Run one worker: take tickets and make a call for each, until none is left."""
    until_done = STRATEGIES[name](setting)
    ready.wait(60)
    while True:
        with tickets.get_lock():
            if tickets.value <= 0:
                return
            tickets.value -= 1
        until_done()


def _ask(url: str, method: str, body: dict[str, Any] | None = None) -> Any:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode() if body else None, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


@contextmanager
def _redis() -> Iterator[str | None]:
    """Yield the URL of a Redis server started for the measurement, or None if the machine has no redis-server."""
    command = shutil.which("redis-server")
    if command is None:
        yield None
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="bench-redis-") as folder:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
        process = subprocess.Popen([command, *options], stdout=subprocess.DEVNULL)
        try:
            _wait_for(port)
            yield f"redis://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise SetupError("redis-server did not start within 10 s") from None
            time.sleep(0.02)


def _judge(report: Report, name: str) -> None:
    cells = [found for found in report.figures["cells"] if found["strategy"] == name]
    if not cells:
        return
    report.exact(f"{name}: 0 lock-outs in every cell", sum(found["lockouts"] for found in cells), 0)
    unfinished = sum(not found["finished"] for found in cells)
    for share, most in ((LATENCIES[0], 1.15), (LATENCIES[2], 1.5)):
        ratios = [found["ratio"] for found in cells if found["latency"] == share]
        worst = max(ratios)
        measured = f"worst of {len(ratios)} cells {worst:.2f}×, median {statistics.median(ratios):.2f}×"
        kept = worst <= most and not unfinished
        promise = f"{name}: time ≤ {most}× ideal at a latency of {share:.0%} of the window"
        report.targets.append(Target(promise, measured, "met" if kept else "missed"))
