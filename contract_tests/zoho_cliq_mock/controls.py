"""The calls of the control API as typed methods, for tests.

Each method is defined once, as a description of its call and of how the response is read (`Ask`). On a `MockServer` or
a `MockControl` the method is called; on an `AsyncMock` it is awaited.
"""

from __future__ import annotations

import asyncio
import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, Generic, Literal, ParamSpec, TypedDict, TypeVar, Unpack, overload
from urllib.parse import urlencode

from zoho_cliq_mock.chats import Chat, Message
from zoho_cliq_mock.control_client import TIMEOUT, call, text_of
from zoho_cliq_mock.journal import Entry
from zoho_cliq_mock.results import (
    Delivery,
    Fault,
    FaultKind,
    Limits,
    read_chat,
    read_delivery,
    read_entry,
    read_fault,
    read_message,
)

if TYPE_CHECKING:
    from zoho_cliq_mock.clock import SharedClock

P = ParamSpec("P")
T = TypeVar("T")

MessageKind = Literal["text", "link", "attachment"]


class FaultRule(TypedDict, total=False):
    """The fields of a fault rule besides `fault`, `operation` and `times`. The README describes each."""

    user: str
    nth: int | Sequence[int]
    probability: float
    seed: int
    when: Literal["before", "after"]
    status: int
    code: str
    message: str
    body: str
    content_type: str
    headers: Mapping[str, str]
    delay: float


@dataclass(frozen=True, slots=True)
class Ask(Generic[T]):
    """A call of the control API, and the function that reads its response. `timeout` is in seconds."""

    method: str
    path: str
    read: Callable[[Any], T]
    body: object = None
    timeout: float = TIMEOUT

    def sent(self, url: str, token: str) -> T:
        """Send the call to the mock at `url`, and return the typed result. Raise `ControlFailed` if it fails."""
        if self.path == "signing-key":  # the only response that is not JSON
            return self.read(text_of(url, token, self.method, self.path))
        return self.read(call(url, token, self.method, self.path, self.body, timeout=self.timeout))


