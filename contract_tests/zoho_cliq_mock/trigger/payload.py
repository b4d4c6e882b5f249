"""Builds the event that is sent to a webhook action.

The envelope, `environment` and `access` are always present; the other parts depend on the handler's permissions. Pure
functions. The vendor does not document the event of message actions, so its shape follows what the vendor publishes for
other handlers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from zoho_cliq_mock.chats import Chat, Message
from zoho_cliq_mock.directory import User

PERMISSIONS = ("attachments", "chat", "location", "message", "user")
LOCATION = {"latitude": 52.52, "longitude": 13.405, "accuracy": 30, "status": "granted"}


class Selection(NamedTuple):
    """What a user chose.

    Attributes:
        action: the action's name.
        user: the user who chose it.
        chat: the chat of the messages.
        messages: the chosen messages.
        users: all users, by key.
        recent: the latest messages of the chat, for the permission `chat`.
        location: where the user is.
    """

    action: str
    user: User
    chat: Chat
    messages: Sequence[Message]
    users: Mapping[str, User]
    recent: Sequence[Message]
    location: Mapping[str, Any]


def build(selection: Selection, permissions: Collection[str], *, response_url: str, now: float) -> dict[str, Any]:
    """Return the event.

    Args:
        selection: what was chosen.
        permissions: the handler's permissions; each adds its part of the event.
        response_url: the URL for a deferred answer.
        now: the time in seconds since 1970; the event's time stamp is in milliseconds.
    """
    user, chat = selection.user, selection.chat
    params: dict[str, Any] = {
        "environment": {
            "tld": ".com",
            "data_center": "US",
            "base_url": f"https://cliq.zoho.com/company/{user.organization}",
        },
        "access": {
            "user_id": user.id,
            "zoho_user_id": user.id,
            "chat_id": chat.id,
            "user_agent": "zoho-cliq-mock",
            "organization": {"type": "company", "id": user.organization},
        },
    }
    messages = [_message(message, selection.users) for message in selection.messages]
    if "message" in permissions:
        params["message"] = messages[0]
        params["messages"] = {"count": len(messages), "list": messages}
        params["mentions"] = []
    if "attachments" in permissions:
        params["attachments"] = [file for message in selection.messages for file in message.attachments]
    if "user" in permissions:
        params["user"] = {**_person(user), "admin": True, "organization_id": user.organization}
    if "chat" in permissions:
        params["chat"] = {
            "id": chat.id,
            "title": chat.title,
            "type": chat.type,
            "owner": selection.users[chat.owner].id,
            "members": [_person(selection.users[key]) for key in chat.members],
            "recent_messages": [_message(message, selection.users) for message in selection.recent],
        }
    if "location" in permissions:
        params["location"] = dict(selection.location)
    return {
        "name": selection.action,
        "type": "messageaction",
        "handler": {"type": "execution_handler"},
        "response_url": response_url,
        "timestamp": int(now * 1000),
        "params": params,
    }


def _person(user: User) -> dict[str, Any]:
    first, _, last = user.name.partition(" ")
    return {
        "id": user.id,
        "first_name": first,
        "last_name": last,
        "email": f"{user.key}@example.com",
        "language": "en",
        "country": "us",
        "timezone": "UTC",
    }


def _message(message: Message, users: Mapping[str, User]) -> dict[str, Any]:
    sender = users.get(message.sender)
    return {
        "id": message.id,
        "sender": _person(sender) if sender else {"first_name": message.sender},
        "time": str(message.time),
        "text": message.text,
        "type": message.type,
    }
