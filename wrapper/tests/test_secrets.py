"""Secrets are shown nowhere: not in messages, answers, frames, pickles and logs, however a server repeats them."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import copy
import dataclasses
import json
import logging
import os
import socket
import stat
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cliq_fakes import Scripted, action, enveloped
from cliq_shown import FORMS, as_json, places, rendered, reveals
from zoho_cliq import AsyncCliq, Cliq, OAuth, RawResponse, StaticToken, errors
from zoho_cliq._secrecy import Blanker, guard_logs, scrub
from zoho_cliq._types import Request, Secret
from zoho_cliq_api.contract import SERVERS

TOKEN = "1000.8c1f-never-to-be-shown/5d3A"
SECRET, REFRESH, CODE = f"{TOKEN}-secret", f"{TOKEN}-refresh", f"{TOKEN}-code"
Behaviour = Callable[[socket.socket, bytes], Any]


@pytest.fixture
def serve() -> Iterator[Callable[[Behaviour], str]]:
    """Start servers, each of which passes the connection and the received bytes to a function of the test."""
    listening = []

    def start(behave: Behaviour) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        listening.append(server)

        def one(connection: socket.socket) -> None:
            with connection:
                received = b""
                while b"\r\n\r\n" not in received:
                    part = connection.recv(65536)
                    if not part:
                        return
                    received += part
                with contextlib.suppress(OSError):
                    behave(connection, received)

        def loop() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=one, args=(connection,), daemon=True).start()

        threading.Thread(target=loop, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}"

    yield start
    for server in listening:
        server.close()


def answered(status: int, body: bytes, header: str = "") -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{header}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def reset(connection: socket.socket, received: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


BEHAVIOURS: dict[str, Behaviour] = {
    "closes": lambda connection, received: None,
    "resets": reset,
    "is silent": lambda connection, received: time.sleep(0.4),
    "sends garbage": lambda connection, received: connection.sendall(b"\x16\x03 nonsense " + received),
    "sends back": lambda connection, received: connection.sendall(received),
    "sends a bad header": lambda connection, received: connection.sendall(
        b"HTTP/1.1 200 OK\r\nBearer " + TOKEN.encode() + b"\r\n\r\n"
    ),
    "sends a bad chunk": lambda connection, received: connection.sendall(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + TOKEN.encode() + b"\r\n"
    ),
    "repeats it in a header": lambda connection, received: connection.sendall(
        answered(400, b'{"message": "no"}', f"X-Echo: Bearer {TOKEN}\r\n")
    ),
    "redirects": lambda connection, received: connection.sendall(
        answered(302, b"", f"Location: http://127.0.0.1:1/{FORMS['percent'](TOKEN)}\r\n")
    ),
    "repeats it in JSON": lambda connection, received: connection.sendall(
        answered(400, as_json(message=FORMS["escaped for JSON"](TOKEN), code=TOKEN))
    ),
    "answers what cannot be read": lambda connection, received: connection.sendall(
        answered(200, as_json(data=FORMS["escaped here and there"](TOKEN)))
    ),
}


TOOLS = ["plain", pytest.param("rich", marks=pytest.mark.heavy)]


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("kind", ["threads", "tasks"])
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_failures_of_a_call(
    serve: Callable[[Behaviour], str], caplog: pytest.LogCaptureFixture, behaviour: str, kind: str, tool: str
) -> None:
    caplog.set_level(1)
    settings: dict[str, Any] = {"base_url": serve(BEHAVIOURS[behaviour]), "timeout": 0.2, "max_wait": 0}

    async def main() -> None:
        async with AsyncCliq(TOKEN, **settings) as cliq:
            await cliq.message_actions.create(name="Note", hint="Keep it")

    def work() -> None:
        if kind == "tasks":
            asyncio.run(main())
        else:
            with Cliq(TOKEN, **settings) as cliq:
                cliq.message_actions.create(name="Note", hint="Keep it")

    with pytest.raises(errors.CliqError) as caught:
        work()
    assert places(rendered(caught.value, tool), TOKEN) == []
    assert places(caplog.text, TOKEN) == []


def echo(field: str) -> Behaviour:
    return lambda connection, received: connection.sendall(answered(200, as_json(**{"error": "x", field: SECRET})))


GRANT = {"access_token": TOKEN, "refresh_token": REFRESH, "expires_in": 3600}
ACCOUNTS: dict[str, Behaviour] = {
    **{name: BEHAVIOURS[name] for name in ("closes", "resets", "is silent", "sends garbage")},
    "redirects": lambda connection, received: connection.sendall(
        answered(302, b"", f"Location: http://127.0.0.1:1/{FORMS['percent'](SECRET)}\r\n")
    ),
    "repeats it as the error": echo("error"),
    "repeats it as the description": echo("error_description"),
    **{
        f"repeats it as the error, {form}": lambda connection, received, form=form: connection.sendall(  # type: ignore[misc]
            answered(400, as_json(error=FORMS[form](SECRET)))
        )
        for form in FORMS
    },
    "repeats a part of it": lambda connection, received: connection.sendall(
        answered(400, as_json(error=f"bad {SECRET[-12:]}"))
    ),
    "repeats it in a header": lambda connection, received: connection.sendall(
        answered(400, b"{}", f"X-Echo: {SECRET}\r\n")
    ),
    "repeats it as HTML": lambda connection, received: connection.sendall(
        answered(200, f"<title>{SECRET}</title>".encode())
    ),
    "gives a token of another data center": lambda connection, received: connection.sendall(
        answered(200, json.dumps({**GRANT, "api_domain": "https://www.zohoapis.eu"}).encode())
    ),
    "gives a token that no header carries": lambda connection, received: connection.sendall(
        answered(200, json.dumps({**GRANT, "access_token": f"{TOKEN}\n"}).encode())
    ),
    "gives no refresh token": lambda connection, received: connection.sendall(
        answered(200, json.dumps({"access_token": TOKEN}).encode())
    ),
}


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("kind", ["threads", "tasks", "code"])
@pytest.mark.parametrize("behaviour", ACCOUNTS)
def test_failures_of_a_token_request(
    serve: Callable[[Behaviour], str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    behaviour: str,
    kind: str,
    tool: str,
) -> None:
    caplog.set_level(1)
    host = serve(ACCOUNTS[behaviour])
    elsewhere = serve(BEHAVIOURS["closes"])
    monkeypatch.setattr("zoho_cliq.client.SERVERS", {"us": SERVERS["us"]._replace(base_url=elsewhere)})
    settings: dict[str, Any] = {"timeout": 0.2, "max_wait": 0}

    async def main() -> None:
        async with AsyncCliq(OAuth("1000.C", SECRET, REFRESH, "us", host), **settings) as cliq:
            await cliq.message_actions.get("5")

    def work() -> None:
        if kind == "code":
            OAuth.from_code(CODE, client_id="1000.C", client_secret=SECRET, accounts_url=host, timeout=0.2)
        elif kind == "tasks":
            asyncio.run(main())
        else:
            with Cliq(OAuth("1000.C", SECRET, REFRESH, "us", host), **settings) as cliq:
                cliq.message_actions.get("5")

    if kind == "code" and behaviour == "gives a token of another data center":
        work()
        return
    with pytest.raises(errors.CliqError) as caught:
        work()
    shown = rendered(caught.value, tool)
    for secret in (TOKEN, SECRET, REFRESH, CODE):
        assert places(shown, secret) == []
        assert places(caplog.text, secret) == []
    assert SECRET[-10:] not in shown


ANSWERS = {
    "refusal": lambda text: httpx.Response(400, content=as_json(message=f"bad {text}", code=text)),
    "refusal in another shape": lambda text: httpx.Response(
        403, content=b'{"error": ' + as_json(message=text, code=text) + b"}"
    ),
    "refusal in UTF-16": lambda text: httpx.Response(400, content=as_json(message=text).decode().encode("utf-16")),
    "page": lambda text: httpx.Response(502, content=f"<title>{text}</title>".encode()),
    "header": lambda text: httpx.Response(404, headers={"X-Echo": f"Bearer {text}"}, content=b"{}"),
    "not JSON": lambda text: httpx.Response(200, content=f"<p>{text}".encode()),
    "no action": lambda text: httpx.Response(200, content=as_json(data=text)),
    "field": lambda text: httpx.Response(200, content=b'{"data": ' + as_json(id="5", name=text) + b"}"),
}


@pytest.mark.parametrize(
    ("form", "shape"),
    [
        # Each form in one shape, and each shape with two forms. All others are heavy.
        pytest.param(
            form, shape, marks=() if shape == "refusal" or form in ("as it is", "base64") else pytest.mark.heavy
        )
        for form in FORMS
        for shape in ANSWERS
    ],
)
def test_answers_that_repeat_the_token(make: Callable[..., Cliq], server: Scripted, form: str, shape: str) -> None:
    server.answer(ANSWERS[shape](FORMS[form](TOKEN)))
    seen: list[RawResponse] = []
    cliq = make(TOKEN, max_wait=0, strict=True, on_response=seen.append)
    with pytest.raises(errors.CliqError) as caught:
        cliq.message_actions.get("5")
    with pytest.raises(errors.CliqError) as unobserved:
        cliq.with_options(on_response=None).message_actions.get("5")
    for error in (caught.value, unobserved.value):
        assert isinstance(error, (errors.ApiError, errors.DecodeError))
        assert places(rendered(error, "plain"), TOKEN) == []
        assert not reveals(error.body, TOKEN)
    assert not reveals(seen[0].body + repr(dict(seen[0].headers)).encode(), TOKEN)
    assert places(repr(cliq.observed_drift()), TOKEN) == []


def test_answers_that_do_not_repeat_it_stay_as_they_are(make: Callable[..., Cliq], server: Scripted) -> None:
    names = ["50 % \u00e9 &#38; \\u0031 \\x41 %31", "token", TOKEN[:10]]
    for name in names:
        server.answer(enveloped(action(5, name=name)))
        seen: list[RawResponse] = []
        cliq = make(TOKEN, on_response=seen.append)
        assert cliq.message_actions.get("5").name == name
        assert json.loads(seen[0].body)["data"]["name"] == name


def test_a_short_token_does_not_blank_ordinary_words(make: Callable[..., Cliq], server: Scripted) -> None:
    server.answer(enveloped(action(5)))
    assert make("data").message_actions.get("5").id == "5"


def test_what_holds_a_secret_can_be_copied() -> None:
    request = Request("op", "GET", "https://host", authorization=Secret(TOKEN))
    assert dataclasses.asdict(request)["authorization"] == copy.copy(Secret(TOKEN))
    assert copy.deepcopy(OAuth("id", TOKEN, "refresh")).client_secret.reveal() == TOKEN


def test_a_disguised_token_is_blanked() -> None:
    blank = Blanker(Secret("abcdef"))
    assert blank.bytes("abcdef".encode("utf-16")) == b"[token]"
    assert blank.text("x \udc80 ABCDEF") == "x \udc80 [token]"
    assert Blanker(Secret("abc")).text("abc") == "abc"
    assert blank.shares("xx ABCDEF")
    assert not blank.shares("invalid_code")


CONSTRUCTORS: dict[str, Callable[[Path], object]] = {
    "token with a space": lambda folder: Cliq(f"{TOKEN} x"),
    "static token": lambda folder: StaticToken(f"{TOKEN}\n"),
    "bad base_url": lambda folder: Cliq(TOKEN, base_url="nowhere"),
    "bad data center": lambda folder: OAuth("1000.C", SECRET, REFRESH, "mars"),
    "bad accounts_url": lambda folder: OAuth("1000.C", SECRET, REFRESH, accounts_url="nowhere"),
    "no refresh token": lambda folder: OAuth("1000.C", SECRET, ""),
    "two data centers": lambda folder: Cliq(OAuth("1000.C", SECRET, REFRESH, "eu"), data_center="in"),
    "password of a state": lambda folder: Cliq(TOKEN, state=f"redis://:{SECRET}@127.0.0.1:1/0"),
    "password of a bad state": lambda folder: AsyncCliq(TOKEN, state=f"mysql://:{SECRET}@127.0.0.1:1/0"),
    "code": lambda folder: OAuth.from_code(CODE, client_id="", client_secret=SECRET),
    "environment": lambda folder: OAuth.from_env(
        "mars",
        {
            "ZOHO_CLIQ_CLIENT_ID": "1000.C",
            "ZOHO_CLIQ_CLIENT_SECRET": SECRET,
            "ZOHO_CLIQ_REFRESH_TOKEN": REFRESH,
        },
    ),
    "file": lambda folder: OAuth.from_file(kept(folder)),
    "saving": lambda folder: OAuth("1000.C", SECRET, REFRESH).save(folder),
    "client from the environment": lambda folder: Cliq.from_env(base_url="nowhere"),
}


def kept(folder: Path) -> Path:
    path = folder / "credentials.json"
    fields = {"client_id": "1000.C", "client_secret": SECRET, "refresh_token": REFRESH}
    path.write_text(json.dumps({**fields, "data_center": "mars", "accounts_url": None}))
    return path


@pytest.mark.parametrize("what", CONSTRUCTORS)
def test_failures_before_anything_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.setenv("ZOHO_CLIQ_TOKEN", TOKEN)
    with pytest.raises(errors.CliqError) as caught:
        CONSTRUCTORS[what](tmp_path)
    assert places(rendered(caught.value, "plain"), TOKEN) == []


@pytest.mark.parametrize("kind", ["threads", "tasks"])
def test_callable_that_gives_a_bad_token(
    make: Callable[..., Cliq], make_async: Callable[..., AsyncCliq], kind: str
) -> None:
    async def supply() -> str:
        return f"{TOKEN} x"

    async def main() -> None:
        async with make_async(supply, account="me") as cliq:
            await cliq.message_actions.get("5")

    def work() -> None:
        if kind == "tasks":
            asyncio.run(main())
        else:
            make(lambda: f"{TOKEN} x", account="me").message_actions.get("5")

    with pytest.raises(errors.ConfigurationError) as caught:
        work()
    assert places(rendered(caught.value, "plain"), TOKEN) == []


def test_logs_of_a_call_do_not_show_its_token(caplog: pytest.LogCaptureFixture) -> None:
    def log() -> None:
        guard_logs(Secret(TOKEN))
        logging.getLogger("httpcore.http11").debug("sent %s and %s", TOKEN, "more")

    contextvars.Context().run(log)
    assert len(caplog.messages) == 1
    assert TOKEN not in caplog.text
    assert "more" in caplog.text


def test_logs_of_others_stay_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    contextvars.Context().run(logging.getLogger("httpcore.http11").debug, "sent %s", TOKEN)
    assert caplog.messages == [f"sent {TOKEN}"]


class Later:
    """An awaitable that is not a coroutine."""

    def __await__(self) -> Iterator[Any]:
        raise AssertionError


@pytest.mark.parametrize("kind", ["coroutine", "object"])
def test_coroutine_function_needs_the_asynchronous_client(make: Callable[..., Cliq], kind: str) -> None:
    async def supply() -> str:
        raise AssertionError

    with pytest.raises(errors.ConfigurationError, match="AsyncCliq"):
        make(supply if kind == "coroutine" else Later, account="me").message_actions.get("5")


def test_frames_of_the_callers_own_exception_keep_their_variables() -> None:
    def suspended() -> Iterator[int]:
        try:
            raise ValueError
        except ValueError:
            yield 1
            yield 2

    numbers = suspended()
    found = []
    for number in numbers:
        found.append(number)
        with pytest.raises(errors.ConfigurationError):
            StaticToken("a b")
    assert found == [1, 2]
    outer = ValueError("theirs")
    inner = errors.ConfigurationError("ours")
    inner.__context__, outer.__context__ = outer, inner
    scrub(inner)
    assert outer.args == ("theirs",)


def oauth() -> OAuth:
    return OAuth("1000.CLIENT", SECRET, REFRESH)


def test_credentials_are_written_to_a_file_that_nobody_prepared(tmp_path: Path) -> None:
    path, trap = tmp_path / "credentials.json", tmp_path / "trap"
    trap.write_text("theirs")
    for name in (f".credentials.json.{os.getpid()}", "credentials.json"):
        (tmp_path / name).symlink_to(trap)
    oauth().save(path)
    assert trap.read_text() == "theirs"
    assert not path.is_symlink()
    path.unlink()
    (tmp_path / f".credentials.json.{os.getpid()}").unlink()
    for name in (f".credentials.json.{os.getpid()}", "credentials.json"):
        (tmp_path / name).touch(0o666)
        (tmp_path / name).chmod(0o666)
    before = os.umask(0)
    try:
        oauth().save(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert OAuth.from_file(path).refresh_token.reveal() == REFRESH


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_credentials_that_could_not_be_written_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    path = tmp_path / "credentials.json"
    oauth().save(path)

    def full(handle: int) -> None:
        raise error

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises((KeyboardInterrupt, errors.ConfigurationError)):
        OAuth("other", SECRET, REFRESH).save(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["credentials.json"]
    assert OAuth.from_file(path).client_id == "1000.CLIENT"
