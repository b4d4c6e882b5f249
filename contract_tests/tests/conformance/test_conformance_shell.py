"""Shell lines in reports repeat the request when they are run, and execute nothing that a server or recording chose."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from api_paths import LISTING, action_path
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zoho_cliq_conformance.reporting.shell import chain
from zoho_cliq_conformance.secrets import Secrets
from zoho_cliq_conformance.trace import Answer, Exchange

BASE = "http://in-process/api/v3"
# A replacement of curl, first on PATH. It records its arguments and its input (in base64), and prints $ANSWER.
CURL = """#!/bin/sh
{ printf '%s\\0' "$@"; case "$*" in *--data-binary*) base64 | tr -d '\\n' ;; esac; printf '\\0END\\0'; } >> "$RECORD"
printf %s "$ANSWER"
"""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bin")
    (path / "curl").write_text(CURL)
    (path / "jq").write_text('#!/bin/sh\nprintf %s "$JQ"\n')
    for name in ("curl", "jq"):
        (path / name).chmod(0o755)
    (path / "empty").mkdir()
    return path


def run_in_shell(shell: str, lines: Sequence[str], directory: Path, answer: str = "", jq: str = "") -> list[list[str]]:
    """Run the lines, and return the arguments of each call of curl. Assert that there are no errors and no new files.

    Args:
        shell: the shell to run.
        lines: the lines.
        directory: where the replacements of curl and jq are.
        answer: what curl prints.
        jq: what jq prints.
    """
    record = directory / "record"
    record.write_bytes(b"")
    environment = {
        "PATH": f"{directory}:{os.environ['PATH']}",
        "RECORD": str(record),
        "ANSWER": answer,
        "JQ": jq,
        "TOKEN_OWNER": "t0k3n",
        "TOKEN": "t0k3n",
        "SECRET": "s",
        "COOKIE": "c",
        "LC_ALL": "C.UTF-8",
    }
    script = directory / "script"
    script.write_text("\n".join(lines))
    done = subprocess.run(
        [shell, str(script)], env=environment, cwd=directory / "empty", capture_output=True, check=False, timeout=20
    )
    assert done.stderr == b"", done.stderr
    assert list((directory / "empty").iterdir()) == []
    calls = record.read_bytes().decode("utf-8", "surrogateescape").split("\0END\0")[:-1]
    return [call.split("\0") for call in calls]


def sent_by(call: list[str]) -> bytes:
    """Return the body that a call of curl sends."""
    return base64.b64decode(call[-1]) if "@-" in call else call[call.index("--data-raw") + 1].encode()


def exchange(number: int = 1, **values: Any) -> Exchange:
    given: dict[str, Any] = {"method": "GET", "target": LISTING, "headers": (), "body": None, "answer": None}
    return Exchange(number, **{**given, **values})


COMMANDS = [
    *("$(touch x)", "`touch x`", "'; touch x; '", '"; touch x; "', "\\'; touch x #", "; touch x", "| touch x", "> x"),
    *(
        "\n touch x\n",
        "\r\ntouch x",
        "$TOKEN_OWNER",
        "${IFS}touch x",
        "!touch",
        "~",
        "*",
        "{a,b}",
        "[1-3]",
        "@/etc/passwd",
    ),
    *("-o x", "--output=x", "\x1b[200~touch x\x1b[201~", "\x03touch x\n", "a\tb", "%s%n\\061", "é\u202e\u2028"),
]


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_nothing_but_curl_runs_whatever_a_recording_holds(shell: str, directory: Path) -> None:
    exchanges = []
    for number, text in enumerate(COMMANDS):
        parts = [
            {"target": action_path(text)},
            {"target": f"{LISTING}?a={text}&b=1"},
            {"method": text},
            {"headers": (("X-A", text), (text, "value"), ("Authorization", f"{text} token of somebody"))},
            {"headers": (("Cookie", f"a={text}"), ("authorization", text))},
            {"method": "POST", "body": text.encode()},
            {"method": "POST", "body": text.encode() * 500},
            {"method": "POST", "body": b"\0\xff" + text.encode()},
        ]
        exchanges += [exchange(number * 10 + at, **part) for at, part in enumerate(parts)]
    secrets = Secrets({})
    for each in exchanges:
        secrets.learn(each)
    lines = chain(exchanges, BASE, secrets)
    assert all(line.isprintable() for line in lines)
    calls = run_in_shell(shell, lines, directory)
    assert len(calls) == len(exchanges)
    for each, call in zip(exchanges, calls, strict=True):
        for name, value in pairwise(call):  # with these options, curl would read a file if the value began with @
            assert name not in ("-H", "-d", "--data-binary") or not value.startswith("@") or value == "@-"
        assert call[0] == "-sS"
        assert each.body is None or sent_by(call)


HARD = st.text(
    st.characters(codec="utf-8", exclude_characters="\0")
    | st.sampled_from("$`'\"\\!;&|<>(){}[]*?~#=%@-\n\r\t \x1b\x07\x7f\x85\u202e\u2028\u200b"),
    max_size=30,
)


@pytest.mark.parametrize("shell", ["sh", "bash"])
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(
    requests=st.lists(st.tuples(HARD, HARD, st.binary(max_size=60) | HARD.map(str.encode)), min_size=10, max_size=30)
)
def test_curl_gets_exactly_what_was_sent(shell: str, requests: list[tuple[str, str, bytes]], directory: Path) -> None:
    sent = [
        exchange(number, method="POST", target=f"/{target.replace('?', '')}", headers=(("X-A", header),), body=body)
        for number, (target, header, body) in enumerate(requests)
    ]
    lines = chain(sent, BASE, Secrets({}))
    assert all(line.isprintable() for line in lines)
    for each, call in zip(sent, run_in_shell(shell, lines, directory), strict=True):
        assert f"{BASE}{each.target}".rstrip("\n") in call
        assert f"X-A: {each.headers[0][1]}".rstrip("\n") in call
        assert sent_by(call) == each.body


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("invented", ["7$(touch x)", "`touch x`", '"; touch x; "', "[1-9]{a,b}", "a\nb"])
def test_what_a_server_invents_is_data_in_the_lines_that_follow(shell: str, invented: str, directory: Path) -> None:
    shown = json.dumps({"data": {"id": invented}, "next_token": f"n{invented}"}).encode()
    first = exchange(1, method="POST", body=b"{}", answer=Answer(200, (), shown))
    second = exchange(2, target=action_path("".join(f"%{byte:02x}" for byte in invented.encode())))
    third = exchange(3, headers=(("Authorization", "Bearer 1000.owner"),))
    lines = chain([first, second, third], BASE, Secrets({"1000.owner": "TOKEN_OWNER"}))
    assert [line.split("=")[0] for line in lines[:3]] == ["answer", "ID1", "NEXT2"]
    calls = run_in_shell(shell, lines, directory, answer=shown.decode(), jq=invented)
    assert f"{BASE}{action_path(invented)}".rstrip("\n") in calls[1]
    assert "-g" in calls[1]
    assert "Authorization: Bearer t0k3n" in calls[2]


def test_a_secret_cannot_move_the_quotes_around_what_stands_beside_it(directory: Path) -> None:
    """A recording may contain a cookie that is also a part of a quoted word."""
    hostile = exchange(
        method="POST",
        headers=(("Cookie", "a='\"'\"'; touch x; #"), ("X-A", "'\"'\"'; touch x; # and '; touch x")),
        body=b"'; touch x; #'\"'\"'; touch x; #",
    )
    secrets = Secrets({})
    secrets.learn(hostile)
    for shell in ("sh", "bash"):
        assert len(run_in_shell(shell, chain([hostile], BASE, secrets), directory)) == 1
