"""`bench conformance`: how many faulty servers our suite, schemathesis and Dredd find, and at what cost.

Each tool runs as a command, over HTTP, against the second reference server with one of the named faults of the suite's
own tests. Schemathesis and Dredd get only the composed document, as a user would start them.

Both also report false positives on the server without a fault. A fault therefore counts as found by them if they report
something that they did not report there: schemathesis by its own baseline file, filled over several seeds; Dredd by the
messages of each transaction. Our suite gets no such allowance: any report about the server without a fault counts
against it.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import environment
from benchmarks.report import Report, Table, progress

OURS, SCHEMATHESIS, DREDD = "zoho-cliq-conformance", "schemathesis run", "Dredd"
TOOLS = (OURS, SCHEMATHESIS, DREDD)
DOCUMENT = environment.ROOT / "openapi" / "message-actions.yaml"
TOKEN, CONTROL = "1000.owner", "control-token-of-the-benchmark"
_CONTRACT_TESTS = environment.ROOT / "contract_tests"
SEEDS = (1, 2, 3)
EVERY, QUICK_EVERY = 6, 24
"""Only every n-th fault of each class is used: all of them would take schemathesis more than an hour."""
LONGEST = 300.0
"""Seconds after which a tool that has not ended is stopped."""
CREATION_LIMIT = 12
"""How many actions the server allows, for the faults in the creation limit."""
EXAMPLE_ID = 53719000002124010
"""The id in the document's examples; an action with this id exists when a tool starts."""


class Fault(NamedTuple):
    """A fault to run the server with: its name, its class, and the code that enables it. Without a name: no fault."""

    name: str
    kind: str
    prepare: Callable[[Any], Any] | None

    @property
    def throttled(self) -> bool:
        """Whether the server enforces thresholds.

        Otherwise it does not, because tools without pacing would be locked out.
        """
        return self.kind == "thresholds"

    @property
    def drivers(self) -> str:
        """The drivers of our suite for this class of fault. Those for the creation limit and thresholds are opt-in."""
        if self.limited:
            return "creation-limit"
        return "table,thresholds" if self.throttled else "table"

    @property
    def limited(self) -> bool:
        """Whether the server limits the number of actions."""
        return self.name.startswith("create-limit")


class Ran(NamedTuple):
    """The result of a run of a tool, and its cost."""

    complaints: frozenset[str]
    calls: int
    seconds: float
    cpu: float


def faults() -> list[Fault]:
    """Return all named faults of the suite's tests."""
    for folder in (_CONTRACT_TESTS, _CONTRACT_TESTS / "mutation"):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
    named = importlib.import_module("mutants").MUTANTS.values()
    return [Fault(fault.name, fault.kind, fault.prepare) for fault in named]


def sample(everything: Sequence[Fault], every: int) -> list[Fault]:
    """Return every n-th fault of each class, and at least one of each class."""
    by_kind: dict[str, list[Fault]] = {}
    for fault in everything:
        by_kind.setdefault(fault.kind, []).append(fault)
    return [fault for some in by_kind.values() for fault in some[:: min(every, len(some))]]


@contextmanager
def _served(fault: Fault) -> Iterator[tuple[str, list[int]]]:
    """Serve a fault over HTTP; yield the address, and a list to which each call is appended."""
    reference = importlib.import_module("reference_server")
    server = reference.Reference(time.monotonic, thresholds=fault.throttled)
    if fault.limited:
        server.creation_limit = CREATION_LIMIT
    handle = (fault.prepare(server) if fault.prepare else None) or server
    given = {"name": "Planted", "hint": "There before the tool begins", "execution_type": "deluge"}
    planted = server.create("owner", "", "", given, {})["data"]["id"]
    server.actions[str(EXAMPLE_ID)] = action = server.actions.pop(planted)
    action.id = str(EXAMPLE_ID)
    calls: list[int] = []

    def counted(method: str, target: str, headers: Any, body: bytes | None) -> Any:
        if not target.startswith("/_mock/"):
            calls.append(1)
        return handle(method, target, headers, body)

    with reference.serve(counted) as url:
        yield url, calls


