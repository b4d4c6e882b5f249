"""Hostile servers: whatever they answer, a run ends in time with a report, and nothing that they send is executed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from harness import StepClock, profile, simulated
from hostile import Hostile
from reference_server import LIMITS, WINDOW, Reference
from test_conformance_transport import OK, serving
from zoho_cliq_conformance.cli import drivers_for, main
from zoho_cliq_conformance.grading import NotConforming, demand
from zoho_cliq_conformance.reporting import page, render, report
from zoho_cliq_conformance.result import Result
from zoho_cliq_conformance.run import DEFECT, run
from zoho_cliq_conformance.sending import client as sending
from zoho_cliq_conformance.sending import transport as transports
from zoho_cliq_conformance.sending.client import Client
from zoho_cliq_conformance.sending.transport import FunctionTransport, HttpTransport
from zoho_cliq_conformance.trace import Answer

LIVE = profile(reset_url=None, clock_url=None, pace=False)
ESCAPES = "\x1b]0;title\x07\x1b[2J\x9b31m\r\u202e\u2028\u200f<script>]]>\ud800\0"


def graded(handle: Callable[..., Any], drivers: list[str], seed: int, **options: Any) -> dict[str, Any]:
    """Return the report of a run. Assert that the kit did not fail, and that each format of the report is harmless."""
    client = Client(profile(pace=False, **options), FunctionTransport(handle), seed=seed)
    result = run(client, drivers_for(drivers, 3))
    found = report.build(result, strict=True, drivers=drivers, seconds=1.0)
    assert DEFECT not in found["stopped"], found["stopped"]
    assert not any("ended early" in line for line in found["leftovers"]), found["leftovers"]
    assert all(line.isprintable() for line in render.terminal(found, verbose=True))
    ElementTree.fromstring(render.junit(found))
    assert "<script" not in page.html(found).lower()
    json.loads(report.to_json(found).encode("ascii"))
    return found


@pytest.mark.parametrize(("seed", "rate"), [(1, 0.05), pytest.param(2, 0.5, marks=pytest.mark.heavy)])
def test_whatever_a_server_answers_there_is_a_report(seed: int, rate: float) -> None:
    found = graded(Hostile(seed, rate), ["table"], seed)
    assert found["verdict"] == "faults"


@pytest.mark.heavy
@pytest.mark.parametrize("driver", ["table", "machine", "fuzz", "thresholds"])
@pytest.mark.parametrize("seed", range(10, 16))
def test_whatever_a_server_answers_there_is_a_report_of_every_driver(seed: int, driver: str) -> None:
    for rate in (0.02, 0.2, 0.9):
        urls = {"reset_url": None} if seed % 2 else {}
        client = Client(profile(pace=driver == "thresholds", **urls), FunctionTransport(Hostile(seed, rate)), seed=seed)
        result = run(client, drivers_for([driver], 3))
        assert DEFECT not in result.stopped, (rate, result.stopped)


@pytest.mark.parametrize(
    "body",
    [
        *("[" * 300 + "]" * 300, '{"data":' + "[" * 300 + "]" * 300 + "}", "[" * 100_000, '{"n":1e999}', '{"n":NaN}'),
        *('{"n":-Infinity}', '{"n":' + "9" * 5000 + "}", "[" + "[]," * 400_000 + "[]]", "\udc80", ""),
    ],
)
def test_json_beyond_the_limits_is_not_json(body: str) -> None:
    assert Answer(200, (), body.encode("utf-8", "surrogateescape")).json() is None


def test_json_within_the_limits_is_json() -> None:
    deep = "[" * 100 + "]" * 100
    for text in ('{"n":1e308}', '{"n":"\\ud800"}', f'{{"data":{deep[1:-1]}}}', "[" + "[]," * 1000 + "[]]"):
        assert Answer(200, (), text.encode()).json() == json.loads(text)


@pytest.mark.parametrize(
    "teams",
    [
        *(pytest.param(teams, marks=pytest.mark.heavy) for teams in (..., None, 7, "100001", {"a": 1})),
        [None, {}, "a", 1, True],
    ],
)
def test_a_team_action_with_other_teams_than_its_own_is_a_fault(teams: Any) -> None:
    server = Reference(StepClock(), thresholds=False)

    def handle(*request: Any) -> Any:
        status, headers, content = server(*request)
        shown = json.loads(content) if content else None
        if isinstance(shown, dict) and isinstance(shown.get("data"), dict) and shown["data"].get("scope") == "team":
            shown["data"].pop("team_ids", None)
            if teams is not ...:
                shown["data"]["team_ids"] = teams
            content = json.dumps(shown).encode()
        return status, headers, content

    assert graded(handle, ["table"], 1)["verdict"] == "faults"


# --- reasons to end a run


@pytest.fixture
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reduce the kit's timeouts to tenths of a second."""
    monkeypatch.setattr(transports, "SLICE", 0.01)
    for name in ("LAST_ANSWER", "GRACE"):
        monkeypatch.setattr(sending, name, 0.1)
    monkeypatch.setattr(sending, "LAST_ANSWERS", 0.3)


def creating(number: int = 3) -> list[tuple[str, Any]]:
    def driver(client: Client, result: Result) -> None:
        for _ in range(number):
            client.create()

    return [("driver", driver)]


def over_http(url: str, **options: Any) -> Client:
    return Client(profile(url, reset_url=None, clock_url=None, pace=False), HttpTransport(url), seed=1, **options)


@pytest.mark.usefixtures("short_timeouts")
def test_max_minutes_holds_while_a_server_does_not_respond() -> None:
    with serving(lambda connection: None) as url:
        began = time.monotonic()
        client = over_http(url, deadline=began + 0.2)
        result = run(client, creating())
        assert time.monotonic() - began < 1
        client.close()
    assert (result.stopped, result.exit_code()) == ("the time limit of the run (--max-minutes) is reached", 2)
    assert result.violations == []  # the kit cancelled the call, so that is no fault
    assert "names start with" in result.leftovers[0]


