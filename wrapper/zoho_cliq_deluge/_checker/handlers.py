"""The kinds of handlers in Cliq: which variables each has, and whether it must return a value."""

from __future__ import annotations

from dataclasses import dataclass

from .._run import HANDLER_VARIABLES

__all__ = ["HANDLERS", "MESSAGE_ACTION", "Handler"]

MESSAGE_ACTION = "message-action"


@dataclass(frozen=True, slots=True)
class Handler:
    """A kind of handler.

    Attributes:
        variables: The variables that Cliq sets for such a handler.
        answers: Whether the handler must return a value. Default: true.
    """

    variables: frozenset[str]
    answers: bool = True


def _handler(variables: str, *, answers: bool = True) -> Handler:
    return Handler(frozenset({"info", "environment", "access", *variables.split()}), answers)


HANDLERS: dict[str, Handler] = {
    MESSAGE_ACTION: Handler(frozenset({"info", *HANDLER_VARIABLES})),
    "bot": _handler(
        "message message_details attachments mentions links user newuser chat location action context_id answers body "
        "headers http_method params"
    ),
    "button": _handler("arguments target message messages user chat location"),
    "command": _handler("arguments options selections attachments mentions user chat location"),
    "form": _handler("form target user chat location"),
    "scheduler": _handler("data user", answers=False),
    "widget": _handler("user target event arguments chat location"),
}
"""All kinds of handlers, by name."""
