"""The profile: the URL of the server to grade, its path parameters, and the users that its tokens belong to.

Only `base_url` and `tokens.owner` are required, and `path_parameters` if the document has any that no fact is about. A
check that needs another key is *skipped* without it, never *passed*. Any string may be `env:NAME`: the value is then
read from the environment, so that the profile need not hold a secret.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from zoho_cliq_api.contract import OPERATIONS

from .judge.routes import SAMPLES, variable

_words = [scope.rpartition(".")[2].upper() for operation in OPERATIONS.values() for scope in operation.scopes]
SCOPES = tuple(dict.fromkeys(("CREATE", "READ", "UPDATE", "DELETE", *_words)))
"""The last words of all scopes: those of the first document, and what the document has gained."""
USERS = ("owner", "colleague", "outsider")
OF_TEAMS = {
    "common_team": "a team that is in teams.owner and teams.colleague",
    "foreign_team": "a team in teams.owner that is not in teams.colleague",
}
"""What a check may need of the teams besides their names, in words."""
KEYS = {
    "base_url",
    "reset_url",
    "clock_url",
    "control_token",
    "creation_limit",
    "pace",
    "path_parameters",
    "tokens",
    "teams",
}


class ProfileError(ValueError):
    """A profile that cannot be used; the message names the key and what is wrong with it."""


@dataclass(frozen=True)
class Profile:
    """A server to grade. The repr shows no token.

    Args:
        base_url: the URL of the API, with its path, without a slash at the end.
        tokens: the token of each user: `owner`, `colleague`, `outsider`.
        owner_only: tokens of the owner with a single scope, by scope.
        teams: ids of the teams that each user is a member of.
        reset_url: empties the server with a POST.
        clock_url: takes `{"advance": seconds}` with a POST.
        control_token: the Bearer token for `reset_url` and `clock_url`.
        creation_limit: how many actions the organization may have.
        pace: whether the server enforces thresholds.
        path_parameters: values of the path parameters that no fact is about, by argument.
    """

    base_url: str
    tokens: Mapping[str, str] = field(repr=False)
    owner_only: Mapping[str, str] = field(default_factory=dict, repr=False)
    teams: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    reset_url: str | None = None
    clock_url: str | None = None
    control_token: str | None = field(default=None, repr=False)
    creation_limit: int | None = None
    pace: bool = True
    path_parameters: Mapping[str, str] = field(default_factory=dict)

    def labelled_tokens(self) -> dict[str, str]:
        """Return all tokens by label: `owner`, `colleague`, `outsider`, and `owner-create` and so on for one scope."""
        only = {f"owner-{scope.lower()}": token for scope, token in self.owner_only.items()}
        return {**self.tokens, **only}

    def parts(self) -> list[str]:
        """Return the keys that the profile gives, such as `tokens.colleague` or `clock_url`, without their values."""
        given = [f"tokens.{name}" for name in self.tokens]
        given += [f"tokens.owner_only.{name}" for name in self.owner_only]
        given += [f"teams.{name}" for name in self.teams]
        given += [f"path_parameters.{name}" for name in self.path_parameters]
        settings = ("reset_url", "clock_url", "control_token", "creation_limit")
        return [*given, *(name for name in settings if getattr(self, name) is not None), *["pace"] * self.pace]

    def has(self, need: str) -> bool:
        """Return whether the profile gives what a check needs.

        Args:
            need: a key such as `tokens.colleague` or `clock_url`, a name out of `OF_TEAMS`, or several of these joined
                by " or ", of which one is enough.
        """
        if " or " in need:
            return any(self.has(one) for one in need.split(" or "))
        head, _, rest = need.partition(".")
        if head == "tokens":
            return rest.removeprefix("owner_only.") in (self.owner_only if "owner_only." in rest else self.tokens)
        if head == "teams":
            return bool(self.teams.get(rest))
        if head in OF_TEAMS:
            owner, colleague = (set(self.teams.get(user, ())) for user in ("owner", "colleague"))
            return bool(owner & colleague if head == "common_team" else owner - colleague)
        if head == "pace":
            return self.pace
        return getattr(self, head) is not None

    def lacks(self, needs: Iterable[str]) -> str:
        """Return the needs that the profile does not give, as a phrase for a report, or an empty text for none."""
        missing = [need for need in needs if not self.has(need)]
        if any(need.startswith("teams.") for need in missing):
            missing = [need for need in missing if need not in OF_TEAMS]
        return f"needs {', '.join(OF_TEAMS.get(need, need) for need in missing)}" if missing else ""


def load(path: Path, base_url: str | None = None, *, recorded: bool = False) -> Profile:
    """Read a profile from a TOML file. Raise `ProfileError` if the file cannot be read or the profile is invalid.

    Args:
        path: the file.
        base_url: used in the place of the file's.
        recorded: see `parse`.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"profile {path} cannot be read: {error}") from None
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"profile {path} is not TOML: {error}") from None
    if base_url:
        values["base_url"] = base_url
    return parse(values, recorded=recorded)


