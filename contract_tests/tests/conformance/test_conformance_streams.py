"""No result is lost if a run or its output ends early: broken pipes, full or closed streams, signals, lost answers."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import StepClock, profile, reference_transport, share_clock, simulated
from reference_server import Reference, serve
from zoho_cliq_conformance.drivers.fuzz import run_fuzz
from zoho_cliq_conformance.drivers.machine import run_machine
from zoho_cliq_conformance.drivers.table import run_table
from zoho_cliq_conformance.drivers.thresholds import run_thresholds
from zoho_cliq_conformance.reporting.streams import show
from zoho_cliq_conformance.result import Result
from zoho_cliq_conformance.run import run
from zoho_cliq_conformance.sending.client import Client, Interrupted
from zoho_cliq_conformance.sending.transport import FunctionTransport
from zoho_cliq_conformance.trace import Exchange

COMMAND = [sys.executable, "-m", "zoho_cliq_conformance"]
REPORTS = ["junit.xml", "report.html", "report.json"]
FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")


@pytest.fixture
def graded(tmp_path: Path) -> Any:
    """Yield a conforming server over HTTP, and the path of its profile."""
    server = Reference(StepClock(), thresholds=False)
    with serve(server) as url:
        path = tmp_path / "p.toml"
        urls = f'base_url = "{url}/api/v3"\nclock_url = "{url}/_mock/clock"\n'
        path.write_text(f'{urls}pace = false\n[tokens]\nowner = "1000.owner"\n')
        yield server, path


def few_calls(graded: Any) -> list[str]:
    """Return the command of a run that takes few calls."""
    server, path = graded
    server.creation_limit = 3
    path.write_text(f"creation_limit = 3\n{path.read_text()}")
    return [*COMMAND, "run", "--profile", str(path), "--only", "creation-limit", "--quiet"]


def test_a_closed_pipe_is_not_an_error(graded: Any, tmp_path: Path) -> None:
    command = few_calls(graded)
    for options in (["--plan"], ["--report", str(tmp_path / "out")]):
        with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.close()
            assert process.stderr is not None
            assert process.stderr.read() == b""
        assert process.returncode == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == REPORTS


@FULL
def test_a_full_output_gives_one_line_and_the_reports(graded: Any, tmp_path: Path) -> None:
    arguments = [*few_calls(graded), "--report", str(tmp_path / "out")]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(arguments, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "standard output cannot be written" in done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == REPORTS


def test_an_output_that_is_closed_or_knows_no_such_character(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert show(["a"]) == "standard output is closed"
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    assert show(["✓ é"]) == ""
    assert narrow.buffer.getvalue() == b"\\u2713 \\xe9\n"  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_the_server_clean_and_the_reports_written(graded: Any, tmp_path: Path, number: int) -> None:
    server, path = graded
    arguments = [*COMMAND, "run", "--profile", str(path), "--only", "machine", "--examples", "100000", "--quiet"]
    with subprocess.Popen(
        [*arguments, "--report", str(tmp_path / "out")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while not any(action.alive for action in list(server.actions.values())):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (2, "")
    assert "stopped: interrupted" in out
    assert not any(action.alive for action in server.actions.values())
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == REPORTS


LIVE = profile(reset_url=None, clock_url=None, pace=False)


@pytest.mark.parametrize("moment", ["before the answer", "before it is judged", "after it was judged"])
def test_a_create_that_an_interrupt_cut_short_is_removed_and_is_no_fault(moment: str) -> None:
    clock = StepClock()
    server = Reference(clock, thresholds=False)

    def interrupted(method: str, target: str, headers: Any, body: bytes | None) -> Any:
        reply = server(method, target, headers, body)
        if moment == "before the answer" and method == "POST" and len(server.actions) == 3:
            raise KeyboardInterrupt
        return reply

    client, _ = simulated(interrupted, LIVE, clock=clock)
    observe = client.oracle.observe

    def judge(exchange: Exchange) -> Any:
        here = len(server.actions) == 3 and exchange.method == "POST"
        if moment == "before it is judged" and here:
            raise KeyboardInterrupt
        new = observe(exchange)
        if moment == "after it was judged" and here:
            raise KeyboardInterrupt
        return new

    client.oracle.observe = judge  # type: ignore[method-assign]
    result = run(client, [("driver", lambda c, r: [c.create() for _ in range(5)] and None)])
    assert (result.stopped, result.violations, result.leftovers) == ("interrupted", [], [])
    assert len(server.actions) == 3
    assert not any(action.alive for action in server.actions.values())


@pytest.mark.parametrize("driver", [run_table, run_machine, run_fuzz, run_thresholds])
@pytest.mark.parametrize(
    ("calls", "control"),
    [(1, True), (40, False), *(pytest.param(*pair, marks=pytest.mark.heavy) for pair in ((1, False), (40, True)))],
)
def test_after_a_signal_nothing_is_sent_but_the_clean_up(
    driver: Callable[..., None], calls: int, control: bool
) -> None:
    clock, thresholds = StepClock(), driver is run_thresholds
    server = Reference(clock, thresholds=thresholds)

    sent: list[str] = []

    def signalled(method: str, target: str, *request: Any) -> Any:
        reply = server(method, target, *request)
        if "/_mock/" not in target and len(client.trace) + 1 == calls:
            client.interrupted = True
        sent.append(target)
        return reply

    urls = {} if control else {"reset_url": None, "clock_url": None}
    client, _ = simulated(signalled, profile(pace=thresholds, **urls), clock=clock)
    result = run(client, [("driver", driver)])
    assert (result.stopped, result.exit_code(), result.violations) == ("interrupted", 2, [])
    assert [exchange.method for exchange in client.trace[calls:]] == ["DELETE"] * result.calls_of_clean_up
    last = max(number for number, target in enumerate(sent) if "/_mock/" not in target)
    assert sent[last + 1 :] == ["/_mock/reset"] * control
    assert not any(action.alive for action in server.actions.values())


def test_a_signal_ends_a_wait() -> None:
    client = Client(LIVE, FunctionTransport(Reference(StepClock())), seed=1)
    client.interrupted = True
    with pytest.raises(Interrupted):
        client.pause(300, "for the lock to end")


@pytest.mark.parametrize(
    "more", [pytest.param(more, marks=pytest.mark.heavy) if more % 5 != 1 else more for more in range(1, 60, 4)]
)
def test_a_fault_of_the_machine_is_kept_if_the_run_stops_during_shrinking(more: int) -> None:
    """The budget is spent while hypothesis shrinks or repeats the history."""

    def prepare(server: Reference) -> None:
        found = server.find
        server.find = lambda user, identifier: found(user, str(int(identifier) + 1))  # type: ignore[method-assign]

    client = Client(profile(pace=False), reference_transport(prepare, thresholds=False), seed=1)
    share_clock(client)
    observe = client.oracle.observe

    def judge(exchange: Exchange) -> Any:
        new = observe(exchange)
        if new and client.budget is None:
            client.budget = len(client.trace) + more
        return new

    client.oracle.observe = judge  # type: ignore[method-assign]
    result = run(client, [("machine", run_machine)])
    assert result.faults()
    assert result.exit_code() == 1


@pytest.mark.parametrize("driver", [run_machine, pytest.param(run_fuzz, marks=pytest.mark.heavy)])
def test_a_run_does_not_touch_actions_that_it_did_not_create(driver: Callable[..., None]) -> None:
    clock = StepClock()
    server = Reference(clock, thresholds=False)
    bodies = ({"name": f"not ours {number}", "hint": "stays", "scope": "personal"} for number in range(4))
    foreign = {server.create("owner", "", "", body, {})["data"]["id"] for body in bodies}
    client, _ = simulated(server, LIVE, clock=clock)

    def drive(client: Client, result: Result) -> None:
        driver(client, result, examples=4)

    result = run(client, [("driver", drive)])
    assert result.faults() == []
    assert {action.id for action in server.actions.values() if action.alive} == foreign
    assert not [e for e in client.trace if e.target.split("/")[-1].split("?")[0] in foreign]
    assert all(server.actions[each].fields["hint"] == "stays" for each in foreign)


def test_a_server_that_stops_responding_ends_the_run() -> None:
    clock = StepClock()
    server = Reference(clock, thresholds=False)

    def silent(method: str, target: str, headers: Any, body: bytes | None) -> Any:
        server(method, target, headers, body)
        raise TimeoutError("nothing came")

    client, _ = simulated(silent, LIVE, clock=clock)
    result = run(client, [("driver", lambda c, r: [c.create() for _ in range(5)] and None)])
    assert result.exit_code() == 2
    assert "does not respond" in result.stopped
    assert len(client.trace) == 4
    assert f"names start with {client.prefix}" in result.leftovers[0]
