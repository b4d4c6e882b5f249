"""Calls that are cancelled or interrupted, at every step and at every line.

The exception comes out as it was raised, nothing is sent again, nothing stays behind in the state, and the next call
works at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import Any

import anyio
import httpx
import pytest
from cliq_fakes import BASE_URL, GET, TOKEN, Scripted, action, enveloped, refused
from zoho_cliq import AsyncCliq, Cliq, OAuth, RawResponse, errors
from zoho_cliq import _drivers as drivers_module
from zoho_cliq import _engine as engine_module
from zoho_cliq._auth import grants as grants_module
from zoho_cliq._auth import tokens as tokens_module
from zoho_cliq._http.user_client import ClientTransport
from zoho_cliq._types import Do, Request, Send, Sleep, Steps
from zoho_cliq.state import GRACE
from zoho_cliq.state import held as held_module
from zoho_cliq.state.memory import MemoryState
from zoho_cliq.testing import FakeClock

WINDOW = GET.window_seconds
NAME = "get_message_action"
GOOD = enveloped(action(5))
numbers = itertools.count()


def token(number: int) -> httpx.Response:
    return httpx.Response(200, json={"access_token": f"{TOKEN}.{number}", "expires_in": 3600})


class SoftTimeLimitExceeded(Exception):
    """An exception that task queues raise from a signal handler."""


MORE_INTERRUPTS: list[tuple[BaseException, str]] = [
    *((error, "threads") for error in (GeneratorExit(), asyncio.CancelledError())),
    *((error, "tasks") for error in (KeyboardInterrupt(), SoftTimeLimitExceeded())),
    *(
        (error, kind)
        for error in (SystemExit(3), TimeoutError("alarm"), ValueError("of nobody here"))
        for kind in ("threads", "tasks")
    ),
]


SCRIPTS: dict[str, list[Any]] = {
    "stumbling": [
        httpx.ConnectError("no route"),
        token(1),
        refused(401),
        token(2),
        refused(503),
        httpx.ReadTimeout("slow"),
        GOOD,
    ],
    "short": [token(1), refused(503), GOOD],
    "refused by the accounts server": [httpx.Response(200, json={"error": "invalid_code"})],
    "accounts server out of reach": [httpx.ConnectError("no route")] * 3,
    "no answer": [token(1), *[httpx.ReadTimeout("slow")] * 3],
    "unreadable": [token(1), httpx.Response(200, content=b"<html>")],
}


class World:
    """A client whose token is refused once and whose server fails at times, so that one call runs nearly all steps.

    `meddle` raises a given exception at the chosen step.
    """

    def __init__(self, make: Callable[..., Any], server: Scripted, clock: FakeClock, script: str = "stumbling") -> None:
        self.server, self.clock = server, clock
        self.account = f"account {next(numbers)}"
        auth = OAuth("1000.CLIENT", TOKEN + ".secret", TOKEN + ".refresh", accounts_url="https://accounts.test")
        self.cliq = make(auth, account=self.account)
        self.state, self.key = self.cliq._engine.state, self.cliq._engine.account
        self.armed: tuple[BaseException, bool] | None = None
        self.sent = 0
        self.transport = ClientTransport(httpx.Client(transport=httpx.MockTransport(server)), clock)
        server.requests.clear()
        server.answer(*SCRIPTS[script])

    def steps(self) -> Steps[Any]:
        return self.cliq._calls.get("5").steps(self.cliq._engine, self.cliq._options)

    def meddle(self, work: Callable[[], Any]) -> Any:
        armed, self.armed = self.armed, None
        if armed is None:
            return work()
        error, after = armed
        if after:
            with contextlib.suppress(errors.TransportError):
                work()
        raise error

    def send(self, request: Request) -> RawResponse:
        return self.meddle(partial(self.transport.send, request))  # type: ignore[no-any-return]

    def monotonic(self) -> float:
        return self.clock.monotonic()

    def time(self) -> float:
        return self.clock.time()

    def sleep(self, seconds: float) -> None:
        self.meddle(partial(self.clock.sleep, seconds))

    async def async_send(self, request: Request) -> RawResponse:
        return self.send(request)

    async def async_sleep(self, seconds: float) -> None:
        self.sleep(seconds)

    def meddled(self, number: int, error: BaseException, after: bool) -> Steps[Any]:
        """Return the steps of a call, of which the one with that number raises `error`, before or after it is done."""
        steps = self.steps()
        outcome: Any = None
        failure: BaseException | None = None
        try:
            for at in itertools.count():
                try:
                    effect = steps.send(outcome) if failure is None else steps.throw(failure)
                except StopIteration as done:
                    return done.value
                outcome = failure = None
                if at == number:
                    self.armed = (error, after)
                try:
                    outcome = yield Do(partial(self.meddle, effect.work)) if isinstance(effect, Do) else effect
                except BaseException as raised:  # noqa: BLE001 - it is handed on
                    failure = raised
        finally:
            steps.close()

    def check(self) -> None:
        """Assert that nothing stays held, and that the next call works at once."""
        self.transport.close()
        counted = self.cliq.thresholds[NAME]
        arrived = sum(BASE_URL in str(request.url) for request in self.server.requests)
        assert counted.limit - arrived - 1 <= counted.remaining <= counted.limit - arrived
        assert self.state.acquire(self.key, "another", 1), "a lease was left behind"
        self.state.free(self.key, "another")
        self.server.answer(GOOD)
        if self.state.load_token(self.key) is None:
            self.server.answer(token(3), GOOD)
        slept = len(self.clock.slept)
        assert self.cliq.with_options(max_wait=0).message_actions.get("5").id == "5"
        assert len(self.clock.slept) == slept
        self.clock.now += WINDOW + 0.1 + GRACE  # a call that was cut off counts a little longer
        assert self.cliq.thresholds[NAME].remaining == counted.limit, "a slot was not settled"
        self.clock.now += 540
        limit = grants_module.THRESHOLD.limit
        tokens = self.state.budget(f"{self.key} token", grants_module.OPERATION, grants_module.THRESHOLD)
        assert tokens.remaining == limit, "a slot was not settled"


@pytest.fixture
def world(make: Callable[..., Cliq], server: Scripted, clock: FakeClock) -> Callable[..., World]:
    return partial(World, make, server, clock)


def count_steps(world: World) -> int:
    seen = []
    steps = world.steps()
    outcome: Any = None
    failure: BaseException | None = None
    while True:
        try:
            effect = steps.send(outcome) if failure is None else steps.throw(failure)
        except StopIteration:
            return len(seen)
        seen.append(effect)
        outcome = failure = None
        try:
            if isinstance(effect, Send):
                outcome = world.transport.send(effect.request)
            elif isinstance(effect, Sleep):
                world.clock.sleep(effect.seconds)
            else:
                outcome = effect.work()
        except errors.TransportError as error:
            failure = error


def run(here: World, steps: Steps[Any] | None = None) -> Any:
    return drivers_module.run(steps or here.steps(), here.send, here.send, here)


def run_async(here: World, steps: Steps[Any] | None = None) -> Any:
    try:
        drivers_module.run_async(steps or here.steps(), here.async_send, here.async_send, here).send(None)
    except StopIteration as done:
        return done.value


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (KeyboardInterrupt(), "threads"),
        (SoftTimeLimitExceeded(), "threads"),
        (asyncio.CancelledError(), "tasks"),
        (GeneratorExit(), "tasks"),
        *(pytest.param(error, kind, marks=pytest.mark.heavy) for error, kind in MORE_INTERRUPTS),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_an_interrupt_at_every_step_releases_everything(
    world: Callable[..., World], error: BaseException, after: bool, kind: str
) -> None:
    first = world()
    total = count_steps(first)
    first.check()
    assert total > 30
    for number in range(total):
        here = world()
        steps = here.meddled(number, error.with_traceback(None), after)
        with pytest.raises(type(error)) as caught:
            (run if kind == "threads" else run_async)(here, steps)
        assert caught.value is error
        sent = len(here.server.requests)
        here.check()
        assert len(here.server.requests) <= sent + 2


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_closing_the_steps_releases_everything(world: Callable[..., World], done: bool) -> None:
    for number in range(count_steps(world())):
        here = world()
        steps = here.steps()
        outcome: Any = None
        failure: BaseException | None = None
        for at in range(number + 1):
            effect = steps.send(outcome) if failure is None else steps.throw(failure)
            outcome = failure = None
            if at < number or done:
                try:
                    match effect:
                        case Send(request):
                            outcome = here.transport.send(request)
                        case Sleep(seconds):
                            here.clock.sleep(seconds)
                        case _:
                            outcome = effect.work()
                except errors.TransportError as error:
                    failure = error
        steps.close()
        here.check()


DECIDING = (engine_module, tokens_module, grants_module, held_module, drivers_module)
FILES = frozenset(str(module.__file__) for module in DECIDING)


def traced(work: Callable[[], Any], at: int, error: BaseException, *, seen: list[tuple[str, int]] | None = None) -> Any:
    """Do the work, and raise `error` at the line event with that number in the files that decide.

    A signal handler may raise at any line, too.
    """
    events = itertools.count()

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            if seen is not None:
                seen.append((frame.f_code.co_filename, frame.f_lineno))
            if next(events) == at:
                raise error
        return line

    def calls(frame: FrameType, event: str, argument: Any) -> Any:
        return line if frame.f_code.co_filename in FILES else None

    before = sys.gettrace()
    sys.settrace(calls)
    try:
        return work()
    finally:
        sys.settrace(before)


def lines_of(here: World, driver: Callable[[World], Any]) -> list[tuple[str, int]]:
    seen: list[tuple[str, int]] = []
    with contextlib.suppress(errors.CliqError):
        traced(lambda: driver(here), -1, ValueError(), seen=seen)
    here.check()
    return seen


def interrupted_at(here: World, driver: Callable[[World], Any], at: int, error: BaseException) -> None:
    with pytest.raises(type(error)) as caught:
        traced(lambda: driver(here), at, error)
    assert caught.value is error
    here.check()


def test_an_interrupt_at_every_line_releases_everything(world: Callable[..., World]) -> None:
    lines = lines_of(world("short"), run)
    for at in sorted({line: at for at, line in enumerate(lines)}.values()):
        interrupted_at(world("short"), run, at, KeyboardInterrupt())


@pytest.mark.heavy
@pytest.mark.parametrize(("script", "driver"), [*((script, run) for script in SCRIPTS), ("stumbling", run_async)])
def test_an_interrupt_at_every_line_of_every_scenario_releases_everything(
    world: Callable[..., World], script: str, driver: Callable[[World], Any]
) -> None:
    lines = lines_of(world(script), driver)
    first = {line: at for at, line in reversed([*enumerate(lines)])}
    last = {line: at for at, line in enumerate(lines)}
    for at in sorted({*first.values(), *last.values()}):
        interrupted_at(world(script), driver, at, KeyboardInterrupt() if at % 2 else SoftTimeLimitExceeded())


class Gated(MemoryState):
    """A state that is called in threads, as one on a server; one method waits until the test lets it go on."""

    at_once = None  # type: ignore[assignment]

    def __init__(self, clock: FakeClock, method: str, after: bool) -> None:
        super().__init__(clock)
        self.reached, self.gate, self.done = threading.Event(), threading.Event(), threading.Event()
        work = getattr(self, method)

        def gated(*arguments: Any) -> Any:
            if self.reached.is_set():
                return work(*arguments)
            outcome = work(*arguments) if after else None
            self.reached.set()
            assert self.gate.wait(10)
            try:
                return outcome if after else work(*arguments)
            finally:
                self.done.set()

        setattr(self, method, gated)


async def timed_out(call: Any, moment: Any) -> None:
    async with asyncio.timeout(None) as timeout:
        asyncio.ensure_future(moment).add_done_callback(lambda done: timeout.reschedule(0))
        await call


async def call_to_be_closed(call: Any) -> Any:
    return await call


METHODS = ["load_token", "acquire", "reserve", "settle", "store_token", "free"]


@pytest.mark.parametrize("cancelled", ["task", "timeout", "scope", "coroutine"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("method", METHODS)
def test_cancelled_while_a_thread_asks_the_state(
    make_async: Callable[..., AsyncCliq],
    server: Scripted,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    after: bool,
    cancelled: str,
) -> None:
    """The caller gets its exception at once; what the thread takes afterwards it gives back."""
    state = Gated(clock, method, after)
    monkeypatch.setattr("zoho_cliq.client.open_state", lambda where, clock: state)
    auth = OAuth("1000.CLIENT", TOKEN + ".secret", TOKEN + ".refresh", accounts_url="https://accounts.test")

    async def until(event: threading.Event) -> None:
        assert await asyncio.to_thread(event.wait, 10)

    async def main() -> None:
        server.answer(token(1), GOOD)
        cliq = make_async(auth, account=f"account {next(numbers)}")
        call = cliq.message_actions.get("5")
        if cancelled == "scope":
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(lambda: call)
                    await until(state.reached)
                    scope.cancel()
        elif cancelled == "timeout":
            with pytest.raises(TimeoutError):
                await timed_out(call, until(state.reached))
        elif cancelled == "task":
            task = asyncio.ensure_future(call)
            await until(state.reached)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            task = asyncio.ensure_future(call_to_be_closed(call))
            await until(state.reached)
            call.close()
        assert not state.done.is_set(), "it was waited for"
        state.gate.set()
        await until(state.done)
        await asyncio.get_running_loop().shutdown_default_executor()
        key = cliq._engine.account
        assert state.acquire(key, "another", 1), "a lease was left behind"
        clock.now += WINDOW + 0.1 + GRACE
        assert cliq.thresholds[NAME].remaining == cliq.thresholds[NAME].limit, "a slot was not settled"
        clock.now += 540
        tokens = state.budget(f"{key} token", grants_module.OPERATION, grants_module.THRESHOLD)
        assert tokens.remaining == tokens.limit, "a slot was not settled"
        await cliq.close()
        if cancelled == "coroutine":
            with pytest.raises(RuntimeError, match="awaited"):
                await task

    asyncio.run(main())


def test_a_call_releases_its_state_after_the_thread_pool_has_ended(
    make_async: Callable[..., AsyncCliq], server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the event loop is being shut down."""
    monkeypatch.setattr(MemoryState, "at_once", None)

    async def main() -> None:
        server.answer(GOOD)
        async with make_async() as cliq:
            assert (await cliq.message_actions.get("5")).id == "5"
            await asyncio.get_running_loop().shutdown_default_executor()
            assert (await cliq.message_actions.get("5")).id == "5"
            assert cliq.thresholds[NAME].remaining == cliq.thresholds[NAME].limit - 2

    asyncio.run(main())


