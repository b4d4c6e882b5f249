"""Which user sees which action, and since which change: the index behind every listing.

An audience is one person, one team or one organization; a user belongs to several. A row of the table `audience` (see
`database`) belongs to an audience and an action. `present` is 1 while the audience sees the action, else 0; `change` is
the number of the last change at which the audience saw the action before or after it. "Touched after N" below means
that the row has a change greater than N. The index answers three questions, exactly and without a scan of the actions:

- full listing: the actions that are present for any of the user's audiences, read along the primary key in id order;
- changed after N: the actions touched after N for any of the user's audiences, if the user sees them now;
- gone after N: the actions touched after N for any of the user's audiences, if the user does not see them now.

With the index, a listing takes as long with a million actions as with a hundred; `scripts/bench mock` measures it.

No history is needed: every change of an action writes a row for each audience that saw the action before or sees it
after. When a user joins a team, only rows of the team that change afterwards count for the user (table `joined`). When
a user leaves a team, the team's rows that counted for the user are copied to the user's own audience.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from zoho_cliq_mock.directory import User

# If more actions than this were touched, `changed` reads in id order instead of collecting the changes first. Neither
# way is fast enough alone. With 20,000 actions, collecting takes 22 ms per page instead of 0.7 ms if all of them
# changed; id order takes 3 ms instead of 0.02 ms if none did. Both times grow with the number of actions.
DENSE = 500
_NO_AUDIENCE = 0


class Audiences:
    """The index in one database. Methods that write expect the caller to have opened a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._keys: dict[str, int] = {}
        self._joined: dict[tuple[str, str], int] = {}
        self._statements: dict[tuple[str, int, bool], str] = {}
        self.change = 0
        self.load()

    def load(self) -> int:
        """Read the counters from the database again, and return the highest action id ever recorded in the index."""
        execute = self._connection.execute
        self._keys = dict(execute("SELECT name, id FROM audience_name").fetchall())
        self._joined = {(user, name): change for user, name, change in execute("SELECT * FROM joined")}
        self.change, highest = execute(
            "SELECT coalesce(max(change), 0), coalesce(max(action), 0) FROM audience"
        ).fetchone()
        return int(highest)

    def log(self, action: int, before: tuple[str, ...], after: tuple[str, ...]) -> None:
        """Record a change of an action.

        Args:
            action: its id.
            before: the audiences that saw it before the change; empty for a new action.
            after: the audiences that see it now; empty for a deleted action.
        """
        self.change += 1
        execute = self._connection.execute
        for name in before:
            if name not in after:
                execute(
                    "DELETE FROM audience WHERE audience = ? AND present = 1 AND action = ?", (self._key(name), action)
                )
                execute("INSERT OR REPLACE INTO audience VALUES (?, 0, ?, ?)", (self._key(name), action, self.change))
        for name in after:
            if before and name not in before:
                execute(
                    "DELETE FROM audience WHERE audience = ? AND present = 0 AND action = ?", (self._key(name), action)
                )
            execute("INSERT OR REPLACE INTO audience VALUES (?, 1, ?, ?)", (self._key(name), action, self.change))

    def membership_changed(self, before: User, after: User) -> None:
        """Record a change of a user's teams: which actions the user sees now, and which no longer.

        Args:
            before: the user with the old teams.
            after: the user with the new teams.
        """
        execute = self._connection.execute
        own = self._key(before.audiences[0])
        self.change += 1
        for name in set(before.audiences) - set(after.audiences):
            execute(TAKE_ALONG_STATEMENT, (own, self._key(name), self._joined.pop((before.id, name), 0)))
            execute("DELETE FROM joined WHERE user = ? AND audience = ?", (before.id, name))
        for name in set(after.audiences) - set(before.audiences):
            self._joined[before.id, name] = self.change
            execute("INSERT OR REPLACE INTO joined VALUES (?, ?, ?)", (before.id, name, self.change))
        for action in self._all(before) ^ self._all(after):
            execute("INSERT OR REPLACE INTO audience VALUES (?, 0, ?, ?)", (own, action, self.change))

    def page(self, user: User, *, last: int, limit: int, descending: bool) -> list[tuple[int, bytes]]:
        """Return the next actions that the user sees, as pairs of id and JSON.

        Args:
            user: whose listing it is.
            last: the last id of the page before; 0 for the first page.
            limit: how many actions to return at most.
            descending: whether the listing starts with the highest id.
        """
        keys = self._keys_of(user)
        arguments: list[int] = []
        for key in keys:
            arguments += (key, _start(last, descending))
        return self._connection.execute(self.page_statement(len(keys), descending), (*arguments, limit)).fetchall()

    def changed(self, user: User, *, since: int, last: int, limit: int, descending: bool) -> list[tuple[int, bytes]]:
        """Return the next actions that the user sees and that were touched after the change `since`.

        The other arguments and the result are those of `page`.
        """
        keys = self._keys_of(user)
        touched = self.touched(user, since, at_most=DENSE)
        if touched is None:
            arguments: list[int] = []
            for key, joined in self._touching(user):
                arguments += (key, _start(last, descending), max(since, joined))
            arguments += (keys[0], _start(last, descending), since, *keys)
            statement = self.dense_statement(len(keys), descending)
            return self._connection.execute(statement, (*arguments, limit)).fetchall()
        following = sorted(each for each in touched if not last or ((each < last) == descending and each != last))
        if descending:
            following.reverse()
        rows: list[tuple[int, bytes]] = []
        for action in following:
            if len(rows) == limit:
                break
            if self.sees(keys, action):
                rows.append(
                    self._connection.execute("SELECT id, rendered FROM action WHERE id = ?", (action,)).fetchone()
                )
        return rows

    def gone(self, user: User, since: int) -> list[int]:
        """Return the ids of the actions that the user saw at some time after the change `since` and no longer sees."""
        keys = self._keys_of(user)
        hidden: set[int] = set()
        for key, joined in self._touching(user):
            rows = self._connection.execute(HIDDEN_STATEMENT, (key, max(since, joined))).fetchall()
            hidden.update(action for (action,) in rows)
        return [action for action in sorted(hidden) if not self.sees(keys, action)]

    def count(self, user: User) -> int:
        """Return how many actions the user sees."""
        return len(self._all(user))

    def touched(self, user: User, since: int, at_most: int) -> set[int] | None:
        """Return the ids of the actions that were touched after the change `since` for any of the user's audiences.

        Return None if there are more than `at_most`.
        """
        found: set[int] = set()
        for key, joined in self._touching(user):
            rows = self._connection.execute(TOUCHED_STATEMENT, (key, max(since, joined), at_most + 1)).fetchall()
            found.update(action for (action,) in rows)
            if len(found) > at_most:
                return None
        return found

    def sees(self, keys: Iterable[int], action: int) -> bool:
        """Return whether the action is present for any of the audiences with these keys."""
        execute = self._connection.execute
        return any(execute(SEES_STATEMENT, (key, action)).fetchone() is not None for key in keys)

    def page_statement(self, keys: int, descending: bool) -> str:
        """Return the SQL of a page of a full listing: a union along the primary key, which stops at the limit.

        Args:
            keys: the number of audiences, each a branch of the union.
            descending: whether the listing starts with the highest id.
        """
        comparison, order = ("<", "DESC") if descending else (">", "ASC")
        branch = f"SELECT action FROM audience WHERE audience = ? AND present = 1 AND action {comparison} ?"
        return self._paged("page", [branch] * keys, keys, descending, order)

    def dense_statement(self, keys: int, descending: bool) -> str:
        """Return the SQL of a page of changes in id order, for many changes.

        The arguments are those of `page_statement`. The last branch finds the actions that the user sees because of a
        change of teams. Such a change writes rows for the user's own audience only.
        """
        comparison, order = ("<", "DESC") if descending else (">", "ASC")
        branch = (
            f"SELECT action FROM audience WHERE audience = ? AND present = 1 AND action {comparison} ? AND change > ?"
        )
        marks = ", ".join("?" * keys)
        joined = (
            f"SELECT action FROM audience AS own WHERE audience = ? AND present = 0 AND action {comparison} ?"
            " AND change > ? AND EXISTS (SELECT 1 FROM audience AS seen WHERE seen.audience IN"
            f" ({marks}) AND seen.present = 1 AND seen.action = own.action)"
        )
        return self._paged("dense", [*[branch] * keys, joined], keys, descending, order)

    def _paged(self, kind: str, branches: list[str], keys: int, descending: bool, order: str) -> str:
        statement = self._statements.get((kind, keys, descending))
        if statement is None:
            statement = self._statements[kind, keys, descending] = (
                f"SELECT a.id, a.rendered FROM ({' UNION '.join(branches)} ORDER BY 1 {order} LIMIT ?) AS page"
                " CROSS JOIN action AS a ON a.id = page.action"
            )
        return statement

    def _all(self, user: User) -> set[int]:
        return {
            action
            for key in self._keys_of(user)
            for (action,) in self._connection.execute(
                "SELECT action FROM audience WHERE audience = ? AND present = 1", (key,)
            )
        }

    def _keys_of(self, user: User) -> list[int]:
        known = self._keys
        return [known[name] for name in user.audiences if name in known] or [_NO_AUDIENCE]

    def _touching(self, user: User) -> list[tuple[int, int]]:
        """Return the keys of the user's audiences, each with the change after which its rows count for the user."""
        known = self._keys
        pairs = [(known[name], self._joined.get((user.id, name), 0)) for name in user.audiences if name in known]
        return pairs or [(_NO_AUDIENCE, 0)]

    def _key(self, name: str) -> int:
        key = self._keys.get(name)
        if key is None:
            found = self._connection.execute("INSERT INTO audience_name (name) VALUES (?)", (name,)).lastrowid
            assert found is not None
            key = self._keys[name] = found
        return key


TOUCHED_STATEMENT = "SELECT action FROM audience WHERE audience = ? AND change > ? LIMIT ?"
HIDDEN_STATEMENT = "SELECT action FROM audience WHERE audience = ? AND change > ? AND present = 0"
TAKE_ALONG_STATEMENT = (
    "INSERT INTO audience SELECT ?, 0, action, change FROM audience WHERE audience = ? AND change > ?"
    " ON CONFLICT DO UPDATE SET change = max(change, excluded.change)"
)
SEES_STATEMENT = "SELECT 1 FROM audience WHERE audience = ? AND present = 1 AND action = ?"


def _start(last: int, descending: bool) -> int:
    return 2**63 - 1 if descending and not last else last
