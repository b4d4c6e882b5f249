"""The harness of the benchmarks: honest about what it cannot say, and the same work for everybody."""

from __future__ import annotations

import json
import math
import os
import random
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from benchmarks import canned, conformance, console, deluge, environment, guard, peers, start, work
from benchmarks.__main__ import BENCHES
from benchmarks.measure import Estimate, Subject, difference, estimate, interleave, ratio, shown, verdict
from benchmarks.report import Report, Table, save
from zoho_cliq_api.contract import OPERATIONS, document
from zoho_cliq_deluge import run as run_script
from zoho_cliq_mock import MockServer


def test_the_interval_holds_the_true_median_as_often_as_it_says() -> None:
    draw = random.Random(7)
    held = 0
    for _ in range(2000):
        found = estimate([draw.expovariate(1.0) for _ in range(25)])
        held += found.low <= math.log(2) <= found.high
    assert 0.94 <= held / 2000 <= 0.985


def test_too_few_rounds_give_no_interval_and_no_ratio() -> None:
    found = ratio([1.0] * 5, [2.0] * 5)
    assert (found.low, found.high) == (-math.inf, math.inf)
    assert shown(found) == "too noisy to say"
    assert verdict(found, 10) == "too close to call"
    with pytest.raises(ValueError, match="no median"):
        estimate([])


def test_a_ratio_is_paired_by_round_so_that_a_slow_machine_does_not_matter() -> None:
    speed = [1.0, 5.0, 2.0, 9.0, 3.0, 1.5, 7.0, 4.0]
    assert ratio([3 * factor for factor in speed], speed) == Estimate(3.0, 3.0, 3.0)
    assert difference([factor + 1 for factor in speed], speed).median == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("found", "text", "decided"),
    [
        (Estimate(1.2, 1.19, 1.22), "1.20×", "met"),
        (Estimate(1.4, 1.38, 1.42), "1.40×", "missed"),
        (Estimate(1.3, 1.25, 1.35), "1.30×", "too close to call"),
        (Estimate(1.2, 0.9, 1.25), "too noisy to say", "met"),
    ],
)
def test_the_whole_interval_decides(found: Estimate, text: str, decided: str) -> None:
    assert (shown(found), verdict(found, 1.3)) == (text, decided)


def test_rounds_are_interleaved_and_every_subject_is_run_in_each() -> None:
    ran: list[str] = []

    def subject(name: str) -> Subject:
        def run(times: int) -> None:
            ran.append(name)
            sum(range(2000 * times))

        return Subject(name, run)

    timings = interleave([subject("a"), subject("b"), subject("c")], 8, batch_seconds=0.0005)
    rounds = [ran[-24:][start : start + 3] for start in range(0, 24, 3)]
    assert all(sorted(each) == ["a", "b", "c"] for each in rounds)
    assert len({tuple(each) for each in rounds}) > 1
    assert {name: len(timing.cpu) for name, timing in timings.items()} == {"a": 8, "b": 8, "c": 8}


def test_the_canned_answers_are_lawful() -> None:
    schemas = document()["components"]
    answers = {"MessageActionList": canned.page(100, 0), "MessageActionResponse": canned.single(7)}
    for name, answer in answers.items():
        jsonschema.Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": schemas}).validate(
            answer
        )
    assert "next_token" not in canned.page(100, canned.TOTAL - 100)


def test_results_name_no_machine_and_are_json_everywhere(tmp_path: Path) -> None:
    report = Report("odd", "?", [Table("t", ("a",), [("b",)])], figures={"x": math.inf, "y": 1 / 3})
    text = save(report, tmp_path).read_text("utf-8")
    assert json.loads(text)["figures"] == {"x": None, "y": 0.333333}
    assert not re.search(r"/(home|root|tmp|Users)/", text)


def test_the_lock_keeps_only_what_the_project_does_not_pin() -> None:
    lock = "# comment\n--option\na==1 \\\n    --hash=sha256:aa\nb==2 ; python_version < '3' \\\n    --hash=sha256:bb\n"
    assert environment.beyond(lock, "a==1 \\\n") == "b==2 ; python_version < '3' \\\n    --hash=sha256:bb\n"
    for path in (environment.LOCK, environment.HERE / "node" / "package-lock.json"):
        assert not re.search(r'--(extra-)?index-url|--find-links|"resolved"', path.read_text("utf-8"))


def test_a_set_up_that_fails_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "BUILD", tmp_path)

    def write(text: str) -> Any:
        return lambda folder: (folder / "text").write_text(text)

    def fail(folder: Path) -> None:
        raise environment.SetupError("no")

    folder = environment.made("thing", ["1"], write("first"))
    with pytest.raises(environment.SetupError):
        environment.made("thing", ["2"], fail)
    assert environment.made("thing", ["1"], fail) == folder
    assert (folder / "text").read_text() == "first"
    environment.made("thing", ["2"], write("second"))
    assert (folder / "text").read_text() == "second"