class Bench:
    """The tools, set up in a folder of their own, and what the other tools report about a server without a fault."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.dredd = environment.node() / "dredd"
        self.known: dict[bool, frozenset[str]] = {}
        """Dredd's messages about the server without a fault, without and with thresholds."""

    def baseline(self, throttled: bool) -> Path:
        """Return Schemathesis's file of known reports about the server without a fault, with or without thresholds."""
        return self.folder / f"baseline-{'with' if throttled else 'without'}-thresholds.json"

    def learn(self, conforming: Fault, tell: Callable[[], None]) -> None:
        """Record what the other tools report about a server without a fault."""
        self.known[conforming.throttled] = self.run(DREDD, conforming).complaints
        tell()
        for seed in SEEDS:
            self.run(SCHEMATHESIS, conforming, ("--baseline-update",), seed)
            tell()

    def run(self, tool: str, fault: Fault, options: tuple[str, ...] = (), seed: int = SEEDS[0]) -> Ran:
        """Run a tool against a server with a fault."""
        with tempfile.TemporaryDirectory(dir=self.folder) as name, _served(fault) as (url, calls):
            scratch = Path(name)
            started = time.monotonic()
            code, cpu, output = _finished([*self._command(tool, fault, url, scratch, seed), *options], scratch)
            seconds = time.monotonic() - started
            try:
                complaints = self._complaints(tool, fault, scratch, code)
            except (OSError, ValueError, ElementTree.ParseError) as error:
                raise environment.SetupError(f"{tool} ended with {code}: {output.strip()[-300:]}") from error
            return Ran(complaints, len(calls), seconds, cpu)

    def _command(self, tool: str, fault: Fault, url: str, scratch: Path, seed: int) -> list[str]:
        base, header = f"{url}/api/v3", f"Authorization: Zoho-oauthtoken {TOKEN}"
        commands = Path(sys.executable).parent
        if tool == OURS:
            profile = scratch / "profile.toml"
            template = importlib.import_module("grade_mock").PROFILE
            limit = f"creation_limit = {CREATION_LIMIT}\n" if fault.limited else ""
            filled = template.format(url=base, control=f"{url}/_mock", token=CONTROL)
            profile.write_text(f"pace = {str(fault.throttled).lower()}\n{limit}{filled}", "utf-8")
            return [
                *(str(commands / OURS), "run", "--profile", str(profile), "--only", fault.drivers, "--strict"),
                *("--seed", str(seed), "--report", str(scratch)),
            ]
        if tool == SCHEMATHESIS:
            return [
                *(str(commands / "schemathesis"), "run", str(DOCUMENT), "--url", base, "--header", header),
                *("--seed", str(seed), "--generation-database", "none", "--no-color"),
                *("--baseline", str(self.baseline(fault.throttled))),
            ]
        return [
            *(str(self.dredd), str(DOCUMENT), base, "--header", header, "--loglevel", "silent"),
            *("--reporter", "xunit", "--output", str(scratch / "dredd.xml")),
        ]

    def _complaints(self, tool: str, fault: Fault, scratch: Path, code: int | None) -> frozenset[str]:
        """Return the reports of a tool that count. A tool that had to be stopped counts as having found something."""
        if code is None:
            return frozenset({f"did not end within {LONGEST:.0f} seconds"})
        if tool == OURS:
            report = json.loads((scratch / "report.json").read_text("utf-8"))
            return frozenset(found["fact"] for found in report["faults"])
        if tool == SCHEMATHESIS:
            if code not in (0, 1):
                raise ValueError(f"exit code {code}")
            return frozenset({"something that is not in the baseline"} if code else ())
        return _dredd_messages(scratch / "dredd.xml") - self.known.get(fault.throttled, frozenset())


def _finished(command: Sequence[str], folder: Path) -> tuple[int | None, float, str]:
    """Run a command; return its exit code (None if it was stopped by the time limit), CPU seconds and output."""
    with (folder / "output.txt").open("w+b") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        stopped: list[int] = []

        def stop() -> None:
            stopped.append(1)
            os.killpg(process.pid, 9)

        timer = threading.Timer(LONGEST, stop)
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            stop()
            raise
        finally:
            timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    return None if stopped else process.returncode, usage.ru_utime + usage.ru_stime, text


def _dredd_messages(path: Path) -> frozenset[str]:
    """Return each line of each message of Dredd's transactions, preceded by the transaction's name."""
    found = set()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        for failure in case.iter("failure"):
            message = (failure.text or "").split("\n\nRequest:")[0].removeprefix("Message:")
            found |= {f"{case.get('name')}: {line}" for line in message.split("\n") if line.strip()}
    return frozenset(found)


def _costs(bench: Bench, conforming: Fault, rounds: int, tell: Callable[[], None]) -> dict[str, dict[str, float]]:
    """Return the cost of each tool on a server without a fault: medians of calls, seconds and CPU seconds.

    The tools run one at a time. `complaints` counts what each reports; for the other tools, before their baseline is
    subtracted.
    """
    runs: dict[str, list[Ran]] = {tool: [] for tool in TOOLS}
    for _ in range(rounds):
        for tool in TOOLS:
            runs[tool].append(bench.run(tool, conforming))
            tell()
    entries = json.loads(bench.baseline(throttled=False).read_text("utf-8"))["entries"]
    complaints = {
        OURS: len(runs[OURS][0].complaints),
        SCHEMATHESIS: len(entries),
        DREDD: len({line.split(": ")[0] for line in bench.known[False]}),
    }
    return {
        tool: {
            **{what: statistics.median(getattr(ran, what) for ran in some) for what in ("calls", "seconds", "cpu")},
            "complaints": complaints[tool],
        }
        for tool, some in runs.items()
    }