class control(Generic[P, T]):
    """A descriptor for a method that sends a call to the mock: synchronous on `Called`, a coroutine on `Awaited`.

    Args:
        describe: the method's definition, which returns the `Ask`.
    """

    def __init__(self, describe: Callable[Concatenate[Any, P], Ask[T]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, mock: None, owner: type) -> Callable[Concatenate[Any, P], Ask[T]]: ...

    @overload
    def __get__(self, mock: Called, owner: type) -> Callable[P, T]: ...

    @overload
    def __get__(self, mock: Awaited, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...

    def __get__(self, mock: Any, owner: type) -> Any:
        if mock is None:
            return self._describe
        describe = self._describe.__get__(mock)

        @functools.wraps(describe)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return mock._ask(describe(*args, **kwargs))

        return method


class Controls:
    """The methods. Each raises `ControlFailed` if the mock refuses the call, with its reason, or does not respond."""

    # ---- choosing message actions

    @control
    def trigger(
        self,
        action: str,
        text: str | None = None,
        *,
        messages: Sequence[str] = (),
        user: str | None = None,
        chat: str | None = None,
        type: MessageKind | None = None,  # noqa: A002 - the field's name
        attachments: Sequence[Mapping[str, Any]] | None = None,
        location: Mapping[str, Any] | None = None,
        wait: float = 0.0,
    ) -> Ask[Delivery]:
        """Choose a message action, and return what was sent, what came back and what the user sees.

        Args:
            action: the action's name or id.
            text: the text of a new message to choose it on. Default: None.
            messages: ids of existing messages to choose it on. Default: none.
            user: the key of the user who chooses. Default: the first user of the seed.
            chat: the id of the chat. Default: the messages' chat, or the user's first one.
            type: the type of the new message. Default: text.
            attachments: files of the new message: a list of `{name, type, size, url}`. Default: none.
            location: where the user is, as the event shows it. Default: Berlin.
            wait: seconds of real time to wait for a deferred answer. Default: 0, no wait.
        """
        new = {"text": text, "type": type, "attachments": attachments, "user": user, "chat": chat, "location": location}
        body = {"action": action, "messages": list(messages), **_given(new), **({"wait": wait} if wait else {})}
        return Ask("POST", "trigger", read_delivery, body, TIMEOUT + wait)

    @control
    def menu(self, *messages: str, user: str | None = None) -> Ask[list[dict[str, Any]]]:
        """Return the actions that a user is offered on messages, as the API shows them.

        Args:
            messages: ids of messages of one chat.
            user: the user's key. Default: the first user of the seed.
        """
        query = urlencode([("message", message) for message in messages] + ([("user", user)] if user else []))
        return Ask("GET", f"menu?{query}", lambda found: list(found["actions"]))

    @control
    def deliveries(self, after: int = 0) -> Ask[list[Delivery]]:
        """Return the deliveries since the last reset, the oldest first.

        Args:
            after: the id of a delivery; only later ones are returned. Default: 0, all.
        """
        path = f"deliveries?after={after}" if after else "deliveries"
        return Ask("GET", path, lambda found: [read_delivery(record) for record in found["deliveries"]])

    @control
    def send_again(self, delivery: int, event: Mapping[str, Any] | None = None) -> Ask[Delivery]:
        """Send the event of an earlier delivery again, and return the new delivery.

        Args:
            delivery: the id of the earlier delivery.
            event: an event to send instead. Default: None, the earlier event. Response URL and time stamp are new in
                any case.
        """
        return Ask("POST", f"deliveries/{delivery}/again", read_delivery, _given({"event": event}))

    @control
    def send_event(self, action: str, event: Mapping[str, Any], *, user: str | None = None) -> Ask[Delivery]:
        """Send a given event to an action, as if a user had chosen the action, and return the delivery.

        Args:
            action: the action's name or id.
            event: the event, as a webhook receives it. Response URL and time stamp are new in any case.
            user: the key of the user who chooses. Default: the first user of the seed.
        """
        return Ask("POST", "deliveries", read_delivery, _given({"action": action, "event": event, "user": user}))

    @control
    def post_message(
        self,
        text: str = "",
        *,
        sender: str | None = None,
        chat: str | None = None,
        type: MessageKind | None = None,  # noqa: A002 - the field's name
        attachments: Sequence[Mapping[str, Any]] | None = None,
    ) -> Ask[Message]:
        """Post a message and return it.

        Args:
            text: the message's text.
            sender: a user's key. Default: the chat's owner, or the first user of the seed.
            chat: the chat's id. Default: the sender's first chat.
            type: text, link or attachment. Default: text.
            attachments: a list of `{name, type, size, url}`. Default: none.
        """
        fields = {"text": text or None, "sender": sender, "chat": chat, "type": type, "attachments": attachments}
        return Ask("POST", "messages", read_message, _given(fields))

    @control
    def messages(self, chat: str | None = None) -> Ask[list[Message]]:
        """Return messages, the oldest first, including those that show answers.

        Args:
            chat: the chat's id. Default: all chats.
        """
        path = f"messages?{urlencode({'chat': chat})}" if chat else "messages"
        return Ask("GET", path, lambda found: [read_message(message) for message in found["messages"]])

    @control
    def chats(self) -> Ask[list[Chat]]:
        """Return all chats."""
        return Ask("GET", "chats", lambda found: [read_chat(chat) for chat in found["chats"]])

    @control
    def add_chat(
        self,
        *members: str,
        id: str | None = None,  # noqa: A002 - the field's name
        title: str | None = None,
        type: str | None = None,  # noqa: A002 - the field's name
        owner: str | None = None,
    ) -> Ask[Chat]:
        """Add a chat and return it.

        Args:
            members: keys of users of one organization.
            id: the chat's id. Default: a new one.
            title: the chat's title. Default: none.
            type: the chat's type. Default: channel.
            owner: the key of a member. Default: the first member.
        """
        fields = {"members": list(members), "id": id, "title": title, "type": type, "owner": owner}
        return Ask("POST", "chats", read_chat, _given(fields))

    @control
    def signing_key(self) -> Ask[str]:
        """Return the public key of `X-Cliq-Signature`, as PEM."""
        return Ask("GET", "signing-key", str)

    # ---- what scripts of Deluge actions reach

    @control
    def connections(self) -> Ask[dict[str, Any]]:
        """Return the connections that scripts may use, with the names of their headers but without the values."""
        return Ask("GET", "connections", _connections)

    @control
    def add_connections(self, connections: Mapping[str, Mapping[str, str]]) -> Ask[dict[str, Any]]:
        """Add connections, or replace those of the same name, and return all, without header values.

        Args:
            connections: `{name: {header: value}}`.
        """
        return Ask("POST", "connections", _connections, connections)

    @control
    def clear_connections(self) -> Ask[None]:
        """Remove all connections."""
        return Ask("DELETE", "connections", _nothing)

    @control
    def task_stubs(self) -> Ask[list[str]]:
        """Return the names of the tasks that have a stub."""
        return Ask("GET", "task-stubs", _stubs)

    @control
    def add_task_stubs(self, stubs: Mapping[str, Any]) -> Ask[list[str]]:
        """Add stubs for tasks of other services, and return the names of all stubs.

        Args:
            stubs: what each task returns, by task name.
        """
        return Ask("POST", "task-stubs", _stubs, stubs)

    @control
    def clear_task_stubs(self) -> Ask[None]:
        """Remove all stubs of tasks."""
        return Ask("DELETE", "task-stubs", _nothing)

    @control
    def databases(self) -> Ask[dict[str, Any]]:
        """Return the records that scripts store in Cliq's databases, by organization and database."""
        return Ask("GET", "databases", lambda found: dict(found["databases"]))

    @control
    def add_record(self, database: str, record: Mapping[str, Any], *, user: str | None = None) -> Ask[str]:
        """Add a record to a database and return the record's id.

        Args:
            database: the database's name.
            record: the values by field.
            user: the key of a user; the database is that of the user's organization. Default: the first user of the
                seed.
        """
        fields = {"database": database, "record": record, "user": user}
        return Ask("POST", "databases", lambda found: str(found["id"]), _given(fields))

    # ---- faults

    @control
    def fail_next(
        self,
        operation: str | Sequence[str] | None = None,
        /,
        *,
        fault: FaultKind = "status",
        times: int = 1,
        **rule: Unpack[FaultRule],
    ) -> Ask[Fault]:
        """Spoil the next call, or the next `times` calls, and return the fault rule for that.

        Args:
            operation: an operation id, or several. Default: every operation.
            fault: what goes wrong. Default: `status`, an error response; its status is 500 unless `status=` is given.
            times: how many calls. Default: 1.
            rule: the other fields of a fault rule, such as `status=503` or `when="after"`; the README lists them.
        """
        return _fault({"fault": fault, "operation": operation, "times": times, **rule})

    @control
    def add_fault(
        self,
        fault: FaultKind,
        operation: str | Sequence[str] | None = None,
        /,
        *,
        times: int | None = None,
        **rule: Unpack[FaultRule],
    ) -> Ask[Fault]:
        """Add a fault rule and return it.

        It stays in force until `clear_faults`, `reset`, or `times` calls are spoiled.

        Args:
            fault: what goes wrong.
            operation: an operation id, or several. Default: every operation.
            times: how many calls it spoils. Default: None, no limit.
            rule: the other fields of a fault rule, such as `status=503` or `when="after"`; the README lists them.
        """
        return _fault({"fault": fault, "operation": operation, "times": times, **rule})

    @control
    def faults(self) -> Ask[list[Fault]]:
        """Return the fault rules in force, with how many calls each has matched and spoiled."""
        return Ask("GET", "faults", _faults)

    @control
    def clear_faults(self) -> Ask[list[Fault]]:
        """Remove all fault rules and return them with their counts."""
        return Ask("DELETE", "faults", _faults)

    # ---- time

    @control
    def now(self) -> Ask[float]:
        """Return the mock's time, in seconds since 1970."""
        return Ask("GET", "clock", _now)

    @control
    def advance(self, seconds: float) -> Ask[float]:
        """Advance the mock's clock by this many seconds, and return its time."""
        return Ask("POST", "clock", _now, {"advance": seconds})

    @control
    def freeze(self, at: float | None = None) -> Ask[float]:
        """Freeze the mock's clock and return its time.

        Args:
            at: the time to freeze it at, in seconds since 1970. Default: now.
        """
        return Ask("POST", "clock", _now, {"freeze": True if at is None else at})

    @control
    def run_clock(self) -> Ask[float]:
        """Let a frozen clock run on, and return its time."""
        return Ask("POST", "clock", _now, {"run": True})

    # ---- rules

    @control
    def policies(self, /, **changes: object) -> Ask[dict[str, Any]]:
        """Change the policies that are given as `name=value`, and return all policies in force."""
        return Ask("POST" if changes else "GET", "policies", dict, changes or None)

    @control
    def thresholds(self, *, enabled: bool | None = None, clear: bool = False) -> Ask[Limits]:
        """Return whether thresholds are enabled, and which locks are in force.

        Args:
            enabled: whether to switch thresholds on (True) or off (False) first. Default: None, leave them as they are.
            clear: whether to forget all counts and locks first. Default: False.
        """
        changes = _given({"enabled": enabled, "clear": clear or None})
        return Ask("POST" if changes else "GET", "thresholds", lambda found: Limits(**found), changes or None)

    # ---- state

    @control
    def journal(self) -> Ask[list[Entry]]:
        """Return the last 500 requests to the API, the oldest first, each with the first 1024 bytes of its body."""
        return Ask("GET", "journal", lambda found: [read_entry(entry) for entry in found["requests"]])

    @control
    def clear_journal(self) -> Ask[None]:
        """Remove all requests from the journal."""
        return Ask("DELETE", "journal", _nothing)

    @control
    def snapshot(self, name: str = "default") -> Ask[None]:
        """Save the mock's whole state in its memory under a name."""
        return Ask("POST", "snapshot", _nothing, {"name": name})

    @control
    def restore(self, name: str = "default") -> Ask[None]:
        """Return to a snapshot. Faults and journal stay as they are."""
        return Ask("POST", "restore", _nothing, {"name": name})

    @control
    def state(self) -> Ask[dict[str, Any]]:
        """Return all actions, users, locks, policies, faults and the clock; no tokens."""
        return Ask("GET", "state", dict)

    @control
    def seed(self) -> Ask[dict[str, Any]]:
        """Return the seed in force."""
        return Ask("GET", "seed", dict)

    @control
    def reseed(self, seed: Mapping[str, Any]) -> Ask[None]:
        """Replace the seed and reset to the new one. Later resets return to it too."""
        return Ask("POST", "seed", _nothing, seed)

    # ---- people and tokens

    @control
    def add_token(
        self, user: str | None = None, *, scopes: Sequence[str] | None = None, expires_in: float | None = None
    ) -> Ask[str]:
        """Return a new access token.

        Args:
            user: the key of the user whose token it is. Default: the first user of the seed.
            scopes: its scopes, such as `["READ"]`. Default: all.
            expires_in: how long it is valid, in seconds of the mock's clock. Default: None, for ever.
        """
        fields = {"user": user, "scopes": list(scopes) if scopes is not None else None, "expires_in": expires_in}
        return Ask("POST", "tokens", lambda found: str(found["token"]), _given(fields))

    @control
    def revoke_token(self, token: str) -> Ask[None]:
        """Revoke an access token or a refresh token."""
        return Ask("DELETE", "tokens", _nothing, {"token": token})

    @control
    def add_code(self, user: str, client_id: str, *, scopes: Sequence[str] | None = None) -> Ask[str]:
        """Return a code for the authorization-code grant, valid for ten minutes of the mock's clock.

        Args:
            user: the key of the user who gives consent.
            client_id: the id of the OAuth client that may exchange the code.
            scopes: its scopes, such as `["READ"]`. Default: all.
        """
        fields = {"user": user, "client_id": client_id, "scopes": list(scopes) if scopes is not None else None}
        return Ask("POST", "codes", lambda found: str(found["code"]), _given(fields))

    @control
    def set_collaborators(self, action_id: str, *users: str) -> Ask[None]:
        """Make exactly these users the collaborators of an action; they see it whatever its scope.

        Args:
            action_id: the action's id.
            users: keys of users.
        """
        return Ask("POST", "collaborators", _nothing, {"action": action_id, "users": list(users)})

    @control
    def set_teams(self, user: str, *teams: int, create: bool = False) -> Ask[None]:
        """Make the user a member of exactly these teams.

        Args:
            user: the user's key.
            teams: ids of teams.
            create: whether to create missing teams, which last until a reset. Default: False.
        """
        return Ask("POST", "teams", _nothing, {"user": user, "teams": list(teams), "create": create})

    # ---- the console

    @control
    def console_link(self) -> Ask[str]:
        """Return a new link to the console, as a path on the mock's address. It can be used once."""
        return Ask("POST", "links", lambda found: str(found["path"]))

    @control
    def show_project(self, title: str, text: str, mistakes: Sequence[Mapping[str, object]] = ()) -> Ask[None]:
        """Show in the console what a folder of message actions came to; replaces what was shown before.

        Args:
            title: the name of the folder.
            text: one line that says what happened.
            mistakes: objects with `file`, `line`, `severity` (error or warning) and `message`. Default: none.
        """
        return Ask("POST", "project", _nothing, {"title": title, "text": text, "mistakes": list(mistakes)})

    @control
    def hide_project(self) -> Ask[None]:
        """Show no folder in the console any more."""
        return Ask("DELETE", "project", _nothing)


class Called(Controls, ABC):
    """The methods as synchronous calls: each returns when the mock has responded."""

    url: str
    accounts_url: str
    control_url: str
    control_token: str

    @property
    @abstractmethod
    def clock(self) -> SharedClock:
        """The mock's time as a clock for clients."""

    @abstractmethod
    def reset(self) -> None:
        """Return to the seed."""

    @abstractmethod
    def _ask(self, ask: Ask[T]) -> T:
        """Send a call and return its answer."""

    def __repr__(self) -> str:
        """Return the class and the address without user and password; the control token is not shown."""
        scheme, _, rest = self.url.partition("://")
        return f"<{type(self).__name__} {scheme}://{rest.rpartition('@')[2]}>"


class Awaited(Controls, ABC):
    """The methods as coroutines, to be awaited."""

    @abstractmethod
    async def _ask(self, ask: Ask[T]) -> T:
        """Send a call and return its answer."""


class MockControl(Called):
    """The control methods of a mock server that runs elsewhere, such as `zoho-cliq-mock` in another process.

    Args:
        url: the mock's address, with or without `/api/v3` at its end.
        token: its control token.
    """

    def __init__(self, url: str, token: str) -> None:
        self.accounts_url = url.rstrip("/").removesuffix("/api/v3")
        self.url = f"{self.accounts_url}/api/v3"
        self.control_url = f"{self.accounts_url}/_mock"
        self.control_token = token

    @property
    def clock(self) -> SharedClock:
        """Raise RuntimeError: a mock in another process cannot share its clock."""
        raise RuntimeError("the clock of a mock server in another process cannot be shared with clients")

    def reset(self) -> None:
        """Return to the seed."""
        self._ask(RESET)

    def _ask(self, ask: Ask[T]) -> T:
        return ask.sent(self.url, self.control_token)


# Not the event loop's default executor: while a control call waits for the mock, the test's own webhook receiver may
# need a thread of that executor to answer the mock.
_threads = functools.cache(lambda: ThreadPoolExecutor(max_workers=256, thread_name_prefix="zoho-cliq-mock-control"))


class AsyncMock(Awaited):
    """The methods of a mock server as coroutines.

    So the test's event loop can answer the mock's requests meanwhile.

    Args:
        mock: a `MockServer`, or a `MockControl`.
    """

    def __init__(self, mock: Called) -> None:
        self.mock = mock
        self.url, self.accounts_url = mock.url, mock.accounts_url
        self.control_url, self.control_token = mock.control_url, mock.control_token

    def __repr__(self) -> str:
        """Return the class and the mock whose methods these are."""
        return f"<AsyncMock of {self.mock!r}>"

    @property
    def clock(self) -> SharedClock:
        """The clock for clients; see `MockServer.clock`.

        Raise RuntimeError for a `MockControl`, which cannot share its clock.
        """
        return self.mock.clock

    async def reset(self) -> None:
        """Return to the seed."""
        await asyncio.get_running_loop().run_in_executor(_threads(), self.mock.reset)

    async def _ask(self, ask: Ask[T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(_threads(), self.mock._ask, ask)


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _fault(rule: Mapping[str, Any]) -> Ask[Fault]:
    given = {name: list(value) if isinstance(value, tuple) else value for name, value in _given(rule).items()}
    return Ask("POST", "faults", lambda found: read_fault(found["rules"][0]), given)


def _faults(found: Mapping[str, Any]) -> list[Fault]:
    return [read_fault(rule) for rule in found["rules"]]


def _connections(found: Any) -> dict[str, Any]:
    return dict(found["connections"])


def _stubs(found: Any) -> list[str]:
    return list(found["task_stubs"])


def _now(found: Mapping[str, Any]) -> float:
    return float(found["now"])


def _nothing(found: object) -> None:
    return None


RESET: Ask[None] = Ask("POST", "reset", _nothing)
