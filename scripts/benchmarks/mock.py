"""`bench mock`: the cost of a request at the mock server, compared with Prism and bare Starlette, and how it grows.

The cost is the CPU time of the server's process per request, as the kernel counts it (Linux). So it includes neither
the load generator nor other users of the machine. The generator sends HTTP/1.1 over plain sockets.
"""

from __future__ import annotations

import itertools
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks import environment
from benchmarks.measure import Estimate, estimate, ratio, shown
from benchmarks.report import Report, Table, progress

OURS_FILE, OURS_MEMORY, OURS_DURABLE = "zoho-cliq-mock, file", "zoho-cliq-mock, memory", "zoho-cliq-mock, --durable"
PRISM, BARE = "Prism", "bare Starlette"
KINDS = ("GET list", "GET one", "POST")
IDLE = 2.0
"""Seconds after which a connection is replaced, because servers close idle ones: uvicorn and Node.js after 5."""
_names = itertools.count()
_MOCK = [sys.executable, "-m", "zoho_cliq_mock", "--port", "0", "--no-thresholds", "--quiet"]


class Server(NamedTuple):
    """A running server: its name, its process, its base URL, and how long it took to become ready."""

    name: str
    process: int
    url: str
    ready: float


def run(quick: bool) -> Report:
    """Measure the cost of each kind of request, start-up, memory, and growth with actions and with connections."""
    if not Path("/proc/self/task").exists():
        raise environment.SetupError("this measurement reads CPU time per process from /proc, so it needs Linux")
    report = Report("mock", "what does a request cost the mock server, and does it stay flat?")
    rounds, batch = (7, 100) if quick else (25, 300)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-mock-")))
        servers = [
            stack.enter_context(started(OURS_MEMORY, _MOCK)),
            stack.enter_context(started(OURS_FILE, [*_MOCK, "--db", str(folder / "file.db")])),
            stack.enter_context(started(OURS_DURABLE, [*_MOCK, "--db", str(folder / "durable.db"), "--durable"])),
            stack.enter_context(started(BARE, [sys.executable, "-m", "benchmarks.bare"])),
        ]
        try:
            servers.append(stack.enter_context(prism()))
        except environment.SetupError as error:
            report.notes.append(f"Prism is left out: {error}")
        _by_kind(report, servers, rounds, batch)
        report.figures["memory_mb"] = {server.name: resident(server.process) / 1e6 for server in servers}
    report.figures["ready_s"] = _ready(3 if quick else 9)
    _growth(report, (100, 1_000, 10_000) if quick else (100, 1_000, 10_000, 100_000, 1_000_000), rounds, batch)
    _connections(report, rounds, batch)
    _judge(report)
    return report


@contextmanager
def started(name: str, command: Sequence[str]) -> Iterator[Server]:
    """Start a server whose first line on stdout is `listening on` and its base URL, and yield it."""
    before = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line.startswith("listening on "):
            raise environment.SetupError(f"{name} did not start; it printed {line.strip()!r}")
        yield Server(name, process.pid, line.split()[2], time.perf_counter() - before)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


