"""The commands `zoho-cliq deluge …` on files, folders and the standard input: output, exit codes, what is written."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import zoho_cliq_deluge
from cliq_runs import one_parser
from zoho_cliq import cli

Run = Callable[..., tuple[int, str, str]]

WRONG = 'info usr;\nreturn {"text":"a"};\n'
WORSE = "x = 1\n"
RIGHT = 'return {"text":"a"};\n'
UNTIDY = 'if (message==null) {return Map();}\nreturn {"text":"a"};\n'
TIDY = 'if(message == null)\n{\n\treturn Map();\n}\nreturn {"text":"a"};\n'


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `zoho-cliq deluge` in a folder of its own; return exit code, output and complaints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "parser", one_parser)

    def run(*arguments: str, stdin: str | bytes | None = None) -> tuple[int, str, str]:
        if stdin is not None:
            content = stdin.encode() if isinstance(stdin, str) else stdin
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))
        code = cli.main(["deluge", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_check_shows_the_place_and_counts(run: Run) -> None:
    Path("a.dg").write_text(WRONG)
    Path("b.dg").write_text('unused = 1;\nreturn {"text":"a"};\n')
    assert run("check", "a.dg", "b.dg") == (
        1,
        "a.dg:1:6: error: `usr` is not defined; did you mean `user`? [undefined-variable]\n"
        "    info usr;\n"
        "         ^^^\n"
        "b.dg:1:1: warning: `unused` is assigned and never read; remove it, or check the spelling where it is needed "
        "[unused-variable]\n"
        "    unused = 1;\n"
        "    ^^^^^^\n"
        "2 scripts: 1 error, 1 warning\n",
        "",
    )
    assert run("check", "b.dg")[0] == 0, "warnings are no failure"


def test_check_reads_folders_and_the_standard_input(run: Run) -> None:
    Path("all/deep").mkdir(parents=True)
    for name in ("all/a.dg", "all/deep/b.deluge", "all/c.txt"):
        Path(name).write_text(WRONG)
    _, out, _ = run("check", "all", "all/a.dg")
    assert [line.partition(":")[0] for line in out.splitlines() if "error:" in line] == [
        "all/a.dg",
        "all/deep/b.deluge",
    ]
    code, out, _ = run("check", "-", stdin=b"\xef\xbb\xbf" + WRONG.replace("\n", "\r\n").encode())
    assert (code, out.splitlines()[0].split(" ")[0]) == (1, "-:1:6:")


def test_check_in_json(run: Run) -> None:
    Path("a.dg").write_text(WRONG)
    code, out, _ = run("check", "--json", "a.dg")
    (found,) = json.loads(out)
    assert code == 1
    assert found == {
        "file": "a.dg",
        "rule": "undefined-variable",
        "severity": "error",
        "message": "`usr` is not defined; did you mean `user`?",
        "line": 1,
        "column": 6,
        "end_line": 1,
        "end_column": 9,
        "source": "info usr;",
    }
    Path("a.dg").write_text(RIGHT)
    assert run("check", "--json", "a.dg") == (0, "[]\n", "")


def test_check_as_annotations_for_github(run: Run) -> None:
    Path("a,b.dg").write_text('info 100 % usr;\nreturn "a" + ifnull(\n1);\n')
    assert run("check", "--github", "a,b.dg") == (
        1,
        "::error file=a%2Cb.dg,line=1,endLine=1,col=12,endColumn=14,title=undefined-variable::"
        "`usr` is not defined; did you mean `user`?\n"
        "::error file=a%2Cb.dg,line=2,endLine=2,col=14,endColumn=19,title=wrong-argument-count::"
        "`ifnull` takes 2 values, not 1; add what is missing\n",
        "",
    )
    Path("a.dg").write_text("for each  x in {1}\n{\n\tinfo x;\n}\n")
    assert run("check", "--github", "a.dg")[1].startswith("::error file=a.dg,line=1,endLine=4,title=no-return::")
    code, _, err = run("check", "--github", "--json", "a.dg")
    assert (code, json.loads(err)["error"]) == (2, "ConfigurationError")


def test_check_takes_rules_kinds_and_names(run: Run) -> None:
    Path("a.dg").write_text("info leadId;\ninfo form;\nreturn Map();\n")
    assert run("check", "a.dg")[0] == 1
    assert run("check", "a.dg", "--variable", "leadId", "--handler", "form") == (
        0,
        "1 script: 0 errors, 0 warnings\n",
        "",
    )
    assert run("check", "a.dg", "--disable", "undefined-variable", "--disable", "other-handler")[0] == 0
    code, out, err = run("check", "a.dg", "--disable", "nonsense")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("zoho-cliq: there is no rule 'nonsense'; there are syntax-error, ")
    assert run("check", "a.dg", "--handler", "robot")[2].startswith(
        "zoho-cliq: there is no handler of the kind 'robot'; known are message-action, "
    )


def test_what_cannot_be_read_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.dg").write_text(RIGHT)
    Path("binary.dg").write_bytes(b"\xff\xfe")
    Path("empty").mkdir()
    for name, reason in {
        "missing.dg": "cannot read missing.dg: No such file or directory",
        "binary.dg": "cannot read binary.dg: it is not UTF-8 text",
        "empty": "there is no script (*.dg, *.deluge) in empty",
        "a\0b": "cannot read a\N{REPLACEMENT CHARACTER}b: a path cannot contain a null character",
    }.items():
        for command in ("check", "format"):
            assert run(command, "a.dg", name) == (2, "", f"zoho-cliq: {reason}\n")
    monkeypatch.setattr("sys.stdin", None)
    assert run("check", "-") == (2, "", "zoho-cliq: cannot read standard input: it is closed\n")
    assert run("check", "-", stdin=b"\xff") == (
        2,
        "",
        "zoho-cliq: cannot read standard input: it is not UTF-8 text\n",
    )


def test_a_folder_that_cannot_be_listed_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("folder").mkdir()

    def refused(*_: object) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rglob", refused)
    assert run("check", "folder") == (2, "", "zoho-cliq: cannot read folder: Permission denied\n")


def test_no_script_steers_the_terminal(run: Run) -> None:
    Path("a.dg").write_text('info usr + "\x1b[31m";\nreturn Map();\n')
    _, out, _ = run("check", "a.dg")
    assert "\x1b" not in out


def test_format_replaces_files_as_a_whole(run: Run) -> None:
    Path("a.dg").write_text(UNTIDY)
    Path("a.dg").chmod(0o640)
    Path("b.dg").write_text(TIDY)
    Path("link.dg").symlink_to("a.dg")
    assert run("format", "link.dg", "b.dg") == (0, "changed: link.dg\n", "")
    assert Path("a.dg").read_text() == TIDY
    assert Path("link.dg").is_symlink()
    assert stat.S_IMODE(Path("a.dg").stat().st_mode) == 0o640
    assert sorted(os.listdir()) == ["a.dg", "b.dg", "link.dg"]
    assert run("format", "a.dg", "b.dg") == (0, "", "")


def test_format_keeps_the_byte_order_mark_and_the_ends_of_lines(run: Run) -> None:
    Path("a.dg").write_bytes(b"\xef\xbb\xbf" + UNTIDY.replace("\n", "\r\n").encode())
    assert run("format", "a.dg")[0] == 0
    assert Path("a.dg").read_bytes() == b"\xef\xbb\xbf" + TIDY.replace("\n", "\r\n").encode()
    assert run("format", "--check", "a.dg") == (0, "", "")


def test_format_only_looks(run: Run) -> None:
    Path("a.dg").write_text(UNTIDY.rstrip("\n"))
    assert run("format", "--check", "a.dg") == (1, "would change: a.dg\n", "")
    code, out, _ = run("format", "--diff", "a.dg")
    assert code == 1
    assert out.splitlines()[:4] == [
        "--- a.dg (now)",
        "+++ a.dg (formatted)",
        "@@ -1,2 +1,5 @@",
        "-if (message==null) {return Map();}",
    ]
    assert Path("a.dg").read_text() == UNTIDY.rstrip("\n")
    assert run("format", "--check", "--json", "a.dg") == (
        1,
        '{\n  "changed": [\n    "a.dg"\n  ],\n  "unreadable": {}\n}\n',
        "",
    )
    assert run("format", "--diff", "--json", "a.dg")[0] == 2


def test_format_filters_the_standard_input(run: Run) -> None:
    assert run("format", "-", stdin=UNTIDY) == (0, TIDY, "")
    assert run("format", "--check", "-", stdin=UNTIDY) == (1, "would change: -\n", "")
    assert run("format", "--diff", "-", stdin=TIDY) == (0, "", "")
    assert json.loads(run("format", "--check", "--json", "-", stdin=UNTIDY)[1])["changed"] == ["-"]
    assert run("format", "--json", "-", stdin=UNTIDY)[:2] == (2, "")


def test_format_leaves_alone_what_it_cannot_read(run: Run) -> None:
    Path("a.dg").write_text('token = "9f8e7d6c5b4a39"\n')
    Path("b.dg").write_text(UNTIDY)
    code, out, err = run("format", "a.dg", "b.dg")
    assert (code, out) == (1, "changed: b.dg\n")
    assert err == (
        "a.dg:1:25: error: `;` is missing at the end of the statement; add it [syntax-error]\n"
        '    token = "**************"\n'
        f"    {' ' * 24}^\n"
    )
    assert Path("a.dg").read_text() == 'token = "9f8e7d6c5b4a39"\n'
    code, out, _ = run("format", "--json", "a.dg")
    assert (code, json.loads(out)["unreadable"]["a.dg"][0]["line"]) == (1, 1)


def test_a_file_that_cannot_be_written_stays(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.dg").write_text(UNTIDY)

    def refused(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", refused)
    full = (1, "", "zoho-cliq: cannot write a.dg: No space left on device; it is as it was\n")
    assert run("format", "a.dg") == full
    assert os.listdir() == ["a.dg"]
    monkeypatch.setattr("tempfile.mkstemp", refused)
    assert run("format", "a.dg") == full
    assert Path("a.dg").read_text() == UNTIDY


SCRIPT = """info "from " + user.get("first_name");
zoho.cliq.postToChat(chat.get("id"),{"text":"Hello"});
r = invokeurl
[
	url :"http://127.0.0.1:%s/"
	connection:"desk"
];
return {"text":message.get("text") + r,"day":zoho.currentdate,"half":10 / 4};
"""


def test_run_shows_log_tasks_and_answer(run: Run, server: int) -> None:
    Path("a.dg").write_text(SCRIPT % server)
    Path("headers.json").write_text('{"X-Key":"a-secret-of-desk"}')
    arguments = ["run", "a.dg", "--text", "Hi", "--allow-host", "localhost", "--connection", "desk=headers.json"]
    arguments += ["--policy", "integer_division=truncate", "--now", "2026-01-31T23:30:00+00:00", "--seed", "5"]
    code, out, err = run(*arguments, "--timezone", "Europe/Berlin")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "info: from Ada",
        'task: line 2: zoho.cliq.postToChat ["CT_1", {"text": "Hello"}]',
        f'task: line 3: invokeurl {{"url": "http://127.0.0.1:{server}/", "connection": "desk"}}',
        'answer: {"text": "Hi16", "day": "01-Feb-2026", "half": 2}',
    ]
    whole = json.loads(run("--json", *arguments)[1])
    assert (whole["answer"]["day"], whole["log"], whole["statements"]) == ("31-Jan-2026", ["from Ada"], 4)
    assert [task["name"] for task in whole["tasks"]] == ["zoho.cliq.postToChat", "invokeurl"]


@pytest.mark.parametrize(
    ("script", "options", "said"),
    [
        (
            'r = getUrl("http://api.example.com/x");',
            (),
            "requests are not sent; allow them with --allow-host api.example.com",
        ),
        (
            'r = getUrl("http://8.8.8.8/x");',
            ("--allow-host", "localhost"),
            'the host "8.8.8.8" is not allowed; allow it with --allow-host 8.8.8.8',
        ),
        (
            'r = invokeurl [ url: "http://127.0.0.1:1/" connection: "desk" ];',
            ("--allow-host", "localhost"),
            'there is no connection "desk"; give its headers with --connection desk=FILE',
        ),
        (
            "r = thisapp.f();",
            (),
            "the task thisapp.f is not run on this machine; in Python, pass a stub for it to zoho_cliq_deluge.run",
        ),
    ],
)
def test_run_names_the_option_for_what_a_script_cannot_reach(
    run: Run, script: str, options: tuple[str, ...], said: str
) -> None:
    Path("a.dg").write_text(script)
    code, _, err = run("run", "a.dg", *options)
    assert code == 1
    assert err.endswith(f"{said}\n")


@pytest.fixture
def server() -> Iterator[int]:
    """Yield a server that answers with the length of the header X-Key."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = str(len(self.headers.get("X-Key", ""))).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield found.server_port
        found.shutdown()
        thread.join()


