"""`cliq.toml`: the environments of a project, each one account, and the variables in which they differ."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from zoho_cliq_api.contract import SERVERS

from .._auth.auth import Auth, OAuth, StaticToken, checked_url
from .._environment import setting
from .._operations import Operations
from ..errors import ConfigurationError
from .files import path_fault
from .mistakes import Mistake, NoProject, ProjectError
from .toml_files import Table, read_table

FILE = "cliq.toml"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OAUTH = ("client_id", "client_secret", "refresh_token")


@dataclass(frozen=True, slots=True)
class Environment:
    """One account that the folder is applied to.

    Attributes:
        credentials: where they are: `{"variable": …}` for an access token, `{"file": …}` for a file of
            `zoho-cliq login`, or the three variables of an OAuth client.
        variables: the variables that files use. One from an environment variable that is not set is missing.
        secrets: the variables that come from environment variables.
        path_parameters: see `Cliq`.
    """

    name: str
    data_center: str | None = None
    base_url: str | None = None
    credentials: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict, repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    path_parameters: Mapping[str, Any] = field(default_factory=dict)

    def auth(self, environ: Mapping[str, str] = os.environ) -> Auth | None:
        """Return the credentials, or None if none are configured. Raise ConfigurationError if they cannot be read."""
        named = self.credentials
        if not named:
            return None
        if "file" in named:
            return OAuth.from_file(named["file"])
        if "variable" in named:
            return StaticToken(_required(named["variable"], environ))
        client, secret, refresh = (_required(named[name], environ) for name in _OAUTH)
        return OAuth(client, secret, refresh, self.data_center)

    def masked(self, text: str) -> str:
        """Return a text with the value of each secret replaced by its name."""
        for name, value in sorted(self.secrets.items(), key=lambda item: -len(item[1])):
            if value:
                text = text.replace(value, f"${{{name}}}")
        return text


@dataclass(frozen=True, slots=True)
class Configuration:
    """The content of `cliq.toml`. `unset` maps each environment to its secrets without a value: name to variable."""

    table: Table
    default: str
    environments: Mapping[str, Environment]
    unset: Mapping[str, Mapping[str, str]]

    def environment(self, name: str | None) -> Environment:
        """Return an environment; None is the default one. Raise ProjectError if there is none of that name."""
        wanted = self.default if name is None else name
        if wanted not in self.environments:
            known = ", ".join(self.environments)
            raise ProjectError([self.table.mistake(f"has no environment {wanted!r}; it has {known}", "environments")])
        return self.environments[wanted]


def read_configuration(
    root: Path, environ: Mapping[str, str] = os.environ, variables: Mapping[str, Any] = MappingProxyType({})
) -> Configuration:
    """Read `cliq.toml`. `variables` replace those of every environment.

    Raise ProjectError with every mistake in it.
    """
    return configuration_of(configuration_table(root), environ, variables)


def configuration_table(root: Path) -> Table:
    """Return `cliq.toml` as TOML. Raise NoProject if it does not exist, ProjectError if it cannot be read."""
    if not root.is_dir():
        raise NoProject([Mistake(str(root), 1, "is not a folder; zoho-cliq pull creates one")])
    if not (root / FILE).exists():
        raise NoProject([Mistake(FILE, 1, f"is missing in {root}; zoho-cliq pull creates one")])
    if fault := path_fault(root, root / FILE):
        raise ProjectError([Mistake(FILE, 1, fault)])
    table = read_table(root / FILE, FILE)
    if isinstance(table, Mistake):
        raise ProjectError([table])
    return table


def configuration_of(table: Table, environ: Mapping[str, str], variables: Mapping[str, Any]) -> Configuration:
    """Return what `cliq.toml` says. Raise ProjectError with every mistake in it."""
    reader = _Reader(table, environ, variables)
    found = reader.configuration()
    if reader.mistakes:
        raise ProjectError(sorted(reader.mistakes))
    return found


class _Reader:
    def __init__(self, table: Table, environ: Mapping[str, str], instead: Mapping[str, Any]) -> None:
        self.table = table
        self.environ = environ
        self.instead = instead
        self.mistakes: list[Mistake] = []
        self.unset: dict[str, dict[str, str]] = {}

    def wrong(self, message: str, *path: str) -> None:
        self.mistakes.append(self.table.mistake(message, *path))

    def configuration(self) -> Configuration:
        data = self.table.data
        self.known(data, {"default_environment", "environments"})
        raw = data.get("environments", {})
        if not isinstance(raw, dict) or not raw:
            self.wrong("needs a table [environments.NAME]", "environments")
            raw = {}
        environments = {name: self.environment(name, given) for name, given in raw.items()}
        default = data.get("default_environment", next(iter(environments), ""))
        if raw and not (isinstance(default, str) and default in environments):
            self.wrong(
                f"default_environment: there is no environment {default!r}; there are {', '.join(environments)}",
                "default_environment",
            )
        return Configuration(self.table, default, environments, self.unset)

    def known(self, table: Mapping[str, Any], names: set[str], *path: str) -> None:
        for name in table:
            if name not in names:
                self.wrong(f"unknown key {name!r}; known are {', '.join(sorted(names))}", *path, name)

    def environment(self, name: str, given: Any) -> Environment:
        path = ("environments", name)
        self.unset[name] = {}
        if not isinstance(given, dict):
            self.wrong("an environment is a table", *path)
            return Environment(name)
        self.known(given, {"data_center", "base_url", "credentials", "variables", "path_parameters"}, *path)
        center, url = given.get("data_center"), given.get("base_url")
        if center is not None and not (isinstance(center, str) and center in SERVERS):
            self.wrong(f"data_center: must be one of {', '.join(SERVERS)}, not {center!r}", *path, "data_center")
        if url is not None:
            try:
                checked_url("base_url", url if isinstance(url, str) else "")
            except ConfigurationError as error:
                self.wrong(str(error), *path, "base_url")
        variables, secrets = self.variables(name, given.get("variables", {}))
        variables |= self.instead
        for each in self.instead:
            secrets.pop(each, None)
            self.unset[name].pop(each, None)
        credentials = self.credentials(given.get("credentials", {}), *path, "credentials")
        in_paths = self.path_parameters(given.get("path_parameters", {}), *path, "path_parameters")
        return Environment(name, center, url, credentials, variables, secrets, in_paths)

    def path_parameters(self, given: Any, *path: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if not isinstance(given, dict):
            self.wrong("path_parameters: must be a table", *path)
            return found
        for name, value in given.items():
            try:
                Operations(path_parameters={name: value})
                found[name] = value
            except ConfigurationError as error:
                self.wrong(str(error), *path, name)
        return found

    def credentials(self, given: Any, *path: str) -> dict[str, str]:
        shapes = ({"variable"}, {"file"}, set(_OAUTH))
        if given == {}:
            return {}
        if not isinstance(given, dict) or set(given) not in shapes:
            self.wrong(
                'credentials: name where they are: { variable = "NAME" }, { file = "PATH" }, or variables for '
                f"{', '.join(_OAUTH)}",
                *path,
            )
            return {}
        for key, value in given.items():
            # The value may be a secret that somebody wrote here; so it is not shown.
            if not isinstance(value, str) or not value or (key != "file" and not _VARIABLE.fullmatch(value)):
                wanted = "the path of a file" if key == "file" else "the name of an environment variable"
                self.wrong(f"credentials.{key}: must be {wanted}, not the secret itself", *path, key)
        return {key: str(value) for key, value in given.items()}

    def variables(self, environment: str, given: Any) -> tuple[dict[str, Any], dict[str, str]]:
        path = ("environments", environment, "variables")
        found: dict[str, Any] = {}
        secrets: dict[str, str] = {}
        if not isinstance(given, dict):
            self.wrong("variables: must be a table", *path)
            return found, secrets
        for name, value in given.items():
            if not _VARIABLE.fullmatch(name):
                self.wrong(
                    f"variables: {name!r} must be letters, digits and _, and not begin with a digit", *path, name
                )
            elif isinstance(value, dict):
                source = value.get("env")
                if set(value) != {"env"} or not isinstance(source, str) or not _VARIABLE.fullmatch(source):
                    self.wrong(f'variables.{name}: must be a value, or {{ env = "NAME" }}', *path, name)
                elif self.environ.get(source):
                    found[name] = secrets[name] = self.environ[source]
                else:
                    self.unset[environment][name] = source
            elif _is_plain(value) or (isinstance(value, list) and all(map(_is_plain, value))):
                found[name] = value
            else:
                self.wrong(f"variables.{name}: must be a text, a whole number, true or false, or a list", *path, name)
        return found, secrets


def _is_plain(value: object) -> bool:
    return isinstance(value, (str, int, bool))


def _required(variable: str, environ: Mapping[str, str]) -> str:
    value = setting(variable, None, environ)
    if value is None:
        raise ConfigurationError(f"{FILE} takes the credentials from {variable}, which is not set")
    return value
