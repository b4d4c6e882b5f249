"""What people see: tables that fit, help with examples, wrong usage in one line, and silence where it is wanted."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from collections.abc import Iterator

import pytest
from cliq_fakes import CREATES, FIELDS, MOST_TYPES, SCHEMAS, TYPES
from cliq_runs import Run, create
from rich.cells import cell_len
from zoho_cliq import cli
from zoho_cliq.cli import parser
from zoho_cliq_mock import MockServer

LONG = "An-unbroken-name-of-30-letters"[: FIELDS["name"]["maxLength"]]
WIDE = "メッセージを保存するメッセージを保存するメッセージ"[: FIELDS["name"]["maxLength"]]
ENUMS = {"--scope": "Scope", "--execution-type": "ExecutionType", "--message-type": "MessageType"}
HINT = "A line of explanation below the name that is as long as it may be, which is some hundred characters or so."[
    : FIELDS["hint"]["maxLength"]
]
URL = "https://desk.example.com/".ljust(min(FIELDS["execution_url"]["maxLength"], 175), "a")


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield the parser and those of its commands."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                yield from parsers(sub)


PARSERS = {each.prog: each for each in parsers(parser())}


# --- tables -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command on a terminal of so many columns; return the lines of its output without their colours."""

    def lines(width: int, *arguments: str) -> list[str]:
        with monkeypatch.context() as patch:
            patch.setenv("COLUMNS", str(width))
            patch.setattr("rich.console.Console.is_terminal", True)
            return re.sub("\x1b\\[[0-9;]*m", "", run(*arguments)[1]).splitlines()

    return lines  # type: ignore[return-value]


def fill(run: Run) -> None:
    create(run, "Note", "--message-type", TYPES[0])
    everything = [part for name in TYPES[:MOST_TYPES] for part in ("--message-type", name)]
    for name in (LONG, WIDE):
        run("create", "--name", name, "--hint", HINT, "--execution-type", "webhook", "--execution-url",
            URL, *everything, "--json")  # fmt: skip


@pytest.mark.parametrize("command", ["list", "changes", f"get {LONG}", f"get {WIDE}", "thresholds", "whoami"])
def test_tables_fit_the_terminal(run: Run, terminal: Run, command: str) -> None:
    fill(run)
    for width in (200, 130, 120, 100, 80, 60, 40):
        lines = terminal(width, *command.split())
        assert max(map(cell_len, lines)) <= width
        for name in (LONG, WIDE):
            if width >= 80 and (name in command or command in ("list", "changes")):
                assert set(name) <= set("".join(lines)), f"no letter is lost at {width} columns"


def test_a_listing_at_80_columns_has_a_line_for_a_usual_action(run: Run, terminal: Run) -> None:
    made = create(run, "To do", "--message-type", "text")
    lines = terminal(80, "list")
    assert lines[-1].split() == [made["id"], "To", "do", "deluge", "organization", "text", "Keep", "it"]


def test_a_hint_is_cut_and_then_left_out(run: Run, terminal: Run) -> None:
    create(run, "Note")
    run("create", "--name", "Long", "--hint", HINT, "--json")
    assert terminal(100, "list")[-1].endswith("…")
    assert HINT in terminal(230, "list")[-1]
    assert "hint" not in "".join(terminal(60, "list"))


def test_a_pipe_gets_a_line_for_each_action(run: Run) -> None:
    fill(run)
    lines = run("list")[1].splitlines()
    assert len(lines) == 4
    assert all(line == line.rstrip() for line in lines)
    assert HINT in lines[-1]


def test_a_pipe_gets_a_line_for_an_action_of_several_lines(run: Run) -> None:
    run("create", "--name", "Note", "--hint", "one\ntwo")
    assert [r"one\ntwo" in line for line in run("list")[1].splitlines()] == [False, True]


def test_no_actions_is_said(run: Run) -> None:
    assert run("list")[2] == "zoho-cliq: there are no actions; zoho-cliq create makes one\n"
    assert run("list", "--quiet")[2] == run("list", "--json")[2] == ""


