"""The types of the directory: organizations with their users and teams, access tokens, and OAuth clients.

`seed` reads a directory from JSON. The database stores the tokens that were issued since.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from zoho_cliq_api.contract import OPERATIONS

SCOPES = {scope.rsplit(".", 1)[1]: scope for operation in OPERATIONS.values() for scope in operation.scopes}


class SeedError(ValueError):
    """A seed that cannot be used; the message names the entry and the reason."""


@dataclass(frozen=True, slots=True)
class User:
    """A user. `audiences` are the audiences whose actions the user sees; the user's own is the first."""

    key: str
    id: str
    name: str
    organization: str
    teams: frozenset[int] = frozenset()
    audiences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """What an access token allows.

    Its user, its scopes (lower case), and when it expires (seconds since 1970; None: never).
    """

    user: User
    scopes: frozenset[str]
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """What a refresh token or a code allows: its client, its user, its scopes, and when it expires (None: never)."""

    client: str
    user: User
    scopes: frozenset[str]
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client. `user` and `scopes` are those of the tokens of the client-credentials grant."""

    id: str
    secret: str = field(repr=False)
    user: User | None = None
    scopes: frozenset[str] = frozenset()


@dataclass(slots=True)
class Directory:
    """Users by key, teams by organization, access tokens, clients by id, refresh tokens and codes."""

    users: dict[str, User] = field(default_factory=dict)
    teams: dict[str, set[int]] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict, repr=False)
    clients: dict[str, Client] = field(default_factory=dict)
    permits: dict[str, Permit] = field(default_factory=dict, repr=False)
    codes: dict[str, Permit] = field(default_factory=dict, repr=False)


def user_audience(user_id: str) -> str:
    """Return the name of the audience of one user."""
    return f"user:{user_id}"


def team_audience(organization: str, team: int) -> str:
    """Return the name of the audience of a team."""
    return f"team:{organization}:{team}"


def organization_audience(organization: str) -> str:
    """Return the name of the audience of a whole organization."""
    return f"organization:{organization}"


def full_scope(name: str) -> str:
    """Return a scope in lower case. A short name such as `READ` becomes the document's scope that ends with it."""
    return SCOPES.get(name.upper(), name).lower()


def read_scopes(names: Iterable[str]) -> frozenset[str]:
    """Return scopes as `full_scope` returns them.

    Full names of other APIs' scopes are accepted, since a token may have them too. Raise ValueError for an unknown
    short name, and for a full name in this API's family that the document does not have.
    """
    own = {scope.lower() for scope in SCOPES.values()}
    families = {scope.rpartition(".")[0] for scope in own}
    found = set()
    for name in names:
        scope = full_scope(name)
        family = scope.rpartition(".")[0]
        if scope not in own and (not family or family in families):
            raise ValueError(f"unknown scope {name}; known scopes: {', '.join((*SCOPES, *SCOPES.values()))}")
        found.add(scope)
    return frozenset(found)


def make_user(key: str, identifier: str, name: str, organization: str, teams: Iterable[int]) -> User:
    """Return a user with the audiences of the user, the organization and the teams."""
    chosen = frozenset(teams)
    audiences = (
        user_audience(identifier),
        organization_audience(organization),
        *(team_audience(organization, team) for team in sorted(chosen)),
    )
    return User(key, identifier, name, organization, chosen, audiences)
