"""A proxy between client and mock that cuts connections at any stage, before or after the server has acted."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

STAGES = (
    "accepted",  # closed before a byte is read
    "in the request",  # closed after a part of the request
    "before the server",  # the whole request is read, the server never sees it
    "after the server",  # the server has acted, no byte of its answer comes
    "in the head",  # a part of the answer's head comes
    "in the body",  # a part of the answer's body comes
)


class CuttingProxy:
    """Listens on a free port and passes requests on, one per connection; `decide` names the stage of a cut, or ""."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.decide: Callable[[bytes], str] = lambda request: ""
        self.chance = random.Random(0)
        self.cuts: list[str] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listener.close()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 0.2).close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                client.settimeout(5)
                self._handle(client)

    def _handle(self, client: socket.socket) -> None:
        start = client.recv(1, socket.MSG_PEEK)
        if not start:
            return None
        stage = self.decide(client.recv(4096, socket.MSG_PEEK))
        self.cuts.append(stage)
        if stage == "accepted":
            return self._cut(client)
        if stage == "in the request":
            client.recv(self.chance.randint(1, 40))
            return self._cut(client)
        request = _message(client)
        if stage == "before the server":
            return self._cut(client)
        with socket.create_connection(self._target, 5) as server:
            server.settimeout(5)
            server.sendall(request)
            answer = _message(server).replace(b"\r\n", b"\r\nconnection: close\r\n", 1)
        head = answer.index(b"\r\n\r\n") + 4
        if stage == "after the server":
            return self._cut(client)
        if stage == "in the head":
            client.sendall(answer[: self.chance.randint(1, head - 1)])
            return self._cut(client)
        if stage == "in the body" and len(answer) > head:
            client.sendall(answer[: self.chance.randint(head, len(answer) - 1)])
            return self._cut(client)
        client.sendall(answer)
        return None

    def _cut(self, client: socket.socket) -> None:
        if self.chance.random() < 0.5:  # a reset instead of an orderly end
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _message(peer: socket.socket) -> bytes:
    """Return one HTTP message with its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _received(peer)
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += _received(peer)
    return head + b"\r\n\r\n" + body


def _received(peer: socket.socket) -> bytes:
    part = peer.recv(65536)
    if not part:
        raise OSError("the peer went away")
    return part
