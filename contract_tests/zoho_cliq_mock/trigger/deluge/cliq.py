"""Cliq as a script sees it: the mock's chats, and the databases of the organization.

The class implements the interface `Cliq` of `zoho_cliq_deluge` for one run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from zoho_cliq_deluge import File, Post, TaskError, text
from zoho_cliq_deluge.cliq_memory import matches

from zoho_cliq_mock.chats import Chat, ChatError, Chats
from zoho_cliq_mock.directory import User
from zoho_cliq_mock.trigger.deluge.databases import Databases, record, to_json
from zoho_cliq_mock.trigger.deluge.session import Session
from zoho_cliq_mock.trigger.deluge.values import plain

_DONE = {"status": "SUCCESS"}


class MockCliq:
    """The chats and databases of a mock, for one run of a script.

    Args:
        session: the bridge to the event loop.
        chats: the mock's chats.
        databases: the mock's databases.
        user: the user who chose the action; posts are made in the user's name unless they name a bot.
        users: all users, by key.
        now: returns the mock's time, in seconds since 1970.
        hide: removes the secrets of connections from a text.
    """

    def __init__(
        self,
        session: Session,
        chats: Chats,
        databases: Databases,
        user: User,
        users: Mapping[str, User],
        now: Callable[[], float],
        hide: Callable[[str], str],
    ) -> None:
        self._session = session
        self._chats = chats
        self._databases = databases
        self._user = user
        self._users = users
        self._now = now
        self._hide = hide

    # ---- chats

    def post(self, post: Post) -> dict[str, Any]:
        """Add a message to a chat."""
        words, files, output = self._message(post.message)
        bot = output.get("bot")
        sender = post.bot or (bot.get("name") if isinstance(bot, dict) else None) or self._user.key

        def act() -> None:
            chat = self._place(post)
            self._chats.write(chat.id, str(sender), words, self._now(), files=files, shown=_shown(words, output))

        self._session.do(act)
        return {}

    def edit_message(self, chat: str, message_id: str, message: Any) -> dict[str, Any]:
        """Replace a message that a script posted."""
        words, _, output = self._message(message)

        def act() -> None:
            try:
                found = self._chats.message(message_id)
            except ChatError as error:
                raise TaskError(str(error)) from None
            if found.chat != chat or found.type != "post":
                raise TaskError(f"no script posted a message {message_id!r} in the chat {chat!r}")
            self._chats.rewrite(found, words, _shown(words, output))

        self._session.do(act)
        return {}

    def _message(self, message: Any) -> tuple[str, list[dict[str, Any]], dict[str, Any]]:
        """Return the text, the files and the output of a message."""
        if isinstance(message, File):
            message = [message]
        if isinstance(message, list):
            if not message or not all(isinstance(each, File) for each in message):
                raise TaskError("a list can be posted only if its items are files")
            files = [plain(file, self._hide) for file in message]
            self._session.spend(len(to_json(files)))
            return "", files, {}
        if isinstance(message, dict):
            output = plain(message, self._hide)
            words = output.get("text", "")
        else:
            output, words = {}, plain(text(message), self._hide)
        if not isinstance(words, str):
            raise TaskError("the text of the message is not a text")
        if not words and not output:
            raise TaskError("the message is empty")
        content = to_json(output)
        self._session.spend(len(words) + len(content))
        return words, [], orjson.loads(content)

    def _place(self, post: Post) -> Chat:
        """Return the chat that a post goes to. Raise `TaskError` if there is none in the organization."""
        kind = post.task.removesuffix("AsAdmin").removesuffix("AsBot").removeprefix("postTo")
        organization, target = self._user.organization, post.target
        found: Chat | None = None
        if kind == "Chat":
            found = next((chat for chat in self._chats.all() if chat.id == target), None)
            if found is not None and found.organization != organization:
                found = None
        elif kind == "Channel":
            found = self._chats.named(organization, target, "channel")
        elif kind == "Bot":
            found = self._chats.named(organization, target, "bot")
        elif kind == "User":
            other = next((user for user in self._users.values() if target in _names(user)), None)
            if other is not None and other.organization == organization:
                return self._chats.between(self._user, other)
        if found is None:
            raise TaskError(f"there is no {kind.lower()} {target!r} in the organization{_HINTS.get(kind, '')}")
        return found

    # ---- databases

    def create_record(self, database: str, values: dict[str, Any]) -> dict[str, Any]:
        """Add a record, and return its id."""
        fields = self._fields(values)
        added = self._session.do(lambda: self._databases.add(self._user.organization, database, fields))
        return {**_DONE, "id": added}

    def get_records(self, database: str, query: dict[str, Any]) -> dict[str, Any]:
        """Return the records that match ``query["criteria"]``.

        ``query["from_index"]`` is the first match to return, counted from 1 (the default); ``query["limit"]`` is how
        many to return at most.
        """
        found = self._matching(database, str(query.get("criteria") or ""))
        start, limit = _number(query.get("from_index"), 1), _number(query.get("limit"), len(found))
        return {"list": found[max(start - 1, 0) :][: max(limit, 0)]}

    def get_record(self, database: str, record_id: str) -> dict[str, Any]:
        """Return one record."""
        found = self._session.do(lambda: self._databases.get(self._user.organization, database, record_id))
        if found is None:
            raise _no_record(database, record_id)
        return found

    def update_record(self, database: str, record_id: str, values: dict[str, Any]) -> dict[str, Any]:
        """Change some fields of a record."""
        fields = self._fields(values)
        organization = self._user.organization
        if not self._session.do(lambda: self._databases.change(organization, database, record_id, fields)):
            raise _no_record(database, record_id)
        return {**_DONE, "id": record_id}

    def delete_record(self, database: str, record_id: str) -> dict[str, Any]:
        """Remove one record."""
        if not self._session.do(lambda: self._databases.remove(self._user.organization, database, [record_id])):
            raise _no_record(database, record_id)
        return dict(_DONE)

    def delete_records(self, database: str, criteria: str) -> dict[str, Any]:
        """Remove the records that match the criteria."""
        found = [each["id"] for each in self._matching(database, criteria)]
        self._session.do(lambda: self._databases.remove(self._user.organization, database, found))
        return dict(_DONE)

    def _matching(self, database: str, criteria: str) -> list[dict[str, Any]]:
        rows = self._session.do(lambda: self._databases.texts(self._user.organization, database))
        # Filtered in the script's thread, so that a large database does not block the event loop.
        return [each for each in (record(*row) for row in rows) if matches(each, criteria)]

    def _fields(self, values: dict[str, Any]) -> dict[str, Any]:
        fields: dict[str, Any] = plain(values, self._hide)
        self._session.spend(len(to_json(fields)))
        return fields

    # ---- the extension's properties

    def set_properties(self, values: dict[str, Any]) -> dict[str, Any]:
        """Set properties of the extension."""
        fields = self._fields(values)
        self._session.do(lambda: self._databases.set_properties(self._user.organization, fields))
        return dict(_DONE)

    def get_property(self, key: str) -> Any:
        """Return a property of the extension."""
        return self._session.do(lambda: self._databases.get_property(self._user.organization, key))

    def delete_property(self, key: str) -> dict[str, Any]:
        """Remove a property of the extension."""
        self._session.do(lambda: self._databases.delete_property(self._user.organization, key))
        return dict(_DONE)


_HINTS = {
    "Channel": "; its unique name is its title in small letters without #",
    "Bot": "; add one with POST /_mock/chats: a chat of the type bot with the bot's name as its title",
    "User": "; give an address or an id",
}


def _names(user: User) -> tuple[str, ...]:
    """Return the names by which `postToUser` can address a user: the email address that events show, and the id."""
    return (f"{user.key}@example.com", user.id)


def _shown(words: str, output: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": "message",
        "text": words,
        "output": output or {"text": words},
        "problems": [],
        "to": "everyone",
        "deferred": False,
    }


def _no_record(database: str, identifier: str) -> TaskError:
    return TaskError(f'the database "{database}" has no record "{identifier}"')


def _number(value: Any, default: int) -> int:
    try:
        return default if value is None else int(value)
    except (TypeError, ValueError, OverflowError):
        raise TaskError("from_index and limit must be numbers") from None
