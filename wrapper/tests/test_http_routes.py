"""The way to a server: TLS, proxies of the environment, and what they exempt."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cliq_certificates import self_signed
from cliq_fakes import TOKEN
from cliq_sockets import BODY, WHOLE, SocketServer, send
from zoho_cliq import Cliq, errors
from zoho_cliq._http import wire
from zoho_cliq._http.routes import Router, is_exempt, is_loopback
from zoho_cliq._types import Request, Secret

KINDS = ("threads", "tasks")
PASSWORD = "p@ss word"
SUBJECT_HASH = "71e9b917"  # of cliq.test, as `openssl x509 -hash` prints it


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls") / "server.pem")


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    wire.certificates.cache_clear()
    yield
    wire.certificates.cache_clear()


@pytest.mark.parametrize("source", ["SSL_CERT_FILE", "SSL_CERT_DIR", "certifi"])
def test_trusted_certificates_come_from_the_environment_or_else_from_certifi(
    source: str, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(variable, raising=False)
    # OpenSSL finds a certificate in a folder by the hash of its subject.
    (tmp_path / f"{SUBJECT_HASH}.0").write_bytes(certificate.read_bytes())
    if source != "certifi":
        monkeypatch.setenv(source, str(certificate if source == "SSL_CERT_FILE" else tmp_path))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    client = wire.certificates.__wrapped__()
    assert handshake_succeeds(client, server) is (source != "certifi")


def handshake_succeeds(client: ssl.SSLContext, server: ssl.SSLContext) -> bool:
    """Return whether `client` trusts `server`, without a socket."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname="cliq.test"),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    while ends:
        for end in list(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
            ends.remove(end)
    return True


class ProxyServer(SocketServer):
    """A proxy that leads every CONNECT to `target`, and answers what it is to forward by itself."""

    def __init__(self, target: SocketServer | None = None, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.target = target
        self.answer = b"HTTP/1.1 200 Connection established\r\n\r\n"
        self.serve = self._connect if target else lambda peer: peer.sendall(self.answer)
        self.address = self.url.removesuffix("/api/v3")

    def _connect(self, peer: socket.socket) -> None:
        peer.sendall(self.answer)
        assert self.target is not None
        with socket.create_connection(("127.0.0.1", self.target.port)) as onward:
            threading.Thread(target=self._pump, args=(onward, peer), daemon=True).start()
            self._pump(peer, onward)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def proxy(request: pytest.FixtureRequest) -> Iterator[Callable[..., ProxyServer]]:
    with contextlib.ExitStack() as stack:

        def make(*settings: Any) -> ProxyServer:
            return stack.enter_context(contextlib.closing(ProxyServer(*settings)))

        yield make


@pytest.fixture
def secure(tls: ssl.SSLContext) -> Iterator[SocketServer]:
    with contextlib.closing(SocketServer(tls)) as server:
        yield server


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("kind", KINDS)
def test_encrypted_server_is_asked(secure: SocketServer, kind: str) -> None:
    content = b"x" * 300_000
    secure.serve = lambda peer: peer.sendall(WHOLE) if secure.requests[-1].endswith(b"x") and _whole(secure) else None
    raw = send(kind, Request("x", "POST", secure.url, content=content, authorization=Secret(TOKEN), timeout=10))
    assert raw.body == BODY
    assert TOKEN.encode() in secure.requests[0]


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("kind", KINDS)
def test_encrypted_server_that_reads_slowly_does_not_hold_the_attempt(secure: SocketServer, kind: str) -> None:
    secure.serve = lambda peer: secure.ending.wait(10) and None
    with pytest.raises(errors.TransportError, match=r"no response within 0\.4 s") as caught:
        send(kind, Request("x", "POST", secure.url, content=b"x" * 12_000_000, timeout=0.4))
    assert caught.value.sent


def _whole(server: SocketServer) -> bool:
    return sum(map(len, server.requests)) >= 300_000


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("kind", KINDS)
def test_encrypted_connection_is_used_again_and_its_end_noticed(secure: SocketServer, kind: str) -> None:
    peers = []

    def serve(peer: socket.socket) -> None:
        peers.append(peer)
        peer.sendall(WHOLE)
        if len(peers) == 2:
            peer.close()

    secure.serve = serve
    with Cliq(TOKEN, base_url=secure.url) as cliq:
        for _ in range(3):
            assert cliq.message_actions.get("5").id == "5"
    assert peers[0] is peers[1]
    assert peers[1] is not peers[2]


@pytest.mark.parametrize("kind", KINDS)
def test_certificate_that_is_not_trusted_is_refused_before_anything_is_sent(secure: SocketServer, kind: str) -> None:
    wire.certificates.cache_clear()
    with pytest.raises(errors.TransportError, match=r"no connection to 127.* certificate verify failed") as caught:
        send(kind, Request("x", "POST", secure.url, timeout=5))
    assert not caught.value.sent
    assert not secure.requests


@pytest.mark.usefixtures("trusted")
def test_response_that_ends_without_goodbye_is_read_as_far_as_http_says(secure: SocketServer) -> None:
    def serve(peer: socket.socket) -> None:
        peer.sendall(answer)
        peer.shutdown(socket.SHUT_RDWR)

    secure.serve = serve
    answer = b"HTTP/1.1 200 OK\r\n\r\n" + BODY
    assert send("threads", Request("x", "GET", secure.url, timeout=5)).body == BODY
    answer = WHOLE[:-1]
    with pytest.raises(errors.TransportError, match="without sending complete message"):
        send("threads", Request("x", "GET", secure.url, timeout=5))


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("encrypted", [False, True])
def test_encrypted_server_is_reached_through_a_proxy(
    secure: SocketServer,
    proxy: Callable[..., ProxyServer],
    tls: ssl.SSLContext,
    kind: str,
    encrypted: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    way = proxy(secure, tls if encrypted else None)
    address = way.address.replace("://", f"://user:{PASSWORD.replace('@', '%40').replace(' ', '%20')}@")
    monkeypatch.setenv("HTTPS_PROXY", address)
    raw = send(kind, Request("x", "GET", "https://cliq.test/api/v3/x", authorization=Secret(TOKEN), timeout=10))
    assert raw.body == BODY
    head = way.requests[0]
    assert head.startswith(b"CONNECT cliq.test:443 HTTP/1.1\r\n")
    assert base64.b64encode(f"user:{PASSWORD}".encode()) in head
    assert TOKEN.encode() not in head, "it is for the server only"
    assert b"roxy-" not in secure.requests[0]
    assert secure.requests[0].startswith(b"GET /api/v3/x HTTP/1.1\r\nhost: cliq.test\r\n")


@pytest.mark.parametrize("kind", KINDS)
def test_proxy_forwards_what_is_not_encrypted(
    proxy: Callable[..., ProxyServer], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = proxy()
    way.answer = WHOLE
    monkeypatch.setenv("http_proxy", way.address.removeprefix("http://").replace("127", "user@127", 1))
    assert send(kind, Request("x", "GET", "http://cliq.test:8080/a?b=c", params={"d": "e f"}, timeout=5)).body == BODY
    assert way.requests[0].startswith(b"GET http://cliq.test:8080/a?b=c&d=e+f HTTP/1.1\r\n")
    assert base64.b64encode(b"user:") in way.requests[0]


PAGE = b"HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("url", "answer", "sent", "words"),
    [
        (
            "https://cliq.test/",
            PAGE % b"407 No",
            False,
            r"proxy 127\.\S+ refused the connection to cliq\.test:443 .* 407",
        ),
        (
            "https://cliq.test/",
            PAGE % b"403 No",
            False,
            r"proxy 127\.\S+ refused the connection to cliq\.test:443 .* 403",
        ),
        ("http://cliq.test/", PAGE % b"407 No", False, r"proxy 127\.\S+ refused the request with status 407"),
        ("http://cliq.test/", PAGE % b"403 No", True, r"proxy 127\.\S+ refused the request with status 403"),
        (
            "https://cliq.test/",
            b"HTTP/1.1 100 Continue\r\n\r\nnonsense\r\n\r\n",
            False,
            r"proxy 127\.\S+ .illegal status line",
        ),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_refusal_of_a_proxy_is_told_as_one(
    proxy: Callable[..., ProxyServer],
    kind: str,
    url: str,
    answer: bytes,
    sent: bool,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    way = proxy()
    way.answer = answer
    monkeypatch.setenv("ALL_PROXY", way.address.replace("://", "://user:secret@"))
    with pytest.raises(errors.TransportError, match=words) as caught:
        send(kind, Request("x", "GET", url, timeout=5))
    assert caught.value.sent == sent
    assert "secret" not in str(caught.value)


def test_refusal_of_the_server_through_a_proxy_stays_its_answer(
    proxy: Callable[..., ProxyServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    way = proxy()
    way.answer = PAGE.replace(b"text/html", b"application/json") % b"403 Forbidden"
    monkeypatch.setenv("ALL_PROXY", way.address)
    assert send("threads", Request("x", "GET", "http://cliq.test/", timeout=5)).status == 403


def test_proxy_that_hangs_up_or_is_not_there_is_told(
    proxy: Callable[..., ProxyServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    way = proxy()
    way.serve = lambda peer: peer.close()
    monkeypatch.setenv("ALL_PROXY", way.address)
    with pytest.raises(errors.TransportError, match=r"no connection to the proxy 127\.\S+ .*closed the connection"):
        send("threads", Request("x", "GET", "https://cliq.test/", timeout=5))
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{port}")
    with pytest.raises(errors.TransportError, match=rf"no connection to the proxy 127\.0\.0\.1:{port} .*refused"):
        send("threads", Request("x", "GET", "http://cliq.test/", timeout=5))


def test_failure_behind_the_proxy_names_the_server(
    proxy: Callable[..., ProxyServer], secure: SocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.certificates.cache_clear()
    monkeypatch.setenv("ALL_PROXY", proxy(secure).address)
    with pytest.raises(errors.TransportError, match=r"to cliq\.test:443 through the proxy 127.* verify failed"):
        send("threads", Request("x", "GET", "https://cliq.test/", timeout=5))


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("value", ["http://127.0.0.1:1", "socks5://127.0.0.1:1", "http://[", "nonsense://"])
def test_this_machine_is_never_reached_through_a_proxy(
    sockets: SocketServer, variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    for host in ("127.0.0.1", "localhost", "127.1"):
        with Cliq(TOKEN, base_url=sockets.url.replace("127.0.0.1", host)) as cliq:
            assert cliq.message_actions.get("5").id == "5"


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("localhost", True),
        ("cliq.localhost", True),
        ("127.9.8.7", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", True),
        ("127.1", True),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("localhost.example", False),
        ("cliq.zoho.eu", False),
    ],
)
def test_what_is_this_machine(host: str, answer: bool) -> None:
    assert is_loopback(host) == answer


@pytest.mark.parametrize(
    ("entry", "host", "answer"),
    [
        ("*", "cliq.test", True),
        ("cliq.test", "cliq.test", True),
        ("CLIQ.test", "cliq.TEST", True),
        ("test", "cliq.test", True),
        (".test", "cliq.test", True),
        ("*.test", "cliq.test", True),
        ("liq.test", "cliq.test", False),
        ("cliq.test:443", "cliq.test", True),
        ("cliq.test:444", "cliq.test", False),
        ("https://cliq.test", "cliq.test", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.5/8", "10.1.2.3", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3:443", "10.1.2.3", True),
        ("10.1.2.3:80", "10.1.2.3", False),
        ("[fd00::5]", "fd00::5", True),
        ("[fd00::5]:443", "fd00::5", True),
        ("fd00::5", "fd00::5", True),
        ("fd00::/8", "fd12::1", True),
        ("[fd00::]/8", "fd12::1", False),
        ("[::1", "cliq.test", False),
        ("10.0.0.0/99", "10.0.0.1", False),
        (":", "cliq.test", False),
        (".", "cliq.test", False),
        ("cliq.test", "10.0.0.1", False),
    ],
)
def test_what_no_proxy_exempts(entry: str, host: str, answer: bool) -> None:
    assert is_exempt([entry], host, 443) == answer


def test_proxies_and_exemptions_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://one")
    monkeypatch.setenv("ALL_PROXY", "two:3128")
    monkeypatch.setenv("NO_PROXY", " , [fd00::1] ,fd12::/16, inner.test ")
    router = Router()
    found = {
        url: str(router.find(url)[0].proxy)
        for url in (
            "https://cliq.test/",
            "http://cliq.test/",
            "http://[fd00::1]/",
            "https://[fd12::5]:8443/",
            "https://a.inner.test/",
        )
    }
    assert list(found.values()) == ["one:80", "two:3128", "None", "None", "None"]


def test_targets_are_as_http_carries_them() -> None:
    router = Router()
    route, target = router.find("https://[::2]/a b?c=ä%20")
    assert route.authority == b"[::2]"
    assert (
        wire.Outgoing(Request("x", "GET", ""), route, target).pieces[0].startswith(b"GET /a%20b?c=%C3%A4%20 HTTP/1.1")
    )
    assert router.find("http://bücher.test:80")[0].authority == b"xn--bcher-kva.test"
    assert str(router.find("http://[::2]:80/")[0]) == "[::2]:80"


@pytest.mark.parametrize(
    "url", ["http://", "http:///x", "x", "http://host:0/", "http://host:99999/", "http://a..b\u00e4/"]
)
def test_what_is_no_address_is_unsent(url: str) -> None:
    with pytest.raises(errors.TransportError, match="not an http or https URL") as caught:
        Router().find(url)
    assert not caught.value.sent
