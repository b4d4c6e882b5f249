"""Who there is: organizations with their users and teams, access tokens, and OAuth clients.

The types of the directory. `seed` reads one from JSON; the database keeps what was issued since.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from zoho_cliq_api.contract import OPERATIONS

SCOPES = {scope.rsplit(".", 1)[1]: scope for operation in OPERATIONS.values() for scope in operation.scopes}


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


@dataclass(frozen=True, slots=True)
class Permit:
    """What a refresh token or a code allows a client: for whom, which scopes, and until when."""

    client: str
    user: User
    scopes: frozenset[str]
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client. `user` is whose tokens the client-credentials grant gives."""

    id: str
    secret: str = field(repr=False)
    user: User | None = None
    scopes: frozenset[str] = frozenset()


@dataclass(slots=True)
class Directory:
    """Users by key, teams by organization and id, grants by access token, permits by refresh token and by code."""

    users: dict[str, User] = field(default_factory=dict)
    teams: dict[str, set[int]] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict, repr=False)
    clients: dict[str, Client] = field(default_factory=dict)
    permits: dict[str, Permit] = field(default_factory=dict, repr=False)
    codes: dict[str, Permit] = field(default_factory=dict, repr=False)


def user_audience(user_id: str) -> str:
    """Return the audience that is one person."""
    return f"user:{user_id}"


def team_audience(organization: str, team: int) -> str:
    """Return the audience that is a team."""
    return f"team:{organization}:{team}"


def organization_audience(organization: str) -> str:
    """Return the audience that is a whole organization."""
    return f"organization:{organization}"


def full_scope(name: str) -> str:
    """Return a scope in lower case; `READ` stands for the document's scope that ends so."""
    return SCOPES.get(name.upper(), name).lower()


def read_scopes(names: Iterable[str]) -> frozenset[str]:
    """Return the scopes that a person lists, as `full_scope` gives them. Raise ValueError for what can only be a
    slip.

    Full names of other APIs' scopes are taken, since a token may have them as well.
    """
    own = {scope.lower() for scope in SCOPES.values()}
    families = {scope.rpartition(".")[0] for scope in own}
    found = set()
    for name in names:
        scope = full_scope(name)
        family = scope.rpartition(".")[0]
        if scope not in own and (not family or family in families):
            raise ValueError(f"there is no scope {name}; there are {', '.join((*SCOPES, *SCOPES.values()))}")
        found.add(scope)
    return frozenset(found)


def make_user(key: str, identifier: str, name: str, organization: str, teams: Iterable[int]) -> User:
    """Return a user with the audiences that follow from organization and teams."""
    chosen = frozenset(teams)
    audiences = (
        user_audience(identifier),
        organization_audience(organization),
        *(team_audience(organization, team) for team in sorted(chosen)),
    )
    return User(key, identifier, name, organization, chosen, audiences)
