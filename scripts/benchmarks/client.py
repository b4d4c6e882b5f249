"""`bench client`: the cost of one call, and the memory of 10,000 actions, compared with alternatives.

All clients talk to the same server of fixed answers over loopback. CPU time is that of the client's process only. The
promises are checked against it, since wall time on loopback mostly depends on the server and the machine.
"""

from __future__ import annotations

import asyncio
import gc
import tempfile
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import httpx
from zoho_cliq import Cliq

from benchmarks import canned, environment, peers
from benchmarks.measure import Estimate, Subject, Timing, difference, estimate, interleave, ratio, shown
from benchmarks.report import Report, Table, progress

BASE = "httpx + json"
JOBS: dict[str, Callable[[Any], Any]] = {
    "get one": lambda jobs: jobs.get(),
    "list of 20": lambda jobs: jobs.page(20),
    "list of 100": lambda jobs: jobs.page(100),
    "create": lambda jobs: jobs.create(),
}
OURS, OURS_SQLITE, OURS_ORJSON = "zoho_cliq", "zoho_cliq, SQLite ledger", "zoho_cliq, orjson"


def run(quick: bool) -> Report:
    """Measure sync and async calls, the SQLite ledger and memory."""
    environment.clients()
    report = Report("client", "what does a call cost the program that makes it?")
    rounds = 15 if quick else 81
    with ExitStack() as stack:
        url = stack.enter_context(canned.running())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-ledger-")))
        clients = [peers.raw_httpx(url, stack), peers.ours(url, stack), peers.ours(url, stack, orjson=True)]
        clients.append(peers.ours(url, stack, str(folder / "sync.db")))
        clients += [peers.stock(url, stack), peers.raw_http(url, stack)]
        if (generated := peers.generator(url, stack)) is not None:
            clients.append(generated)
        for name, job in JOBS.items():
            _same({client.name: job(client) for client in clients})
            subjects = [Subject(client.name, _repeat(job, client)) for client in clients]
            _tell(report, name, interleave(subjects, rounds, progress(f"sync, {name}"), batch_seconds=0.02))
        _memory(report, url, stack)
    with asyncio.Runner() as runner, canned.running() as url, tempfile.TemporaryDirectory() as folder_name:
        _asynchronous(report, runner, url, str(Path(folder_name) / "async.db"), rounds)
    _judge(report)
    report.notes += [
        "CPU time is user and system time of the client's process; ratios are medians over rounds in random order.",
        "http.client does without pool, timeouts by phase, redirects, proxies and decoding: the floor, not a peer.",
        "openapi-generator's client goes through urllib3, not httpx, which is why it can be below httpx + json.",
    ]
    return report


def _same(got: Mapping[str, peers.Got]) -> None:
    """Refuse to time clients that did different work."""
    if len(set(got.values())) != 1:
        raise environment.SetupError(f"the clients did not read the same: {got}")


def _repeat(job: Callable[[Any], object], client: peers.Jobs) -> Callable[[int], None]:
    def repeat(times: int) -> None:
        for _ in range(times):
            job(client)

    return repeat


def _asynchronous(report: Report, runner: asyncio.Runner, url: str, state: str, rounds: int) -> None:
    async def make() -> tuple[AsyncExitStack, list[peers.AsyncJobs]]:
        stack = AsyncExitStack()
        clients = [peers.raw_httpx_async(url, stack), peers.ours_async(url, stack)]
        clients += [peers.ours_async(url, stack, orjson=True), peers.ours_async(url, stack, state)]
        return stack, [*clients, peers.stock_async(url)]

    async def repeat(job: Callable[[Any], Awaitable[object]], client: peers.AsyncJobs, times: int) -> None:
        for _ in range(times):
            await job(client)

    async def once(job: Callable[[Any], Awaitable[peers.Got]], client: peers.AsyncJobs) -> peers.Got:
        return await job(client)

    def subject(job: Callable[[Any], Any], client: peers.AsyncJobs) -> Subject:
        return Subject(client.name, lambda times: runner.run(repeat(job, client, times)))

    stack, clients = runner.run(make())
    for name in ("get one", "list of 100"):
        job: Callable[[Any], Any] = JOBS[name]
        _same({client.name: runner.run(once(job, client)) for client in clients})
        subjects = [subject(job, client) for client in clients]
        timings = interleave(subjects, rounds, progress(f"async, {name}"), batch_seconds=0.02)
        _tell(report, f"async, {name}", timings)
    runner.run(stack.aclose())


