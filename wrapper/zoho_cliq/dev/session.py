"""The development loop: mock, receiver, watcher and folder, from start to end.

All events are posted to the main thread, which handles them one after the other.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TextIO

from ..errors import CliqError, ConfigurationError
from ..project import Mistake, ProjectError
from . import mock as mock_module
from .carrying import Carried, Carrier
from .deliveries import Deliveries, failed, shown
from .events import Event, opened, read_events
from .mock import Mock, MockRefused
from .processes import Child
from .settings import RECEIVER_VARIABLE, Settings, free_port
from .watching import require, watch

Tell = Callable[[str, str, dict[str, Any]], None]
"""Takes what is told: its kind, a text for people (which may hold what others wrote), and the same as plain data."""

LOOK_SECONDS = 0.25
"""Between two looks at what the mock delivered."""
SETTLE_SECONDS = 0.15
"""How long a mistake must stand before it is told."""
_CONNECT_SECONDS = 0.05
"""Between two attempts to connect to the receiver."""
_LAST_LOOK_SECONDS = 2.0
_JOIN_SECONDS = 10.0
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Session:
    """One run of the loop.

    Args:
        settings: what it is asked to do.
        tell: takes what there is to say, one thing at a time, from any thread.
        environ: the environment of processes, and where secret variables come from.
        spawn: starts a process, as `Child` does.
        watcher: watches folders, as `watch` does.
        browse: opens an address in a browser.
    """

    def __init__(
        self,
        settings: Settings,
        tell: Tell,
        *,
        environ: Mapping[str, str] = os.environ,
        spawn: Callable[..., Child] = Child,
        watcher: Callable[[Sequence[Path], Callable[[set[Path]], None], threading.Event], None] = watch,
        browse: Callable[[str], object] = webbrowser.open,
    ) -> None:
        self._settings = settings
        self._tell = tell
        self._environ = environ
        self._spawn = spawn
        self._watcher = watcher
        self._browse = browse
        self._posted: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._telling = threading.Lock()
        self._over = threading.Event()
        self._code = 0
        self._carry = threading.Event()
        self._threads: list[threading.Thread] = []
        self._children: list[Child] = []
        self._token = environ.get(mock_module.TOKEN_VARIABLE) or secrets.token_urlsafe(24)
        self._said: list[str] = []
        self._mock: Mock | None = None
        self._root: Path | None = None
        self._notes = Path()
        self._record: TextIO | None = None
        self._events: list[Event] = []
        self._carrier: Carrier | None = None
        self._last: Carried | None = None
        self._looking: threading.Thread | None = None
        self._receiver: Child | None = None
        self._receiver_port = 0

    def run(self) -> int:
        """Run until Ctrl-C, SIGTERM or SIGHUP, or until all events of a file were sent. Return the exit code.

        All processes and threads are ended. Raise ConfigurationError if the loop cannot start, CliqError if the mock
        ends, and KeyboardInterrupt if sending a file's events is interrupted.
        """
        if sys.platform == "win32":
            raise ConfigurationError("zoho-cliq dev needs Linux or macOS; on Windows run it in WSL")
        settings = self._settings
        self._root = settings.project(self._environ)
        if settings.replay is not None:
            self._events = read_events(settings.replay)
        else:
            require()
        arguments = mock_module.arguments(settings.port)
        with contextlib.ExitStack() as stack:
            if settings.record is not None:
                self._record = stack.enter_context(opened(settings.record))
            stack.enter_context(self._signals())
            self._notes = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zoho-cliq-dev-")))
            stack.callback(self._stop)
            environ = {**self._environ, mock_module.TOKEN_VARIABLE: self._token}
            self._start("mock", arguments, self._mock_said, environ)
            while not self._over.is_set():
                self._posted.get()()
        return self._code

    # ---- what happens

    def _post(self, act: Callable[..., None], *arguments: Any) -> None:
        """Run a function in the main thread. Signal handlers may call this at any time."""
        self._posted.put(partial(act, *arguments))

    def _finish(self, code: int = 0) -> None:
        self._code = code
        self._over.set()

    def _fail(self, error: BaseException) -> None:
        raise error

    def _asked_to_end(self) -> None:
        if self._settings.replay is not None:
            raise KeyboardInterrupt
        self._finish()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def asked(*_: object) -> None:
            self._post(self._asked_to_end)

        before = {}
        for name in _SIGNALS:
            number = getattr(signal, name)
            # nohup sets SIGHUP to be ignored: the loop then goes on when its terminal is closed.
            if name != "SIGHUP" or signal.getsignal(number) != signal.SIG_IGN:
                before[number] = signal.signal(number, asked)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _thread(self, act: Callable[..., None], *arguments: Any) -> threading.Thread:
        """Run a function in a thread. The main thread raises its exceptions."""

        def guarded() -> None:
            try:
                act(*arguments)
            except Exception as error:  # noqa: BLE001 - no mistake may go unseen in a thread
                self._post(self._fail, error)

        thread = threading.Thread(target=guarded, daemon=True)
        self._threads = [*(each for each in self._threads if each.is_alive()), thread]
        thread.start()
        return thread

    def _say(self, kind: str, text: str, /, **facts: Any) -> None:
        with self._telling:
            try:
                self._tell(kind, text, facts)
            except (CliqError, OSError) as error:  # whoever read the output has gone
                self._tell = _nothing
                self._post(self._fail, error)

    # ---- processes

    def _start(
        self, name: str, arguments: Sequence[str], on_line: Callable[[str], None], environ: Mapping[str, str]
    ) -> Child:
        child = self._spawn(name, arguments, on_line, lambda ended: self._post(self._ended, ended), environ)
        self._children.append(child)
        return child

    def _ended(self, child: Child) -> None:
        self._children.remove(child)
        if child.stopping:
            return
        if child is not self._receiver:
            said = self._said[-1].removeprefix("zoho-cliq-mock: ") if self._said else "it printed nothing"
            if self._mock is not None:
                raise CliqError(f"the mock ended ({child.ending}), and its data is lost; start again")
            if child.code == 2:  # it was asked for something that it cannot do, and said what
                raise ConfigurationError(said)
            raise CliqError(f"the mock ended ({child.ending}) before it was ready: {said}")
        if self._settings.replay is not None:
            raise CliqError(f"the receiver ended ({child.ending}); no further event was sent")
        text = f"The receiver ended ({child.ending}); it is restarted when a *.py file changes."
        self._say("receiver", text, state="ended")

    def _mock_said(self, line: str) -> None:
        if self._mock is None and line.startswith(mock_module.READY):
            self._post(self._begin, line.removeprefix(mock_module.READY))
        else:
            self._said.append(line)
            del self._said[:-10]
            if self._mock is not None:
                self._say("output", f"mock | {line}", process="mock", line=line)

    def _begin(self, base_url: str) -> None:
        """Go on when the mock is there."""
        settings = self._settings
        mock = self._mock = Mock(base_url, self._token)
        variables: dict[str, str] = {}
        if settings.receiver is not None:
            self._receiver_port = free_port()
            variables[RECEIVER_VARIABLE] = f"http://127.0.0.1:{self._receiver_port}"
            self._start_receiver()
        if self._root is not None:
            self._carrier = Carrier(
                self._root,
                settings.environment,
                mock,
                variables=variables,
                environ=self._environ,
                notes=self._notes,
                timeout=settings.timeout,
            )
        if settings.replay is not None:
            self._thread(self._replay, mock)
            return
        deliveries = Deliveries(
            mock, on_delivery=self._delivered, on_reset=self._reset, record=self._record, mask=self._mask
        )
        deliveries.look()  # before anybody can choose something or reset the mock
        self._say_started(mock, variables.get(RECEIVER_VARIABLE))
        self._looking = self._thread(self._look, deliveries)
        if self._receiver is not None:
            self._thread(self._announce_receiver, self._receiver)
        folders = [*([self._root] if self._root else []), *([Path.cwd()] if settings.receiver else [])]
        if folders:
            self._thread(self._watcher, folders, partial(self._post, self._changed), self._over)
        if self._carrier is not None:
            self._carry.set()
            self._thread(self._carry_on, mock, self._carrier)
        if settings.open_page:
            # Some browsers are commands that go on until they are closed.
            threading.Thread(target=self._browse, args=(mock.new_link(),), daemon=True).start()

    def _say_started(self, mock: Mock, receiver: str | None) -> None:
        page = mock.new_link()
        token = mock.call("GET", "seed")["tokens"][0]["token"]
        lines = [
            f"Page      {page}  (the link can be used once)",
            f"API       export ZOHO_CLIQ_BASE_URL={mock.base_url} ZOHO_CLIQ_TOKEN={token}",
        ]
        if self._root is None:
            lines.append("Folder    none: there is no cliq.toml here; zoho-cliq pull creates one")
        else:
            lines.append(f"Folder    {self._root}  (no account is changed: the mock takes its place)")
        if receiver is not None:
            lines.append(f"Receiver  {receiver}  (${{{RECEIVER_VARIABLE}}} in execution_url)")
        self._say(
            "started",
            "\n".join([*lines, "Ctrl-C ends it."]),
            page=page,
            base_url=mock.base_url,
            token=token,
            folder=None if self._root is None else str(self._root),
            receiver=receiver,
            processes={child.name: child.pid for child in self._children},
        )

    # ---- the receiver

    def _start_receiver(self) -> None:
        assert self._settings.receiver is not None
        arguments = ["uvicorn", self._settings.receiver, "--host", "127.0.0.1", "--port", str(self._receiver_port)]
        arguments += ["--log-level", "warning", "--no-access-log", "--timeout-graceful-shutdown", "2"]
        self._receiver = self._start("receiver", arguments, self._receiver_said, self._environ)

    def _receiver_said(self, line: str) -> None:
        self._say("output", f"receiver | {line}", process="receiver", line=line)

    def _announce_receiver(self, receiver: Child) -> None:
        if self._is_ready(receiver):
            self._say("receiver", "The receiver is ready.", state="ready", pid=receiver.pid)

    def _is_ready(self, receiver: Child) -> bool:
        """Wait until the receiver takes connections; return False where it ended before."""
        while receiver.running and not self._over.is_set():
            try:
                socket.create_connection(("127.0.0.1", self._receiver_port), 1).close()
                return True
            except OSError:
                self._over.wait(_CONNECT_SECONDS)
        return False

    # ---- the folder

    def _changed(self, paths: set[Path]) -> None:
        if self._receiver is not None and any(path.suffix == ".py" for path in paths):
            self._receiver.stop()
            self._start_receiver()
            self._thread(self._announce_receiver, self._receiver)
        record = self._settings.record and self._settings.record.resolve()
        if self._root is not None and any(path.is_relative_to(self._root) and path != record for path in paths):
            self._carry.set()

    def _carry_on(self, mock: Mock, carrier: Carrier) -> None:
        early = False
        while True:
            self._carry.wait()
            self._carry.clear()
            if self._over.is_set():
                return
            found = carrier.carry()
            # A mistake may be a file that is half written, or a rename that is half done; then another change follows.
            early = found.changes is None and not early and self._carry.wait(SETTLE_SECONDS)
            if not early and not self._over.is_set():
                self._say_carried(mock, carrier, found)

    def _say_carried(self, mock: Mock, carrier: Carrier, found: Carried) -> None:
        before, self._last = self._last, found
        nothing_new = before is not None and before.changes is not None and before.mistakes == found.mistakes
        if found.changes == () and nothing_new:
            return
        self._say_mistakes(found, before.mistakes if before is not None else ())
        with contextlib.suppress(MockRefused):
            mistakes = [mistake.to_dict() for mistake in found.mistakes]
            mock.call("POST", "project", {"title": carrier.title, "text": found.text, "mistakes": mistakes})

    def _say_mistakes(self, found: Carried, known: Sequence[Mistake]) -> None:
        """Report the result for the folder. Known warnings are not repeated."""
        news = [mistake for mistake in found.mistakes if mistake.severity == "error" or mistake not in known]
        lines = [*map(line_for, news), found.text]
        facts = {"changes": None if found.changes is None else list(found.changes)}
        self._say("carried", "\n".join(lines), **facts, mistakes=[mistake.to_dict() for mistake in found.mistakes])

    def _mask(self, text: str) -> str:
        return text if self._carrier is None else self._carrier.mask(text)

    # ---- events

    def _look(self, deliveries: Deliveries) -> None:
        """Look at what the mock delivered until the end, and once more."""
        over = False
        while not over:
            over = self._over.wait(LOOK_SECONDS)
            with contextlib.suppress(MockRefused):  # a mock that ended is said elsewhere
                deliveries.look()

    def _delivered(self, delivery: dict[str, Any]) -> None:
        name, text = delivery["action"]["name"], self._mask(shown(delivery))
        self._say("delivery", f"{name} → {text}", action=name, text=text, failed=failed(delivery))

    def _reset(self) -> None:
        self._say("reset", "The mock was reset.")
        self._carry.set()

    def _replay(self, mock: Mock) -> None:
        if self._receiver is not None and not self._is_ready(self._receiver):
            return  # its end is said elsewhere
        if self._carrier is not None:
            found = self._carrier.carry()
            if refusals := [mistake.message for mistake in found.mistakes if not mistake.file]:
                raise CliqError("; ".join(refusals))
            if found.changes is None:
                raise ProjectError(found.mistakes)
            self._say_mistakes(found, ())
        wrong = 0
        for event in self._events:
            wrong += not self._sent(mock, event)
        total = len(self._events)
        self._say("replayed", f"{total - wrong} of {total} events were answered.", events=total, failed=wrong)
        self._post(self._finish, 1 if wrong else 0)

    def _sent(self, mock: Mock, event: Event) -> bool:
        """Send an event and tell the answer; return whether it can be shown."""
        try:
            body = {"action": event.action, "event": event.event, "user": event.user}
            delivery = mock.call("POST", "deliveries", body)
        except MockRefused as error:
            text, bad = str(error), True
        else:
            text, bad = self._mask(shown(delivery)), failed(delivery)
        where = f"{self._settings.replay}:{event.line}"
        self._say(
            "answer",
            f"{where}: {event.action} → {text}{'  FAILED' if bad else ''}",
            line=event.line,
            action=event.action,
            text=text,
            failed=bad,
        )
        return not bad

    # ---- the end

    def _stop(self) -> None:
        """End everything, the mock last."""
        self._over.set()
        self._carry.set()
        if self._looking is not None:
            self._looking.join(_LAST_LOOK_SECONDS)
        for child in reversed(self._children):
            child.stop()
        for thread in self._threads:
            thread.join(_JOIN_SECONDS)


def _nothing(kind: str, text: str, facts: dict[str, Any]) -> None:
    """Tell nobody."""


def line_for(mistake: Mistake) -> str:
    """Return a mistake as a line; one of the mock, and not of a file, has no place."""
    text = str(mistake) if mistake.file else mistake.message
    return f"{text} (warning)" if mistake.severity == "warning" else text
