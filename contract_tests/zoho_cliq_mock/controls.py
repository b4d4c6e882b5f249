"""What a test does to the mock, as typed methods: one for each call of the control API.

Each method is described once, by the call that it makes and how its answer is read. On a `MockServer` and a
`MockControl` it is called, on an `AsyncMock` it is awaited.
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

FaultKind = Literal[
    "delay",
    "status",
    "malformed_json",
    "wrong_content_type",
    "truncated",
    "bad_chunk",
    "garbage",
    "close",
    "reset",
]
MessageKind = Literal["text", "link", "attachment"]


class FaultRule(TypedDict, total=False):
    """The fields of a fault rule besides `fault`, `operation` and `times`; the README describes each."""

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
    """A call of the control API, and how its answer is read. `timeout` is in seconds."""

    method: str
    path: str
    read: Callable[[Any], T]
    body: object = None
    timeout: float = TIMEOUT

    def sent(self, url: str, token: str) -> T:
        """Send it to the mock at `url` and return the answer. Raise ControlFailed."""
        if self.path == "signing-key":  # the one answer that is no JSON
            return self.read(text_of(url, token, self.method, self.path))
        return self.read(call(url, token, self.method, self.path, self.body, timeout=self.timeout))


class control(Generic[P, T]):
    """A method that asks the mock: called where its class asks at once, awaited where its class asks in a task."""

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
    """The methods. Every one raises `ControlFailed` where the mock refuses, with its reason, or does not answer."""

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
        """Choose a message action, and return what was sent, what came back and what the person sees.

        Args:
            action: its name or id.
            text: the text of a new message to choose it on.
            messages: ids of messages that are there already, to choose it on.
            user: the key of the user who chooses. Default: the first user of the seed.
            chat: the id of the chat. Default: the messages' chat, or the user's first one.
            type: the kind of the new message. Default: text.
            attachments: files of the new message: a list of `{name, type, size, url}`. Default: none.
            location: where the person is, as the event shows it. Default: Berlin.
            wait: seconds of real time to wait for a deferred answer. Default: 0, no wait.
        """
        new = {"text": text, "type": type, "attachments": attachments, "user": user, "chat": chat, "location": location}
        body = {"action": action, "messages": list(messages), **_given(new), **({"wait": wait} if wait else {})}
        return Ask("POST", "trigger", read_delivery, body, TIMEOUT + wait)

    @control
    def menu(self, *messages: str, user: str | None = None) -> Ask[list[dict[str, Any]]]:
        """Return the actions that a user is offered on messages, as the API shows them.

        Args:
            messages: ids of the messages, which are of one chat.
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
        """Send the event of a delivery again, and return the new delivery.

        Args:
            delivery: its id.
            event: what to send in the place of the old event. Default: the old event. Response URL and time stamp are
                new in any case.
        """
        return Ask("POST", f"deliveries/{delivery}/again", read_delivery, _given({"event": event}))

    @control
    def send_event(self, action: str, event: Mapping[str, Any], *, user: str | None = None) -> Ask[Delivery]:
        """Send an event to an action, as if a user had chosen it there, and return the delivery.

        Args:
            action: its name or id.
            event: what a webhook gets. Response URL and time stamp are new in any case.
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
        """Return messages, the oldest first, those included that answers showed.

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
            id: its id. Default: a new one.
            title: its title. Default: none.
            type: its type. Default: channel.
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
        """Return the connections that scripts may name, without the values of their headers."""
        return Ask("GET", "connections", _connections)

    @control
    def add_connections(self, connections: Mapping[str, Mapping[str, str]]) -> Ask[dict[str, Any]]:
        """Add connections, or replace those of the same name, and return all: `{name: {header: value}}`."""
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
        """Add stubs for tasks of other services, `{task: what it returns}`, and return the names of all."""
        return Ask("POST", "task-stubs", _stubs, stubs)

    @control
    def clear_task_stubs(self) -> Ask[None]:
        """Remove all stubs of tasks."""
        return Ask("DELETE", "task-stubs", _nothing)

    @control
    def databases(self) -> Ask[dict[str, Any]]:
        """Return what scripts keep in Cliq's databases: records by organization and database."""
        return Ask("GET", "databases", lambda found: dict(found["databases"]))

    @control
    def add_record(self, database: str, record: Mapping[str, Any], *, user: str | None = None) -> Ask[str]:
        """Add a record to a database and return its id.

        Args:
            database: the database's name.
            record: values by field.
            user: the key of a user, whose organization has the database. Default: the first user of the seed.
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
        """Spoil the next call, or the next `times` calls, and return the rule that does so.

        Args:
            operation: an operation id, or several. Default: every operation.
            fault: what goes wrong. Default: an error, whose `status` is 500 unless the rule says another.
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
        """Add a fault rule and return it. It stays until `clear_faults` or `reset`, or until it has acted often enough.

        Args:
            fault: what goes wrong.
            operation: an operation id, or several. Default: every operation.
            times: how often it acts. Default: None, without end.
            rule: the other fields of a fault rule, such as `status=503` or `when="after"`; the README lists them.
        """
        return _fault({"fault": fault, "operation": operation, "times": times, **rule})

    @control
    def faults(self) -> Ask[list[Fault]]:
        """Return the fault rules in force, with how often each was met and acted."""
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
        """Let so many seconds pass at the mock, and return its time."""
        return Ask("POST", "clock", _now, {"advance": seconds})

    @control
    def freeze(self, at: float | None = None) -> Ask[float]:
        """Stop the mock's clock and return its time.

        Args:
            at: the time to stop it at, in seconds since 1970. Default: now.
        """
        return Ask("POST", "clock", _now, {"freeze": True if at is None else at})

    @control
    def run_clock(self) -> Ask[float]:
        """Let a stopped clock go on from where it stands, and return its time."""
        return Ask("POST", "clock", _now, {"run": True})

    # ---- rules

    @control
    def policies(self, /, **changes: object) -> Ask[dict[str, Any]]:
        """Return the policies in force, after changing those that are given as `name=value`."""
        return Ask("POST" if changes else "GET", "policies", dict, changes or None)

    @control
    def thresholds(self, *, enabled: bool | None = None, clear: bool = False) -> Ask[Limits]:
        """Return whether thresholds are on, and which locks there are.

        Args:
            enabled: switches thresholds on or off first. Default: None, leaves them.
            clear: whether to forget all counts and locks first. Default: False.
        """
        changes = _given({"enabled": enabled, "clear": clear or None})
        return Ask("POST" if changes else "GET", "thresholds", lambda found: Limits(**found), changes or None)

    # ---- state

    @control
    def journal(self) -> Ask[list[Entry]]:
        """Return the last 500 requests to the API, the oldest first; of a body, its first 1024 bytes."""
        return Ask("GET", "journal", lambda found: [read_entry(entry) for entry in found["requests"]])

    @control
    def clear_journal(self) -> Ask[None]:
        """Forget the requests."""
        return Ask("DELETE", "journal", _nothing)

    @control
    def snapshot(self, name: str = "default") -> Ask[None]:
        """Keep the mock's whole state under a name, in its memory."""
        return Ask("POST", "snapshot", _nothing, {"name": name})

    @control
    def restore(self, name: str = "default") -> Ask[None]:
        """Go back to a snapshot. Faults and journal stay as they are."""
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
        """Reset to another seed, which later resets go back to."""
        return Ask("POST", "seed", _nothing, seed)

    # ---- people and tokens

    @control
    def add_token(
        self, user: str | None = None, *, scopes: Sequence[str] | None = None, expires_in: float | None = None
    ) -> Ask[str]:
        """Return a further access token.

        Args:
            user: the key of the user whose token it is. Default: the first user of the seed.
            scopes: its scopes, such as `["READ"]`. Default: all.
            expires_in: seconds of the mock's clock that it is valid for. Default: None, for ever.
        """
        fields = {"user": user, "scopes": list(scopes) if scopes is not None else None, "expires_in": expires_in}
        return Ask("POST", "tokens", lambda found: str(found["token"]), _given(fields))

    @control
    def revoke_token(self, token: str) -> Ask[None]:
        """Make an access token or a refresh token invalid."""
        return Ask("DELETE", "tokens", _nothing, {"token": token})

    @control
    def add_code(self, user: str, client_id: str, *, scopes: Sequence[str] | None = None) -> Ask[str]:
        """Return a code for the authorization-code grant, valid for ten minutes of the mock's clock.

        Args:
            user: the key of the user who grants it.
            client_id: the id of the OAuth client that may trade it.
            scopes: its scopes, such as `["READ"]`. Default: all.
        """
        fields = {"user": user, "client_id": client_id, "scopes": list(scopes) if scopes is not None else None}
        return Ask("POST", "codes", lambda found: str(found["code"]), _given(fields))

    @control
    def set_collaborators(self, action_id: str, *users: str) -> Ask[None]:
        """Let exactly these users (keys) see the action, whatever its scope."""
        return Ask("POST", "collaborators", _nothing, {"action": action_id, "users": list(users)})

    @control
    def set_teams(self, user: str, *teams: int, create: bool = False) -> Ask[None]:
        """Make the user a member of exactly these teams. `create` makes those that are missing, until a reset."""
        return Ask("POST", "teams", _nothing, {"user": user, "teams": list(teams), "create": create})

    # ---- the console

    @control
    def console_link(self) -> Ask[str]:
        """Return a new link to the page that shows the mock in a browser, as the path after its address; good once."""
        return Ask("POST", "links", lambda found: str(found["path"]))

    @control
    def show_project(self, title: str, text: str, mistakes: Sequence[Mapping[str, object]] = ()) -> Ask[None]:
        """Show in the console what a folder of message actions came to, in place of what was shown before.

        Args:
            title: the folder.
            text: a line that says what happened.
            mistakes: objects of `file`, `line`, `severity` (error or warning) and `message`.
        """
        return Ask("POST", "project", _nothing, {"title": title, "text": text, "mistakes": list(mistakes)})

    @control
    def hide_project(self) -> Ask[None]:
        """Show no folder in the console any more."""
        return Ask("DELETE", "project", _nothing)


