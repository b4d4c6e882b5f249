"""`zoho-cliq-mock trigger`: its output for a refused deferred answer, and for odd or hostile servers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen

import pytest
from zoho_cliq_mock import MockServer
from zoho_cliq_mock.__main__ import main

STEERING = "\x1b]0;title\x07\x9b31m\u202egnp\r\x7f"


def run(mock: MockServer, *more: str) -> int:
    address = ["--url", mock.url, f"--token={mock.control_token}"]
    return main(["trigger", "--action", "Create Ticket", "--text", STEERING, *address, *more])


def test_a_refused_deferred_answer_is_in_the_record_and_the_exit_code(
    mock: MockServer, webhook: Any, make: Callable[..., Any], choose: Any, capsys: Any, caplog: Any
) -> None:
    make(webhook.url)
    body = json.dumps({"output": {"text": "now"}}).encode()
    reason = "the host is not in response_hosts"
    webhook.answer = lambda event: (
        200,
        {"Content-Type": "application/json", "X-Zoho-Cliq-Deferred-Refused": reason},
        body,
    )
    record = choose()
    assert (record["shown"]["text"], record["deferred"]["kind"], record["deferred"]["text"]) == (
        "now",
        "refused",
        reason,
    )
    assert f"'Create Ticket' will send no deferred answer: {reason}" in caplog.text
    assert run(mock) == 1
    assert capsys.readouterr().out.endswith(f"no deferred answer: {reason}\n")


def test_foreign_text_cannot_send_control_characters_to_the_terminal(
    mock: MockServer, webhook: Any, make: Callable[..., Any], capsys: Any
) -> None:
    make(webhook.url, permissions=("message",))
    body = json.dumps({"output": {"text": STEERING}}, ensure_ascii=False).encode()
    webhook.answer = lambda event: (200, {"Content-Type": "application/json"}, body)
    assert run(mock) in (0, 1)
    out, err = capsys.readouterr()
    assert out.replace("\n", "").isprintable()
    assert err == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs Linux's /dev/full")
def test_a_full_standard_output_is_reported_in_one_line(
    mock: MockServer, webhook: Any, make: Callable[..., Any], capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(webhook.url, permissions=("message",))
    with open("/dev/full", "w") as full:
        monkeypatch.setattr("sys.stdout", full)
        assert run(mock) == 1
    said = "zoho-cliq-mock trigger: standard output cannot be written (No space left on device)\n"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"\x1b[31mgarbage\r\n\r\n", "no mock server at"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "status 302"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "is not a mock server of this version"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "no mock server at"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", "no mock server at"),
        (b'HTTP/1.1 400 No\r\nContent-Length: 27\r\n\r\n{"message":"\\u001b[31m \\n"}', "\\u001b[31m \\u000a"),
    ],
)
def test_an_odd_server_is_reported_in_one_line(
    webhook: Any, capsys: Any, answer: bytes, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    webhook.answer = lambda event: answer
    with pytest.raises(SystemExit) as ended:
        main(["trigger", "--action", "A", "--text", "x", "--token", "t", "--url", webhook.url.removesuffix("/cliq")])
    err = capsys.readouterr().err
    assert ended.value.code == 2
    assert said in err
    assert err[:-1].isprintable()


def test_the_command_waits_for_the_deferred_answer(
    mock: MockServer, webhook: Any, make: Callable[..., Any], capsys: Any
) -> None:
    make(webhook.url)
    body = json.dumps({"output": {"text": "later"}}).encode()

    def answer(event: Any) -> Any:
        urlopen(Request(event["response_url"], body, {"Content-Type": "application/json"})).close()
        return 200, {"Content-Type": "application/json"}, body

    assert run(mock, "--wait", "0.01") == 1
    assert capsys.readouterr().out.endswith("no deferred answer within 0.01 s\n")
    webhook.answer = answer
    assert run(mock, "--wait", "60") == 0
    assert capsys.readouterr().out.endswith("later: a message: later\n")


def test_an_event_that_will_be_sent_again_is_not_shown(
    mock: MockServer, webhook: Any, make: Callable[..., Any], capsys: Any
) -> None:
    make(webhook.url)
    mock.policies(webhook_retries=1)
    webhook.answer = lambda event: (500, {}, b"")
    assert run(mock) == 1
    assert capsys.readouterr().out.endswith("sees: nothing yet; the event will be sent again\n")
