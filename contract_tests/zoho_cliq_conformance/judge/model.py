"""The model of the server's state: every action of this run with all its versions, and who may see it.

The model learns only from answers. Each successful write makes a version with the next sequence number. A field whose
value the documents leave open is taken from the first answer that shows it; later answers must show the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

FIELDS = ("name", "hint", "scope", "team_ids", "multi_selectable", "message_types", "execution_type", "execution_url")
SETS = ("team_ids", "message_types", "permissions")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a token stands for.

    Args:
        user: the user.
        organization: the user's organization.
        scopes: the last words of the scopes, such as CREATE; None if they are unknown.
    """

    user: str
    organization: str
    scopes: frozenset[str] | None


@dataclass(frozen=True)
class Directory:
    """The known users.

    Args:
        tokens: the tokens, with what they stand for.
        teams: the ids of each user's teams.
        complete: whether every valid token is known. False for recorded traffic.
    """

    tokens: Mapping[str, Identity]
    teams: Mapping[str, frozenset[int]]
    complete: bool = True

    @cached_property
    def _organizations(self) -> dict[str, str]:
        return {entry.user: entry.organization for entry in self.tokens.values()}

    def knows(self, *users: str) -> bool:
        """Return whether the organization of each of these users is known."""
        return self._organizations.keys() >= set(users)

    def organization(self, user: str) -> str:
        """Return the user's organization. An unknown user has one of their own."""
        return self._organizations.get(user) or f"of {user}"


@dataclass(frozen=True, slots=True)
class Version:
    """The state of an action from a sequence number on. `alive` is false after its deletion."""

    sequence: int
    alive: bool
    content: Mapping[str, Any]


@dataclass(slots=True)
class Action:
    """One action.

    Args:
        id: its id.
        creator: the user who created it.
        versions: its states, the oldest first.
        touched: the sequence number of the last write, of its handler or image as well.
        touched_at: when that was, in seconds of the client's clock.
        script: the script of its handler; None if it was neither set nor read.
        script_set: whether the run set it; false if it was only read.
        permissions: the permissions of its handler; None if they were neither set nor read.
        permissions_set: whether the run set them.
        shown_creator: `creator` as the first answer showed it.
        uncertain: whether a write had an unknown outcome since the action was read last.
        exchanges: the numbers of the exchanges that changed it.
        shows: the facts that the next reading of the action shows if it is right.
        handler_shows: the same for the next reading of the handler.
    """

    id: str
    creator: str
    versions: list[Version]
    touched: int = 0
    touched_at: float = 0.0
    script: str | None = None
    script_set: bool = False
    permissions: frozenset[str] | None = None
    permissions_set: bool = False
    shown_creator: Any = None
    uncertain: bool = False
    exchanges: list[int] = field(default_factory=list)
    shows: set[str] = field(default_factory=set)
    handler_shows: set[str] = field(default_factory=set)

    @property
    def alive(self) -> bool:
        """Whether the action is not deleted."""
        return self.versions[-1].alive

    @property
    def content(self) -> Mapping[str, Any]:
        """The fields of the latest version."""
        return self.versions[-1].content

    def since(self, sequence: int) -> Iterator[Version]:
        """Yield the version that was current at `sequence`, if the action existed then, and all later ones."""
        before = [version for version in self.versions if version.sequence <= sequence]
        yield from before[-1:]
        yield from (version for version in self.versions if version.sequence > sequence)

    def existed(self, sequence: int) -> bool:
        """Return whether the action was created at `sequence` or earlier."""
        return self.versions[0].sequence <= sequence


def canonical(name: str, value: Any) -> Any:
    """Return the value of a field in a form that can be compared: an array whose order means nothing becomes a set."""
    if name in SETS and isinstance(value, list):
        return frozenset(item if isinstance(item, str | int) else repr(item) for item in value)
    return value


def in_order(value: Any) -> Any:
    """Return a value for a report: a set becomes a sorted list, also if its items have different types."""
    if not isinstance(value, frozenset):
        return value
    return sorted(value, key=lambda item: (type(item).__name__, item))


