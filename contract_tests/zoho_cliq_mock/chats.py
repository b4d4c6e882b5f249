"""Chats and their messages, on which actions are chosen and in which answers appear; stored in the mock's database.

A seed may list chats under `chats`. Without that section, each organization gets one channel with all its users and one
message of each type. Control calls can add more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from typing import Any, NamedTuple

import orjson

from zoho_cliq_mock.directory import SeedError, User

TYPES = ("text", "link", "attachment")
DIRECT = "dm"
"""The type of a chat of two people."""
_TABLES = (
    "CREATE TABLE IF NOT EXISTS chat (id TEXT PRIMARY KEY, organization TEXT NOT NULL, fields TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS message (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, chat TEXT NOT NULL,"
    " fields TEXT NOT NULL) STRICT",
    "CREATE INDEX IF NOT EXISTS message_chat ON message (chat, number)",
)


class ChatError(ValueError):
    """A chat or message that cannot be added or does not exist; the message is the reason."""


class Chat(NamedTuple):
    """A chat. `owner` is the key of a user, `members` the keys of all users in it."""

    id: str
    organization: str
    title: str
    type: str
    owner: str
    members: tuple[str, ...]

    def public(self) -> dict[str, Any]:
        """Return the chat as the control API shows it."""
        return {**self._asdict(), "members": list(self.members)}


class Message(NamedTuple):
    """A message.

    Attributes:
        sender: the key of a user, the name of the action that was answered, or the name of a bot.
        type: text, link or attachment; `answer` for an answer and `post` for what a script posted.
        time: milliseconds since 1970.
        attachments: its files.
        shown: for an answer or a post: its kind, its output, its problems, and who sees it; else None.
    """

    id: str
    chat: str
    sender: str
    type: str
    text: str
    time: int
    attachments: tuple[Mapping[str, Any], ...] = ()
    shown: Mapping[str, Any] | None = None

    def public(self) -> dict[str, Any]:
        """Return the message as the control API shows it."""
        found = {key: value for key, value in self._asdict().items() if value not in (None, ())}
        return {**found, "attachments": list(self.attachments)} if self.attachments else found


class Chats:
    """All chats of a database.

    Args:
        connection: the mock's database.
        users: returns all users, by key.
    """

    def __init__(self, connection: sqlite3.Connection, users: Callable[[], Mapping[str, User]]) -> None:
        self._execute = connection.execute
        self._users = users
        for statement in _TABLES:
            self._execute(statement)

    def seed(self, seed: Mapping[str, Any], now: float) -> None:
        """Add the seed's chats, if there are no chats yet. Raise `SeedError` if they cannot be used."""
        if self._execute("SELECT 1 FROM chat LIMIT 1").fetchone():
            return
        for number, entry in enumerate(seed["chats"] if "chats" in seed else _default(self._users().values())):
            messages = entry.get("messages", [])
            try:
                chat = self.add(entry)
                if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
                    raise ChatError("messages: must be a list of objects")
                for message in messages:
                    self.post(chat.id, message, now)
            except ChatError as error:
                raise SeedError(f"chats[{number}].{error}") from None

    def clear(self) -> None:
        """Remove all chats and messages."""
        self._execute("DELETE FROM chat")
        self._execute("DELETE FROM message")

    def add(self, fields: Mapping[str, Any]) -> Chat:
        """Add a chat and return it.

        Args:
            fields: `members` (keys of users); optional are `id`, `title`, `type` and `owner` (default: the first
                member).

        Raise `ChatError` if it cannot be added.
        """
        given = fields.get("members")
        if not isinstance(given, list) or not given:
            raise ChatError("members: must be a list of users")
        members = tuple(dict.fromkeys(self.user(key).key for key in given))
        users = [self.user(key) for key in members]
        organization = users[0].organization
        if any(user.organization != organization for user in users):
            raise ChatError("members: must all be in one organization")
        count = self._execute("SELECT count(*) FROM chat").fetchone()[0]
        chat = Chat(
            id=str(fields.get("id") or f"CT_{1001 + count}_{organization}"),
            organization=organization,
            title=str(fields.get("title", "")),
            type=str(fields.get("type", "channel")),
            owner=str(fields.get("owner", members[0])),
            members=members,
        )
        if chat.owner not in members:
            raise ChatError(f"owner: {chat.owner} is not in members")
        try:
            self._execute("INSERT INTO chat VALUES (?, ?, ?)", (chat.id, organization, _json(chat)))
        except sqlite3.IntegrityError:
            raise ChatError(f"id: a chat {chat.id} exists already") from None
        return chat

    def post(self, chat: str, fields: Mapping[str, Any], now: float) -> Message:
        """Add a user's message to a chat and return it.

        Args:
            chat: the chat's id.
            fields: `sender` (a user's key) and `text`; optional are `type` (default: text) and, for the type
                attachment, `attachments`, a list of `{name, type, size, url}`.
            now: the time, in seconds since 1970.

        Raise `ChatError` if it cannot be added.
        """
        owner = self.chat(chat)
        sender, kind, text = fields.get("sender", owner.owner), fields.get("type", "text"), fields.get("text", "")
        files = fields.get("attachments", [{"name": "file.txt"}] if kind == "attachment" else [])
        if kind not in TYPES:
            raise ChatError(f"type: must be one of {', '.join(TYPES)}, not {kind!r}")
        if not isinstance(text, str) or (not text and kind != "attachment"):
            raise ChatError("text: is required")
        if sender not in owner.members:
            raise ChatError(f"sender: {sender!r} is not in the chat {chat}")
        if not isinstance(files, list) or not all(isinstance(file, dict) for file in files):
            raise ChatError("attachments: must be a list of objects")
        if (kind == "attachment") != bool(files):
            raise ChatError("attachments: only for the type attachment, which requires at least one")
        return self._put(chat, str(sender), kind, text, now, tuple(files), given=fields.get("id"))

    def show(self, chat: str, action: str, shown: Mapping[str, Any], text: str, now: float) -> Message:
        """Add what an action's answer shows to a chat, and return the message."""
        return self._put(chat, action, "answer", text, now, (), shown)

    def write(
        self,
        chat: str,
        sender: str,
        text: str,
        now: float,
        *,
        files: Iterable[Mapping[str, Any]] = (),
        shown: Mapping[str, Any] | None = None,
    ) -> Message:
        """Add what a script posts to a chat, and return the message. `sender` need not be a member of the chat."""
        return self._put(chat, sender, "post", text, now, files, shown)

    def rewrite(self, message: Message, text: str, shown: Mapping[str, Any]) -> None:
        """Replace the text of a message and what it shows (`Message.shown`)."""
        changed = message._replace(text=text, shown=shown)
        self._execute("UPDATE message SET fields = ? WHERE id = ?", (_json(changed), message.id))

    def named(self, organization: str, name: str, *types: str) -> Chat | None:
        """Return a chat by its unique name or its id, or None.

        The unique name is the title in lower case without `#`. Only chats of the given types are searched.
        """
        for chat in self.all():
            named = unique_name(chat.title) == unique_name(name) or chat.id == name
            if chat.organization == organization and chat.type in types and named:
                return chat
        return None

    def between(self, user: User, other: User) -> Chat:
        """Return the direct chat of two users, or of a user with themselves; create it if it is missing."""
        members = list(dict.fromkeys((user.key, other.key)))
        for chat in self.chats_of(user):
            if chat.type == DIRECT and set(chat.members) == set(members):
                return chat
        return self.add({"type": DIRECT, "title": other.name, "members": members})

    def user(self, key: Any) -> User:
        """Return a user by key. Raise `ChatError` if there is none."""
        users = self._users()
        if not users:
            raise ChatError("the seed has no users")
        if not isinstance(key, str) or key not in users:
            raise ChatError(f"unknown user {key!r}; known users: {', '.join(users)}")
        return users[key]

    def chat(self, identifier: Any) -> Chat:
        """Return a chat by id. Raise `ChatError` if there is none."""
        row = self._execute("SELECT fields FROM chat WHERE id = ?", (str(identifier),)).fetchone()
        if row is None:
            raise ChatError(f"there is no chat {identifier!r}")
        fields = orjson.loads(row[0])
        return Chat._make([*fields[:-1], tuple(fields[-1])])

    def chats_of(self, user: User) -> list[Chat]:
        """Return the chats that a user is a member of."""
        rows = self._execute("SELECT id FROM chat WHERE organization = ? ORDER BY id", (user.organization,)).fetchall()
        return [chat for chat in (self.chat(row[0]) for row in rows) if user.key in chat.members]

    def all(self) -> list[Chat]:
        """Return all chats."""
        return [self.chat(row[0]) for row in self._execute("SELECT id FROM chat ORDER BY id").fetchall()]

    def message(self, identifier: Any) -> Message:
        """Return a message by id. Raise `ChatError` if there is none."""
        row = self._execute("SELECT fields FROM message WHERE id = ?", (str(identifier),)).fetchone()
        if row is None:
            raise ChatError(f"there is no message {identifier!r}")
        return _message(row[0])

    def messages(self, chat: str, last: int = -1) -> list[Message]:
        """Return the messages of a chat, the oldest first.

        Args:
            chat: the chat's id.
            last: how many of the newest to return. Default: -1, all.
        """
        rows = self._execute(
            "SELECT fields FROM message WHERE chat = ? ORDER BY number DESC LIMIT ?", (chat, last)
        ).fetchall()
        return [_message(row[0]) for row in reversed(rows)]

    def _put(
        self,
        chat: str,
        sender: str,
        kind: str,
        text: str,
        now: float,
        files: Iterable[Mapping[str, Any]],
        shown: Mapping[str, Any] | None = None,
        given: Any = None,
    ) -> Message:
        number = self._execute("SELECT coalesce(max(number), 0) + 1 FROM message").fetchone()[0]
        time = int(now * 1000)
        # Message ids of Cliq can contain a space, so the mock's always do.
        identifier = str(given) if given else f"{time} {number:09d}"
        attachments = tuple({"id": f"{number}-{count}", **file} for count, file in enumerate(files, 1))
        message = Message(identifier, chat, sender, kind, text, time, attachments, shown)
        try:
            self._execute(
                "INSERT INTO message VALUES (?, ?, ?, ?)",
                (number, identifier, chat, _json(message)),
            )
        except sqlite3.IntegrityError:
            raise ChatError(f"id: a message {identifier!r} exists already") from None
        return message


def check_chats(entries: list[dict[str, Any]], users: Mapping[str, User]) -> None:
    """Raise `SeedError` if the chats of a seed cannot be used."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as nowhere:
        Chats(nowhere, lambda: users).seed({"chats": entries}, 0.0)


def unique_name(title: str) -> str:
    """Return the unique name of a channel or a bot: its title in lower case without `#`."""
    return title.removeprefix("#").lower()


def _json(entry: tuple[Any, ...]) -> str:
    return orjson.dumps(tuple(entry)).decode()


def _message(text: str) -> Message:
    fields = orjson.loads(text)
    return Message._make([*fields[:6], tuple(fields[6]), fields[7]])


def _default(users: Iterable[User]) -> list[dict[str, Any]]:
    chats = []
    people = list(users)
    for organization in dict.fromkeys(user.organization for user in people):
        members = [user.key for user in people if user.organization == organization]
        photo = {"name": "photo.png", "type": "image/png", "size": 1}
        link = {"type": "link", "text": "https://example.com/manual"}
        file = {"type": "attachment", "attachments": [photo]}
        messages = [{"text": "The printer is on fire"}, link, file]
        chats.append({"title": "#general", "members": members, "messages": messages})
    return chats
