"""Protect a running mock server when its process forks.

The parent's server is unaffected; the child's copy does nothing. A forked child has no server thread, but it has copies
of the server's sockets and database connection. If the child kept the sockets open, connections that the parent closes
would stay alive, so they are pointed at the null device. If the child closed its database connection, SQLite would take
it for the last one and remove the write-ahead log that the parent uses, so that connection is never freed.
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
    """What this module needs of a running server."""

    def call_soon(self, act: Callable[[], None], /) -> bool:
        """Schedule a function in the server's thread; return whether it will be called."""
        ...

    def file_numbers(self) -> list[int]:
        """Return the file descriptors of the server's open sockets."""
        ...


_servers: weakref.WeakSet[Forkable] = weakref.WeakSet()
_pauses: list[threading.Event] = []
_registered = False


def watch(server: Forkable) -> None:
    """Protect a server that is about to run."""
    global _registered
    if not _registered and hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_pause, after_in_parent=_go_on, after_in_child=_release_files)
        _registered = True
    _servers.add(server)


def forget(server: Forkable) -> None:
    """Stop protecting a server that has stopped."""
    _servers.discard(server)


def keep_for_ever(thing: object) -> None:
    """Keep an object from ever being freed, even when the interpreter of a forked child exits."""
    import ctypes  # imported here because only databases in files need it

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def _pause() -> None:
    """Block each server's thread before the fork.

    Otherwise the child may inherit a lock of SQLite that the thread holds.
    """
    for server in list(_servers):
        entered, leave = threading.Event(), threading.Event()

        def block(entered: threading.Event = entered, leave: threading.Event = leave) -> None:
            entered.set()
            leave.wait()

        if server.call_soon(block):
            _pauses.append(leave)
            entered.wait(PAUSE_SECONDS)


def _go_on() -> None:
    while _pauses:
        _pauses.pop().set()


def _release_files() -> None:
    _pauses.clear()
    if not _servers:
        return
    null = os.open(os.devnull, os.O_RDWR)
    for server in list(_servers):
        for number in server.file_numbers():
            # Replace the descriptor instead of closing it: the objects that own it close it later, and by then its
            # number could belong to another file.
            with contextlib.suppress(OSError):
                os.dup2(null, number, inheritable=False)
    os.close(null)
    _servers.clear()
