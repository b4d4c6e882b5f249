"""The stored actions: what each of the seven operations changes and returns, on SQLite.

No HTTP and no time here: methods take checked bodies and return JSON bytes, or raise `Refusal`. An action's row and the
log of changes are written in one transaction, which is committed before the method returns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import orjson

from zoho_cliq_mock.actions import Action, audiences_of, new_action, read_action, render, render_hidden, updated_action
from zoho_cliq_mock.audiences import Audiences
from zoho_cliq_mock.directory import Directory, User
from zoho_cliq_mock.errors import ACCESS_DENIED, Refusal
from zoho_cliq_mock.policies import Policies
from zoho_cliq_mock.schemas import properties_of

FIRST_ID = 48_210_000_000_417_001
HANDLER = "execution_handler"
NAME_STATEMENT = "SELECT id, name, creator FROM action WHERE organization = ? AND folded_name = ?"
COUNT_STATEMENT = "SELECT count(*) FROM action WHERE organization = ?"
GET_STATEMENT = "SELECT id, organization, creator, rendered, hidden, handler FROM action WHERE id = ?"


class Page(NamedTuple):
    """One page of a listing: the actions as JSON, the last id on the page, and whether more follow."""

    items: list[bytes]
    last: int
    more: bool


class Row(NamedTuple):
    """A stored action."""

    id: int
    organization: str
    creator: str
    rendered: bytes
    hidden: str | None
    handler: str | None

    @property
    def action(self) -> Action:
        """The fields of the action, from its JSON."""
        return read_action(self.rendered, self.hidden)


class Store:
    """The actions of all organizations in one database.

    Args:
        connection: the mock's database.
        directory: the users, for the rules about teams.
        policies: the policies in force.

    Methods raise `Refusal` if the caller may not do what is asked, or does not see the action.
    """

    def __init__(self, connection: sqlite3.Connection, directory: Directory, policies: Policies) -> None:
        self.connection = connection
        self.directory = directory
        self.policies = policies
        self.audiences = Audiences(connection)
        self._next_id = FIRST_ID
        self.load()

    def load(self) -> None:
        """Read the counters from the database again, after something else changed its tables."""
        floor = self.connection.execute("SELECT value FROM meta WHERE name = 'id_floor'").fetchone()
        self._next_id = max(self.audiences.load() + 1, floor[0] if floor else FIRST_ID, self._next_id)

    def clear(self) -> None:
        """Remove all actions. Their ids are not reused, and earlier cursors become invalid."""
        with self._transaction() as execute:
            for table in ("action", "audience", "audience_name", "joined"):
                execute(f"DELETE FROM {table}")
            self.keep_ids()
            execute("UPDATE meta SET value = value + 1 WHERE name = 'epoch'")
        self.load()

    def keep_ids(self) -> None:
        """Store the next free action id, before the rows that show which ids were used are removed."""
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES ('id_floor', ?)", (self._next_id,))

    # ---- single actions

    def create(self, user: User, body: dict[str, Any]) -> bytes:
        """Create an action and return its JSON."""
        action = new_action(body, user, self.directory, self.policies)
        self._check_name(user, action.name, None)
        self._check_limit(user.organization)
        identifier = self._next_id
        rendered = render(identifier, action)
        with self._transaction() as execute:
            execute(
                "INSERT INTO action VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
                (
                    identifier,
                    user.organization,
                    user.id,
                    action.name.casefold(),
                    action.name,
                    rendered,
                    render_hidden(action),
                ),
            )
            self.audiences.log(identifier, (), audiences_of(action, user.organization))
        self._next_id += 1
        return rendered

    def get(self, user: User, identifier: str) -> bytes:
        """Return the JSON of an action."""
        return self._visible(user, identifier).rendered

    def update(self, user: User, identifier: str, body: dict[str, Any]) -> bytes:
        """Change the given fields of an action and return its JSON.

        An update that changes no value is not logged as a change.
        """
        row = self._visible(user, identifier)
        self._check_may_change(user, row)
        if not body and self.policies.empty_update == "refuse":
            raise Refusal("invalid_inputs", "the body names no field to change")
        before = row.action
        after = updated_action(before, body, user, self.directory, self.policies)
        if after.name != before.name:
            self._check_name(user, after.name, row)
        return self._replace(row, before, after)

    def share(self, identifier: str, people: tuple[str, ...]) -> None:
        """Make these users (ids) the collaborators of an action; they see it whatever its scope."""
        row = self._row(identifier)
        if row is None:
            raise Refusal("msgaction_not_found", "there is no message action with this id")
        before = row.action
        self._replace(row, before, replace(before, collaborators=tuple(dict.fromkeys(people))))

    def delete(self, user: User, identifier: str) -> None:
        """Delete an action."""
        row = self._visible(user, identifier)
        self._check_may_change(user, row)
        with self._transaction() as execute:
            execute("DELETE FROM action WHERE id = ?", (row.id,))
            self.audiences.log(row.id, audiences_of(row.action, row.organization), ())

    def _replace(self, row: Row, before: Action, after: Action) -> bytes:
        if after == before:
            return row.rendered
        rendered = render(row.id, after)
        with self._transaction() as execute:
            execute(
                "UPDATE action SET folded_name = ?, name = ?, rendered = ?, hidden = ? WHERE id = ?",
                (after.name.casefold(), after.name, rendered, render_hidden(after), row.id),
            )
            self.audiences.log(row.id, audiences_of(before, row.organization), audiences_of(after, row.organization))
        return rendered

    # ---- handlers

    def get_handler(self, user: User, identifier: str, handler: str) -> bytes:
        """Return the JSON of an action's handler."""
        row = self._handler_owner(user, identifier, handler)
        if row.handler is None and self.policies.unset_handler == "not_found":
            raise Refusal("execution_handler_not_found", "the handler of this message action has not been set yet")
        return self._render_handler(row)

    def update_handler(self, user: User, identifier: str, handler: str, body: dict[str, Any]) -> bytes:
        """Set the script or the permissions of a handler and return its JSON."""
        row = self._handler_owner(user, identifier, handler)
        self._check_may_change(user, row)
        action = row.action
        fitting, other = ("script", "permissions") if action.execution_type == "deluge" else ("permissions", "script")
        if other in body:
            raise Refusal(
                "execution_handler_update_failed",
                f"{other}: does not fit a {action.execution_type} action, whose handler takes {fitting}",
            )
        if "permissions" in body:
            body = {**body, "permissions": list(dict.fromkeys(body["permissions"]))}
        text = orjson.dumps({**orjson.loads(row.handler or "{}"), **body}).decode()
        if text != row.handler:
            with self._transaction() as execute:
                execute("UPDATE action SET handler = ? WHERE id = ?", (text, row.id))
                if self.policies.handler_changes_sync == "yes":
                    same = audiences_of(action, row.organization)
                    self.audiences.log(row.id, same, same)
        return self._render_handler(row._replace(handler=text))

    def _handler_owner(self, user: User, identifier: str, handler: str) -> Row:
        if handler != HANDLER:
            raise Refusal("execution_handler_not_found", f"the only handler of a message action is {HANDLER}")
        try:
            return self._visible(user, identifier)
        except Refusal as refusal:
            if refusal.code == ACCESS_DENIED:
                raise
            raise Refusal(self.policies.handler_of_missing_action, refusal.message) from None

    def _render_handler(self, row: Row) -> bytes:
        data: dict[str, Any] = {"name": HANDLER, "function_id": str(row.id)}
        execution_type = row.action.execution_type
        if row.handler is not None:
            known = properties_of("DelugeHandler" if execution_type == "deluge" else "WebhookHandler")
            data.update((name, value) for name, value in orjson.loads(row.handler).items() if name in known)
        elif execution_type == "webhook" and self.policies.default_permissions:
            data["permissions"] = self.policies.default_permissions.split(",")
        elif self.policies.unset_handler == "empty":
            data["script" if execution_type == "deluge" else "permissions"] = "" if execution_type == "deluge" else []
        return orjson.dumps(data)

    # ---- lists

    def page(self, user: User, *, last: int, limit: int) -> Page:
        """Return a page of the actions that the user sees.

        Args:
            user: the caller.
            last: the last id of the page before; 0 for the first page.
            limit: how many actions to return at most.
        """
        return _page(self.audiences.page(user, last=last, limit=limit + 1, descending=self._descending), limit)

    def changes(self, user: User, *, since: int, last: int, limit: int) -> Page:
        """Return a page of the actions that the user sees and that changed after the change `since`.

        The other arguments are those of `page`.
        """
        rows = self.audiences.changed(user, since=since, last=last, limit=limit + 1, descending=self._descending)
        return _page(rows, limit)

    @property
    def _descending(self) -> bool:
        return self.policies.list_order == "newest_first"

    # ---- what all share

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        execute = self.connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            yield execute
            execute("COMMIT")
        except BaseException:
            self.connection.rollback()
            self.audiences.load()
            raise

    def _row(self, identifier: str) -> Row | None:
        # Ids are numbers of up to 19 digits; SQLite's integers end at 2**63 - 1.
        if len(identifier) > 19 or not identifier.isascii() or not identifier.isdigit() or int(identifier) >= 2**63:
            return None
        row = self.connection.execute(GET_STATEMENT, (int(identifier),)).fetchone()
        # Compare as text, so that 007 is not accepted as the id of action 7.
        return Row(*row) if row and str(row[0]) == identifier else None

    def _visible(self, user: User, identifier: str) -> Row:
        row = self._row(identifier)
        if row is not None and not set(audiences_of(row.action, row.organization)).isdisjoint(user.audiences):
            return row
        if row is not None and self.policies.invisible == "403":
            raise Refusal(ACCESS_DENIED, "this message action belongs to another user")
        raise Refusal("msgaction_not_found", "there is no message action with this id")

    def _check_may_change(self, user: User, row: Row) -> None:
        allowed = self.policies.may_change
        if (
            row.creator == user.id
            or allowed == "visible"
            or (allowed == "collaborators" and user.id in row.action.collaborators)
        ):
            return
        raise Refusal(ACCESS_DENIED, "only its creator may change or delete this message action")

    def _check_name(self, user: User, name: str, own: Row | None) -> None:
        # Where a name must be unique for each creator, that is the action's creator, whoever renames it.
        creator = own.creator if own else user.id
        for identifier, taken, maker in self.connection.execute(
            NAME_STATEMENT, (own.organization if own else user.organization, name.casefold())
        ):
            same = taken == name or self.policies.name_case == "insensitive"
            near = maker == creator or self.policies.name_unique_in == "organization"
            if same and near and (own is None or identifier != own.id):
                raise Refusal("msgaction_name_already_exists", "name: another message action has this name")

    def _check_limit(self, organization: str) -> None:
        limit = self.policies.creation_limit
        if limit and self.connection.execute(COUNT_STATEMENT, (organization,)).fetchone()[0] >= limit:
            raise Refusal(
                "msgaction_creation_limit_exceeded",
                f"the organization has reached its limit of {limit} message actions",
            )


def _page(rows: list[tuple[int, bytes]], limit: int) -> Page:
    more = len(rows) > limit
    del rows[limit:]
    return Page([row[1] for row in rows], rows[-1][0] if rows else 0, more)
