"""Which message actions are offered on messages: a pure function over actions as the API shows them.

An action is offered if the user sees it (scope, teams), it is enabled, and its `message_types` include the type of
every chosen message. On several messages it must also be `multi_selectable`. By the platform's help page, at most 25
messages with at most 10 files can be chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zoho_cliq_mock.chats import Message

MAX_MESSAGES = 25
MAX_FILES = 10


def not_offered(action: Mapping[str, Any], messages: Sequence[Message]) -> str | None:
    """Return why an action that the user sees is not offered on these messages, or None if it is offered.

    Args:
        action: the action as the API shows it.
        messages: the chosen messages.
    """
    if action["status"] != "enabled":
        return f"its status is {action['status']}"
    for message in messages:
        if message.shown is not None:
            return "the message was written by an action or a script, not by a user"
        if message.type not in action["message_types"]:
            which = "the message" if len(messages) == 1 else repr(message.id)
            return f"it is offered on {', '.join(action['message_types'])}, but {which} is {message.type}"
    if len(messages) > 1 and not action["multi_selectable"]:
        return "it takes one message at a time (multi_selectable is false)"
    if len(messages) > MAX_MESSAGES:
        return f"{len(messages)} messages are selected, but at most {MAX_MESSAGES} can be"
    files = sum(len(message.attachments) for message in messages)
    if files > MAX_FILES:
        return f"the messages have {files} files, but at most {MAX_FILES} can be selected"
    return None
