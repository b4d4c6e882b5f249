"""The receiver's decisions, request by request, without a server."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import threading
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from zoho_cliq.errors import ConfigurationError
from zoho_cliq.webhooks import Event, Receiver, Reply, banner, text

SECRET = "a-secret-of-enough-length"
QUERY = f"secret={SECRET}"
HEADERS = {"Content-Type": "application/json; charset=utf-8"}
NOW = 1_795_421_600.0


class Time:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def body(name: str = "Create Ticket", **more: Any) -> bytes:
    event = {"name": name, "timestamp": int(NOW * 1000), "params": {"message": {"text": "printer on fire"}}, **more}
    return json.dumps(event).encode()


def receiver(**options: Any) -> Receiver:
    made = Receiver(now=Time(), **options)

    @made.action("Create Ticket")
    def create_ticket(event: Event) -> str:
        return f"Filed: {event.text}"

    @made.action("Async")
    async def later(event: Event) -> Any:
        await asyncio.sleep(0)
        return banner("Done")

    return made


def output(reply: Reply) -> Any:
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/json"
    return json.loads(reply.body)["output"]


def test_plain_and_async_functions_answer_from_both_sides() -> None:
    made = receiver()
    filed, done = {"text": "Filed: printer on fire"}, {"type": "banner", "status": "success", "text": "Done"}
    assert output(made.handle("POST", HEADERS, body())) == filed
    assert output(made.handle("POST", HEADERS, body("Async"))) == done
    assert output(asyncio.run(made.handle_async("POST", HEADERS, body()))) == filed
    assert output(asyncio.run(made.handle_async("POST", HEADERS, body("Async")))) == done


def test_a_plain_function_may_give_something_to_await() -> None:
    made = Receiver()

    async def later() -> str:
        await asyncio.sleep(0)
        return "done"

    made.action("Wrapped")(lambda event: later())  # as a decorator around an async function does
    assert output(made.handle("POST", HEADERS, body("Wrapped"))) == {"text": "done"}
    assert output(asyncio.run(made.handle_async("POST", HEADERS, body("Wrapped")))) == {"text": "done"}


def test_a_plain_function_does_not_hold_up_the_loop() -> None:
    made = Receiver()
    entered, leave = threading.Event(), threading.Event()

    @made.action("Slow")
    def slow(event: Event) -> str:
        entered.set()
        assert leave.wait(5)
        return "done"

    async def main() -> Reply:
        task = asyncio.create_task(made.handle_async("POST", HEADERS, body("Slow")))
        assert await asyncio.to_thread(entered.wait, 5)
        leave.set()  # only a loop that runs gets here
        return await task

    assert output(asyncio.run(main())) == {"text": "done"}


@pytest.mark.parametrize(
    ("method", "headers", "sent", "query", "status"),
    [
        ("GET", HEADERS, b"", QUERY, 405),
        ("PUT", HEADERS, body(), QUERY, 405),
        ("POST", {}, body(), QUERY, 415),
        ("POST", {"content-type": "text/plain"}, body(), QUERY, 415),
        ("POST", {"content-type": "application/x-www-form-urlencoded"}, body(), QUERY, 415),
        ("POST", HEADERS, b"x" * 2001, QUERY, 413),
        ("POST", HEADERS, body(), "", 403),
        ("POST", HEADERS, body(), "secret=wrong", 403),
        ("POST", HEADERS, b"{", QUERY, 400),
        ("POST", HEADERS, b"[]", QUERY, 400),
        ("POST", HEADERS, body("Unknown"), QUERY, 404),
        ("POST", HEADERS, body(timestamp=int((NOW - 301) * 1000)), QUERY, 403),
        ("POST", HEADERS, body(timestamp=int((NOW + 301) * 1000)), QUERY, 403),
    ],
)
def test_invalid_requests_are_refused_with_their_status(
    method: str, headers: dict[str, str], sent: bytes, query: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    reply = receiver(secret=SECRET, max_body=2000).handle(method, headers, sent, query)
    assert reply.status == status
    assert list(json.loads(reply.body)) == ["error"]
    assert SECRET not in reply.body.decode() + caplog.text
    assert ("Allow" in reply.headers) is (status == 405)


def test_the_edge_of_the_replay_window_is_inside() -> None:
    for moved in (-300, 300):
        reply = receiver(secret=SECRET).handle("POST", HEADERS, body(timestamp=int((NOW + moved) * 1000)), QUERY)
        assert output(reply) == {"text": "Filed: printer on fire"}


def test_the_window_is_on_only_where_there_is_something_to_verify() -> None:
    old = body(timestamp=1)
    assert receiver().handle("POST", HEADERS, old).status == 200
    assert receiver(secret=SECRET).handle("POST", HEADERS, old, QUERY).status == 403
    assert receiver(secret=SECRET, replay_window=float("inf")).handle("POST", HEADERS, old, QUERY).status == 200
    assert receiver(replay_window=10.0).handle("POST", HEADERS, old).status == 403


def test_a_signature_is_demanded_over_the_bytes_as_sent() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    made = receiver(public_key=key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    sent = body()
    right = base64.b64encode(key.sign(sent, padding.PKCS1v15(), hashes.SHA256())).decode()
    assert made.handle("POST", {**HEADERS, "X-Cliq-Signature": right}, sent).status == 200
    assert made.handle("POST", {**HEADERS, "X-Cliq-Signature": right}, sent + b" ").status == 403
    assert made.handle("POST", HEADERS, sent).status == 403


def counting(**options: Any) -> tuple[Receiver, list[str], Time]:
    seen: list[str] = []
    clock = Time()
    made = Receiver(secret=SECRET, now=clock, **options)

    @made.action("Create Ticket")
    def create_ticket(event: Event) -> str:
        seen.append(event.text)
        return f"Ticket {len(seen)}"

    return made, seen, clock


def test_an_event_that_comes_again_is_answered_as_before() -> None:
    made, seen, clock = counting()
    first = made.handle("POST", HEADERS, body(), QUERY)
    clock.now += 299
    assert made.handle("POST", HEADERS, body(), QUERY) == first
    assert seen == ["printer on fire"]
    assert output(made.handle("POST", HEADERS, body(response_url="https://cliq.zoho.com/1"), QUERY)) == {
        "text": "Ticket 2"
    }


def test_a_replay_is_refused_as_long_as_its_time_stamp_is_fresh() -> None:
    """An event may come from the future, so a reply has to be kept for two windows."""
    made, seen, clock = counting()
    sent = body(timestamp=int((NOW + 300) * 1000))
    made.handle("POST", HEADERS, sent, QUERY)
    clock.now += 600
    assert made.handle("POST", HEADERS, sent, QUERY).status == 200
    clock.now += 1
    assert made.handle("POST", HEADERS, sent, QUERY).status == 403
    assert len(seen) == 1


def test_an_event_that_comes_again_while_it_is_handled_waits_its_turn() -> None:
    made = Receiver(secret=SECRET, now=Time())
    replies: list[Reply] = []

    @made.action("Create Ticket")
    def create_ticket(event: Event) -> str:
        replies.append(made.handle("POST", HEADERS, body(), QUERY))
        return "done"

    assert output(made.handle("POST", HEADERS, body(), QUERY)) == {"text": "done"}
    assert [(reply.status, reply.headers["Retry-After"]) for reply in replies] == [(503, "5")]
    assert made.handle("POST", HEADERS, body(), QUERY).status == 200


def test_a_cancelled_event_may_come_again() -> None:
    made = Receiver(secret=SECRET, now=Time())
    calls: list[int] = []

    @made.action("Create Ticket")
    async def create_ticket(event: Event) -> str:
        calls.append(1)
        if len(calls) == 1:
            raise asyncio.CancelledError
        return "done"

    async def main() -> Reply:
        with pytest.raises(asyncio.CancelledError):
            await made.handle_async("POST", HEADERS, body(), QUERY)
        return await made.handle_async("POST", HEADERS, body(), QUERY)

    assert output(asyncio.run(main())) == {"text": "done"}


@pytest.mark.parametrize("options", [{"secret": SECRET}, {}])
def test_an_interrupted_event_may_come_again(options: dict[str, Any]) -> None:
    made = Receiver(now=Time(), **options)
    calls: list[int] = []

    @made.action("Create Ticket")
    def create_ticket(event: Event) -> str:
        calls.append(1)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return "done"

    with pytest.raises(KeyboardInterrupt):
        made.handle("POST", HEADERS, body(), QUERY)
    assert output(made.handle("POST", HEADERS, body(), QUERY)) == {"text": "done"}


def test_a_failing_function_shows_a_banner_and_tells_only_the_log(caplog: pytest.LogCaptureFixture) -> None:
    made = Receiver(secret=SECRET, failure_text="Sorry.", now=Time())
    address = "https://cliq.zoho.com/v2/responses/capability"

    @made.action("Create Ticket")
    def create_ticket(event: Event) -> str:
        raise RuntimeError(f"disk full; called with {SECRET} and {event.response_url}")

    with caplog.at_level(logging.DEBUG):
        reply = made.handle("POST", HEADERS, body(response_url=address), QUERY)
    assert output(reply) == {"type": "banner", "status": "failure", "text": "Sorry."}
    assert "disk full" in caplog.text
    assert "create_ticket" in caplog.text
    assert SECRET not in caplog.text
    assert address not in caplog.text
    assert all(record.exc_info is None for record in caplog.records)


@pytest.mark.parametrize("address", [None, "", "https://cliq.zoho.com/v2/responses/capability"])
def test_a_failing_function_is_told_in_a_loop_and_without_a_secret_too(
    address: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    made = Receiver()

    @made.action("Create Ticket")
    async def create_ticket(event: Event) -> str:
        raise RuntimeError(f"disk full; to be sent to {event.response_url or 'nobody'}")

    reply = asyncio.run(made.handle_async("POST", HEADERS, body(response_url=address)))
    assert output(reply)["status"] == "failure"
    assert f"RuntimeError: disk full; to be sent to {'…' if address else 'nobody'}" in caplog.text
    assert "capability" not in caplog.text


@pytest.mark.parametrize("in_a_loop", [False, True])
def test_a_failure_with_lone_surrogates_is_handled_like_any_other(
    in_a_loop: bool, caplog: pytest.LogCaptureFixture
) -> None:
    made = Receiver(secret=SECRET, now=Time())
    calls: list[int] = []

    @made.action("Create Ticket")
    def create_ticket(event: Event) -> str:
        calls.append(1)
        raise RuntimeError(
            f"{SECRET} {event.response_url} {event.response_url!r} {json.dumps(event.response_url)} \ud801"
        )

    sent = body(response_url="https://cliq.zoho.com/capability/\ud800")
    for _ in range(2):
        if in_a_loop:
            reply = asyncio.run(made.handle_async("POST", HEADERS, sent, QUERY))
        else:
            reply = made.handle("POST", HEADERS, sent, QUERY)
        assert output(reply)["status"] == "failure"
    assert calls == [1]
    assert SECRET not in caplog.text
    assert "capability" not in caplog.text
    assert "RuntimeError: … … '…' \"…\" \\ud801" in caplog.text


def test_an_exception_whose_traceback_cannot_be_made_is_told_by_its_kind(caplog: pytest.LogCaptureFixture) -> None:
    made = Receiver(secret=SECRET, now=Time())

    class Odd(Exception):
        @property
        def __cause__(self) -> BaseException | None:
            raise RuntimeError(SECRET)

    @made.action("Create Ticket")
    def create_ticket(event: Event) -> str:
        raise Odd

    for _ in range(2):
        assert output(made.handle("POST", HEADERS, body(), QUERY))["status"] == "failure"
    assert "the function of 'Create Ticket' failed:\nOdd, whose traceback cannot be shown" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("in_a_loop", [False, True])
def test_where_logging_fails_the_event_is_settled_and_the_failure_stays_out_of_the_error(
    in_a_loop: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Receiver(secret=SECRET, now=Time())

    @made.action("Create Ticket")
    def create_ticket(event: Event) -> str:
        raise RuntimeError(SECRET)

    def broken(record: logging.LogRecord) -> bool:
        raise OSError("no space left for logs")

    def handle() -> Reply:
        if in_a_loop:
            return asyncio.run(made.handle_async("POST", HEADERS, body(), QUERY))
        return made.handle("POST", HEADERS, body(), QUERY)

    monkeypatch.setattr(logging.getLogger("zoho_cliq.webhooks.receiver"), "filters", [broken])
    with pytest.raises(OSError, match="no space") as caught:
        handle()
    assert caught.value.__context__ is None
    assert output(handle())["status"] == "failure"


def test_a_wrong_answer_shows_a_banner_and_the_log_says_what_is_wrong(caplog: pytest.LogCaptureFixture) -> None:
    made = Receiver()

    @made.action("Create Ticket")
    def create_ticket(event: Event) -> Any:
        return {"text": "x" * 10_001}

    assert output(made.handle("POST", HEADERS, body()))["status"] == "failure"
    assert "text: must have at most 10000 characters, has 10001" in caplog.text


def test_mistakes_of_the_developer_are_told_at_once() -> None:
    made = receiver()
    with pytest.raises(ConfigurationError, match="already"):
        made.action("Async")(lambda event: text("x"))
    with pytest.raises(ConfigurationError, match="16 characters"):
        Receiver(secret="short")
    with pytest.raises(ConfigurationError, match="public_key"):
        Receiver(public_key="nonsense")
    with pytest.raises(ConfigurationError, match="list of hosts"):
        Receiver(response_hosts="127.0.0.1")
    assert SECRET not in repr(receiver(secret=SECRET))


@pytest.mark.parametrize(
    ("option", "value"),
    [("secret", value) for value in (b"a-secret-of-enough-length", 5, "", "half-of-a-pair-is-here-\ud800")]
    + [("public_key", 5), ("limits", None), ("now", 5), ("failure_text", ""), ("failure_text", 5)]
    + [("response_hosts", value) for value in (b"127.0.0.1", 5, [b"127.0.0.1"], [None])]
    + [("replay_window", value) for value in (-1, float("nan"), "5", True)]
    + [("max_body", value) for value in (0, -1, 5.0, float("inf"), None, True)],
)
def test_options_that_cannot_work_are_told_when_the_receiver_is_made(option: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"^{option}"):
        Receiver(**{option: value})


def test_replay_window_may_be_zero_or_infinite() -> None:
    for window in (0, 0.5, float("inf")):
        Receiver(replay_window=window)


def test_an_action_needs_its_name_and_a_function() -> None:
    made = receiver()

    def handler(event: Event) -> str:
        return "done"

    for name in (handler, "", 5, None):
        with pytest.raises(ConfigurationError, match=r"@receiver\.action"):
            made.action(name)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="'A' needs a function, not a str"):
        made.action("A")("done")  # type: ignore[type-var]