def test_state_that_fails_while_everything_is_given_back_is_logged(
    make: Callable[..., Cliq], server: Scripted, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*arguments: object) -> None:
        raise errors.StateError("gone")

    monkeypatch.setattr(MemoryState, "settle", broken)
    server.answer(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        make().message_actions.get("5")
    assert "gone" in caplog.text


def test_steps_that_are_closed_while_they_give_back(make: Callable[..., Cliq], clock: FakeClock) -> None:
    cliq = make()
    steps = cliq._calls.get("5").steps(cliq._engine, cliq._options)
    effect = next(steps)
    while isinstance(effect, Do):
        effect = steps.send(effect.work())
    assert isinstance(steps.throw(SoftTimeLimitExceeded()), Do)
    steps.close()
    clock.now += WINDOW + 0.1 + GRACE
    assert cliq.thresholds[NAME].remaining == cliq.thresholds[NAME].limit


class Silent:
    """A server that takes connections and never answers, and counts what was sent."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/api/v3"
        self.socket.settimeout(0.05)

    def connections(self) -> int:
        """Return how many connections were made."""
        count = 0
        with contextlib.suppress(TimeoutError):
            while True:
                self.socket.accept()[0].close()
                count += 1
        return count


@pytest.fixture
def silent_server() -> Iterator[Silent]:
    server = Silent()
    yield server
    server.socket.close()


class Handler:
    """A signal handler in each form that Python accepts: a method, an object that can be called, and others."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def method(self, number: int, frame: object) -> None:
        raise self.error

    def __call__(self, number: int, frame: object) -> None:
        raise self.error


@contextlib.contextmanager
def alarm(handler: Any, seconds: float = 0.05) -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


ALARMS = [
    SoftTimeLimitExceeded(),
    TimeoutError("alarm"),
    ConnectionResetError("of a handler"),
    httpx.ReadTimeout("of a handler"),
    RuntimeError("of a handler"),
    KeyboardInterrupt(),
]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        *(("function", error) for error in ALARMS),
        *((kind, ALARMS[1]) for kind in ("method", "object", "partial")),
    ],
)
def test_what_a_signal_handler_raises_while_an_answer_is_waited_for(
    silent_server: Silent, kind: str, error: BaseException
) -> None:
    def function(number: int, frame: object) -> None:
        raise error

    handlers = {
        "function": function,
        "method": Handler(error).method,
        "object": Handler(error),
        "partial": partial(partial(function)),
    }
    with Cliq(TOKEN, base_url=silent_server.url, account=f"account {next(numbers)}", timeout=5) as cliq:
        with alarm(handlers[kind]), pytest.raises(type(error)) as caught:
            cliq.message_actions.get("5")
        assert caught.value is error
        assert WINDOW - 5 < cliq.thresholds[NAME].resets_in <= WINDOW + 0.1 + GRACE, "the slot is settled"
    assert silent_server.connections() == 1, "nothing was sent again"


