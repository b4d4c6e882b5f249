"""The protocol of one connection, without I/O: TLS, a proxy's CONNECT, and HTTP/1.1.

Each exchange is a generator. It yields bytes to write, or None to receive what was read (b"" at the end of the stream);
`threads` and `tasks` do the I/O. A write error is thrown into the generator, because a server may answer before it has
read the whole request.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Generator, Sequence
from functools import cache
from typing import TypeAlias
from urllib.parse import urlencode

import certifi
import h11

from .._types import RawResponse, Request, T
from ..errors import ConfigurationError, SlotExpired, TransportError
from .body import Body
from .failures import Attempt
from .headers import HEADERS
from .routes import Route, Router, percent_encoded

Talk: TypeAlias = Generator[bytes | None, bytes, T]

MOST_HEAD = 64 * 1024  # bytes of the status line and headers of a response
MOST_INTERIM = 10  # 1xx responses before the final one
PIECE = 64 * 1024  # bytes read or written at a time


@cache
def certificates() -> ssl.SSLContext:
    """Return the TLS context, with the certificates of SSL_CERT_FILE or SSL_CERT_DIR, else of certifi, as httpx does.

    Cached, because loading them takes longer than all else that makes a client. Raise ConfigurationError if the files
    cannot be used.
    """
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    try:
        if file:
            context = ssl.create_default_context(cafile=file)
        elif folder:
            context = ssl.create_default_context(capath=folder)
        else:
            context = ssl.create_default_context(cafile=certifi.where())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"SSL_CERT_FILE or SSL_CERT_DIR cannot be used: {error}") from None
    context.set_alpn_protocols(["http/1.1"])
    return context


def check(router: Router, url: str) -> None:
    """Raise ConfigurationError if the proxy or the certificates for `url` are misconfigured."""
    route, _ = router.find(url)
    if route.tls or (route.proxy and route.proxy.tls):
        certificates()


class Outgoing:
    """The bytes of a request. They hold the token, so there is no repr and they are released once sent."""

    def __init__(self, request: Request, route: Route, target: str) -> None:
        if request.params:
            target = f"{target}{'&' if '?' in target else '?'}{urlencode(request.params, doseq=True)}"
        headers = {**HEADERS, **{name.lower(): value for name, value in request.headers.items()}}
        if request.authorization:
            headers["authorization"] = f"Bearer {request.authorization.reveal()}"
        if route.proxy and route.proxy.authorization and not route.tls:
            headers["proxy-authorization"] = route.proxy.authorization.reveal()
        body = request.content or b""
        if request.content is not None or request.method in ("POST", "PUT", "PATCH"):
            headers["content-length"] = str(len(body))
        self.parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD)
        lines = [(b"host", route.authority)]
        lines += [(name.encode(), value.encode()) for name, value in headers.items()]
        target = route.target_prefix + percent_encoded(target)
        event = h11.Request(method=request.method, target=target, headers=lines)
        pieces = [self.parser.send(event) or b"", body]
        if body:
            self.parser.send(h11.Data(data=body))
        self.parser.send(h11.EndOfMessage())
        self.pieces: Sequence[bytes] = pieces if len(body) > PIECE else [b"".join(pieces)]


class Tls:
    """One layer of TLS."""

    def __init__(self, host: str) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.ssl = certificates().wrap_bio(self.incoming, self.outgoing, server_hostname=host)


class Connection:
    """A connected socket, its TLS layers, and its route."""

    def __init__(self, connected: socket.socket, route: Route) -> None:
        self.socket = connected
        self.route = route
        self.idle_since = 0.0
        self.reusable = False
        self._layers: list[Tls] = []

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()

    def is_quiet(self) -> bool:
        """Return whether nothing was received since the last response: no unexpected bytes, and not the end."""
        try:
            self.socket.settimeout(0)
            self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def open(self, attempt: Attempt) -> Talk[None]:
        """Open the proxy's tunnel, if there is one, and do the TLS handshakes."""
        proxy = self.route.proxy
        if proxy and proxy.tls:
            yield from self._secure(proxy.host)
        if proxy and self.route.tls:
            yield from self._tunnel()
            attempt.peer = f"{self.route} through {attempt.peer}"
        if self.route.tls:
            yield from self._secure(self.route.host)

    def exchange(self, request: Request, target: str, attempt: Attempt, now: Callable[[], float]) -> Talk[RawResponse]:
        """Send the request and return the response. Afterwards `reusable` says whether another request may follow.

        Args:
            request: the request.
            target: its path and query.
            attempt: its deadline; `attempt.sent` is set before the first byte.
            now: the clock of `request.send_by`, in seconds.

        Raise SlotExpired if `send_by` has passed. The clock is read just before the first byte, because the name
        look-up, the connection or a stopped process may have used up the time of the slot. A process that is stopped
        between this check and the system call, a few microseconds later, is not detected.

        After the first byte, `attempt.deadline` bounds the rest, and the slot is held until then. While a Linux machine
        is suspended, CLOCK_MONOTONIC stands still, and a ledger on that machine with it: the server's window then ends
        before ours, which is safe. A ledger on another machine goes on, so the client's clock must go on too.
        """
        outgoing = self._outgoing(request, target)
        parser = outgoing.parser
        broken: ConnectionError | None = None
        if now() > request.send_by:
            self.reusable = True
            raise SlotExpired("the call was delayed, and its slot expired before it was sent")
        self.reusable, attempt.sent = False, True
        piece = b""
        try:
            for piece in outgoing.pieces:
                yield from self._write(piece, len(self._layers))
        except ConnectionError as error:
            broken = error  # the server may have answered before it read everything
        finally:
            piece = b""  # it holds the token, and a traceback keeps the variables of its frames
            del outgoing
        response, body = yield from self._response(parser, broken)
        raw = RawResponse(request.operation, response.status_code, _headers(response), body)
        self._refuse_proxy(raw)
        self.reusable = (
            broken is None
            and parser.our_state is parser.their_state is h11.DONE
            and not parser.trailing_data[0]
            and not any(layer.incoming.pending or layer.ssl.pending() for layer in self._layers)
            and not ("transfer-encoding" in raw.headers and "content-length" in raw.headers)
        )
        return raw

    def _outgoing(self, request: Request, target: str) -> Outgoing:
        try:
            return Outgoing(request, self.route, target)
        except (h11.LocalProtocolError, UnicodeError):
            pass  # raised below, outside the handler, without frames that hold the token
        self.reusable = True
        raise TransportError(
            "a header or the URL of the request contains characters that HTTP does not allow", sent=False
        )

    def _response(self, parser: h11.Connection, broken: ConnectionError | None) -> Talk[tuple[h11.Response, bytes]]:
        response: h11.Response | None = None
        body: Body | None = None
        interim = 0
        while True:
            event = parser.next_event()
            if event is h11.NEED_DATA:
                try:
                    data = yield from self._read(len(self._layers))
                except ConnectionError as error:
                    raise broken or error from None
                if not data and response is None:
                    raise broken or h11.RemoteProtocolError("the server closed the connection without a response")
                parser.receive_data(data)
                data = b""
            elif isinstance(event, h11.InformationalResponse):
                interim += 1
                if interim > MOST_INTERIM:
                    raise h11.RemoteProtocolError("too many 1xx responses")
            elif isinstance(event, h11.Response):
                response = event
                codings = [value for name, value in event.headers if name == b"content-encoding"]
                body = Body(event.status_code, b", ".join(codings).decode("latin-1"))
            elif isinstance(event, h11.Data):
                assert body is not None
                body.feed(event.data)
            else:
                assert response is not None
                assert body is not None
                return response, body.finish()

    def _refuse_proxy(self, raw: RawResponse) -> None:
        """Raise TransportError if a forwarding proxy refused the request.

        Cliq answers in JSON, a proxy with an HTML page.
        """
        refused = raw.status == 407 or (raw.status == 403 and "json" not in raw.headers.get("content-type", ""))
        if self.route.proxy and not self.route.tls and refused:
            raise TransportError(
                f"the proxy {self.route.proxy} refused the request with status {raw.status}", sent=raw.status != 407
            )

    def _tunnel(self) -> Talk[None]:
        """Open the proxy's tunnel to the server with CONNECT."""
        proxy = self.route.proxy
        assert proxy is not None
        parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD)
        authority = str(self.route)
        headers = [("host", authority), ("user-agent", HEADERS["user-agent"])]
        if proxy.authorization:
            headers.append(("proxy-authorization", proxy.authorization.reveal()))
        head = parser.send(h11.Request(method="CONNECT", target=authority, headers=headers)) or b""
        headers.clear()
        parser.send(h11.EndOfMessage())
        try:
            yield from self._write(head, len(self._layers))
        finally:
            head = b""
        while (event := parser.next_event()) is h11.NEED_DATA or isinstance(event, h11.InformationalResponse):
            if event is h11.NEED_DATA:
                data = yield from self._read(len(self._layers))
                if not data:
                    raise h11.RemoteProtocolError("the proxy closed the connection")
                parser.receive_data(data)
        assert isinstance(event, h11.Response)
        if not 200 <= event.status_code <= 299:
            raise TransportError(
                f"the proxy {proxy} refused the connection to {authority} with status {event.status_code}", sent=False
            )

    def _secure(self, host: str) -> Talk[None]:
        """Add a layer of TLS: do the handshake with `host`."""
        layer, below = Tls(host), len(self._layers)
        while True:
            try:
                layer.ssl.do_handshake()
            except ssl.SSLWantReadError:
                yield from self._fetch(layer, below)
            else:
                break
        self._layers.append(layer)
        yield from self._flush(layer, below)

    def _write(self, data: bytes, level: int) -> Talk[None]:
        """Write through the first `level` layers of TLS, counted from the socket."""
        try:
            if level == 0:
                yield data
                return
            layer = self._layers[level - 1]
            for start in range(0, len(data), PIECE):
                layer.ssl.write(memoryview(data)[start : start + PIECE])
                yield from self._flush(layer, level - 1)
        finally:
            data = b""

    def _read(self, level: int) -> Talk[bytes]:
        """Read through the first `level` layers of TLS, counted from the socket."""
        if level == 0:
            return (yield None)
        layer = self._layers[level - 1]
        while True:
            try:
                return layer.ssl.read(PIECE)
            except ssl.SSLWantReadError:
                yield from self._fetch(layer, level - 1)
            except ssl.SSLEOFError:
                return b""  # no close_notify, as with many servers; the HTTP parser notices a truncated response

    def _fetch(self, layer: Tls, below: int) -> Talk[None]:
        """Send what the layer has to send, then pass it what is read through the layers below."""
        yield from self._flush(layer, below)
        data = yield from self._read(below)
        if data:
            layer.incoming.write(data)
        else:
            layer.incoming.write_eof()

    def _flush(self, layer: Tls, below: int) -> Talk[None]:
        """Write what the layer has encrypted through the layers below."""
        if layer.outgoing.pending:
            yield from self._write(layer.outgoing.read(), below)


def _headers(response: h11.Response) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("utf-8", "backslashreplace")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