def parse(values: Mapping[str, Any], *, recorded: bool = False) -> Profile:
    """Return the profile that the values of a TOML document describe. Raise `ProfileError` if one is invalid.

    Args:
        values: the values.
        recorded: whether the profile is for a recording, to which nothing is sent. Then path parameters may be missing.
    """
    unknown = sorted(set(values) - KEYS)
    if unknown:
        raise ProfileError(f"profile: unknown key {unknown[0]!r}; known keys: {', '.join(sorted(KEYS))}")
    tokens = _table(values, "tokens")
    only = _table(tokens, "owner_only", "tokens.owner_only")
    teams = _table(values, "teams")
    for name in set(tokens) - {*USERS, "owner_only"}:
        raise ProfileError(f"profile: unknown user tokens.{name}; known users: {', '.join(USERS)}")
    for name in set(only) - set(SCOPES):
        raise ProfileError(f"profile: unknown scope tokens.owner_only.{name}; known scopes: {', '.join(SCOPES)}")
    for name in set(teams) - set(USERS):
        raise ProfileError(f"profile: unknown user teams.{name}; known users: {', '.join(USERS)}")
    if "owner" not in tokens:
        raise ProfileError("profile: tokens.owner is missing; set it to the token of a user with all scopes")
    if "base_url" not in values:
        raise ProfileError('profile: base_url is missing, such as "https://cliq.example/api/v3"')
    users = {name: _token(tokens[name], f"tokens.{name}") for name in USERS if name in tokens}
    scoped = {name: _token(only[name], f"tokens.owner_only.{name}") for name in SCOPES if name in only}
    _different({**users, **{f"owner_only.{name}": token for name, token in scoped.items()}})
    if "reset_url" in values and "clock_url" in values:
        _of_one_server(values["reset_url"], values["clock_url"])
    return Profile(
        base_url=server_url(values["base_url"], "base_url").rstrip("/"),
        tokens=users,
        owner_only=scoped,
        teams={name: _numbers(teams[name], f"teams.{name}") for name in teams},
        reset_url=server_url(values["reset_url"], "reset_url") if "reset_url" in values else None,
        clock_url=server_url(values["clock_url"], "clock_url") if "clock_url" in values else None,
        control_token=_token(values["control_token"], "control_token") if "control_token" in values else None,
        creation_limit=_whole(values["creation_limit"], "creation_limit") if "creation_limit" in values else None,
        pace=_boolean(values.get("pace", True), "pace"),
        path_parameters=in_paths(_table(values, "path_parameters"), recorded=recorded),
    )