def test_the_guard_lets_less_pass_and_refuses_more() -> None:
    assert guard._judged("calls", "list", 100, 100).verdict == "met"
    assert guard._judged("calls", "list", 101, 100).verdict == "missed"
    assert guard._judged("instructions", "get", 1.09, 1.0).verdict == "met"
    assert guard._judged("instructions", "get", 1.11, 1.0).verdict == "missed"
    assert guard._judged("instructions", "new", 1.0, None).verdict == "missed"


def test_a_mock_that_nobody_looks_at_loads_nothing_of_its_page() -> None:
    committed = json.loads(guard.COMMITTED.read_text("utf-8"))
    assert start.figures("with")["console"] == committed["modules"]["its console"] == 1


@pytest.mark.heavy
def test_memory_is_compared_with_a_mock_without_its_page() -> None:
    assert 0.9 < start.share(start.started()) < 1.5


def test_the_calls_sent_are_the_committed_ones() -> None:
    assert work.calls() == json.loads(guard.COMMITTED.read_text("utf-8"))["calls"]


def test_every_piece_whose_instructions_are_counted_has_a_committed_figure_and_does_its_work() -> None:
    assert list(json.loads(guard.COMMITTED.read_text("utf-8"))["instructions"]) == list(guard._REFERENCES)
    loops = work.loops()
    with work.client() as (cliq, _, _):
        assert {*guard._REFERENCES, *guard._REFERENCES.values()} == {*work.pieces(cliq), *loops}
    assert loops["loop in Deluge"]() == loops["loop in Python"]() != 0


def test_the_sample_of_faults_holds_every_class_and_grows_to_all_of_them() -> None:
    everything = conformance.faults()
    kinds = {fault.kind for fault in everything}
    some = conformance.sample(everything, 24)
    assert {fault.kind for fault in some} == kinds
    assert len(some) < len(everything) / 10
    assert {fault.name for fault in conformance.sample(everything, 1)} == {fault.name for fault in everything}
    assert {fault.kind for fault in conformance.sample(everything, 10_000)} == kinds


def test_what_dredd_says_is_told_apart_by_transaction_and_line(tmp_path: Path) -> None:
    report = tmp_path / "dredd.xml"
    failure = "<failure><![CDATA[Message:\nbody: no code\nstatusCode: 500\n\nRequest:\nbody: seen]]></failure>"
    report.write_text(f'<testsuite><testcase name="GET /a">{failure}</testcase><testcase name="GET /b"/></testsuite>')
    assert conformance._dredd_messages(report) == {"GET /a: body: no code", "GET /a: statusCode: 500"}


def test_a_faulty_server_has_the_planted_action_and_counts_its_calls() -> None:
    fault = next(fault for fault in conformance.faults() if fault.name == "update-resets-hint")
    with conformance._served(fault) as (url, calls):
        address = f"{url}/api/v3/messageactions/{conformance.EXAMPLE_ID}"
        headers = {"Authorization": f"Zoho-oauthtoken {conformance.TOKEN}"}
        before = httpx.get(address, headers=headers).json()["data"]
        assert before["hint"] != ""
        httpx.patch(address, headers=headers, json={"name": "Renamed"})
        assert httpx.get(address, headers=headers).json()["data"]["hint"] != before["hint"]
        assert len(calls) == 3


def test_a_command_that_does_not_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conformance, "LONGEST", 0.2)
    endless = "import threading; threading.Event().wait()"
    assert conformance._finished([sys.executable, "-c", endless], tmp_path)[0] is None
    monkeypatch.setattr(conformance, "LONGEST", 60.0)
    code, cpu, said = conformance._finished([sys.executable, "-c", "print('here'); raise SystemExit(3)"], tmp_path)
    assert (code, said) == (3, "here\n")
    assert cpu > 0


JOBS = ("get one", "list of 100")


def kept(bench: str) -> Any:
    return json.loads((environment.HERE / "results" / f"{bench}.json").read_text("utf-8"))["figures"]


