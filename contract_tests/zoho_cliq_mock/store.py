"""The actions: the seven operations' effect and result, on SQLite.

Pure of HTTP and of time: it takes checked bodies and gives JSON bytes, or raises `Refusal`. Row and log of changes are
written in one transaction, which is committed before a method returns. Positions in lists are explained in `cursors`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson

from zoho_cliq_mock.actions import Action, new_action, render, updated_action
from zoho_cliq_mock.directory import (
    Directory,
    User,
    organization_audience,
    team_audience,
    user_audience,
)
from zoho_cliq_mock.errors import Refusal
from zoho_cliq_mock.policies import Policies

FIRST_ID = 48_210_000_000_417_001
HANDLER = "execution_handler"


class Page(NamedTuple):
    """Part of a listing: the actions as JSON, the last id in it, and whether more follow."""

    items: list[bytes]
    last: int
    more: bool


class Store:
    """The actions of all organizations in one database."""

    def __init__(self, connection: sqlite3.Connection, directory: Directory, policies: Policies) -> None:
        self.connection = connection
        self.directory = directory
        self.policies = policies
        self._audiences: dict[str, int] = {}
        self._page_statements: dict[tuple[int, bool], str] = {}
        self.load()

    def load(self) -> None:
        """Read the counters anew, after the tables were changed from outside."""
        execute = self.connection.execute
        self._audiences = dict(execute("SELECT name, id FROM audience_name").fetchall())
        change, used = execute("SELECT coalesce(max(change), 0), coalesce(max(action), 0) FROM audience").fetchone()
        floor = execute("SELECT value FROM meta WHERE name = 'id_floor'").fetchone()
        self.change: int = change
        self._next_id: int = max(used + 1, floor[0] if floor else FIRST_ID)

    def clear(self) -> None:
        """Remove all actions. Their ids are not given out again."""
        execute = self.connection.execute
        execute("BEGIN IMMEDIATE")
        for table in ("action", "audience", "audience_name"):
            execute(f"DELETE FROM {table}")
        execute("INSERT OR REPLACE INTO meta VALUES ('id_floor', ?)", (self._next_id,))
        execute("UPDATE meta SET value = value + 1 WHERE name = 'epoch'")
        execute("COMMIT")
        self.load()

    # ---- single actions

    def create(self, user: User, body: dict[str, Any]) -> bytes:
        """Create an action and give it as JSON."""
        action = new_action(body, user, self.directory, self.policies)
        self._check_name(user, action.name, None)
        self._check_limit(user.organization)
        identifier = self._next_id
        rendered = render(identifier, action)
        execute = self.connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            execute(
                "INSERT INTO action VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
                (
                    identifier,
                    user.organization,
                    user.id,
                    action.name.casefold(),
                    action.name,
                    orjson.dumps(action).decode(),
                    rendered,
                ),
            )
            self._log(identifier, (), audiences_of(action, user.organization))
            execute("COMMIT")
        except BaseException:
            execute("ROLLBACK")
            raise
        self._next_id += 1
        return rendered

    def get(self, user: User, identifier: str) -> bytes:
        """An action as JSON."""
        return self._visible(user, identifier).rendered

    def update(self, user: User, identifier: str, body: dict[str, Any]) -> bytes:
        """Change the given fields of an action and give it as JSON."""
        row = self._changeable(user, identifier)
        if not body and self.policies.empty_update == "refuse":
            raise Refusal("invalid_inputs", "the body names no field to change")
        action = updated_action(row.action, body, user, self.directory, self.policies)
        if action == row.action:
            return row.rendered
        if action.name != row.action.name:
            self._check_name(user, action.name, row.id)
        rendered = render(row.id, action)
        before = audiences_of(row.action, row.organization)
        execute = self.connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            execute(
                "UPDATE action SET folded_name = ?, name = ?, fields = ?, rendered = ? WHERE id = ?",
                (action.name.casefold(), action.name, orjson.dumps(action).decode(), rendered, row.id),
            )
            self._log(row.id, before, audiences_of(action, row.organization))
            execute("COMMIT")
        except BaseException:
            execute("ROLLBACK")
            raise
        return rendered

    def delete(self, user: User, identifier: str) -> None:
        """Delete an action."""
        row = self._changeable(user, identifier)
        execute = self.connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            execute("DELETE FROM action WHERE id = ?", (row.id,))
            self._log(row.id, audiences_of(row.action, row.organization), ())
            execute("COMMIT")
        except BaseException:
            execute("ROLLBACK")
            raise

    # ---- handlers

    def get_handler(self, user: User, identifier: str, handler: str) -> bytes:
        """The handler of an action as JSON."""
        row = self._handler_owner(user, identifier, handler)
        if row.handler is None and self.policies.unset_handler == "not_found":
            raise Refusal("execution_handler_not_found", "the handler of this message action has not been set yet")
        return self._render_handler(row)

    def update_handler(self, user: User, identifier: str, handler: str, body: dict[str, Any]) -> bytes:
        """Set script or permissions of a handler and give it as JSON."""
        row = self._handler_owner(user, identifier, handler)
        self._check_may_change(user, row)
        fitting = "script" if row.action.execution_type == "deluge" else "permissions"
        if fitting not in body:
            given = next(iter(body))
            raise Refusal(
                "execution_handler_update_failed",
                f"{given}: does not fit a {row.action.execution_type} action, whose handler takes {fitting}",
            )
        if fitting == "permissions":
            body = {"permissions": list(dict.fromkeys(body["permissions"]))}
        text = orjson.dumps(body).decode()
        execute = self.connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            execute("UPDATE action SET handler = ? WHERE id = ?", (text, row.id))
            if self.policies.handler_changes_sync == "yes":
                same = audiences_of(row.action, row.organization)
                self._log(row.id, same, same)
            execute("COMMIT")
        except BaseException:
            execute("ROLLBACK")
            raise
        return self._render_handler(row._replace(handler=text))

    def _handler_owner(self, user: User, identifier: str, handler: str) -> Row:
        if handler != HANDLER:
            raise Refusal("execution_handler_not_found", f"a message action has no handler but {HANDLER}")
        try:
            return self._visible(user, identifier)
        except Refusal as refusal:
            if refusal.code != "msgaction_not_found":
                raise
            raise Refusal(self.policies.handler_of_missing_action, refusal.message) from None

    def _render_handler(self, row: Row) -> bytes:
        data: dict[str, Any] = {"name": HANDLER, "function_id": str(row.id)}
        if row.handler is not None:
            data.update(orjson.loads(row.handler))
        elif row.action.execution_type == "webhook" and self.policies.default_permissions:
            data["permissions"] = self.policies.default_permissions.split(",")
        elif self.policies.unset_handler == "empty":
            empty: dict[str, Any] = {"deluge": {"script": ""}, "webhook": {"permissions": []}}
            data.update(empty[row.action.execution_type])
        return orjson.dumps(data)

    # ---- lists

    def page(self, user: User, *, last: int, limit: int) -> Page:
        """The next actions that the user sees, after the id `last` (0: from the start)."""
        keys = self._keys(user)
        newest_first = self.policies.list_order == "newest_first"
        if newest_first and last == 0:
            last = 2**63 - 1
        arguments: list[int] = []
        for key in keys:
            arguments += (key, last)
        rows = self.connection.execute(
            self._page_statement(len(keys), newest_first), (*arguments, limit + 1)
        ).fetchall()
        return _page(rows, limit)

    def changes(self, user: User, *, since: int, last: int, limit: int) -> Page:
        """The next actions, after the id `last`, that the user sees and that changed after the change `since`."""
        newest_first = self.policies.list_order == "newest_first"
        touched = sorted(self._touched(user, since), reverse=newest_first)
        if last:
            touched = [action for action in touched if (action < last if newest_first else action > last)]
        visible = self._visible_ids(user, touched)
        rows = []
        for action in touched:
            if action in visible:
                rows.append(
                    self.connection.execute("SELECT id, rendered FROM action WHERE id = ?", (action,)).fetchone()
                )
                if len(rows) > limit:
                    break
        return _page(rows, limit)

    def deleted(self, user: User, since: int) -> list[str]:
        """Ids of the actions that the user saw at some time after the change `since` and does not see now."""
        touched = self._touched(user, since)
        return [str(action) for action in sorted(touched - self._visible_ids(user, touched))]

    def count(self, user: User) -> int:
        """How many actions the user sees."""
        keys = self._keys(user)
        marks = ", ".join("?" * len(keys))
        statement = f"SELECT count(DISTINCT action) FROM audience WHERE audience IN ({marks}) AND present = 1"
        found: int = self.connection.execute(statement, keys).fetchone()[0]
        return found

    def _touched(self, user: User, since: int) -> set[int]:
        found: set[int] = set()
        for key in self._keys(user):
            found.update(
                action
                for (action,) in self.connection.execute(
                    "SELECT action FROM audience WHERE audience = ? AND change > ?", (key, since)
                )
            )
        return found

    def _visible_ids(self, user: User, actions: Iterable[int]) -> set[int]:
        keys = self._keys(user)
        marks = ", ".join("?" * len(keys))
        statement = f"SELECT 1 FROM audience WHERE audience IN ({marks}) AND present = 1 AND action = ? LIMIT 1"
        execute = self.connection.execute
        return {action for action in actions if execute(statement, (*keys, action)).fetchone()}

    def _page_statement(self, keys: int, newest_first: bool) -> str:
        statement = self._page_statements.get((keys, newest_first))
        if statement is None:
            comparison, order = ("<", "DESC") if newest_first else (">", "ASC")
            # Each branch runs along the primary key, so that the union is a merge that stops at the limit.
            branch = f"SELECT action FROM audience WHERE audience = ? AND present = 1 AND action {comparison} ?"
            union = " UNION ".join([branch] * keys)
            statement = (
                f"SELECT a.id, a.rendered FROM ({union} ORDER BY 1 {order} LIMIT ?) AS page"
                " CROSS JOIN action AS a ON a.id = page.action"
            )
            self._page_statements[keys, newest_first] = statement
        return statement

    # ---- what all share

    def _keys(self, user: User) -> list[int]:
        known = self._audiences
        return [known[name] for name in user.audiences if name in known] or [0]

    def _key(self, name: str) -> int:
        key = self._audiences.get(name)
        if key is None:
            key = self.connection.execute("INSERT INTO audience_name (name) VALUES (?)", (name,)).lastrowid
            assert key is not None
            self._audiences[name] = key
        return key

    def _log(self, identifier: int, before: tuple[str, ...], after: tuple[str, ...]) -> None:
        """Log a change of an action, in the transaction of the change, for all who saw it before or see it after."""
        self.change += 1
        for name in before:
            self.connection.execute(
                "DELETE FROM audience WHERE audience = ? AND present = 1 AND action = ?", (self._key(name), identifier)
            )
        for name in dict.fromkeys(before + after):
            self.connection.execute(
                "INSERT OR REPLACE INTO audience VALUES (?, ?, ?, ?)",
                (self._key(name), int(name in after), identifier, self.change),
            )

    def _row(self, identifier: str) -> Row | None:
        # Ids are numbers of up to 19 digits; SQLite's go to 2**63 - 1.
        if len(identifier) > 19 or not identifier.isascii() or not identifier.isdigit() or int(identifier) >= 2**63:
            return None
        row = self.connection.execute(
            "SELECT id, organization, creator, fields, rendered, handler FROM action WHERE id = ?", (int(identifier),)
        ).fetchone()
        return Row(row[0], row[1], row[2], Action(**orjson.loads(row[3])), row[4], row[5]) if row else None

    def _visible(self, user: User, identifier: str) -> Row:
        row = self._row(identifier)
        if row is not None and not set(audiences_of(row.action, row.organization)).isdisjoint(user.audiences):
            return row
        if row is not None and self.policies.invisible == "403":
            raise Refusal("access_denied", "this message action belongs to others")
        raise Refusal("msgaction_not_found", "there is no message action with this id")

    def _changeable(self, user: User, identifier: str) -> Row:
        row = self._visible(user, identifier)
        self._check_may_change(user, row)
        return row

    def _check_may_change(self, user: User, row: Row) -> None:
        allowed = self.policies.may_change
        if (
            row.creator == user.id
            or (allowed == "collaborators" and user.id in row.action.collaborators)
            or allowed in ("visible", "organization")
        ):
            return
        raise Refusal("access_denied", "only its creator may change or delete this message action")

    def _check_name(self, user: User, name: str, own: int | None) -> None:
        rows = self.connection.execute(
            "SELECT id, name, creator FROM action WHERE organization = ? AND folded_name = ?",
            (user.organization, name.casefold()),
        )
        for identifier, taken, creator in rows:
            same = taken == name or self.policies.name_case == "insensitive"
            near = creator == user.id or self.policies.name_unique_in == "organization"
            if identifier != own and same and near:
                raise Refusal("msgaction_name_already_exists", "name: another message action has this name")

    def _check_limit(self, organization: str) -> None:
        limit = self.policies.creation_limit
        if not limit:
            return
        statement = "SELECT count(*) FROM action WHERE organization = ?"
        if self.connection.execute(statement, (organization,)).fetchone()[0] >= limit:
            raise Refusal(
                "msgaction_creation_limit_exceeded", f"the organization has its {limit} message actions already"
            )


class Row(NamedTuple):
    """A stored action."""

    id: int
    organization: str
    creator: str
    action: Action
    rendered: bytes
    handler: str | None


def audiences_of(action: Action, organization: str) -> tuple[str, ...]:
    """The audiences that see an action."""
    own = (user_audience(action.creator_id),)
    shared = tuple(map(user_audience, action.collaborators))
    if action.scope == "organization":
        return (organization_audience(organization),)
    if action.scope == "team":
        return own + tuple(team_audience(organization, team) for team in dict.fromkeys(action.team_ids)) + shared
    return own + shared


def _page(rows: list[tuple[int, bytes]], limit: int) -> Page:
    more = len(rows) > limit
    rows = rows[:limit]
    return Page([row[1] for row in rows], rows[-1][0] if rows else 0, more)
