"""Requests on a raw socket that are not valid HTTP: the right status, nothing carried out, no traceback in the log."""

from __future__ import annotations

import json
import logging
import re
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from api_paths import BASE_PATH, CREATING, LISTING, action_path
from needed import NEEDED
from zoho_cliq_mock import MockServer
from zoho_cliq_mock.wire import MOST_HEAD, MOST_UNREAD

HEAD = b"Host: 127.0.0.1\r\nAuthorization: Bearer 1000.owner\r\nContent-Type: application/json\r\n"
UPGRADE = b"Upgrade: h2c\r\nConnection: Upgrade\r\n"
BODY = json.dumps({**NEEDED, "name": "Open incident", "hint": "Start"}, separators=(",", ":")).encode()
CHUNK = b"%x\r\n%s\r\n" % (len(BODY), BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"


LIST, CREATE = f"{BASE_PATH}{LISTING}".encode(), f"{BASE_PATH}{CREATING}".encode()


def get(more: bytes = b"", target: bytes = LIST, version: bytes = b"HTTP/1.1") -> bytes:
    return b"GET %s %s\r\n%s%s\r\n" % (target, version, HEAD, more)


def post(more: bytes, body: bytes = b"", target: bytes = CREATE) -> bytes:
    return b"POST %s HTTP/1.1\r\n%s%s\r\n%s" % (target, HEAD, more, body)


@pytest.fixture(autouse=True)
def _quiet_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    assert "Traceback" not in caplog.text
    assert [record for record in caplog.records if record.exc_info] == []


def send(mock: MockServer, *parts: bytes, end: bool = True) -> list[int]:
    """Send these parts and return the statuses of all responses.

    With `end`, close the sending side afterwards, so that the server closes the connection.
    """
    received = b""
    with socket.create_connection(("127.0.0.1", int(urlsplit(mock.url).port or 0)), timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
        if end:
            connection.shutdown(socket.SHUT_WR)
        while data := connection.recv(65536):
            received += data
    return [int(status) for status in re.findall(rb"(?:^|(?<=[\n}]))HTTP/1\.1 (\d{3}) [A-Z]", received)]


def names(mock: MockServer) -> list[str]:
    answer = httpx.get(f"{mock.url}{LISTING}", headers={"Authorization": "Bearer 1000.owner"})
    return [action["name"] for action in answer.json()["data"]]


@pytest.mark.parametrize("upgrade", [b"", UPGRADE])
@pytest.mark.parametrize(
    ("framing", "body"),
    [
        (b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
        (b"Transfer-Encoding: chunked, gzip\r\n", b"0\r\n\r\n"),
        (CHUNKED + CHUNKED, CHUNK + b"0\r\n\r\n"),
        (b"Content-Length: 5\r\n" + CHUNKED, b"0\r\n\r\n" + get()),
        (CHUNKED + b"Content-Length: 5\r\n", b"0\r\n\r\n" + get()),
        (b"Content-Length: +39\r\n", BODY),
        (b"Content-Length: 39, 39\r\n", BODY),
        (b"Content-Length: -1\r\n", BODY),
        (b"Content-Length: " + b"9" * 30 + b"\r\n", BODY),
        (b"Content-Length: 39\r\nContent-Length: 40\r\n", BODY),
        (CHUNKED, b"zz\r\n"),
        (CHUNKED, CHUNK + b"zz\r\n"),
        (CHUNKED, CHUNK + b"-1\r\n"),
        (CHUNKED, CHUNK[:-2] + b"0\r\n\r\n"),
    ],
)
def test_a_body_of_ambiguous_length_is_refused_once(
    mock: MockServer, upgrade: bytes, framing: bytes, body: bytes
) -> None:
    assert send(mock, post(upgrade + framing, body)) == [400]
    assert names(mock) == []


def test_a_request_without_a_body_of_its_own_is_not_carried_out_either(mock: MockServer) -> None:
    made = httpx.post(f"{mock.url}{CREATING}", content=BODY, headers=dict(pairs())).json()["data"]
    target = f"{BASE_PATH}{action_path(made['id'])}".encode()
    doubtful = get(b"Transfer-Encoding: xchunked\r\n", target).replace(b"GET", b"DELETE")
    assert send(mock, doubtful) == [400]
    assert names(mock) == ["Open incident"]


def pairs() -> list[tuple[str, str]]:
    return [("Authorization", "Bearer 1000.owner"), ("Content-Type", "application/json")]


@pytest.mark.parametrize(
    ("request_", "statuses"),
    [
        (get(version=b"HTTP/2.0"), [505]),
        (get(version=b"HTTP/0.9"), [400]),
        (b"GET /\r\n\r\n", [400]),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]),
        (b"\x16\x03\x01\x02\x00", [400]),
        (b"GET / HTTP/1.1\rHost: x\r\r", [400]),
        (get(b"X: a\rb\r\n"), [400]),
        (get(b"X: a\0b\r\n"), [400]),
        (get(b"X : a\r\n"), [400]),
        (get(b"X: a\r\n folded\r\n"), [400]),
        (get(target=b"/api/v3/\xff\xfe"), [400]),
        (get(target=f"{BASE_PATH}{action_path('%zz')}".encode()), [404]),
        (get(target=f"{BASE_PATH}{action_path('%ff%fe')}".encode()), [404]),
        (get(target=LIST + b"?limit=%ff"), [400]),
        (get(target=b"http://elsewhere.test" + LIST), [200]),
        (get(target=b"http://elsewhere.test"), [404]),
        (get(target=b"http://elsewhere.test?a=b"), [400]),
        (get(target=b"elsewhere.test:443").replace(b"GET", b"CONNECT"), [400]),
        (get(target=b"*").replace(b"GET", b"OPTIONS"), [404]),
        (get(UPGRADE), [200]),
        (get(b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n"), [200]),
        (get(UPGRADE) + get(UPGRADE) + get(), [200, 200, 200]),
        (get() + get() + b"\0 garbage\r\n\r\n", [200, 200, 400]),
        (get() + post(b"Transfer-Encoding: x\r\n"), [200, 400]),
        (get() + get() + post(CHUNKED, b"zz\r\n") + get(), [200, 200, 400]),
        (get(b"X: " + b"a" * MOST_HEAD + b"\r\n"), [431]),
        (get(b"".join(b"X%d: y\r\n" % number for number in range(20_000))), [431]),
        (get(target=b"/" + b"a" * MOST_HEAD), [414]),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 4 * MOST_HEAD, [431]),
        (b"\r\n" * MOST_HEAD, [400]),
        (post(CHUNKED, b"5;" + b"x" * 16 * MOST_HEAD), [400]),
    ],
)
def test_each_odd_request_gets_its_status(mock: MockServer, request_: bytes, statuses: list[int]) -> None:
    assert send(mock, request_) == statuses
    assert names(mock) == []


def test_thousands_of_upgrade_requests_in_one_piece_are_answered(mock: MockServer) -> None:
    offer = b"GET /x HTTP/1.1\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"
    assert send(mock, offer * 2000 + get(b"Connection: close\r\n"), end=False) == [404] * 2000 + [200]


@pytest.mark.parametrize("framing", [b"Content-Length: 100\r\n", CHUNKED])
def test_an_incomplete_body_is_not_carried_out_even_if_it_is_json(mock: MockServer, framing: bytes) -> None:
    body = CHUNK if framing is CHUNKED else BODY
    assert send(mock, post(framing, body)) == []
    assert names(mock) == []


def test_incomplete_webhook_answers_and_control_calls_are_not_carried_out(mock: MockServer) -> None:
    token = f"Authorization: Bearer {mock.control_token}\r\n".encode()
    head = b"POST /_mock/policies HTTP/1.1\r\nHost: 127.0.0.1\r\n" + token + b"Content-Length: 100\r\n\r\n"
    assert send(mock, head + b'{"scope_status": "401"}') == []
    assert mock.app.state.policies.scope_status == "403"
    assert send(mock, post(b"Content-Length: 9\r\n", b"x", b"/_mock/responses/x")) == []
    assert send(mock, post(b"Content-Length: 9\r\n", b"x", b"/oauth/v2/token")) == []


def test_trailer_fields_do_not_count_as_header_fields(mock: MockServer) -> None:
    head = b"POST " + CREATE + b" HTTP/1.1\r\nContent-Type: application/json\r\n" + CHUNKED + b"\r\n"
    assert send(mock, head + CHUNK + b"0\r\nAuthorization: Bearer 1000.owner\r\n\r\n") == [401]


def test_the_host_of_an_absolute_target_counts_for_the_control_api(mock: MockServer) -> None:
    def ask(target: bytes, host: bytes) -> list[int]:
        token = mock.control_token.encode()
        fields = b"Host: %s\r\nAuthorization: Bearer %s\r\n" % (host, token)
        return send(mock, b"GET %s HTTP/1.1\r\n%s\r\n" % (target, fields))

    assert ask(b"http://elsewhere.test/_mock/state", b"127.0.0.1") == [403]
    assert ask(b"http://127.0.0.1/_mock/state", b"elsewhere.test") == [200]


def test_a_body_is_asked_for_only_where_it_will_be_read(mock: MockServer) -> None:
    expect = b"Expect: 100-continue\r\n"
    assert send(mock, post(expect + b"Content-Length: %d\r\n" % len(BODY)), BODY)[-1] in (200, 201)
    assert send(mock, post(expect + b"Content-Length: 99999999\r\n")) == [400]
    assert send(mock, post(expect + b"Content-Length: %d\r\n" % len(BODY), target=b"/nowhere")) == [404]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (CREATE, 400),
        (b"/oauth/v2/token", 400),
        (b"/_mock/policies", 413),
        (b"/_mock/responses/x", 413),
        (b"/_mock/reset", 401),
        (b"/nowhere", 404),
    ],
)
@pytest.mark.parametrize("framing", [b"Content-Length: 99999999999\r\n", CHUNKED])
def test_only_a_limited_part_of_an_unread_body_is_received(
    mock: MockServer, target: bytes, status: int, framing: bytes
) -> None:
    """The response is sent, the connection is closed, and only a limited part of the rest is read."""
    head = post(framing, target=target)
    if status == 413:
        head = head.replace(b"1000.owner", mock.control_token.encode())
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    taken, received = 0, b""
    with socket.create_connection(("127.0.0.1", int(urlsplit(mock.url).port or 0)), timeout=10) as connection:
        connection.sendall(head)
        try:
            for _ in range(200):
                connection.sendall(chunk)
                taken += len(chunk)
        except OSError:
            pass
        try:
            while data := connection.recv(65536):
                received += data
        except ConnectionError:
            pass
    assert received.startswith(b"HTTP/1.1 %d " % status)
    assert taken < 80 * 0x100000


def test_a_small_body_that_is_not_read_leaves_the_connection_open(mock: MockServer) -> None:
    late = post(b"Content-Length: %d\r\n" % MOST_UNREAD, target=b"/nowhere")
    close = get(b"Connection: close\r\n")
    assert send(mock, late, b" " * MOST_UNREAD, close, end=False) == [404, 200]


def test_refusals_have_the_apis_error_form(mock: MockServer) -> None:
    with socket.create_connection(("127.0.0.1", int(urlsplit(mock.url).port or 0)), timeout=10) as connection:
        connection.sendall(b"garbage\r\n\r\n")
        head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
    assert b"connection: close" in head
    assert json.loads(body) == {"message": "the request is not valid HTTP", "code": "invalid_inputs"}