def test_numbers_have_units(run: Run) -> None:
    create(run)
    line = next(line for line in run("thresholds")[1].splitlines() if line.startswith("create_message_action "))
    assert re.fullmatch(rf"create_message_action +{CREATES - 1} of {CREATES} calls in \d+ s +\d+\.\d s +0\.0 s", line)
    assert json.loads(run("thresholds", "--json")[1])["create_message_action"]["window_seconds"] > 0


def test_a_listing_asks_for_no_more_than_it_shows(run: Run, mock: MockServer) -> None:
    for number in range(3):
        create(run, f"Note {number}")
    mock.clear_journal()
    assert len(json.loads(run("list", "--limit", "2", "--json")[1])) == 2
    assert [entry.query for entry in mock.journal()] == ["limit=2"]


# --- help -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prog", PARSERS)
def test_every_help_has_examples_that_can_be_given(prog: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = PARSERS[prog].format_help()
    assert "examples:\n" in shown
    examples = [line.strip() for line in shown.partition("examples:\n")[2].splitlines()]
    assert examples
    for example in examples:
        assert example == prog or example.startswith(prog if prog == "zoho-cliq" else f"{prog} "), example
        words = shlex.split(re.sub(" [<>].*", "", example.replace("$TOKEN", "token")))
        assert words[0] == "zoho-cliq"
        parser().parse_args(words[1:])
    prose = shown.partition("examples:")[0].splitlines()
    assert max(len(line) for line in prose if not line.startswith("  ZohoCliq.")) <= 80


# --- wrong usage ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "the following arguments are required: command; see zoho-cliq --help"),
        ("lst", "there is no command 'lst'; did you mean list?"),
        ("deluge chek", "there is no command 'chek'; did you mean check?"),
        ("xyz", "there is no command 'xyz'; zoho-cliq --help lists them"),
        ("list --pagesize 5", "unknown argument '--pagesize'; did you mean --page-size? See zoho-cliq list --help"),
        ("get 5 6", "unknown argument '6'; see zoho-cliq get --help"),
        ("--limit 5 list", "argument command: "),
        ("list --limit", "argument --limit: expected one argument; see zoho-cliq list --help"),
        ("list --limit 0", "argument --limit: '0' is not a whole number above 0; see zoho-cliq list --help"),
        ("list --timeout x", "argument --timeout: invalid float value: 'x'; see zoho-cliq list --help"),
    ],
)
def test_wrong_usage_is_one_line(run: Run, arguments: str, message: str) -> None:
    code, out, err = run(*arguments.split())
    assert (code, out, err.count("\n")) == (2, "", 1)
    if not arguments.startswith("--limit"):
        assert err == f"zoho-cliq: {message}\n"
    code, _, err = run(*arguments.split(), "--json")
    assert (code, json.loads(err)["error"]) == (2, "WrongUsage")


def test_wrong_usage_of_the_process_itself(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["zoho-cliq", "lst", "--json"])
    assert cli.main() == 2
    assert json.loads(capsys.readouterr().err)["error"] == "WrongUsage"


@pytest.mark.parametrize(
    ("option", "values"),
    [(option, ", ".join(map(repr, SCHEMAS[name]["enum"]))) for option, name in ENUMS.items()],
)
def test_values_of_closed_enums_are_checked_at_once(run: Run, option: str, values: str) -> None:
    code, _, err = run("create", "--name", "n", "--hint", "h", option, "wrong")
    assert (code, err.count("\n")) == (2, 1)
    listed = values if values in err else values.replace("'", "")  # later Pythons quote nothing
    assert f"argument {option}: invalid choice: 'wrong' (choose from {listed})" in err


# --- quiet ------------------------------------------------------------------------------------------------------------


def test_quiet_leaves_results_and_errors(run: Run) -> None:
    made = create(run)
    assert made["id"] in run("list", "--quiet")[1]
    assert run("delete", made["id"], "--yes", "--quiet") == (0, "", "")
    assert run("get", made["id"], "--quiet")[2].startswith("zoho-cliq: get_message_action: 404 ")
    assert json.loads(run("delete", create(run)["id"], "--yes", "--quiet", "--json")[1])["deleted"]