@contextmanager
def prism() -> Iterator[Server]:
    """Run Prism with the composed document, in one process, and yield it."""
    command = environment.node() / "prism"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    document = environment.ROOT / "openapi" / "message-actions.yaml"
    options = ["mock", "--host", "127.0.0.1", "--port", str(port), "--multiprocess", "false", str(document)]
    before = time.perf_counter()
    process = subprocess.Popen([command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - before > 60:
                    raise environment.SetupError("Prism did not start") from None
                time.sleep(0.02)
        yield Server(PRISM, process.pid, f"http://127.0.0.1:{port}", time.perf_counter() - before)
    finally:
        process.terminate()
        process.wait()


def cpu_seconds(process: int) -> float:
    """Return the CPU time of a process so far, over all its threads, in seconds."""
    total = 0
    for task in Path(f"/proc/{process}/task").iterdir():
        total += int((task / "schedstat").read_text("ascii").split()[0])
    return total / 1e9


def resident(process: int) -> int:
    """Return the resident memory of a process in bytes, without pages that are shared as files."""
    for line in Path(f"/proc/{process}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    return 0


class Load:
    """A number of keep-alive connections to a server, used in turn."""

    def __init__(self, server: Server, connections: int = 1) -> None:
        parts = urlsplit(server.url)
        self.path = parts.path
        self.host = parts.netloc
        self.address = (parts.hostname or "", parts.port or 80)
        self.process = server.process
        self.connections = connections
        self.sockets: list[socket.socket] = []
        self.last = "1"
        self.used = 0.0

    def _connect(self) -> None:
        """Open new connections and use each once, so that no batch includes the cost of connecting."""
        self.close()
        self.sockets = [socket.create_connection(self.address) for _ in range(self.connections)]
        for each in self.sockets:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            each.sendall(self.request("GET list"))
            self.read(each)

    def request(self, kind: str) -> bytes:
        """Return the bytes of a request."""
        head = f"Host: {self.host}\r\nAuthorization: Bearer 1000.owner\r\nAccept: application/json\r\n"
        if kind == "POST":
            body = json.dumps(
                {
                    "name": f"Bench {next(_names)}",
                    "hint": "File this message at the help desk",
                    "message_types": ["text", "link"],
                    "execution_type": "webhook",
                    "execution_url": "https://desk.example.com/cliq",
                    "scope": "organization",
                }
            )
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            return f"POST {self.path}/messageactions HTTP/1.1\r\n{head}\r\n{body}".encode()
        target = "?limit=20" if kind == "GET list" else f"/{self.last}"
        return f"GET {self.path}/messageactions{target} HTTP/1.1\r\n{head}\r\n".encode()

    def cpu_per_request(self, kind: str, times: int) -> float:
        """Return the server's CPU seconds per request over a batch. Raise an error for any status but 200."""
        if time.monotonic() - self.used > IDLE:
            self._connect()
        before = cpu_seconds(self.process)
        width = len(self.sockets)
        for _ in range(max(1, times // width)):
            for each in self.sockets:
                each.sendall(self.request(kind))
            for each in self.sockets:
                answer = self.read(each)
        if kind == "POST":
            self.last = str(json.loads(answer)["data"]["id"])
        self.used = time.monotonic()
        return (cpu_seconds(self.process) - before) / (max(1, times // width) * width)

    def read(self, connection: socket.socket) -> bytes:
        """Send one request and return the body of the response."""
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more(connection)
        head = data[:end].lower()
        if not head.startswith(b"http/1.1 200"):
            raise environment.SetupError(f"unexpected answer: {data[:300]!r}")
        length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        while len(data) < end + 4 + length:
            data += self._more(connection)
        return data[end + 4 :]

    @staticmethod
    def _more(connection: socket.socket) -> bytes:
        part = connection.recv(65536)
        if not part:
            raise environment.SetupError("the server closed the connection")
        return part

    def close(self) -> None:
        """Close the connections."""
        for each in self.sockets:
            each.close()


def rounds_of(
    loads: Mapping[str, Callable[[], float]], rounds: int, what: str, seed: int = 1
) -> dict[str, list[float]]:
    """Run measurements that each return one figure, in interleaved rounds."""
    show = progress(what)
    taken: dict[str, list[float]] = {name: [] for name in loads}
    order = list(loads)
    draw = random.Random(seed)
    for done in range(rounds):
        show(done, rounds)
        draw.shuffle(order)
        for name in order:
            taken[name].append(loads[name]())
    show(rounds, rounds)
    return taken


def _by_kind(report: Report, servers: Sequence[Server], rounds: int, batch: int) -> None:
    loads = {server.name: Load(server) for server in servers}
    for load in loads.values():
        for kind in ("POST", *KINDS):
            load.cpu_per_request(kind, 8 * batch)  # so many that Prism's V8 has compiled what it will
    figures = report.figures["by_kind"] = {}
    for kind in ("GET list", "GET one", "POST"):
        taken = rounds_of(
            {name: partial(load.cpu_per_request, kind, batch) for name, load in loads.items()},
            rounds,
            f"mock, {kind}",
        )
        rows = []
        figures[kind] = {}
        for name, values in taken.items():
            to_bare = ratio(values, taken[BARE])
            figures[kind][name] = {"cpu_us": estimate(values).median * 1e6, "to_bare": to_bare._asdict()}
            row = [name, f"{estimate(values).median * 1e6:.0f} µs", shown(to_bare)]
            if PRISM in taken:
                less = ratio(taken[PRISM], values)
                figures[kind][name]["prism_to_this"] = less._asdict()
                row.append(shown(less))
            rows.append(tuple(row))
        columns = ("server", "CPU a request", "to bare Starlette", "Prism's to this")
        report.tables.append(Table(kind, columns[: len(rows[0])], rows))
    for load in loads.values():
        load.close()


def _ready(times: int) -> list[float]:
    taken = []
    for _ in range(times):
        with started(OURS_MEMORY, _MOCK) as server:
            taken.append(server.ready)
    return taken


def fill(path: str, count: int) -> None:
    """Write this many actions of the demo seed's owner into a database file."""
    from zoho_cliq_mock import create_app

    app = create_app(path, thresholds=False)
    try:
        owner = app.state.directory.users["owner"]
        for number in range(count):
            body = {
                "name": f"Filler {number}",
                "hint": "File this message at the help desk",
                "execution_type": "webhook",
                "execution_url": "https://desk.example.com/cliq",
            }
            app.state.store.create(owner, body)
    finally:
        app.state.close()


def _growth(report: Report, counts: Sequence[int], rounds: int, batch: int) -> None:
    figures = report.figures["growth"] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-growth-")))
        show = progress("filling databases")
        loads = {}
        for done, count in enumerate(counts):
            show(done, len(counts))
            path = str(folder / f"{count}.db")
            environment.run([sys.executable, "-c", f"from benchmarks.mock import fill; fill({path!r}, {count})"])
            server = stack.enter_context(started(f"{count:,}", [*_MOCK, "--db", path]))
            loads[server.name] = Load(server)
            loads[server.name].cpu_per_request("POST", 1)
        show(len(counts), len(counts))
        smallest = next(iter(loads))
        for kind in KINDS:
            for load in loads.values():
                load.cpu_per_request(kind, 100)
            taken = rounds_of(
                {name: partial(load.cpu_per_request, kind, batch) for name, load in loads.items()},
                rounds,
                f"growth, {kind}",
            )
            rows = []
            figures[kind] = {}
            for name, values in taken.items():
                grown = ratio(values, taken[smallest])
                figures[kind][name] = {"cpu_us": estimate(values).median * 1e6, "ratio": grown._asdict()}
                rows.append((name, f"{estimate(values).median * 1e6:.0f} µs", shown(grown)))
            columns = ("actions", "CPU a request", f"to {smallest} actions")
            report.tables.append(Table(f"growth by actions, {kind}", columns, rows))
        for load in loads.values():
            load.close()


def _connections(report: Report, rounds: int, batch: int) -> None:
    figures = report.figures["connections"] = {}
    with started(OURS_MEMORY, _MOCK) as server:
        loads = {f"{count}": Load(server, count) for count in (1, 8, 64)}
        loads["1"].cpu_per_request("POST", 100)
        taken = rounds_of(
            {name: partial(load.cpu_per_request, "GET list", batch) for name, load in loads.items()},
            rounds,
            "connections",
        )
        rows = []
        for name, values in taken.items():
            grown = ratio(values, taken["1"])
            figures[name] = {"cpu_us": estimate(values).median * 1e6, "ratio": grown._asdict()}
            rows.append((name, f"{estimate(values).median * 1e6:.0f} µs", shown(grown)))
        report.tables.append(Table("growth by connections, GET list", ("connections", "CPU a request", "to one"), rows))
        for load in loads.values():
            load.close()


def _judge(report: Report) -> None:
    kinds = report.figures["by_kind"]
    for kind, server, bare, less in (("GET list", OURS_FILE, 2.0, 3.5), ("POST", OURS_FILE, 2.5, 2.5)):
        found = kinds[kind][server]
        report.promise(f"{kind} on a file ≤ {bare}× bare Starlette in memory", Estimate(**found["to_bare"]), bare)
        if "prism_to_this" in found:
            prisms = Estimate(**found["prism_to_this"])
            share = Estimate(1 / prisms.median, 1 / prisms.high, 1 / prisms.low)
            report.promise(f"{kind} on a file ≤ 1/{less} of Prism's", share, 1 / less)
    report.promise("ready within 0.6 s", estimate(report.figures["ready_s"]), 0.6, " s")
    report.exact("memory under 45 MB", report.figures["memory_mb"][OURS_FILE], 45, " MB")
    growth = report.figures["growth"]["GET list"]
    largest = "100,000" if "100,000" in growth else list(growth)[-1]
    report.promise(f"GET list at {largest} actions ≤ 1.3× that at 100", Estimate(**growth[largest]["ratio"]), 1.3)