def _tell(report: Report, name: str, timings: Mapping[str, Timing]) -> None:
    base = timings[BASE]
    rows = []
    figures: dict[str, Any] = {}
    for client, timing in timings.items():
        cpu, wall = ratio(timing.cpu, base.cpu), ratio(timing.wall, base.wall)
        figures[client] = {
            "cpu_us": estimate(timing.cpu).median * 1e6,
            "wall_us": estimate(timing.wall).median * 1e6,
            "cpu_ratio": cpu._asdict(),
            "wall_ratio": wall._asdict(),
        }
        rows.append((client, f"{figures[client]['cpu_us']:.0f} µs", shown(cpu), shown(wall)))
    ledger = difference(timings[OURS_SQLITE].wall, timings[OURS].wall)
    figures["sqlite_adds_ms"] = {key: value * 1e3 for key, value in ledger._asdict().items()}
    report.figures[name] = figures
    report.tables.append(Table(name, ("client", "CPU", "CPU, to httpx + json", "wall, to httpx + json"), rows))


def _memory(report: Report, url: str, stack: ExitStack) -> None:
    rows = []
    figures = {}
    for name, keep in _keepers(url, stack):
        next(iter(keep()))
        gc.collect()
        tracemalloc.start()
        kept = list(keep())
        gc.collect()
        size = tracemalloc.get_traced_memory()[0] / 1e6
        tracemalloc.stop()
        if len(kept) != canned.TOTAL:
            raise environment.SetupError(f"{name} gave {len(kept)} actions of {canned.TOTAL}")
        figures[name] = size
        rows.append((name, f"{size:.1f} MB"))
        del kept
    report.figures["memory_mb"] = figures
    report.tables.append(Table("10,000 actions in memory", ("as", "size"), rows))


def _keepers(url: str, stack: ExitStack) -> Iterator[tuple[str, Callable[[], Iterator[Any]]]]:
    """Yield every way to have all 10,000 actions."""
    clock = peers.Unhurried()
    with peers.orjson_installed(False):
        cliq = stack.enter_context(Cliq(peers.TOKEN, base_url=url, clock=clock))
    client = stack.enter_context(httpx.Client(base_url=url))
    client_class, _, listing, _, _ = peers.stock_modules()
    stock = client_class(base_url=url, token=peers.TOKEN)

    def ours() -> Iterator[Any]:
        for page in cliq.message_actions.list(limit=100).pages():
            clock.now += 8
            yield from page.items

    def raw() -> Iterator[Any]:
        token: str | None = "0"
        while token:
            answer = client.get("/messageactions", params={"limit": 100, "next_token": token}).json()
            yield from answer["data"]
            token = answer.get("next_token")

    def generated() -> Iterator[Any]:
        token: Any = "0"
        while token:
            answer = listing.sync(client=stock, limit=100, next_token=token)
            yield from answer.data
            token = answer.next_token

    yield OURS, ours
    yield "dictionaries of json", raw
    yield "openapi-python-client", generated


def _judge(report: Report) -> None:
    figures = report.figures
    for name, most in (("get one", 1.3), ("list of 100", 1.5)):
        measured = figures[name][OURS]["cpu_ratio"]
        report.promise(f"{name} ≤ {most}× httpx + json", _estimate(measured), most)
        measured = figures[f"async, {name}"][OURS]["cpu_ratio"]
        report.promise(f"async, {name} ≤ {most}× httpx + json", _estimate(measured), most)
    measured = figures["list of 100"][OURS_ORJSON]["cpu_ratio"]
    report.promise("with orjson, list of 100 ≤ 1.25× httpx + json", _estimate(measured), 1.25)
    for name, where in (("", "get one"), ("async, ", "async, get one")):
        measured = figures[where]["sqlite_adds_ms"]
        report.promise(f"{name}SQLite ledger ≤ +0.2 ms a call", _estimate(measured), 0.2, " ms", 3)
    report.exact("10,000 actions ≤ 10 MB", figures["memory_mb"][OURS], 10, " MB")


def _estimate(fields: Mapping[str, float]) -> Estimate:
    return Estimate(**fields)