def test_what_a_signal_handler_raises_into_an_event_loop(silent_server: Silent) -> None:
    error = SoftTimeLimitExceeded()
    found: list[AsyncCliq] = []

    async def main() -> None:
        found.append(AsyncCliq(TOKEN, base_url=silent_server.url, account=f"account {next(numbers)}", timeout=5))
        await found[0].message_actions.get("5")

    with alarm(Handler(error)), pytest.raises(SoftTimeLimitExceeded) as caught:
        asyncio.run(main())
    assert caught.value is error
    assert WINDOW - 5 < found[0].thresholds[NAME].resets_in <= WINDOW + 0.1 + GRACE, "the slot is settled"
    assert silent_server.connections() == 1


def test_failure_of_a_socket_is_not_taken_for_a_handler(silent_server: Silent) -> None:
    with (
        alarm(Handler(ValueError()), 60),
        Cliq(TOKEN, base_url=silent_server.url, account=f"account {next(numbers)}", timeout=0.05, max_wait=0) as cliq,
        pytest.raises(errors.TransportError) as caught,
    ):
        cliq.message_actions.get("5")
    assert isinstance(caught.value.__cause__, TimeoutError)


def test_exception_that_the_caller_was_handling_is_left_alone(silent_server: Silent) -> None:
    """A call in an `except` block: what is handled there came from a signal handler, and has nothing to do with it."""
    with (
        alarm(Handler(TimeoutError("earlier"))),
        Cliq(TOKEN, base_url=silent_server.url, account=f"account {next(numbers)}", timeout=0.05, max_wait=0) as cliq,
    ):
        try:
            signal.pause()
        except TimeoutError:
            with pytest.raises(errors.TransportError):
                cliq.message_actions.get("5")


def test_other_threads_run_no_handlers(silent_server: Silent) -> None:
    found: list[BaseException] = []

    def handler(number: int, frame: object) -> None:
        raise TimeoutError

    def work() -> None:
        with Cliq(
            TOKEN, base_url=silent_server.url, account=f"account {next(numbers)}", timeout=0.05, max_wait=0
        ) as cliq:
            try:
                cliq.message_actions.get("5")
            except errors.CliqError as error:
                found.append(error)

    with alarm(handler, 60):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert type(found[0]) is errors.TransportError
