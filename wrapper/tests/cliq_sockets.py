"""A server on a real socket that tests script byte by byte, and one attempt from a thread or a task."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

from cliq_fakes import action
from zoho_cliq._http.tasks import AsyncTransport
from zoho_cliq._http.threads import Transport
from zoho_cliq._types import RawResponse, Request

Serve = Callable[[socket.socket], None]
BODY = b'{"url": "/x", "type": "m", "data": %s}' % str(action(5)).replace("'", '"').replace("False", "false").encode()
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nSet-Cookie: session=1\r\n\r\n%s" % (len(BODY), BODY)


class SocketServer:
    """Accepts connections and hands each, with its request read, to `serve` in a thread of its own."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}/api/v3"
        self.tls = tls
        self.serve: Serve = lambda peer: peer.sendall(WHOLE)
        self.requests: list[bytes] = []
        self.ending = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer = self.listener.accept()[0]
                threading.Thread(target=self._handle, args=(peer,), daemon=True).start()

    def _handle(self, peer: socket.socket) -> None:
        with contextlib.suppress(OSError), self.tls.wrap_socket(peer, server_side=True) if self.tls else peer as peer:
            while request := peer.recv(65536):
                self.requests.append(request)
                self.serve(peer)

    def close(self) -> None:
        self.ending.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def request_to(server: SocketServer, *, timeout: float = 10.0, **more: Any) -> Request:
    return Request("x", "GET", server.url, timeout=timeout, **more)


def send(kind: str, request: Request) -> RawResponse:
    """Send once, from this thread or from a task."""
    if kind == "threads":
        with contextlib.closing(Transport()) as transport:
            return transport.send(request)

    async def main() -> RawResponse:
        transport = AsyncTransport()
        try:
            return await transport.send(request)
        finally:
            await transport.aclose()

    return asyncio.run(main())