class Called(Controls, ABC):
    """The methods, each of which returns when the mock has answered."""

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
        """Go back to the seed."""

    @abstractmethod
    def _ask(self, ask: Ask[T]) -> T:
        """Send a call and return its answer."""

    def __repr__(self) -> str:
        """Return the kind and the address, without a user or a password; the control token is not shown."""
        scheme, _, rest = self.url.partition("://")
        return f"<{type(self).__name__} {scheme}://{rest.rpartition('@')[2]}>"


class Awaited(Controls, ABC):
    """The methods, each of which is awaited."""

    @abstractmethod
    async def _ask(self, ask: Ask[T]) -> T:
        """Send a call and return its answer."""


class MockControl(Called):
    """The control methods of a mock server that runs elsewhere, such as `zoho-cliq-mock` in another process.

    Args:
        url: its address, with or without `/api/v3` at its end.
        token: its control token.
    """

    def __init__(self, url: str, token: str) -> None:
        self.accounts_url = url.rstrip("/").removesuffix("/api/v3")
        self.url = f"{self.accounts_url}/api/v3"
        self.control_url = f"{self.accounts_url}/_mock"
        self.control_token = token

    @property
    def clock(self) -> SharedClock:
        """Raise RuntimeError: the clock of another process cannot be shared."""
        raise RuntimeError("the clock of a mock server in another process cannot be shared with clients")

    def reset(self) -> None:
        """Go back to the seed."""
        self._ask(RESET)

    def _ask(self, ask: Ask[T]) -> T:
        return ask.sent(self.url, self.control_token)


# Not the event loop's own threads: a function that the mock calls may need one of those while a call waits for it.
_threads = functools.cache(lambda: ThreadPoolExecutor(max_workers=256, thread_name_prefix="zoho-cliq-mock-control"))


class AsyncMock(Awaited):
    """The methods of a mock server, awaited, so that the event loop can answer while the mock waits for an answer.

    Args:
        mock: a `MockServer`, or a `MockControl`.
    """

    def __init__(self, mock: Called) -> None:
        self.mock = mock
        self.url, self.accounts_url = mock.url, mock.accounts_url
        self.control_url, self.control_token = mock.control_url, mock.control_token

    def __repr__(self) -> str:
        """Return the kind and whose methods they are."""
        return f"<AsyncMock of {self.mock!r}>"

    @property
    def clock(self) -> SharedClock:
        """The clock for clients; see `MockServer.clock`. Raise RuntimeError for a `MockControl`, which has none."""
        return self.mock.clock

    async def reset(self) -> None:
        """Go back to the seed."""
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