def test_run_takes_an_event(run: Run) -> None:
    Path("event.json").write_text('\ufeff{"params":{"message":{"text":"From the event"}}}')
    answer = 'return {"text":message.get("text")};'
    assert run("run", "-", "--event", "event.json", stdin=answer) == (0, 'answer: {"text": "From the event"}\n', "")
    assert run("run", "-", stdin="return message;") == (0, "answer: null\n", "")
    Path("a.dg").write_text(answer)
    assert run("run", "a.dg", "--event", "-", stdin='{"message":{"text":"Piped"}}')[1] == 'answer: {"text": "Piped"}\n'
    assert (
        run("run", "-", "--now", "2026-01-31T09:00:00", "--timezone", "Asia/Kolkata", stdin="return zoho.currenttime;")[
            1
        ]
        == 'answer: "31-Jan-2026 09:00:00"\n'
    )


def test_run_says_where_a_script_fails(run: Run) -> None:
    Path("a.dg").write_text('info "before";\nx = {"a":"b"}.get("text").trim();\n')
    why = "trim: Value is empty and 'trim' function cannot be applied"
    assert run("run", "a.dg") == (1, "info: before\n", f"a.dg:2: error: {why}\n")
    code, out, err = run("run", "--json", "a.dg")
    assert (code, out) == (1, "")
    assert json.loads(err) == {"error": "DelugeRuntimeError", "message": why, "file": "a.dg", "line": 2}
    Path("a.dg").write_text('r = invokeurl\n[\n\turl :"http://127.0.0.1/"\n];\n')
    code, out, err = run("run", "a.dg")
    assert code == 1
    assert out.startswith('task: line 1: invokeurl {"url": "http://127.0.0.1/"}: requests are not sent; ')
    assert err.startswith("a.dg:1: error: invokeurl: requests are not sent; ")
    assert run("run", "-", stdin='throw "x";') == (1, "", "-:1: error: x\n")


