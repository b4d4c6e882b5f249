"""Open a connected socket to a host and a port, in a thread or in a task.

A host may have several addresses, some of which never answer. They are tried in the order of the name server, each
`STAGGER` seconds after the one before (as in RFC 8305), and the first that connects is used. All of them share the time
limit of the attempt. The system's name look-up has no time limit, so it runs in a thread that may be abandoned.
"""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import socket
import threading
from concurrent.futures import Future
from typing import Any, TypeAlias

from .failures import Attempt

Found: TypeAlias = list[tuple[Any, ...]]
STAGGER = 0.25
"""Seconds before the next address is tried as well."""


def lookup(host: str, port: int) -> Future[Found]:
    """Look up the addresses of `host` in a new thread. Return a future."""
    found: Future[Found] = Future()

    def look() -> None:
        if not found.set_running_or_notify_cancel():
            return
        try:
            addresses: Found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError:  # a part of the name is empty or longer than 63 characters
            found.set_exception(socket.gaierror(socket.EAI_NONAME, "the host name is invalid"))
        except BaseException as error:  # noqa: BLE001 - passed on to the waiting thread
            found.set_exception(error)
        else:
            found.set_result(addresses)

    if _is_literal(host):
        look()
        return found
    try:
        threading.Thread(target=look, name="zoho-cliq lookup", daemon=True).start()
    except RuntimeError:  # the interpreter is shutting down and starts no threads
        look()
    return found


def _is_literal(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError, ValueError):
            socket.inet_pton(family, host)
            return True
    return False


def _socket(address: tuple[Any, ...]) -> socket.socket:
    made = socket.socket(address[0], address[1], address[2])
    made.setblocking(False)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def connect(attempt: Attempt) -> socket.socket:
    """Return a connected socket. Raise OSError, which includes TimeoutError."""
    host, port = attempt.route.dial
    return _race(lookup(host, port).result(attempt.left()), attempt)


def _race(addresses: Found, attempt: Attempt) -> socket.socket:
    waiting, opened, winner = list(addresses), list[socket.socket](), None
    failure: Exception = OSError("the host name has no address")
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or selector.get_map():
                if waiting:
                    address = waiting.pop(0)
                    try:
                        opened.append(begun := _socket(address))
                        code = begun.connect_ex(address[4])
                    except OSError as error:  # the machine does not support this address family
                        failure = error
                        continue
                    if code not in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
                        failure = OSError(code, os.strerror(code))
                        continue
                    selector.register(begun, selectors.EVENT_WRITE)
                for key, _ in selector.select(min(attempt.left(), STAGGER) if waiting else attempt.left()):
                    tried = next(one for one in opened if one is key.fileobj)
                    selector.unregister(tried)
                    if not (code := tried.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
                        winner = tried
                        return winner
                    failure = OSError(code, os.strerror(code))
        finally:
            for one in opened:
                if one is not winner:
                    one.close()
    raise failure


async def connect_async(attempt: Attempt) -> socket.socket:
    """Return a connected socket. Raise OSError. The caller sets the time limit."""
    import asyncio  # here, so that those who use threads do not wait for its import

    host, port = attempt.route.dial
    looked = lookup(host, port)
    found: Found = looked.result() if looked.done() else await asyncio.wrap_future(looked)
    waiting = list(found)
    tries, opened, winner = set[asyncio.Task[socket.socket]](), list[socket.socket](), None
    failure: BaseException = OSError("the host name has no address")

    async def connected(address: tuple[Any, ...]) -> socket.socket:
        opened.append(begun := _socket(address))
        await asyncio.get_running_loop().sock_connect(begun, address[4])
        return begun

    try:
        while waiting or tries:
            if waiting:
                tries.add(asyncio.create_task(connected(waiting.pop(0))))
            done, tries = await asyncio.wait(
                tries, timeout=STAGGER if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for one in done:
                failure = one.exception() or failure
                winner = one.result() if one.exception() is None else winner
            if winner is not None:
                return winner
    finally:
        for one in tries:
            one.cancel()
        for begun in opened:
            if begun is not winner:
                forget(begun)
    raise failure


def forget(used: socket.socket) -> None:
    """Close a socket that the running loop may still watch because a step was cancelled."""
    import asyncio

    # Windows' loop has no such methods; the socket may be closed already, or no loop may be running.
    with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
        loop = asyncio.get_running_loop()
        loop.remove_reader(used)
        loop.remove_writer(used)
    used.close()
