"""Who there is: organizations with their users and teams, access tokens, and OAuth clients.

A directory is read from a seed (JSON; see the README), checked with one clear message for each mistake, and kept in the
database beside the actions. `DEMO` is the seed that the mock starts with where none is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zoho_cliq_api.contract import OPERATIONS

SCOPES = {scope.rsplit(".", 1)[1]: scope for operation in OPERATIONS.values() for scope in operation.scopes}

DEMO: dict[str, Any] = {
    "organizations": [{"id": "48210", "name": "Demo"}, {"id": "48999", "name": "Elsewhere"}],
    "users": [
        {"key": "owner", "id": "70021945", "name": "Ada", "organization": "48210"},
        {"key": "colleague", "id": "70021946", "name": "Grace", "organization": "48210"},
        {"key": "outsider", "id": "70031001", "name": "Edsger", "organization": "48999"},
    ],
    "teams": [
        {"id": 100001, "name": "Support", "organization": "48210", "members": ["owner"]},
        {"id": 100002, "name": "Operations", "organization": "48210", "members": ["owner", "colleague"]},
        {"id": 100003, "name": "Sales", "organization": "48210", "members": ["owner"]},
        {"id": 100004, "name": "Research", "organization": "48210", "members": ["owner"]},
    ],
    "tokens": [
        {"token": "1000.owner", "user": "owner", "scopes": list(SCOPES)},
        *(
            {"token": f"1000.owner-{operation.lower()}", "user": "owner", "scopes": [operation]}
            for operation in ("CREATE", "READ", "UPDATE", "DELETE")
        ),
        {"token": "1000.colleague", "user": "colleague", "scopes": list(SCOPES)},
        {"token": "1000.outsider", "user": "outsider", "scopes": list(SCOPES)},
    ],
    "clients": [{"client_id": "1000.DEMO", "client_secret": "demo-secret"}],
    "refresh_tokens": [
        {"token": "1000.owner-refresh", "client_id": "1000.DEMO", "user": "owner", "scopes": list(SCOPES)}
    ],
    "actions": [],
}


class SeedError(ValueError):
    """A seed that cannot be used: which entry, and why."""


@dataclass(frozen=True, slots=True)
class User:
    """A person. `audiences` are the groups whose actions the person sees, the person's own first."""

    key: str
    id: str
    name: str
    organization: str
    teams: frozenset[int] = frozenset()
    audiences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """What an access token allows: whose it is, which scopes (lower case), and until when (seconds; None: for ever)."""

    user: User
    scopes: frozenset[str]
    expires: float | None = None


@dataclass(slots=True)
class Directory:
    """Users by key, teams by organization and id, grants by access token."""

    users: dict[str, User] = field(default_factory=dict)
    teams: dict[str, set[int]] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)


def user_audience(user_id: str) -> str:
    """The audience that is one person."""
    return f"user:{user_id}"


def team_audience(organization: str, team: int) -> str:
    """The audience that is a team."""
    return f"team:{organization}:{team}"


def organization_audience(organization: str) -> str:
    """The audience that is a whole organization."""
    return f"organization:{organization}"


def full_scope(name: str) -> str:
    """A scope in lower case; `READ` stands for the document's scope that ends so."""
    return SCOPES.get(name.upper(), name).lower()


def read_seed(seed: Mapping[str, Any]) -> Directory:
    """The directory that a seed describes. Raises `SeedError`."""
    directory = Directory()
    organizations = {str(entry["id"]) for entry in _entries(seed, "organizations", "id")}
    members: dict[str, set[int]] = {}
    for entry in _entries(seed, "teams", "id", "organization"):
        organization = str(entry["organization"])
        directory.teams.setdefault(organization, set()).add(entry["id"])
        for member in entry.get("members", []):
            members.setdefault(member, set()).add(entry["id"])
    for entry in _entries(seed, "users", "key", "id", "name", "organization"):
        organization, teams = str(entry["organization"]), members.get(entry["key"], set())
        if organization not in organizations:
            raise SeedError(f"users: {entry['key']} is of organization {organization}, which is not in organizations")
        audiences = (
            user_audience(entry["id"]),
            organization_audience(organization),
            *(team_audience(organization, team) for team in sorted(teams)),
        )
        directory.users[entry["key"]] = User(
            entry["key"], entry["id"], entry["name"], organization, frozenset(teams), audiences
        )
    for entry in _entries(seed, "tokens", "token", "user", "scopes"):
        if entry["user"] not in directory.users:
            raise SeedError(f"tokens: {entry['user']} is not in users")
        directory.grants[entry["token"]] = Grant(
            directory.users[entry["user"]], frozenset(map(full_scope, entry["scopes"])), entry.get("expires")
        )
    return directory


def _entries(seed: Mapping[str, Any], name: str, *needed: str) -> list[dict[str, Any]]:
    entries = seed.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SeedError(f"{name}: must be a list of objects")
    for number, entry in enumerate(entries):
        for key in needed:
            if key not in entry:
                raise SeedError(f"{name}[{number}]: {key} is missing")
    return entries