def shown_content(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of an action in an answer: its `FIELDS` in canonical form, without those that do not apply."""
    return normal({name: canonical(name, shown[name]) for name in FIELDS if name in shown})


def normal(content: dict[str, Any]) -> dict[str, Any]:
    """Remove fields that do not apply, and return the content: teams of other scopes than team, the URL of Deluge."""
    if content.get("scope", "team") != "team":
        content.pop("team_ids", None)
    if content.get("execution_type", "webhook") != "webhook":
        content.pop("execution_url", None)
    return content


class Model:
    """The state of the server as the exchanges of a run tell it.

    Args:
        directory: the known users.

    Attributes:
        actions: every action of the run by id, deleted ones as well.
        sequence: the number of the last successful write.
        changed_at: when that was, in seconds of the client's clock.
        deletions: how many actions were deleted.
        writes: the numbers of all exchanges that changed something.
        refused_names: the names of refused creates.
        creators: `creator` as the first answer showed it, by user.
    """

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.actions: dict[str, Action] = {}
        self.sequence = 0
        self.changed_at = 0.0
        self.deletions = 0
        self.writes: list[int] = []
        self.refused_names: set[str] = set()
        self.creators: dict[str, Any] = {}
        self._unknown_creates: set[str] = set()
        self._named: dict[str, dict[str, Action]] = {}  # actions by every name that they ever had

    def create(self, identifier: str, creator: str, content: dict[str, Any], now: float) -> Action:
        """Add an action and return it. `now` is the time of the answer in seconds of the client's clock."""
        self.sequence += 1
        action = Action(identifier, creator, [Version(self.sequence, True, normal(content))])
        self._touch(action, now)
        self._name(action)
        self.actions[identifier] = action
        return action

    def change(self, action: Action, content: dict[str, Any], now: float, alive: bool = True) -> None:
        """Add a version to an action. `now` is the time of the answer; `alive` is false for a deletion."""
        self.sequence += 1
        self.deletions += not alive
        action.versions.append(Version(self.sequence, alive, normal(content)))
        self._touch(action, now)
        self._name(action)

    def touch(self, action: Action, now: float) -> None:
        """Record a write that changes the handler or the image only: the content stays the same."""
        self.sequence += 1
        self._touch(action, now)

    def wrote(self, action: Action, number: int) -> None:
        """Record that the exchange with this number changed the action."""
        action.exchanges.append(number)
        self.writes.append(number)

    def note_unknown_create(self, name: object) -> None:
        """Record that nobody knows whether a create of this name succeeded."""
        self._unknown_creates.add(_folded(name))

    def may_have(self, name: str) -> bool:
        """Return whether a create of this name had an unknown outcome, so that the server may have an action of it."""
        return _folded(name) in self._unknown_creates

    def _name(self, action: Action) -> None:
        self._named.setdefault(_folded(action.content.get("name", "")), {})[action.id] = action

    def _touch(self, action: Action, now: float) -> None:
        action.touched, action.touched_at = self.sequence, now
        self.changed_at = now

    def sees(self, user: str, action: Action, version: Version | None = None) -> bool | None:
        """Return whether the user may see the action, or None if the profile does not tell.

        Args:
            user: the user.
            action: the action.
            version: the version that counts. Default: the latest.
        """
        version = version or action.versions[-1]
        if not version.alive:
            return False
        if user == action.creator and version.content.get("scope") != "team":
            return True
        if not self.directory.complete and not self.directory.knows(user, action.creator):
            return None
        if self.directory.organization(user) != self.directory.organization(action.creator):
            return False
        scope = version.content.get("scope")
        if scope == "organization":
            return True
        if scope == "personal":
            return False
        teams = self.directory.teams.get(user)
        if scope != "team" or teams is None or not isinstance(version.content.get("team_ids"), frozenset):
            return None
        if teams & version.content["team_ids"]:
            return True
        return None if user == action.creator else False  # the documents do not say whether a creator must be a member

    def named(self, name: str, organization: str) -> list[Action]:
        """Return the organization's actions of this name that are not deleted.

        Case and spaces around a name do not count.
        """
        wanted = _folded(name)
        return [
            action
            for action in self._named.get(wanted, {}).values()
            if action.alive
            and self.directory.organization(action.creator) == organization
            and _folded(action.content.get("name", "")) == wanted
        ]

    def freed(self, name: str, organization: str) -> set[str]:
        """Return how actions of the organization lost this name: "rename", "delete", both or none."""
        found = set()
        for action in self._named.get(_folded(name), {}).values():
            had = any(version.content.get("name") == name for version in action.versions)
            if had and self.directory.organization(action.creator) == organization:
                if action.content.get("name") != name:
                    found.add("rename")
                elif not action.alive:
                    found.add("delete")
        return found

    def scripted(self) -> set[str | None]:
        """Return all scripts that the run set, also those of deleted actions."""
        return {action.script for action in self.actions.values() if action.script_set}

    def elsewhere(self, name: str, organization: str) -> bool:
        """Return whether an action of another organization that is not deleted has the name."""
        return any(
            action.alive
            and action.content.get("name") == name
            and self.directory.organization(action.creator) != organization
            for action in self._named.get(_folded(name), {}).values()
        )

    def living(self, creator: str | None = None) -> list[Action]:
        """Return the actions that are not deleted, of one creator or of all."""
        return [action for action in self.actions.values() if action.alive and creator in (None, action.creator)]


def _folded(name: object) -> str:
    return str(name).strip().casefold()


def visibility_fact(model: Model, user: str, action: Action) -> str:
    """Return the fact that says that this user may not see the action."""
    if model.directory.organization(user) != model.directory.organization(action.creator):
        return "visibility.other-organization"
    return "visibility.team" if action.content.get("scope") == "team" else "visibility.personal"