def run(quick: bool) -> Report:
    """Run all tools against the same faulty servers; report the faults found, calls and seconds."""
    everything = faults()
    chosen = sample(everything, QUICK_EVERY if quick else EVERY)
    conforming = {throttled: Fault("", "thresholds" if throttled else "", None) for throttled in (False, True)}
    rounds = 1 if quick else 3
    environment.BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="conformance-", dir=environment.BUILD) as name:
        bench = Bench(Path(name))
        steps = _steps("servers without a fault", 2 * (1 + len(SEEDS)) + rounds * len(TOOLS))
        for server in conforming.values():
            bench.learn(server, steps)
        taken = _costs(bench, conforming[False], rounds, steps)
        found = _found(bench, chosen)
    report = Report("conformance", "how many faulty servers are found out, and what does it take?")
    report.tables += [_found_table(chosen, found), _taken_table(taken)]
    kinds = list(dict.fromkeys(fault.kind for fault in chosen))
    report.figures = {
        "faults": len(chosen),
        "found": {tool: len(found[tool]) for tool in TOOLS},
        "found_by_class": {tool: {kind: _count(found[tool], kind) for kind in kinds} for tool in TOOLS},
        "of_class": {kind: _count(chosen, kind) for kind in kinds},
        "conforming": taken,
    }
    missed = [fault.name for fault in chosen if fault not in found[OURS]]
    report.exact("our kit finds every fault: missed", len(missed), 0)
    report.exact("our kit has no false positives: complaints about a faultless server", taken[OURS]["complaints"], 0)
    every = QUICK_EVERY if quick else EVERY
    report.notes = [
        f"Every {every}th of {len(everything)} named faults in each class, the same for all; thresholds are enforced "
        "in their own class only, since the peers do not pace themselves.",
        "Calls and seconds are those of a whole run against the server without a fault (median of "
        f"{rounds}); on faulty servers schemathesis may stop at its first new failure.",
        f"schemathesis: defaults, seed {SEEDS[0]}, its baseline filled with seeds {', '.join(map(str, SEEDS))}; Dredd: "
        "defaults; both with the composed document, a token of all scopes, and an action with the examples' id.",
    ]
    if missed:
        report.notes.append(f"{OURS} missed: {', '.join(missed)}")
    return report


def _steps(what: str, of: int) -> Callable[[], None]:
    """Return a function that shows the progress; call it after each of `of` steps."""
    show, done, lock = progress(what), 0, threading.Lock()

    def step() -> None:
        nonlocal done
        with lock:
            done += 1
            show(done, of)

    return step


def _found(bench: Bench, chosen: Sequence[Fault]) -> dict[str, list[Fault]]:
    """Return the faults that each tool finds. As many runs as there are cores run in parallel."""
    steps = _steps("faulty servers", len(chosen) * len(TOOLS))

    def judge(job: tuple[str, Fault]) -> bool:
        tool, fault = job
        complaints = bench.run(tool, fault, ("--max-failures", "1") if tool == SCHEMATHESIS else ()).complaints
        steps()
        return bool(complaints)

    jobs = [(tool, fault) for fault in chosen for tool in TOOLS]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        verdicts = list(pool.map(judge, jobs))
    return {
        tool: [fault for (by, fault), found in zip(jobs, verdicts, strict=True) if by == tool and found]
        for tool in TOOLS
    }


def _count(some: Sequence[Fault], kind: str) -> int:
    return sum(fault.kind == kind for fault in some)


def _found_table(chosen: Sequence[Fault], found: dict[str, list[Fault]]) -> Table:
    rows = [
        (kind, str(_count(chosen, kind)), *(str(_count(found[tool], kind)) for tool in TOOLS))
        for kind in dict.fromkeys(fault.kind for fault in chosen)
    ]
    rows.append(("all", str(len(chosen)), *(str(len(found[tool])) for tool in TOOLS)))
    return Table("Faults found, by class", ("class", "planted", *TOOLS), rows)


def _taken_table(taken: dict[str, dict[str, float]]) -> Table:
    rows = [
        (tool, f"{of['calls']:.0f}", f"{of['seconds']:.1f} s", f"{of['cpu']:.1f} s", f"{of['complaints']:.0f}")
        for tool, of in taken.items()
    ]
    return Table("A server without a fault", ("tool", "calls", "time", "CPU time", "complaints"), rows)
