"""The control API's responses as typed values: `Delivery`, `Shown`, `Attempt`, `Fault`, `Limits`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeVar

from zoho_cliq_mock.chats import Chat, Message
from zoho_cliq_mock.journal import Entry

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
"""What can go wrong with a call, as the field `fault` of a fault rule says."""

VISIBLE = frozenset({"message", "banner", "form", "form_error"})
"""The kinds of what a person sees; `nothing` is an answer too, an empty one."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the user sees of an answer.

    Attributes:
        kind: message, banner, form, form_error or nothing; or wrong, unanswered, not_executed or refused if the answer
            cannot be shown.
        text: the text that is shown, or why nothing can be shown.
        output: the answer's `output` as it was received; None if there was none.
        problems: what is wrong with the output, one entry for each field.
        to: who sees it: `everyone`, or the key of one user.
    """

    kind: str
    text: str
    output: Any = None
    problems: tuple[str, ...] = ()
    to: str = ""

    @property
    def ok(self) -> bool:
        """Whether the answer could be shown."""
        return self.kind in VISIBLE or self.kind == "nothing"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request to the `execution_url`: `status`, `headers` and `body` of the response, or `error` if there was none.

    Attributes:
        number: the number of the attempt, counted from 1.
        url: the URL without its query, because people put secrets into the query.
        milliseconds: the real time until the response.
        retry_at: when the next attempt is due, in seconds of the mock's clock; None if there will be none.
    """

    number: int
    url: str
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: str = ""
    error: str | None = None
    milliseconds: float = 0.0
    retry_at: float | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """The result of choosing a message action once.

    Attributes:
        action, action_id, execution_type: the chosen action.
        user, chat, messages: who chose it, in which chat and on which messages: the user's key, the other ids.
        event: the event as it was sent. A deferred answer can be posted to its `response_url`.
        attempts: the requests that were sent; empty for a Deluge action.
        shown: what the user sees; None until the last attempt is over.
        deferred: what the user sees of the deferred answer; None if there was none.
        deluge: what the script of a Deluge action did: `log`, `tasks`, `errors`, `statements`, `milliseconds`; None for
            a webhook action.
    """

    id: int
    action: str
    action_id: str
    execution_type: str
    user: str
    chat: str
    messages: tuple[str, ...]
    event: Mapping[str, Any] = field(repr=False)
    attempts: tuple[Attempt, ...]
    shown: Shown | None
    deferred: Shown | None = None
    deluge: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether every answer was shown, no deferred answer was refused and no script failed."""
        failed = self.deluge is not None and bool(self.deluge["errors"])
        return not failed and self.shown is not None and self.shown.ok and (self.deferred is None or self.deferred.ok)

    @property
    def text(self) -> str:
        """The text that is shown in the end: that of the deferred answer if there is one, else that of the answer."""
        last = self.deferred or self.shown
        return last.text if last else ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault rule in force; the README describes its fields.

    Attributes:
        seen: how many calls matched its operation and user.
        applied: how many calls it spoiled.
        delay: the delay in seconds.
        times: how many calls it spoils at most; None for no limit.
    """

    id: int
    fault: str
    operations: tuple[str, ...] | None
    user: str | None
    nth: tuple[int, ...] | None
    probability: float
    seed: int
    times: int | None
    when: str
    status: int | None
    code: str | None
    delay: float
    seen: int
    applied: int


@dataclass(frozen=True, slots=True)
class Limits:
    """The thresholds.

    Attributes:
        enabled: whether calls are counted and refused.
        locks: when each lock ends, in seconds since 1970 on the mock's clock, by "user id operation".
    """

    enabled: bool
    locks: Mapping[str, float]


def read_delivery(record: Mapping[str, Any]) -> Delivery:
    """Return a delivery from its JSON record.

    Raise LookupError, TypeError or AttributeError if the record is not that of a delivery.
    """
    action = record["action"]
    return Delivery(
        record["id"],
        action["name"],
        action["id"],
        action["execution_type"],
        record["user"],
        record["chat"],
        tuple(record["messages"]),
        record["event"],
        tuple(_known(Attempt, attempt) for attempt in record["attempts"]),
        _shown(record.get("shown")),
        _shown(record.get("deferred")),
        record.get("deluge"),
    )


def _shown(found: Mapping[str, Any] | None) -> Shown | None:
    if found is None:
        return None
    return Shown(found["kind"], found["text"], found["output"], tuple(found["problems"]), found["to"])


def read_fault(rule: Mapping[str, Any]) -> Fault:
    """Return a fault rule from its JSON."""
    lists = {name: tuple(rule[name]) if rule[name] is not None else None for name in ("operations", "nth")}
    return _known(Fault, {**rule, **lists})


def read_message(found: Mapping[str, Any]) -> Message:
    """Return a message from its JSON."""
    return Message(**{**found, "attachments": tuple(found.get("attachments", ()))})


def read_chat(found: Mapping[str, Any]) -> Chat:
    """Return a chat from its JSON."""
    return Chat(**{**found, "members": tuple(found["members"])})


def read_entry(found: Mapping[str, Any]) -> Entry:
    """Return a request of the journal from its JSON."""
    return Entry(**{**found, "body": found["body"].encode()})


def _known(kind: type[T], found: Mapping[str, Any]) -> T:
    """Return an instance of a dataclass from JSON. Ignore unknown fields: a later version of the mock may send them."""
    return kind(**{each.name: found[each.name] for each in fields(kind) if each.name in found})  # type: ignore[arg-type]
