"""The command: exit statuses, reports, plan, budget, pacing, clean-up, recorded traffic; no token anywhere."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from api_paths import CREATING
from harness import CONTROL, StepClock, mock_transport, profile, reference_transport, simulated
from mutants import MUTANTS, Prepare
from record_plan import EVERY, profile_of, recorded_now
from reference_server import WINDOW, Reference
from served import TOKENS, TOML, run_command, served
from zoho_cliq_api.contract import OPERATIONS
from zoho_cliq_conformance.drivers.table import run_table
from zoho_cliq_conformance.grading import NotConforming, demand, grade
from zoho_cliq_conformance.judge.facts import FACTS
from zoho_cliq_conformance.profile import SCOPES, ProfileError, parse
from zoho_cliq_conformance.reporting import plan, report
from zoho_cliq_conformance.reporting.shell import chain
from zoho_cliq_conformance.result import Result
from zoho_cliq_conformance.run import DEFECT, run
from zoho_cliq_conformance.secrets import Secrets
from zoho_cliq_conformance.sending.client import Client
from zoho_cliq_conformance.sending.pacer import Clock, minutes
from zoho_cliq_conformance.sending.transport import Transport
from zoho_cliq_conformance.trace import Exchange


def test_a_conforming_server_exits_with_0_and_writes_three_reports(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(tmp_path) as path:
        status, out, err = run_command(capsys, "run", "--profile", path, "--report", tmp_path / "out")
    assert status == 0, out
    assert "conforms" in out
    assert "kinds_of_actions" in err
    found = json.loads((tmp_path / "out" / "report.json").read_text())
    assert found["schema"] == report.SCHEMA
    assert found["calls"] <= 470
    assert found["faults"] == []
    assert found["summary"]["failed"] == 0
    assert {row["status"] for row in found["table"]} >= {200, 204, 400, 401, 403, 404, 405, 406, 429, 500}
    suite = ElementTree.fromstring((tmp_path / "out" / "junit.xml").read_text())
    assert suite.get("failures") == "0"
    assert len(suite) == len(found["facts"])
    html = (tmp_path / "out" / "report.html").read_text()
    for text in (out, err, html, json.dumps(found)):
        assert not any(token in text for token in TOKENS)


def test_a_fault_exits_with_1_and_prints_curl_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served(tmp_path, MUTANTS["update-resets-hint"].prepare) as path:
        status, out, _ = run_command(
            capsys, "run", "--profile", path, "--verbose", "--report", tmp_path / "out", "--seed", 7
        )
    assert status == 1
    found = json.loads((tmp_path / "out" / "report.json").read_text())
    fault = next(fault for fault in found["faults"] if fault["fact"] == "update.keeps")
    assert fault["seed"] == 7
    assert fault["curl"][0].startswith("answer=$(")
    assert any("ID1=$(" in line for line in fault["curl"])
    assert "$ID1" in fault["curl"][-1]
    assert "$TOKEN_OWNER" in fault["curl"][0]
    assert "hint" in fault["expected"]
    assert fault["curl"][-1] in out
    assert not any(
        token in (tmp_path / "out" / name).read_text() for token in TOKENS for name in ("report.html", "junit.xml")
    )


def test_an_inferred_fact_decides_only_with_strict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served(tmp_path, MUTANTS["zoho-oauthtoken-refused"].prepare) as path:
        status, out, _ = run_command(capsys, "run", "--profile", path, "--quiet")
        strict, _, _ = run_command(capsys, "run", "--profile", path, "--quiet", "--strict", "--fail-fast")
    assert (status, strict) == (0, 1)
    assert "remark (inferred)" in out


def test_an_unreachable_server_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.toml"
    path.write_text('base_url = "http://127.0.0.1:9/api/v3"\npace = false\n[tokens]\nowner = "1000.owner"\n')
    status, _, err = run_command(capsys, "run", "--profile", path, "--quiet")
    assert status == 2
    assert "does not respond" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("driver", "line", "reason"),
    [
        ("creation-limit", "", "needs creation_limit"),
        ("thresholds", "pace = false\n", "needs a server that enforces thresholds"),
    ],
)
def test_a_run_that_grades_nothing_exits_with_2_and_never_conforms(
    driver: str, line: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.toml"
    path.write_text(f'base_url = "http://127.0.0.1:1/api/v3"\n{line}[tokens]\nowner = "1000.owner"\n')
    status, out, _ = run_command(
        capsys, "run", "--profile", path, "--only", driver, "--quiet", "--report", tmp_path / "out"
    )
    assert status == 2
    assert f"nothing could be graded: {driver} {reason}" in out
    assert "conforms" not in out
    found = json.loads((tmp_path / "out" / "report.json").read_text())
    assert (found["verdict"], found["exit_code"], found["calls"]) == ("cannot run", 2, 0)
    status, out, _ = run_command(capsys, "run", "--profile", path, "--only", driver, "--plan")
    assert status == 0
    assert f"skipped: {driver}: {reason}" in out


def test_only_a_fact_that_decides_is_a_grade() -> None:
    client = Client(profile(reset_url=None, pace=False), reference_transport(thresholds=False), seed=1)
    result = run(client, [("driver", lambda client, result: None)])
    assert result.exit_code() == 2
    with pytest.raises(NotConforming, match="nothing could be graded: none of 0 calls"):
        demand(report.build(result, strict=False, drivers=["driver"], seconds=0))
    client.oracle.passed["auth.zoho-oauthtoken"] += 1
    assert (result.exit_code(), result.exit_code(strict=True)) == (2, 0)
    client.oracle.passed["create.success"] += 1
    assert result.exit_code() == 0


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("base_url = 7", "base_url must be a non-empty string"),
        ('base_url = "cliq"\n[tokens]\nowner = "t"', "not an http or https URL"),
        ('base_url = "https://a.example"', "tokens.owner is missing"),
        ('[tokens]\nowner = "t"', "base_url is missing"),
        ('base_url = "https://a.example"\n[tokens]\nowner = "env:NO_SUCH_VARIABLE"', "NO_SUCH_VARIABLE, which"),
        ('base_url = "https://a.example"\n[tokens]\nowner = "a b"', "tokens.owner is not a token"),
        ('base_url = "https://a.example"\ncolour = 1\n[tokens]\nowner = "t"', "unknown key 'colour'"),
        ('base_url = "https://a.example"\npace = 1\n[tokens]\nowner = "t"', "pace must be true or false"),
        ('base_url = "https://a.example"\n[tokens]\nowner = "t"\n[teams]\nowner = ["a"]', "teams.owner must be a list"),
        ('base_url = "https://a.example"\n[tokens]\nowner = "t"\n[teams]\nownr = [1]', "unknown user teams.ownr"),
        ('base_url = "https://a.example"\n[tokens]\nowner = "env:"', "tokens.owner is env: without a name"),
        ("base_url = ", "is not TOML"),
    ],
)  # fmt: skip
def test_a_bad_profile_exits_with_2_and_one_line(
    text: str, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.toml"
    path.write_text(
        text if "[tokens]" in text or "tokens" in complaint or "TOML" in complaint else text + '\n[tokens]\nowner = "t"'
    )
    status, out, err = run_command(capsys, "run", "--profile", path)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert complaint in err


@pytest.mark.parametrize(
    "address", ["http://{}@h/api/v3", "https://u:{}@h:1/", "http://[x:{}@h/", "u:{}@h/api/v3", "ftp://:{}@h/"]
)
@pytest.mark.parametrize("key", ["base_url", "reset_url", "clock_url", "run --base-url", "check-har --base-url"])
def test_a_password_in_an_address_is_refused_and_not_repeated(
    key: str, address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, har, url = tmp_path / "p.toml", tmp_path / "x.har", address.format("supersecret")
    urls = {"base_url": "http://127.0.0.1:1/api/v3", **({} if "--" in key else {key: url})}
    lines = [f'{name} = "{value}"' for name, value in urls.items()]
    har.write_text('{"log": {"entries": []}}')
    path.write_text("\n".join([*lines, "[tokens]", 'owner = "1000.owner"']))
    arguments: list[object] = ["run", "--profile", path]
    if key.startswith("run"):
        arguments += ["--base-url", url]
    elif key.startswith("check-har"):
        arguments = ["check-har", har, "--base-url", url]
    status, out, err = run_command(capsys, *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert ("base_url" if key.startswith("run") else key.rpartition(" ")[2]) in err
    assert "must not hold a user or a password" in err or "not an http or https URL" in err
    assert "supersecret" not in err


def test_a_refused_token_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served(tmp_path) as path:
        path.write_text(path.read_text().replace('"1000.owner"', '"1000.expired"'))
        status, out, _ = run_command(capsys, "run", "--profile", path, "--quiet")
    assert status == 2
    assert "refuses the profile's tokens.owner" in out


def test_a_wrong_base_url_exits_with_2_after_a_few_calls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served(tmp_path) as path:
        path.write_text(path.read_text().replace("/api/v3", "/api/v2"))
        status, out, _ = run_command(capsys, "run", "--profile", path, "--quiet")
    assert status == 2
    assert re.search(r"check base_url \S+/api/v2 \(the vendor.s ends with /api/v3\)", out)
    assert re.search(r"^3 calls in", out, re.MULTILINE)


@pytest.mark.parametrize(
    "text", ["s" * 250_000, "x" + "é" * 130_000 + "'y", "[" * 100_000, "{" + '{"a":' * 50_000 + "}"]
)
def test_a_long_body_in_a_line_of_shell_is_the_body(text: str) -> None:
    exchange = Exchange(1, "POST", CREATING, (), text.encode(), None)
    [shown] = chain([exchange], "http://in-process", Secrets({}))
    assert len(shown) < 1000
    command = shown.partition(" | curl ")[0]
    printed = subprocess.run(["sh", "-c", command], capture_output=True, check=True).stdout
    assert printed == text.encode()


def test_an_unexpected_refusal_exits_with_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served(tmp_path, lambda server: server.per_minute.update(create=20), pace=True) as path:
        status, out, _ = run_command(capsys, "run", "--profile", path, "--quiet")
    assert status == 3
    assert "create_message_action" in out


def test_the_plan_sends_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.toml"
    path.write_text('base_url = "http://127.0.0.1:9/api/v3"\n[tokens]\nowner = "1000.owner"\n')
    status, out, _ = run_command(capsys, "run", "--profile", path, "--plan", "--only", "table,thresholds,machine")
    assert status == 0
    assert "minutes under the thresholds" in out
    assert "skipped: colleagues: needs tokens.colleague" in out


def assert_plan_is_recorded(parts: str) -> None:
    """Assert that the table sends the calls, and leaves the actions, that the plan of a profile says."""
    graded = profile_of(parts)
    assert plan.recorded(graded) == recorded_now(parts), "run contract_tests/tests/conformance/record_plan.py"
    clock = StepClock()
    client, _ = simulated(Reference(clock, thresholds=False), graded, clock=clock)
    result = run(client, [("table", run_table)])
    made = plan.make(graded, ["table"])
    assert (made.total, len(made.left)) == (len(client.trace) - result.calls_of_clean_up, result.calls_of_clean_up)


@pytest.mark.parametrize("parts", EVERY[-1:])
def test_the_recorded_plan_is_what_the_table_sends(parts: str) -> None:
    assert_plan_is_recorded(parts)


@pytest.mark.heavy
@pytest.mark.parametrize("parts", EVERY)
def test_the_recorded_plan_is_what_the_table_sends_with_any_profile(parts: str) -> None:
    assert_plan_is_recorded(parts)


MEASURED_WITH = {"create_message_action": 30, "list_message_actions": 30}
SLOWER = max(
    1.0, *(MEASURED_WITH.get(name, 10) / each.threshold.limit for name, each in OPERATIONS.items() if each.threshold)
)
"""How many times longer a run may take than with the thresholds with which it was measured."""


def test_a_run_of_the_table_on_a_live_server_takes_few_calls_and_minutes() -> None:
    live = plan.make(profile(reset_url=None, clock_url=None), ["table"])
    run_minutes, _ = live.minutes(profile(reset_url=None, clock_url=None))
    assert live.total <= 470
    assert run_minutes <= 14 * WINDOW / 60 * SLOWER


def test_a_live_server_is_paced_without_a_refusal_and_left_clean() -> None:
    clock = StepClock()
    server = Reference(clock)
    foreign = server.create("owner", "", "", {"name": "not ours", "hint": "stays"}, {})["data"]["id"]
    client, slept = simulated(server, profile(reset_url=None, clock_url=None), clock=clock)
    result = run(client, [("table", run_table)])
    assert result.violations == []
    assert not result.stopped
    assert result.exit_code() == 0
    assert sum(slept) < 19 * WINDOW * SLOWER
    assert minutes(client.sequence[: -result.calls_of_clean_up]) <= 14 * WINDOW / 60 * SLOWER
    assert not any(e.answer and e.answer.status == 429 for e in client.trace)
    assert [action.id for action in server.actions.values() if action.alive] == [foreign]
    assert server.actions[foreign].fields["hint"] == "stays"
    assert result.leftovers == []


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
def test_every_run_cleans_up(stop: type[BaseException]) -> None:
    clock = StepClock()
    server = Reference(clock, thresholds=False)
    client, _ = simulated(server, profile(reset_url=None, clock_url=None, pace=False), clock=clock)

    def driver(client: Client, result: Result) -> None:
        for _ in range(3):
            client.create()
        raise stop

    result = run(client, [("driver", driver)])
    assert result.exit_code() == 2
    assert ("interrupted" if stop is KeyboardInterrupt else DEFECT) in result.stopped
    assert not any(action.alive for action in server.actions.values())


def test_a_create_without_an_answer_is_found_and_removed() -> None:
    clock = StepClock()
    server = Reference(clock, thresholds=False)

    def loses_answers(method: str, target: str, headers: Any, body: bytes | None) -> Any:
        reply = server(method, target, headers, body)
        if method == "POST" and target.endswith(CREATING):
            raise ConnectionResetError
        return reply

    client, _ = simulated(loses_answers, profile(reset_url=None, clock_url=None, pace=False), clock=clock)
    result = run(client, [("driver", lambda c, r: [c.create() for _ in range(3)] and None)])
    assert not any(action.alive for action in server.actions.values())
    assert result.leftovers == []


@pytest.mark.parametrize("budget", [1, 40, 200])
def test_a_budget_holds_with_the_clean_up(budget: int) -> None:
    clock = StepClock()
    server = Reference(clock, thresholds=False)
    client, _ = simulated(server, profile(reset_url=None, clock_url=None, pace=False), clock=clock, budget=budget)
    result = run(client, [("table", run_table)])
    assert len(client.trace) <= budget
    assert "budget" in result.stopped
    assert result.exit_code() == 2
    assert not any(action.alive for action in server.actions.values())


def graded_with(transport: Transport, **changes: Any) -> dict[str, Any]:
    """Return the report of the table against a server, with the demo profile and `changes` to its keys."""
    client = Client(profile(**{"pace": False, **changes}), transport, seed=1)
    client.clock = client.pacer.clock = Clock(advance=lambda seconds: None)
    try:
        return report.build(run(client, [("table", run_table)]), strict=True, drivers=["table"], seconds=0)
    finally:
        transport.close()


OWNER, COLLEAGUE, OUTSIDER = ({user: f"1000.{user}"} for user in ("owner", "colleague", "outsider"))


@pytest.mark.parametrize("serve", [mock_transport, pytest.param(reference_transport, marks=pytest.mark.heavy)])
def test_what_the_profile_lacks_is_skipped_and_never_passed(serve: Callable[..., Transport]) -> None:
    found = graded_with(serve(thresholds=False), tokens=OWNER, teams=None)
    assert found["verdict"] == "conforms"
    assert not [fact["id"] for fact in found["facts"] if fact["verdict"] == "not shown" and fact["id"] in FACTS]
    verdicts = {fact["id"]: (fact["verdict"], fact["reason"]) for fact in found["facts"]}
    assert verdicts["visibility.personal"] == ("skipped", "needs tokens.colleague")
    assert verdicts["visibility.other-organization"] == ("skipped", "needs tokens.outsider")
    assert verdicts["visibility.team"] == ("skipped", "needs tokens.colleague, teams.owner, teams.colleague")
    assert verdicts["action.creator.distinct"] == ("skipped", "needs tokens.colleague or tokens.outsider")
    assert verdicts["create.team_ids.max"] == ("skipped", "needs teams.owner")
    assert verdicts["delete.scope"] == ("skipped", "needs tokens.owner_only")
    assert verdicts["thresholds.lock"] == ("skipped", "needs --only thresholds")


SCOPED = {scope: f"1000.owner-{scope.lower()}" for scope in SCOPES}
LESSER: dict[str, dict[str, Any]] = {
    "teams without a colleague": {"tokens": OWNER, "teams": {"owner": [100001]}},
    "a colleague without teams": {"tokens": OWNER | COLLEAGUE, "teams": None},
    "a colleague whose teams are unknown": {"tokens": OWNER | COLLEAGUE, "teams": {"owner": [100001]}},
    "no team in common": {"tokens": OWNER | COLLEAGUE, "teams": {"owner": [100001], "colleague": [100002]}},
    "no other team": {"tokens": OWNER | COLLEAGUE, "teams": {"owner": [100002], "colleague": [100002]}},
    "an outsider": {"tokens": OWNER | OUTSIDER, "teams": None},
    "an outsider and teams": {"tokens": OWNER | OUTSIDER, "teams": {"owner": [100001]}},
    "tokens of one scope": {"tokens": {**OWNER, "owner_only": SCOPED}, "teams": None},
    **{
        f"no token with {scope} alone": {
            "tokens": OWNER | COLLEAGUE | {"owner_only": {name: SCOPED[name] for name in SCOPES if name != scope}}
        }
        for scope in SCOPES
    },
}


@pytest.mark.heavy
@pytest.mark.parametrize("changes", LESSER.values(), ids=LESSER)
def test_each_skipped_fact_has_a_reason_under_every_profile(changes: dict[str, Any]) -> None:
    """With a complete profile, a conforming server shows every fact. So if a fact is not shown, a key is missing."""
    found = graded_with(mock_transport(thresholds=False), **changes)
    assert found["verdict"] == "conforms"
    assert [fact["id"] for fact in found["facts"] if fact["verdict"] == "not shown"] == []
    reasons = [fact["reason"] for fact in found["facts"] if fact["verdict"] == "skipped"]
    assert not [reason for reason in reasons if not re.fullmatch(r"needs (--only |tokens\.|teams\.|a team ).*", reason)]


def har_of(client: Client, tmp_path: Path) -> Path:
    """Return the path of a HAR file with the exchanges of the client."""
    entries = []
    for exchange in client.trace:
        if exchange.answer is None:
            continue
        entry: dict[str, Any] = {
            "startedDateTime": f"2026-01-01T00:00:{exchange.number // 1000:02}.{exchange.number % 1000:03}+00:00",
            "time": 0.5,
            "request": {
                "method": exchange.method,
                "url": f"http://in-process/api/v3{exchange.target}",
                "headers": [{"name": n, "value": v} for n, v in exchange.headers],
            },
            "response": {
                "status": exchange.answer.status,
                "headers": [{"name": n, "value": v} for n, v in exchange.answer.headers],
                "content": {"text": exchange.answer.body.decode()},
            },
        }
        if exchange.body is not None:
            entry["request"]["postData"] = {"text": exchange.body.decode("utf-8", "replace")}
        entries.append(entry)
    path = tmp_path / "traffic.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
    return path


@functools.cache
def recorded_client(prepare: Prepare | None = None) -> Client:
    """Return a client with the trace of a run of the table. The tests share it and must not change it."""
    client = Client(profile(reset_url=None, pace=False), reference_transport(prepare, thresholds=False), seed=1)
    client.clock = Clock(advance=lambda seconds: None)
    run(client, [("table", run_table)])
    return client


@pytest.mark.parametrize(
    ("mutant", "with_profile", "expected"),
    [(None, False, 0), (None, True, 0), ("lists-lack-webhooks", False, 1)],
)
def test_recorded_traffic_is_judged(
    mutant: str | None, with_profile: bool, expected: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    har = har_of(recorded_client(MUTANTS[mutant].prepare if mutant else None), tmp_path)
    options: list[object] = []
    if with_profile:
        path = tmp_path / "p.toml"
        path.write_text(TOML.format(url="http://in-process", control=CONTROL, pace="false"))
        options = ["--profile", path]
    status, out, _ = run_command(capsys, "check-har", har, *options)
    assert status == expected, out
    assert not any(token in out for token in TOKENS[:3])
    assert "skipped: " not in out  # whether a recording shows a fact depends on neither profile nor drivers


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"log": {"entries": [{}]}}', '{"log": {"entries": []}}'])
def test_a_file_that_is_not_har_exits_with_2_and_one_line(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.har"
    path.write_text(text)
    status, out, err = run_command(capsys, "check-har", path)
    assert (status, out, err.count("\n")) == (2, "", 1)


def test_profiles_do_not_show_tokens() -> None:
    assert not any(token in repr(profile()) for token in TOKENS)
    with pytest.raises(ProfileError, match="unknown user"):
        parse({"base_url": "https://a.example", "tokens": {"owner": "t", "boss": "t"}})


def test_the_fixture_grades_an_application(cliq_conformance: Callable[..., dict[str, Any]]) -> None:
    from zoho_cliq_mock import create_app

    found = cliq_conformance(profile(), app=create_app(control_token=CONTROL), seed=3)
    assert found["verdict"] == "conforms"
    broken = grade(
        profile(pace=False),
        app=create_app(control_token=CONTROL, thresholds=False, policies={"empty_arrays": "accept"}),
    )
    with pytest.raises(NotConforming, match=r"create\.message_types\.min"):
        demand(broken)


WITHOUT = """
import sys
sys.modules.update(dict.fromkeys(["jsonschema_rs", "hypothesis", "schemathesis"]))
{work}
"""


def without_the_extra(work: str) -> subprocess.CompletedProcess[str]:
    """Run Python code as if the package had been installed without the extra `conformance`."""
    command = [sys.executable, "-c", WITHOUT.format(work=work)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


# Runs the command once for each list of arguments, and prints its exit statuses.
COMMANDS = """
from zoho_cliq_conformance.cli import main
ended = []
for arguments in {lists}:
    try:
        ended.append(main(arguments))
    except SystemExit as stopped:
        ended.append(stopped.code)
print("ended with", ended)
"""


def test_a_base_install_shows_help() -> None:
    done = without_the_extra(COMMANDS.format(lists=[["--help"], ["run", "--help"], ["--version"]]))
    assert done.stdout.count("usage: ") == 2
    assert (done.stdout.splitlines()[-1], done.stderr) == ("ended with [0, 0, 0]", "")


def test_a_base_install_says_in_one_line_what_grading_needs(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text('base_url = "http://127.0.0.1:9/api/v3"\n[tokens]\nowner = "1000.owner"\n')
    done = without_the_extra(COMMANDS.format(lists=[["run", "--profile", str(path)], ["check-har", str(path)]]))
    assert done.stdout == "ended with [2, 2]\n"
    for line in done.stderr.splitlines():
        assert "pip install '.[conformance]' in a checkout of zoho-cliq" in line
    assert done.stderr.count("\n") == 2


def test_the_pytest_plugin_loads_nothing_until_it_is_used() -> None:
    work = "import zoho_cliq_conformance.plugin as p; print(sorted(m for m in sys.modules if m.startswith('zoho')))"
    assert without_the_extra(work).stdout.split("\n")[0] == "['zoho_cliq_conformance', 'zoho_cliq_conformance.plugin']"
