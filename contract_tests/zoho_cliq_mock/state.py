"""The whole state of one mock server: the API responds from it, and the control API changes it."""

from __future__ import annotations

import secrets
import sqlite3
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol

import orjson

from zoho_cliq_mock.clock import Clock
from zoho_cliq_mock.console_access import Access
from zoho_cliq_mock.database import clear_errors, damaged, open_database
from zoho_cliq_mock.directory import SeedError, User, make_user
from zoho_cliq_mock.document import Validators
from zoho_cliq_mock.errors import Refusal
from zoho_cliq_mock.faults import Faults
from zoho_cliq_mock.journal import Journal
from zoho_cliq_mock.oauth import OAuth
from zoho_cliq_mock.policies import Policies
from zoho_cliq_mock.seed import DEMO, read_seed
from zoho_cliq_mock.store import Store
from zoho_cliq_mock.thresholds import Thresholds

# Cached, because compiling the schemas takes most of the time of a reset.
_validators = lru_cache(maxsize=16)(Validators)


class Part(Protocol):
    """A component with a state of its own, outside the store, that takes part in reset, snapshot and restore."""

    def reset(self, seed: Mapping[str, Any]) -> None:
        """Return to the seed."""

    def snapshot(self) -> Any:
        """Return the part's state outside the database, for `restore`; the snapshot of the database holds the rest."""

    def restore(self, saved: Any) -> None:
        """Return to a snapshot.

        Args:
            saved: what `snapshot` returned.
        """

    def shown(self) -> Any:
        """Return what the control API shows of the part: JSON types, without secrets."""


