"""The class behind the pytest fixture `deluge`: runs the script of a message action with an event, without a server."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zoho_cliq_deluge import CliqInMemory, Gateway, HttpSender, Run, run_handler

from zoho_cliq_mock.chats import Chat, Message
from zoho_cliq_mock.seed import DEMO, read_seed
from zoho_cliq_mock.trigger.deluge.event import script_event
from zoho_cliq_mock.trigger.payload import LOCATION, PERMISSIONS, Selection, build

_CHAT = "CT_1001"


class _Sender(HttpSender):
    def how_to_allow(self, host: str) -> str:
        """Return what a test must write to allow this host."""
        return f'name it: deluge.hosts.append("{host}")'


class DelugeRunner:
    """Runs scripts of message actions: `run = deluge('return {"text": message.get("text")};', "Hello")`.

    What scripts post, and what they store in databases, stays in `cliq` from one call to the next.

    Attributes:
        cliq: The chats and databases; `cliq.posts` lists what scripts posted.
        connections: The headers of each connection, by link name. Default: none.
        stubs: What tasks of other services return, by task name: values, or functions of the task's arguments. Default:
            none.
        hosts: Hosts, in addition to this machine, that requests may be sent to. Default: none.
        policies: The interpreter's policies that differ from their defaults, by name (`zoho_cliq_deluge.Policies`).
        now: The time of the event and of `zoho.currenttime`, a datetime with a time zone. Default: None, the machine's
            time.
    """

    def __init__(self) -> None:
        self.cliq = CliqInMemory()
        self.connections: dict[str, Mapping[str, str]] = {}
        self.stubs: dict[str, Any] = {}
        self.hosts: list[str] = []
        self.policies: dict[str, Any] = {}
        self.now: datetime | None = None

    def __repr__(self) -> str:
        """Return the class and what scripts can reach; header values are not shown."""
        reachable = {"connections": self.connections, "stubs": self.stubs, "hosts": self.hosts}
        return f"<DelugeRunner: {', '.join(f'{name} {sorted(there)}' for name, there in reachable.items())}>"

    def __call__(
        self,
        script: str | os.PathLike[str],
        text: str | Sequence[str] = "Hello",
        *,
        user: str | Mapping[str, Any] = "owner",
        chat: Mapping[str, Any] | None = None,
        attachments: Sequence[Mapping[str, Any]] = (),
        location: Mapping[str, Any] | None = None,
        event: Mapping[str, Any] | None = None,
    ) -> Run:
        """Run a script as if a user chose its action on a message, and return the run.

        Args:
            script: The script's text, or its file: a path, or a text that ends in `.dg`.
            text: The text of the message; a sequence of texts for several messages.
            user: Who chooses: a key of the demo seed's users, or fields that replace those of the event's user.
            chat: Fields that replace those of the event's chat. Default: None.
            attachments: Files of the message: `name`, and `content` (str or bytes) if the script reads it.
            location: Where the user is. Default: None, Berlin.
            event: A whole event, as a webhook receives it. The arguments from `text` to `location` are then not used.
                Default: None.

        Raises:
            DelugeSyntaxError: if the script cannot be parsed.
            DelugeRuntimeError: if the script fails. Its attribute `run` holds the run up to the failure.
            OSError: if the script's file cannot be read.
            ValueError: if `user` is not the key of a user.
        """
        chosen = self._event(text, user, chat, attachments, location) if event is None else event
        gateway = Gateway(_Sender(self.hosts), self.connections, self.cliq, self.stubs)
        return run_handler(_script(script), chosen, policies=self.policies, gateway=gateway, clock=self._clock)

    def _clock(self) -> datetime:
        return self.now or datetime.now(UTC)

    def _event(
        self,
        text: str | Sequence[str],
        user: str | Mapping[str, Any],
        chat: Mapping[str, Any] | None,
        attachments: Sequence[Mapping[str, Any]],
        location: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        users = read_seed(DEMO).users
        key = user if isinstance(user, str) else "owner"
        if key not in users:
            raise ValueError(f"unknown user {key!r}; use one of {', '.join(users)}, or give the user's fields")
        person = users[key]
        members = tuple(each.key for each in users.values() if each.organization == person.organization)
        place = Chat(_CHAT, person.organization, "#general", "channel", members[0], members)
        now = self._clock().timestamp()
        texts = [text] if isinstance(text, str) else text
        messages = [
            Message(f"{int(now * 1000)} {number:09d}", place.id, person.key, "text", each, int(now * 1000))
            for number, each in enumerate(texts, 1)
        ]
        selection = Selection("", person, place, messages, users, messages, location or LOCATION)
        made = build(selection, PERMISSIONS, response_url="", now=now)
        params = made["params"]
        params["attachments"] = list(attachments)
        params["user"] |= {} if isinstance(user, str) else user
        params["chat"] |= chat or {}
        return script_event(made)


def _script(script: str | os.PathLike[str]) -> str:
    if isinstance(script, str) and not script.endswith(".dg"):
        return script
    return Path(script).read_text("utf-8")
