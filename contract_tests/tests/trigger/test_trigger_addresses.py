"""The SSRF guard: every spelling of an address of another machine is refused, and never connected to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest
from zoho_cliq_mock import MockServer
from zoho_cliq_mock.trigger.addresses import AddressRefused, checked_addresses, parse_target, refusal
from zoho_cliq_mock.trigger.post import resolve, send

LOOPBACK = ["127.0.0.1", "127.0.0.2", "127.255.255.254", "::1", "::ffff:127.0.0.1", "0:0:0:0:0:ffff:7f00:1"]
ELSEWHERE = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.17.0.1",
    "192.168.1.1",
    "8.8.8.8",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fe80::1%lo",
    "::1%lo0x",
    "fc00::1",
    "ff02::1",
    "2001:db8::1",
    "2606:4700::1111",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "::ffff:0.0.0.0",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "64:ff9b::7f00:1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::7f00:1",
    "2001:0:7f00:1::",
    "::127.0.0.1",
    "::169.254.169.254",
    "nonsense",
    "",
]


@pytest.mark.parametrize("address", LOOPBACK)
def test_this_machine_is_allowed(address: str) -> None:
    assert refusal(address, trusted=False) is None
    assert refusal(address, trusted=True) is None


@pytest.mark.parametrize("address", ELSEWHERE)
def test_no_other_address_is_allowed(address: str) -> None:
    assert refusal(address, trusted=False)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "2002:a9fe:a9fe::1",
        "64:ff9b::a9fe:a9fe",
        "::169.254.169.254",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "ff02::1",
        "fe80::1",
        "255.255.255.255",
        "x",
    ],
)
def test_some_addresses_are_refused_even_for_a_host_that_was_allowed(address: str) -> None:
    assert refusal(address, trusted=True)


@pytest.mark.parametrize("address", ["10.0.0.1", "172.17.0.1", "8.8.8.8", "fc00::1", "2606:4700::1111"])
def test_a_host_that_was_allowed_may_be_elsewhere(address: str) -> None:
    assert refusal(address, trusted=True) is None


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://",
        "http:///x",
        "http://user@127.0.0.1/",
        "http://127.0.0.1\\@169.254.169.254/",
        "http://127.0.0.1 .example/",
        "http://127.0.0.1\n/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:65536/",
        "http://127.0.0.1:999999/",
        "http://[::1/",
        "http://ⓛocalhost/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\r\nX: y",
    ],
)
def test_odd_urls_are_refused_before_any_lookup(url: str) -> None:
    with pytest.raises(AddressRefused):
        parse_target(url)


def test_a_fragment_is_not_sent() -> None:
    target = parse_target("http://localhost:81?a=b#@169.254.169.254/")
    assert (target.host, target.port, target.path) == ("localhost", 81, "/?a=b")


def resolved(host: str, *answers: list[str]) -> tuple[Any, list[str]]:
    """Return a resolver that returns the next of these answers at each call, and the list of its calls."""
    asked: list[str] = []
    given = iter(answers)

    async def look_up(name: str, port: int) -> list[str]:
        asked.append(name)
        return next(given)

    return look_up, asked


@pytest.mark.parametrize("host", ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.16689662", "0xa9.254.0xa9fe"])
def test_odd_spellings_of_addresses_are_checked_by_the_resolved_address(host: str) -> None:
    """The system's resolver reads each of these as 169.254.169.254."""
    try:
        assert {entry[4][0] for entry in socket.getaddrinfo(host, 80)} == {"169.254.169.254"}
    except socket.gaierror:
        pytest.skip("this system does not read such spellings")
    with pytest.raises(AddressRefused, match=r"169\.254\.169\.254"):
        asyncio.run(checked_addresses(parse_target(f"http://{host}/"), (), resolve))


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "017700000001", "127.1"])
def test_odd_spellings_of_this_machine_are_this_machine(host: str) -> None:
    try:
        socket.getaddrinfo(host, 80)
    except socket.gaierror:
        pytest.skip("this system does not read such spellings")
    assert asyncio.run(checked_addresses(parse_target(f"http://{host}/"), (), resolve)) == ["127.0.0.1"]


def test_all_addresses_of_a_name_must_be_allowed() -> None:
    look_up, _ = resolved("mixed.test", ["127.0.0.1", "10.0.0.1"])
    with pytest.raises(AddressRefused, match=r"--allow-webhook-host mixed\.test"):
        asyncio.run(checked_addresses(parse_target("http://mixed.test/"), (), look_up))


def test_an_allowed_host_is_allowed_by_its_whole_name() -> None:
    for host, allowed in (
        ("desk.test", True),
        ("DESK.test", True),
        ("sub.desk.test", False),
        ("desk.test.evil", False),
    ):
        look_up, _ = resolved(host, ["10.0.0.1"])
        wanted = checked_addresses(parse_target(f"http://{host}/"), ["Desk.test"], look_up)
        if allowed:
            assert asyncio.run(wanted) == ["10.0.0.1"]
        else:
            with pytest.raises(AddressRefused):
                asyncio.run(wanted)


def test_a_name_without_an_address_is_refused() -> None:
    look_up, _ = resolved("x", [])
    with pytest.raises(AddressRefused, match="cannot be resolved"):
        asyncio.run(checked_addresses(parse_target("http://x/"), (), look_up))

    async def fails(name: str, port: int) -> list[str]:
        raise socket.gaierror

    with pytest.raises(AddressRefused, match="cannot be resolved"):
        asyncio.run(checked_addresses(parse_target("http://x/"), (), fails))


def test_a_name_is_looked_up_once_and_the_checked_address_is_called(
    monkeypatch: pytest.MonkeyPatch,
    mock: MockServer,
    webhook: Any,
    make: Callable[..., Any],
    choose: Callable[..., Any],
) -> None:
    """DNS rebinding: a second lookup would return another address, so there must be none."""
    service = mock.app.state.parts["trigger"]
    look_up, asked = resolved("rebind.test", ["127.0.0.1"], ["169.254.169.254"])
    monkeypatch.setattr(service, "resolve", look_up)
    called: list[str] = []
    real = asyncio.open_connection

    async def connect(host: str, port: int, **more: Any) -> Any:
        called.append(host)
        return await real(host, port, **more)

    monkeypatch.setattr(asyncio, "open_connection", connect)
    make(f"http://rebind.test:{webhook.server_port}/cliq")
    assert choose()["shown"]["text"] == "ok"
    assert asked == ["rebind.test"]
    assert called == ["127.0.0.1"]
    assert webhook.headers[0]["host"] == f"rebind.test:{webhook.server_port}"
    record = None
    monkeypatch.setattr(service, "resolve", resolved("rebind.test", ["169.254.169.254"])[0])
    record = choose()
    assert record["shown"]["kind"] == "unanswered"
    assert "169.254.169.254" in record["shown"]["text"]
    assert called == ["127.0.0.1"]
    assert len(webhook.got) == 1


def test_proxies_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch, webhook: Any, make: Callable[..., Any], choose: Callable[..., Any]
) -> None:
    make(webhook.url)
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert choose()["shown"]["text"] == "ok"


def test_the_next_address_is_tried_where_nothing_listens_at_the_first(webhook: Any) -> None:
    target = parse_target(webhook.url)
    answer = asyncio.run(send(target, ["127.0.0.99", "127.0.0.1"], {"Content-Type": "application/json"}, b"{}"))
    assert answer.status == 200
    assert len(webhook.got) == 1
