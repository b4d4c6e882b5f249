"""Hostile bodies: each is refused with 400 and a reason, and the server keeps running."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from api_paths import BASE_PATH, CREATING, LISTING, handler_path
from needed import NEEDED
from zoho_cliq_api.contract import OPERATIONS, document
from zoho_cliq_mock import MockServer
from zoho_cliq_mock.bodies import MAX_BYTES

CREATED = OPERATIONS["create_message_action"].success

JSON = {"Content-Type": "application/json"}
LARGEST_SCRIPT = document()["components"]["schemas"]["HandlerUpdate"]["properties"]["script"]["x-max-bytes"]
HOSTILE = {
    "empty": b"",
    "not JSON": b"name=x",
    "cut": b'{"name": "x", "hint"',
    "array": b"[]",
    "number": b"7",
    "null": b"null",
    "NaN": b'{"name": NaN, "hint": "h"}',
    "Infinity": b'{"name": "n", "hint": "h", "multi_selectable": Infinity}',
    "huge number": b'{"name": "n", "hint": "h", "scope": "team", "team_ids": [1e999]}',
    "large integer": b'{"name": "n", "hint": "h", "scope": "team", "team_ids": [%s]}' % (b"9" * 5000),
    "nested arrays": b"[" * 200_000,
    "nested objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "nested below the parser's own limit": b"[" * 1000 + b"]" * 1000,
    "nested below the validator's limit": b'{"name": "n", "hint": "h", "x": ' + b"[" * 255 + b"]" * 255 + b"}",
    "nested, with a null": b'{"x": ' + b"[" * 900 + b"]" * 900 + b', "name": "\\u0000"}',
    "lone surrogate": b'{"name": "\\ud800", "hint": "h"}',
    "reversed surrogates": b'{"name": "\\udc00\\ud800", "hint": "h"}',
    "raw null byte": b'{"name": "a\x00b", "hint": "h"}',
    "escaped null": b'{"name": "a\\u0000b", "hint": "h"}',
    "duplicate key": b'{"name": "a", "name": "b", "hint": "h"}',
    "duplicate key, escaped": b'{"name": "a", "n\\u0061me": "b", "hint": "h"}',
    "byte order mark": b'\xef\xbb\xbf{"name": "a", "hint": "h"}',
    "latin-1": '{"name": "\u00e9", "hint": "h"}'.encode("latin-1"),
    "utf-16": '{"name": "a", "hint": "h"}'.encode("utf-16"),
    "two values": b'{"name": "a", "hint": "h"} {}',
    "comment": b'{"name": "a", /* x */ "hint": "h"}',
    "single quotes": b"{'name': 'a', 'hint': 'h'}",
    "trailing comma": b'{"name": "a", "hint": "h",}',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_body_is_refused(owner: httpx.Client, body: bytes) -> None:
    answer = owner.post(CREATING, content=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_inputs"
    assert len(answer.content) < 500
    assert owner.get(LISTING).json()["data"] == []


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", CREATED),
        ("Application/JSON; charset=UTF-8", CREATED),
        ("application/json; charset=latin-1", 400),
        ("text/plain", 400),
        ("application/x-www-form-urlencoded", 400),
        ("application/jsonx", 400),
        ("", 400),
        (None, 400),
    ],
)
def test_the_content_type_must_be_json(owner: httpx.Client, content_type: str | None, status: int) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = owner.post(CREATING, content=json.dumps({**NEEDED, "name": "a", "hint": "h"}).encode(), headers=headers)
    assert answer.status_code == status


def test_the_cap_is_above_a_fully_escaped_script(owner: httpx.Client) -> None:
    identifier = owner.post(CREATING, json={"name": "a", "hint": "h"}).json()["data"]["id"]
    path = handler_path(identifier)
    escaped = b'{"script": "' + b"\\u0061" * LARGEST_SCRIPT + b'"}'
    assert owner.patch(path, content=escaped, headers=JSON).json()["data"]["script"] == "a" * LARGEST_SCRIPT
    over = b'{"script": "' + b" " * MAX_BYTES + b'"}'
    answer = owner.patch(path, content=over, headers=JSON)
    assert answer.status_code == 400
    assert str(MAX_BYTES) in answer.json()["message"]


def test_a_body_in_pieces_is_read_whole(owner: httpx.Client) -> None:
    body = json.dumps({**NEEDED, "name": "a", "hint": "h", "image": "QUJD" * 50_000}).encode()
    pieces = (body[at : at + 1000] for at in range(0, len(body), 1000))
    assert owner.post(CREATING, content=pieces, headers=JSON).is_success


@pytest.mark.parametrize("data", [b"\x16\x03\x01\r\n\r\n", b"NONSENSE\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n"])
def test_what_is_not_http_is_refused_in_the_form_of_the_api(mock: MockServer, data: bytes) -> None:
    address = urlsplit(mock.url)
    assert address.hostname
    assert address.port
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        connection.sendall(data)
        received = b""
        while part := connection.recv(4096):
            received += part
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert set(json.loads(body)) == {"message", "code"}


def exchange(mock: MockServer, request: bytes, answers: int) -> list[tuple[bytes, Any]]:
    """Send raw bytes; return status line and JSON of this many responses."""
    address = urlsplit(mock.url)
    found = []
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=5) as connection:
        connection.sendall(request)
        stream = connection.makefile("rb")
        for _ in range(answers):
            status, length = stream.readline().strip(), 0
            while (line := stream.readline().strip().lower()) != b"":
                if line.startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            found.append((status, json.loads(stream.read(length) or b"null")))
    return found


@pytest.mark.parametrize("upgrade", ["h2c", "websocket"])
@pytest.mark.parametrize("framing", ["content-length", "chunked"])
def test_an_offer_to_upgrade_is_ignored(mock: MockServer, upgrade: str, framing: str) -> None:
    body = json.dumps({**NEEDED, "name": "Open incident", "hint": "Start"}).encode()
    head = (
        f"POST {BASE_PATH}{CREATING} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        f"Upgrade: {upgrade}\r\nHTTP2-Settings: AAEAAEAA\r\nAuthorization: Bearer 1000.owner\r\n"
        "Content-Type: application/json\r\n"
    ).encode()
    if framing == "chunked":
        post = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    else:
        post = head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    listing = f"GET {BASE_PATH}{LISTING}".encode()
    lines = head.replace(f"POST {BASE_PATH}{CREATING}".encode(), listing).splitlines(keepends=True)
    get = b"".join(line for line in lines if not line.startswith(b"Content-Type")) + b"\r\n"
    answers = exchange(mock, post + get + get, 3)
    assert [int(status.split()[1]) for status, _ in answers] == [CREATED, 200, 200]
    assert [action["name"] for action in answers[2][1]["data"]] == ["Open incident"]


def test_the_body_after_an_offer_to_upgrade_may_come_later(mock: MockServer, nobody: httpx.Client) -> None:
    address = urlsplit(mock.url)
    body = json.dumps({**NEEDED, "name": "Open incident", "hint": "Start"}).encode()
    head = (
        f"POST {BASE_PATH}{CREATING} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n"
        f"Authorization: Bearer 1000.owner\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=5) as connection:
        for part in (head, body[:10], body[10:]):
            connection.sendall(part)
            nobody.get("/_mock/health")  # its response shows that the server has received the first part
        assert int(connection.makefile("rb").readline().split()[1]) == CREATED