def test_run_says_why_a_script_cannot_be_read(run: Run) -> None:
    assert run("run", "-", stdin=WORSE) == (
        1,
        "",
        "-:1:6: error: `;` is missing at the end of the statement; add it [syntax-error]\n    x = 1\n         ^\n",
    )
    code, _, err = run("run", "--json", "-", stdin=WORSE)
    assert code == 1
    assert json.loads(err)["findings"][0]["rule"] == "syntax-error"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--policy", "speed=5"], "unknown policy 'speed'; known are assignment, "),
        (["--policy", "statement_limit=many"], "policy statement_limit is 'many'; give a number, 0 or more"),
        (
            ["--policy", "short_circuit=false", "--policy", "statement_limit"],
            "--policy is NAME=VALUE, not 'statement_limit'",
        ),
        (["--timezone", "Mars"], "policy timezone is 'Mars'; give an IANA name"),
        (["--now", "noon"], "--now must be a time such as 2026-01-31T09:00:00+01:00, not 'noon'"),
        (["--connection", "desk"], "--connection is NAME=FILE, not 'desk'"),
        (["--connection", "desk=list.json"], "list.json must hold a JSON object"),
        (["--connection", "desk=number.json"], "number.json: a connection is an object of headers, each a text"),
        (["--event", "bad.json"], "bad.json is not JSON at line 2"),
        (["--event", "deep.json"], "deep.json is not JSON"),
        (["--event", "wrong.json"], "the event cannot be given to the script: the event's params must be a mapping"),
        (["--event", "missing.json"], "cannot read missing.json: No such file or directory"),
    ],
)
def test_run_refuses_invalid_settings_in_one_line(run: Run, arguments: list[str], message: str) -> None:
    Path("a.dg").write_text(RIGHT)
    Path("list.json").write_text("[]")
    Path("number.json").write_text('{"a":5}')
    Path("bad.json").write_text('{\n"a"')
    Path("deep.json").write_text("[" * 100_000)
    Path("wrong.json").write_text('{"params":5}')
    code, out, err = run("run", "a.dg", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"zoho-cliq: {message}")