class State:
    """The state of a mock server.

    Args:
        db: the path of a database file, or `:memory:`, the default.
        seed: the seed of a new database, which is stored in it. For an existing database it must equal the stored one.
            Default: the demo seed, or the stored one.
        thresholds: whether calls are counted and users locked. Default: True.
        policies: values of policies by name. Default: none is changed.
        clock: a `Clock`, or a function that returns seconds since 1970. Default: the system's time.
        durable: whether each commit survives a loss of power. Default: False.
        control_token: the token of the control API. Default: None, a random one.

    Raise `DatabaseError`, `SeedError` or `PolicyError` for arguments that cannot be used.
    """

    def __init__(
        self,
        db: str = ":memory:",
        *,
        seed: Mapping[str, Any] | None = None,
        thresholds: bool = True,
        policies: Mapping[str, object] | None = None,
        clock: Clock | Callable[[], float] | None = None,
        durable: bool = False,
        control_token: str | None = None,
    ) -> None:
        self.first_policies = self.policies = Policies().changed(policies or {})
        self.first_thresholds = thresholds
        self.validators = _validators(self.policies)
        self.clock = clock if isinstance(clock, Clock) else Clock(clock or time.time)
        self._first_clock = self.clock.saved()
        self.control_token = control_token or secrets.token_urlsafe(24)
        self.access = Access()
        self.closing: list[Callable[[], None]] = []
        """What ends before a server that stops waits for open connections."""
        self.faults = Faults(users=lambda: self.directory.users)
        self.journal = Journal()
        self.parts: dict[str, Part] = {}
        self.project: bytes | None = None
        """What `zoho-cliq dev` shows of a folder in the console, as JSON. It survives a reset."""
        self._snapshots: dict[str, tuple[sqlite3.Connection, Any]] = {}
        chosen = DEMO if seed is None or seed == {} else seed
        # Check the whole seed before writing to the database.
        self.directory = read_seed(chosen)
        self.seed: dict[str, Any] = dict(chosen)
        if db != ":memory:" and self.seed.get("actions"):
            State(seed=self.seed, policies=policies).close()
        self.connection = open_database(db, durable=durable)
        _close_when_dropped(self, db)
        try:
            with clear_errors(db):
                self._begin(db, given=seed is not None)
        except BaseException:
            self.connection.close()
            raise

    def _read(self, stored: bytes | None, *, given: bool) -> None:
        if stored is not None:
            if given and orjson.loads(stored) != self.seed:
                raise SeedError("the database was created with another seed; give a new file with --db")
            self.seed = orjson.loads(stored)
        self.directory = read_seed(self.seed)
        self._read_teams()
        self.cursor_key: bytes = bytes(memoryview(self._meta("key")))
        self.epoch: int = int(self._meta("epoch"))
        self.store = Store(self.connection, self.directory, self.policies)
        self.thresholds = Thresholds(self.connection, self.clock, self.policies, enabled=self.first_thresholds)
        self.oauth = OAuth(self.connection, self.directory, self.clock, self.policies)
        self.oauth.limited = self.first_thresholds
        self._read_clock()

    def _begin(self, db: str, *, given: bool) -> None:
        stored = self._meta("seed")
        try:
            self._read(stored, given=given)
        except SeedError:
            raise
        except (ValueError, TypeError, KeyError, AttributeError):
            if stored is None:
                raise
            raise damaged(db) from None  # the tables exist, but their contents cannot be used
        if stored is None:
            # An earlier first start may have been interrupted while it created the seed's actions.
            self.store.clear()
            self.epoch = self._meta("epoch")
            self._plant()

    # ---- policies, clock, seed

    def set_policies(self, policies: Policies) -> None:
        """Replace the policies in force."""
        self.policies = self.store.policies = self.thresholds.policies = self.oauth.policies = policies
        self.validators = _validators(policies)

    def set_thresholds(self, *, enabled: bool) -> None:
        """Switch thresholds on or off, and with them the limit of token requests."""
        self.thresholds.enabled = self.oauth.limited = enabled

    def keep_clock(self) -> None:
        """Store the clock in the database, so that locks last as long after a restart as they would have without it."""
        self._set_meta("clock", orjson.dumps(self.clock.saved()))

    def reset(self) -> None:
        """Return to the seed.

        Other actions, tokens, locks, faults and the journal are removed. Clock, policies and thresholds are as at the
        start. Action ids are not reused, and earlier cursors are no longer valid.
        """
        self.clock.restore(self._first_clock)
        self.keep_clock()
        self.set_policies(self.first_policies)
        self.set_thresholds(enabled=self.first_thresholds)
        self.faults.clear()
        self.journal.clear()
        self.connection.execute("DELETE FROM issued")
        self.connection.execute("DELETE FROM meta WHERE name = 'teams'")
        self.store.clear()
        self.epoch = self._meta("epoch")
        self._take_directory()
        self.thresholds.clear()
        self._plant()
        for part in self.parts.values():
            part.reset(self.seed)

    def reseed(self, seed: Mapping[str, Any]) -> None:
        """Replace the seed and reset to the new one. Raise `SeedError`, and change nothing, if it cannot be used."""
        read_seed(seed)
        State(seed=seed, policies=self.first_policies.as_dict()).close()
        self.seed = dict(seed)
        self._set_meta("seed", orjson.dumps(self.seed))
        self.reset()

    def _plant(self) -> None:
        """Create the seed's actions, then store the seed, which marks it as complete."""
        for number, entry in enumerate(self.seed.get("actions", [])):
            try:
                self._plant_action(dict(entry))
            except (Refusal, SeedError) as error:
                message = error.message if isinstance(error, Refusal) else str(error)
                raise SeedError(f"actions[{number}]: {message}") from None
        self._set_meta("seed", orjson.dumps(self.seed))

    def _plant_action(self, entry: dict[str, Any]) -> None:
        creator = self._user(entry.pop("creator", None), "creator")
        people = entry.pop("collaborators", [])
        if not isinstance(people, list):
            raise SeedError("collaborators: must be a list of users' keys")
        handler = entry.pop("handler", None)
        problem = self.validators.problem("create_message_action", entry)
        if problem is None and handler is not None:
            problem = self.validators.problem("update_message_action_handler", handler)
        if problem is not None:
            raise SeedError(problem.message)
        identifier = orjson.loads(self.store.create(creator, entry))["id"]
        if people:
            self.store.share(identifier, tuple(self._user(key, "collaborators").id for key in people))
        if handler is not None:
            self.store.update_handler(creator, identifier, "execution_handler", handler)

    # ---- people

    def _user(self, key: object, where: str) -> User:
        user = self.directory.users.get(key) if isinstance(key, str) else None
        if user is None:
            raise SeedError(f"{where}: {key!r} is not in users")
        return user

    def change_teams(self, key: str, teams: frozenset[int], *, create: bool = False) -> User:
        """Make a user a member of exactly these teams, and return the changed user.

        Args:
            key: the user's key.
            teams: ids of teams of the user's organization.
            create: whether to create missing teams, which last until a reset. Default: False.

        Raise `SeedError` if there is no such user or team.
        """
        before = self._user(key, "user")
        unknown = teams - self.directory.teams.get(before.organization, set())
        if unknown and (not create or min(unknown) < 1):
            raise SeedError(f"teams: there is no team {min(unknown)} in the organization")
        after = make_user(before.key, before.id, before.name, before.organization, teams)
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            self.store.audiences.membership_changed(before, after)
            members = {user.key: sorted(user.teams) for user in self.directory.users.values()} | {key: sorted(teams)}
            self._set_meta("teams", orjson.dumps(members))
            self.connection.execute("COMMIT")
        except BaseException:
            self.connection.rollback()
            self.store.load()
            raise
        self.directory.teams.setdefault(after.organization, set()).update(teams)
        self._replace_user(after)
        return after

    def _read_teams(self) -> None:
        for key, teams in orjson.loads(self._meta("teams") or b"{}").items():
            user = self.directory.users[key]
            self.directory.teams.setdefault(user.organization, set()).update(teams)
            self._replace_user(make_user(key, user.id, user.name, user.organization, teams))

    def _replace_user(self, user: User) -> None:
        directory = self.directory
        directory.users[user.key] = user
        for token, grant in directory.grants.items():
            if grant.user.key == user.key:
                directory.grants[token] = replace(grant, user=user)
        for permits in (directory.permits, directory.codes):
            for token, permit in permits.items():
                if permit.user.key == user.key:
                    permits[token] = replace(permit, user=user)
        for name, client in directory.clients.items():
            if client.user is not None and client.user.key == user.key:
                directory.clients[name] = replace(client, user=user)

    def _take_directory(self) -> None:
        self.directory = self.store.directory = read_seed(self.seed)
        self._read_teams()
        self.oauth.load(self.directory)

    # ---- snapshots

    def snapshot(self, name: str) -> None:
        """Save the whole state in memory under a name; an earlier snapshot of that name is replaced."""
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        self.connection.backup(copy)
        rest = {
            "policies": self.policies,
            "thresholds": self.thresholds.enabled,
            "parts": {key: part.snapshot() for key, part in self.parts.items()},
        }
        self._drop(name)
        self._snapshots[name] = (copy, rest)

    def restore(self, name: str) -> bool:
        """Return to a snapshot. Return False if there is none of this name. Faults and journal stay as they are."""
        if name not in self._snapshots:
            return False
        copy, rest = self._snapshots[name]
        copy.backup(self.connection)
        self.store.keep_ids()
        # Change numbers will be reused, so earlier cursors must become invalid.
        self.epoch += 1
        self._set_meta("epoch", self.epoch)
        self.seed = orjson.loads(self._meta("seed"))
        self.store.load()
        self._take_directory()
        self.thresholds.load()
        self._read_clock()
        self.set_policies(rest["policies"])
        self.set_thresholds(enabled=rest["thresholds"])
        for key, part in self.parts.items():
            part.restore(rest["parts"].get(key))
        return True

    @property
    def snapshots(self) -> list[str]:
        """The names of the snapshots, in alphabetical order."""
        return sorted(self._snapshots)

    def _drop(self, name: str) -> None:
        if name in self._snapshots:
            self._snapshots.pop(name)[0].close()

    def close(self) -> None:
        """Close the database and drop the snapshots."""
        _close(self.connection, self._snapshots)

    # ---- the meta table

    def _read_clock(self) -> None:
        stored = self._meta("clock")
        if stored is not None:
            self.clock.restore(orjson.loads(stored))

    def _meta(self, name: str) -> Any:
        row = self.connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def _set_meta(self, name: str, value: Any) -> None:
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def _close_when_dropped(state: State, db: str) -> None:
    """Close a database in memory with its state, since tests drop applications, of which Python 3.13 warns."""
    if db == ":memory:":
        weakref.finalize(state, _close, state.connection, state._snapshots).atexit = False


def _close(connection: sqlite3.Connection, snapshots: dict[str, tuple[sqlite3.Connection, Any]]) -> None:
    for copy, _ in snapshots.values():
        copy.close()
    snapshots.clear()
    connection.close()