def test_the_claims_of_the_readme_are_the_figures_that_are_kept() -> None:
    """After `scripts/bench NAME --keep` the README has to follow."""
    readme = (environment.ROOT / "README.md").read_text("utf-8")
    claims = re.findall(r"(?m)^\| [^|]+ \| ([^|]+) \| ([^|]+) \| `(\w+)` \|$", readme)
    assert {bench for _, _, bench in claims} == set(BENCHES) - {"console", "guard"}
    cells = kept("thresholds")["cells"]
    others = [cell for cell in cells if not cell["strategy"].startswith("zoho_cliq")]
    ours = [cell for cell in cells if cell["strategy"].startswith("zoho_cliq")]
    worst: dict[str, float] = {}
    for cell in others:
        worst[cell["strategy"]] = max(worst.get(cell["strategy"], 0), cell["ratio"])
    lockouts = [str(sum(c["lockouts"] for c in others if c["strategy"] == name)) for name in worst]
    client, jobs, imports = kept("client"), kept("jobs"), kept("imports")
    (handlers,) = [found for name, found in jobs.items() if name.startswith("change")]
    (created,) = [found for name, found in jobs.items() if name.startswith("create")]
    new = kept("apply")["300 new actions with scripts"]
    carried = [new[name] for name in ("zoho_cliq.project", "the same loop with retries")]
    mock, found = kept("mock")["by_kind"]["GET list"], kept("conformance")["found"]
    understood, loop = kept("deluge")["understood, all"], kept("deluge")["loop"]
    bare, stages = imports["bare Python"]["modules"], kept("regenerate")

    def ratio_of(job: str, peer: str) -> str:
        return f"{client[job][peer]['cpu_ratio']['median']:.2f}×"

    def numbers(texts: Sequence[str]) -> list[str]:
        return [number for text in texts for number in re.findall(r"[0-9.]+", text)]

    def spent(of: dict[str, float]) -> list[str]:
        return [f"{of['calls']:.0f}", f"{of['minutes']:.0f}"]

    plain = "loop over the stock client"
    peers = ("httpx", "stripe", "openai")
    expected = [
        [str(sum(cell["lockouts"] for cell in ours)), *lockouts],
        [f"{max(c['ratio'] for c in ours):.2f}", f"{min(worst.values()):.2f}", f"{max(worst.values()):.2f}"],
        [*spent(handlers["zoho_cliq"]), *spent(handlers[plain])],
        [str(created[name]["said to have failed"]) for name in ("zoho_cliq", plain)],
        [f"{of[what]:.0f}" for of in carried for what in ("calls", "minutes", "lockouts")],
        *(numbers([ratio_of(job, name) for name in ("zoho_cliq", "openapi-python-client")]) for job in JOBS),
        [f"{client['memory_mb'][name]:.1f}" for name in ("zoho_cliq", "dictionaries of json")],
        [str(imports[name]["modules"] - bare) for name in ("zoho_cliq", *peers)],
        [str(found[tool]) for tool in conformance.TOOLS],
        [f"{mock[name]['cpu_us']:.0f}" for name in ("zoho-cliq-mock, memory", "Prism")],
        [f"{stages[name]['wall_s']:.1f}" for name in ("all stages", "peer: openapi-generator alone")],
        [f"{understood[name]}" for name in (deluge.OURS, deluge.PEER)],
        [f"{loop[name]['to_python']:.1f}" for name in (deluge.OURS, deluge.PEER)],
    ]
    assert [numbers(claim[:2]) for claim in claims] == expected


def test_the_claim_of_the_console_is_the_figure_that_is_kept() -> None:
    mock = (environment.ROOT / "contract_tests" / "zoho_cliq_mock" / "README.md").read_text("utf-8")
    figures = kept("console")["rendering"]
    claim = r"Showing ([\d,]+)\ndeliveries takes (\d+) ms of Chromium's main thread"
    [(deliveries, milliseconds)] = re.findall(claim, mock)
    assert (int(deliveries.replace(",", "")), int(milliseconds)) == (figures["deliveries"], round(figures["cpu_ms"]))


def test_the_loop_in_deluge_does_what_the_one_in_python_does() -> None:
    variables: dict[str, Any] = {"rows": [1, 2], "columns": [0, 3, 4], "suffix": "x"}
    result = run_script(deluge.LOOP, variables)
    assert result.answer == deluge.in_python(**variables)
    assert result.statements == 3 + 2 * (1 + 4 * 3)
    assert deluge.STATEMENTS == 3 + deluge.ROWS * (1 + 4 * deluge.COLUMNS)


def test_scripts_are_read_from_the_folder_that_is_named(tmp_path: Path) -> None:
    assert deluge.scripts(None) == deluge.scripts(str(tmp_path / "missing")) == {}
    (tmp_path / "a.dg").write_text("info 1;", "utf-8")
    assert deluge.scripts(str(tmp_path)) == {"a.dg": "info 1;"}
    assert deluge.reads("info 1;")
    assert not deluge.reads("info 1")


@pytest.mark.heavy
def test_the_page_measures_how_long_it_renders() -> None:
    if shutil.which("chromium") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("chromium is not installed")
    with MockServer(thresholds=False) as mock, console.chromium() as browser:
        console.deliveries(mock, 3)
        rendered, shown = console.opened(browser, mock.console_url, 3)
        assert 0 < rendered < shown
        assert console.traced(browser, mock.console_url, 3) > 0
        with pytest.raises(environment.SetupError, match="the page shows 3 deliveries, not 4"):
            console.opened(browser, mock.console_url, 4)


def test_the_generated_client_is_called_whatever_its_modules_are_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = OPERATIONS["get_message_action"]
    address = re.sub(r"\{[^{}]*\}", "{some_id}", operation.path)
    for name, method in (("menu", "patch"), ("more", operation.method.lower())):
        folder = tmp_path / "stock_cliq" / "api" / name
        folder.mkdir(parents=True)
        (folder / "vendors_name.py").write_text(f'CALL = {{\n    "method": "{method}",\n    "url": "{address}",\n}}\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    find = peers.stock_call.__wrapped__
    assert find("get_message_action").__name__ == "stock_cliq.api.more.vendors_name"
    with pytest.raises(LookupError, match="has no POST"):
        find("create_message_action")
    for name in [name for name in sys.modules if name.partition(".")[0] == "stock_cliq"]:
        del sys.modules[name]
