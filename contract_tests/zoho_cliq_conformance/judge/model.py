"""What must be true of the server: every action of this run with all its versions, and who sees it.

The model learns only from acknowledged answers. A version is made by each acknowledged write; a sequence number orders
them. Fields that the documents leave open are adopted from the first answer that shows them and held from then on.
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
    """Whose a token is: a user, the user's organization and the scopes, which are None where unknown."""

    user: str
    organization: str
    scopes: frozenset[str] | None


@dataclass(frozen=True)
class Directory:
    """The people behind the tokens. `complete` is false for recorded traffic, where an unknown token may be valid."""

    tokens: Mapping[str, Identity]
    teams: Mapping[str, frozenset[int]]
    complete: bool = True

    @cached_property
    def _organizations(self) -> dict[str, str]:
        return {entry.user: entry.organization for entry in self.tokens.values()}

    def knows(self, *users: str) -> bool:
        """Return whether all of these users are described."""
        return self._organizations.keys() >= set(users)

    def organization(self, user: str) -> str:
        """Return the user's organization; a user that nobody described is in one of its own."""
        return self._organizations.get(user) or f"of {user}"


@dataclass(frozen=True, slots=True)
class Version:
    """What an action is from a sequence number on."""

    sequence: int
    alive: bool
    content: Mapping[str, Any]


@dataclass(slots=True)
class Action:
    """One action: creator, versions, handler, and the numbers of the exchanges that made it what it is."""

    id: str
    creator: str
    versions: list[Version]
    touched: int = 0
    touched_at: float = 0.0
    script: str | None = None
    script_set: bool = False  # rather than found there
    permissions: frozenset[str] | None = None
    permissions_set: bool = False
    shown_creator: Any = None
    uncertain: bool = False
    exchanges: list[int] = field(default_factory=list)
    shows: set[str] = field(default_factory=set)  # facts that the next right reading shows, and that of the handler
    handler_shows: set[str] = field(default_factory=set)

    @property
    def alive(self) -> bool:
        return self.versions[-1].alive

    @property
    def content(self) -> Mapping[str, Any]:
        return self.versions[-1].content

    def since(self, sequence: int) -> Iterator[Version]:
        """Yield every version that was in force at `sequence` or later; none where the action is younger."""
        before = [version for version in self.versions if version.sequence <= sequence]
        yield from before[-1:]
        yield from (version for version in self.versions if version.sequence > sequence)

    def existed(self, sequence: int) -> bool:
        return self.versions[0].sequence <= sequence


def canonical(name: str, value: Any) -> Any:
    """Return a value in a form in which equal means the same: arrays that are sets become sets."""
    if name in SETS and isinstance(value, list):
        return frozenset(item if isinstance(item, str | int) else repr(item) for item in value)
    return value


def in_order(value: Any) -> Any:
    """Return a value to be shown: a set as a list in one order, whatever a server put into it."""
    if not isinstance(value, frozenset):
        return value
    return sorted(value, key=lambda item: (type(item).__name__, item))


def shown_content(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content that an answer shows."""
    return normal({name: canonical(name, shown[name]) for name in FIELDS if name in shown})


def normal(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content without what does not apply: teams belong to scope team, the URL to webhook actions."""
    if content.get("scope", "team") != "team":
        content.pop("team_ids", None)
    if content.get("execution_type", "webhook") != "webhook":
        content.pop("execution_url", None)
    return content


class Model:
    """All that the exchanges of a run tell about the server: every action by id, and the sequence of acknowledged
    writes."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.actions: dict[str, Action] = {}
        self.sequence = 0
        self.changed_at = 0.0
        self.deletions = 0
        self.writes: list[int] = []  # numbers of all exchanges that changed something
        self.refused_names: set[str] = set()  # of creates that were refused
        self.creators: dict[str, Any] = {}  # what the first answer showed as creator, by user
        self._unknown_creates: set[str] = set()
        self._named: dict[str, dict[str, Action]] = {}  # by every name that they ever had

    def create(self, identifier: str, creator: str, content: dict[str, Any], now: float) -> Action:
        """Return a new action."""
        self.sequence += 1
        action = Action(identifier, creator, [Version(self.sequence, True, normal(content))])
        self._touch(action, now)
        self._name(action)
        self.actions[identifier] = action
        return action

    def change(self, action: Action, content: dict[str, Any], now: float, alive: bool = True) -> None:
        """Give an action a new version."""
        self.sequence += 1
        self.deletions += not alive
        action.versions.append(Version(self.sequence, alive, normal(content)))
        self._touch(action, now)
        self._name(action)

    def touch(self, action: Action, now: float) -> None:
        """Note a write that does not show in the content: of the handler, or of the image."""
        self.sequence += 1
        self._touch(action, now)

    def wrote(self, action: Action, number: int) -> None:
        """Remember that the exchange of that number changed the action."""
        action.exchanges.append(number)
        self.writes.append(number)

    def note_unknown_create(self, name: object) -> None:
        """Learn that a create of that name had an outcome that is not known."""
        self._unknown_creates.add(_folded(name))

    def may_have(self, name: str) -> bool:
        """Return whether an action of that name may be there of which only a create without an outcome tells."""
        return _folded(name) in self._unknown_creates

    def _name(self, action: Action) -> None:
        self._named.setdefault(_folded(action.content.get("name", "")), {})[action.id] = action

    def _touch(self, action: Action, now: float) -> None:
        action.touched, action.touched_at = self.sequence, now
        self.changed_at = now

    def sees(self, user: str, action: Action, version: Version | None = None) -> bool | None:
        """Return whether the user sees the action in that version; None where the profile does not tell."""
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
        return None if user == action.creator else False  # whether a creator is one of the members is not said

    def named(self, name: str, organization: str) -> list[Action]:
        """Return the living actions of the organization whose name equals `name`, without regard to case and to spaces
        around it."""
        wanted = _folded(name)
        return [
            action
            for action in self._named.get(wanted, {}).values()
            if action.alive
            and self.directory.organization(action.creator) == organization
            and _folded(action.content.get("name", "")) == wanted
        ]

    def freed(self, name: str, organization: str) -> set[str]:
        """Return how the organization's actions that had the name lost it: by "rename" or by "delete"."""
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
        """Return the scripts that were set, also of actions that are gone."""
        return {action.script for action in self.actions.values() if action.script_set}

    def elsewhere(self, name: str, organization: str) -> bool:
        """Return whether a living action of another organization has the name."""
        return any(
            action.alive
            and action.content.get("name") == name
            and self.directory.organization(action.creator) != organization
            for action in self._named.get(_folded(name), {}).values()
        )

    def living(self, creator: str | None = None) -> list[Action]:
        """Return the actions that are there, of one creator or of all."""
        return [action for action in self.actions.values() if action.alive and creator in (None, action.creator)]


def _folded(name: object) -> str:
    return str(name).strip().casefold()


def visibility_fact(model: Model, user: str, action: Action) -> str:
    """Return the fact that hides the action from the user."""
    if model.directory.organization(user) != model.directory.organization(action.creator):
        return "visibility.other-organization"
    return "visibility.team" if action.content.get("scope") == "team" else "visibility.personal"