@pytest.mark.usefixtures("short_timeouts")
def test_one_signal_ends_a_run_while_a_server_does_not_answer() -> None:
    with serving(lambda connection: None) as url:
        client = over_http(url)
        threading.Timer(0.05, lambda: setattr(client, "interrupted", True)).start()
        began = time.monotonic()
        result = run(client, creating())
        assert time.monotonic() - began < 1
        client.close()
    assert (result.stopped, result.exit_code(), result.violations) == ("interrupted", 2, [])


@pytest.mark.usefixtures("short_timeouts")
@pytest.mark.parametrize("deletes", ["never", "slowly", "with lies"])
def test_a_clean_up_ends_whatever_the_server_does(deletes: str) -> None:
    created: list[bytes] = []

    def answer(connection: Any) -> None:
        if len(created) < 30:
            created.append(b'{"data":{"id":"%d"}}' % (1000 + len(created)))
            connection.sendall(OK + b"Content-Length: %d\r\n\r\n%s" % (len(created[-1]), created[-1]))
        elif deletes == "slowly":
            time.sleep(0.05)
            connection.sendall(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")
        elif deletes == "with lies":
            connection.sendall(OK + b"Content-Length: 2\r\n\r\n[]")

    with serving(answer) as url:
        client = over_http(url)
        began = time.monotonic()
        result = run(client, creating(30))
        assert time.monotonic() - began < 2
        client.close()
    if deletes != "with lies":
        assert result.leftovers[0].startswith("clean-up stopped: ")
        assert "action 1029 of owner is still on the server" in result.leftovers


def test_max_minutes_leaves_time_for_a_paced_clean_up() -> None:
    clock = StepClock()
    server = Reference(clock)
    client, _ = simulated(server, profile(reset_url=None, clock_url=None), clock=clock)
    assert client._time_to_clean_up() == 0.0
    for _ in range(3 * (LIMITS["delete"] - 1)):
        client.create()
    # One third of the deletes is sent at once, one after a window, and one after two windows.
    assert 2 * WINDOW < client._time_to_clean_up() < 2 * WINDOW + 10
    client.deadline = time.monotonic() + 2 * WINDOW - 20
    result = run(client, creating())
    assert (
        "the time limit of the run (--max-minutes) is reached; the rest is reserved for the clean-up" in result.stopped
    )
    assert result.leftovers == []


def test_a_listing_that_never_ends_is_a_fault() -> None:
    numbers = iter(range(10**9))

    def handle(*request: Any) -> Any:
        page = {"data": [{"id": str(next(numbers))}], "next_token": f"t{next(numbers)}"}
        return 200, [("Content-Type", "application/json")], json.dumps(page).encode()

    client, _ = simulated(handle, LIVE, clock=StepClock())
    assert sum(1 for _ in client.pages()) == sending.MOST_PAGES + 1
    assert client.oracle.failed["list.next_token"] == 1


def test_clean_up_after_a_lost_create_removes_no_other_actions() -> None:
    deleted: list[str] = []

    def handle(method: str, target: str, headers: Any, body: Any) -> Any:
        if method == "POST":
            return 500, [], b""
        deleted.extend([target] if method == "DELETE" else [])
        data = [{"id": str(number), "name": client.prefix} for number in range(50)]
        return 200, [("Content-Type", "application/json")], json.dumps({"data": data}).encode()

    client, _ = simulated(handle, LIVE, clock=StepClock())
    run(client, creating(2))
    assert len(deleted) == 2


def test_a_server_that_stops_responding_later_gets_no_more_calls() -> None:
    calls = iter([200, *[0] * 100])

    def handle(*request: Any) -> Any:
        if not next(calls):
            raise TimeoutError
        return 404, [], b""

    client, _ = simulated(handle, LIVE, clock=StepClock())
    result = run(client, [("driver", lambda c, r: [c.get("1") for _ in range(50)] and None)])
    assert "did not respond to the last 20 calls" in result.stopped
    assert result.exit_code() == 1  # missing answers are faults


def test_the_trace_of_large_answers_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "KEPT_BYTES", 100_000)
    client, _ = simulated(lambda *request: (404, [], b"x" * 50_000), LIVE, clock=StepClock())
    for _ in range(50):
        client.get("1")
    assert sum(len(each.answer.body) for each in client.trace if each.answer) < 200_000


# --- output on a terminal


def test_control_characters_of_a_server_are_escaped_on_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = json.dumps({"message": ESCAPES, "code": ESCAPES, "data": {"name": ESCAPES}}).encode()
    raw = ESCAPES.encode("utf-8", "surrogatepass")
    for content in (body, raw):
        client, _ = simulated(lambda *_, content=content: (400, [("X", ESCAPES)], content), LIVE, clock=StepClock())
        result = run(client, creating())
        found = report.build(result, strict=True, drivers=["table"], seconds=1.0)
        with pytest.raises(NotConforming) as failure:
            demand(found)
        assert all(line.isprintable() for line in str(failure.value).split("\n"))
    answer = raw + b"\r\n\r\n"
    with serving(lambda connection: connection.sendall(answer)) as url:
        path = tmp_path / "p.toml"
        path.write_text(f'base_url = "{url}/api/v3"\npace = false\n[tokens]\nowner = "1000.owner"\n')
        assert main(["run", "--profile", str(path), "--report", str(tmp_path / "out")]) == 2
    shown = capsys.readouterr()
    assert [line for line in (shown.out + shown.err).split("\n") if not line.isprintable()] == []
    assert "does not respond: BadStatusLine" in shown.err
