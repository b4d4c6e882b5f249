"""The event as a Deluge script sees it, with additional keys that public scripts read.

Events of webhooks are not known to have these keys. Pure functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoho_cliq_mock.chats import unique_name


def script_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of an event with additional keys.

    The user also has `name` and `zoho_user_id`; the chat also has `name` and, if it is a channel,
    `channel_unique_name`.
    """
    params = dict(event["params"])
    if isinstance(user := params.get("user"), Mapping):
        names = (str(user[key]) for key in ("first_name", "last_name") if user.get(key))
        params["user"] = {"name": " ".join(names), "zoho_user_id": user.get("id"), **user}
    if isinstance(chat := params.get("chat"), Mapping):
        title = str(chat.get("title"))
        channel = {"channel_unique_name": unique_name(title)} if chat.get("type") == "channel" else {}
        params["chat"] = {"name": title, **channel, **chat}
    return {**event, "params": params}
