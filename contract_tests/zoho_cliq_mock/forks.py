"""What a fork does to a running mock server: the parent's goes on unharmed, and the child's copy touches nothing.

A forked child has no server thread, but copies of its sockets and of its database connection. Held open, the sockets
would keep connections alive that the parent closes. Closed as an object, the database connection would take the
write-ahead log away from under the parent, as SQLite does with the last connection.
"""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Callable
from typing import Protocol

PAUSE_SECONDS = 1.0


class Forkable(Protocol):
    """What a fork needs of a running server."""

    def call_soon(self, act: Callable[[], None], /) -> bool:
        """Have the server's thread call a function soon; return whether it will."""
        ...

    def file_numbers(self) -> list[int]:
        """Return the numbers of the server's open sockets."""
        ...


_servers: weakref.WeakSet[Forkable] = weakref.WeakSet()
_pauses: list[threading.Event] = []
_registered = False


def watch(server: Forkable) -> None:
    """Look after a server that is about to run."""
    global _registered
    if not _registered and hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_pause, after_in_parent=_go_on, after_in_child=_let_go)
        _registered = True
    _servers.add(server)


def forget(server: Forkable) -> None:
    """Leave a server that has stopped alone."""
    _servers.discard(server)


def keep_for_ever(thing: object) -> None:
    """Keep an object from being freed, also when the interpreter of a forked child ends."""
    import ctypes  # loaded for databases in files only

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def _pause() -> None:
    """Let each server's thread stand still, so that the child inherits no lock of SQLite that the thread holds."""
    for server in list(_servers):
        entered, leave = threading.Event(), threading.Event()

        def stand(entered: threading.Event = entered, leave: threading.Event = leave) -> None:
            entered.set()
            leave.wait()

        if server.call_soon(stand):
            _pauses.append(leave)
            entered.wait(PAUSE_SECONDS)


def _go_on() -> None:
    while _pauses:
        _pauses.pop().set()


def _let_go() -> None:
    _pauses.clear()
    if not _servers:
        return
    null = os.open(os.devnull, os.O_RDWR)
    for server in list(_servers):
        for number in server.file_numbers():
            # Not closed: the objects that hold the number would close whatever gets it next.
            with contextlib.suppress(OSError):
                os.dup2(null, number, inheritable=False)
    os.close(null)
    _servers.clear()