def test_explain(run: Run) -> None:
    code, out, _ = run("explain", "unguarded-get")
    assert (code, out) == (0, f"{zoho_cliq_deluge.explain('unguarded-get')}\n")
    names = [line.split()[0] for line in run("explain")[1].splitlines()]
    assert names == list(zoho_cliq_deluge.RULES)
    assert [rule["name"] for rule in json.loads(run("explain", "--json")[1])] == names
    assert json.loads(run("explain", "--json", "secret")[1])["severity"] == "warning"
    assert run("explain", "nonsense") == (
        2,
        "",
        "zoho-cliq: there is no rule 'nonsense'; zoho-cliq deluge explain lists all\n",
    )


def test_without_the_extra_it_is_one_line(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "class Missing:\n"
        "    @staticmethod\n"
        "    def find_spec(name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'lark':\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Missing)\n"
        "from zoho_cliq.cli import main\n"
        "print(main(['deluge', 'check', sys.argv[1]]), main(['deluge', 'run', sys.argv[1]]))\n"
    )
    script = tmp_path / "a.dg"
    script.write_text(RIGHT)
    done = subprocess.run([sys.executable, "-c", code, str(script)], capture_output=True, text=True, check=True)
    line = (
        "zoho-cliq: the deluge commands need the extra `deluge`: pip install '.[deluge]' in a checkout of zoho-cliq\n"
    )
    assert (done.stdout, done.stderr) == ("2 2\n", 2 * line)