def in_paths(given: Mapping[str, Any], *, recorded: bool = False) -> dict[str, str]:
    """Return the value of each path parameter that no fact is about, from `given` or else from the environment.

    The variables are those of the client: ZOHO_CLIQ_PATH_ and the name in capitals.

    Args:
        given: the table `path_parameters` of a profile.
        recorded: whether parameters may be missing.

    Raises:
        ProfileError: a name is unknown, a value is invalid, or one is missing.
    """
    for name in set(given) - set(SAMPLES):
        there = f"there are: {', '.join(SAMPLES)}" if SAMPLES else "the document has none besides those of the suite"
        raise ProfileError(f"profile: unknown path parameter path_parameters.{name}; {there}")
    found = {name: given.get(name, os.environ.get(variable(name)) or None) for name in SAMPLES}
    for name in [name for name, value in found.items() if value is None]:
        if not recorded:
            raise ProfileError(
                f"profile: path_parameters.{name} is missing: paths of the document contain it; give it there, "
                f"or set the environment variable {variable(name)}"
            )
        del found[name]
    return {name: _segment(value, f"path_parameters.{name}") for name, value in found.items()}


def _segment(value: object, key: str) -> str:
    text = _text(str(value) if type(value) is int else value, key)
    if text in (".", ".."):
        raise ProfileError(f"profile: {key} must be part of a path, not {text!r}")
    return text


def _different(tokens: Mapping[str, str]) -> None:
    """Raise `ProfileError` if a token occurs twice: each stands for another user or another set of scopes."""
    first: dict[str, str] = {}
    for name, token in tokens.items():
        if token in first:
            raise ProfileError(f"profile: tokens.{first[token]} and tokens.{name} are the same token")
        first[token] = name


def _of_one_server(reset_url: object, clock_url: object) -> None:
    """Raise `ProfileError` if the URLs differ in scheme, host or port: both are called over one connection."""
    reset, clock = urlsplit(server_url(reset_url, "reset_url")), urlsplit(server_url(clock_url, "clock_url"))
    if (reset.scheme, reset.netloc) != (clock.scheme, clock.netloc):
        raise ProfileError("profile: reset_url and clock_url must have the same scheme, host and port")


def _table(values: Mapping[str, Any], key: str, shown: str = "") -> Mapping[str, Any]:
    found = values.get(key, {})
    if not isinstance(found, Mapping):
        raise ProfileError(f"profile: {shown or key} must be a table")
    return found


def _text(value: object, key: str) -> str:
    if not isinstance(value, str) or not value:
        raise ProfileError(f"profile: {key} must be a non-empty string")
    if not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    if not name:
        raise ProfileError(
            f"profile: {key} is env: without a name; write env:NAME with the name of an environment variable"
        )
    found = os.environ.get(name, "")
    if not found:
        raise ProfileError(f"profile: {key} names the environment variable {name}, which is not set")
    return found


def _token(value: object, key: str) -> str:
    token = _text(value, key)
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise ProfileError(f"profile: {key} is not a token: it has a space or a character outside ASCII")
    return token


def server_url(value: object, key: str) -> str:
    """Return the value if it is the URL of a server, or raise `ProfileError`.

    The error does not repeat a URL that holds a user or a password.

    Args:
        value: the URL, or `env:NAME`.
        key: the key of the profile, for the error.
    """
    url = _text(value, key)
    try:
        split = urlsplit(url)
        if "@" in split.netloc:
            raise ProfileError(f"profile: {key} must not hold a user or a password (the part before the @)")
        if not re.fullmatch(r"[\x21-\x7e]+", url) and "@" not in url:
            raise ProfileError(f"profile: {key} has a space or a character outside ASCII: {url!r}")
        if split.query or split.fragment or url.endswith(("?", "#")):
            raise ProfileError(f"profile: {key} must end with its path, without ? and #")
        good = split.scheme in ("http", "https") and bool(split.hostname) and split.port != 0
    except ProfileError:
        raise
    except ValueError:
        good = False
    if not good:
        shown = "" if "@" in url else f": {url!r}"
        raise ProfileError(f"profile: {key} is not an http or https URL{shown}")
    return url


def _numbers(value: object, key: str) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(item) is int and 0 < item < 2**63 for item in value):
        raise ProfileError(f"profile: {key} must be a list of team ids, which are whole numbers from 1")
    return tuple(value)


def _whole(value: object, key: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ProfileError(f"profile: {key} must be a whole number from 1")
    return value


def _boolean(value: object, key: str) -> bool:
    if not isinstance(value, bool):
        raise ProfileError(f"profile: {key} must be true or false")
    return value
