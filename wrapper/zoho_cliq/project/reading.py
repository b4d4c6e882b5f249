"""Read a project's folder: `cliq.toml`, `actions/*.toml`, scripts, images and the lock, with every mistake in them."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .configuration import Configuration, Environment, configuration_of, configuration_table
from .contract_fields import create_fields, handler_fields, is_file
from .faults import TYPE, action_faults
from .files import path_fault
from .lock_file import read_locks
from .mistakes import Mistake, NoProject, ProjectError
from .model import DesiredAction, Handler, Lock, normal_lines
from .toml_files import CONFLICT, Table, conflict_line, read_table, read_text
from .variables import UnknownVariable, referenced, resolved

ACTIONS = "actions"


@dataclass(frozen=True, slots=True)
class Project:
    """A folder as it was read for one environment. Make one with `read`."""

    root: Path
    configuration: Configuration
    environment: Environment
    actions: tuple[DesiredAction, ...]
    tables: Mapping[str, Table]
    """The TOML file of each action, by key."""
    lock: Lock


def read(
    folder: str | Path,
    environment: str | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    variables: Mapping[str, Any] = MappingProxyType({}),
) -> Project:
    """Read a project's folder, without looking for mistakes in scripts or secrets in plain text; see `read_checked`.

    Args:
        folder: the folder that holds `cliq.toml`.
        environment: its name in `cliq.toml`. Default: None, the default environment.
        environ: the source of variables like `{ env = "NAME" }`. Default: the environment of the process.
        variables: values that replace those in `cliq.toml`. Default: none.

    Raise ProjectError with every mistake in the files, each with file and line.
    """
    files = examined(Path(folder).absolute(), environ, variables)
    return project_of(files, files.environment(environment))


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a folder before an environment is chosen, and what is wrong with them.

    `configuration` is None where `cliq.toml` has mistakes. The other files are looked at all the same, so that all
    mistakes are told at once; what variables hold is not known then. `texts` has every file that is TOML, by its name.
    """

    root: Path
    configuration: Configuration | None
    tables: Mapping[str, Table]
    locks: Mapping[str, Lock]
    texts: Mapping[str, str]
    mistakes: list[Mistake]

    def environment(self, name: str | None) -> Environment:
        """Return an environment; None is the default one. Raise ProjectError if there is none of that name."""
        return Environment("") if self.configuration is None else self.configuration.environment(name)

    def unset(self, environment: Environment) -> Mapping[str, str]:
        """Return the variables whose value is unknown, each with a placeholder."""
        if self.configuration is not None:
            return self.configuration.unset[environment.name]
        return {name: name for table in self.tables.values() for name in _used(table)}


def examined(root: Path, environ: Mapping[str, str], variables: Mapping[str, Any]) -> Files:
    """Read every file of a folder. Raise NoProject where there is no `cliq.toml`."""
    configuration: Configuration | None = None
    locks: dict[str, Lock] = {}
    tables, mistakes = action_tables(root)
    texts = {table.name: table.text for table in tables.values()}
    try:
        table = configuration_table(root)
        texts[table.name] = table.text
        configuration = configuration_of(table, environ, variables)
    except NoProject:
        raise
    except ProjectError as error:
        mistakes += error.mistakes
    try:
        locks = read_locks(root)
    except ProjectError as error:
        mistakes += error.mistakes
    return Files(root, configuration, tables, locks, texts, mistakes)


def project_of(files: Files, chosen: Environment) -> Project:
    """Return a folder as one environment has it. Raise ProjectError, which has every mistake."""
    found = desired_actions(files, chosen)
    mistakes = [*files.mistakes, *(mistake for mistake in found.mistakes if mistake.severity == "error")]
    configuration = files.configuration
    if configuration is not None:
        path = ("environments", chosen.name, "variables")
        mistakes += [
            configuration.table.mistake(f"variables.{name}: {source} is not set", *path, name)
            for name, source in files.unset(chosen).items()
            if any(name in _used(table) for table in files.tables.values())
        ]
    if mistakes or configuration is None:
        raise ProjectError(sorted(dict.fromkeys(mistakes)))
    lock = files.locks.get(chosen.name, Lock())
    return Project(files.root, configuration, chosen, tuple(found.actions), files.tables, lock)


def action_tables(root: Path) -> tuple[dict[str, Table], list[Mistake]]:
    """Return the TOML file of each action by key, and what is wrong with the others."""
    tables: dict[str, Table] = {}
    mistakes: list[Mistake] = []
    keys: dict[str, str] = {}
    folder = root / ACTIONS
    if folder.is_symlink() and not folder.resolve().is_relative_to(root.resolve()):
        return {}, [Mistake(ACTIONS, 1, "is a symbolic link that leads out of the project")]
    try:
        listed = os.listdir(folder) if os.path.lexists(folder) else []
    except OSError as error:  # not an empty folder: with --prune, that would delete every action
        return {}, [Mistake(ACTIONS, 1, f"cannot be read: {error.strerror}")]
    for path in sorted(folder / name for name in listed if name.endswith(".toml") and not name.startswith(".")):
        name = f"{ACTIONS}/{path.name}"
        if fault := path_fault(root, path):
            mistakes.append(Mistake(name, 1, fault))
            continue
        if twin := keys.get(path.stem.casefold()):
            mistakes.append(Mistake(name, 1, f"differs from {twin} in case only; some systems cannot keep both"))
        keys[path.stem.casefold()] = name
        table = read_table(path, name)
        if isinstance(table, Mistake):
            mistakes.append(table)
        else:
            tables[path.stem] = table
    return tables, mistakes


@dataclass(slots=True)
class Found:
    """The actions that the files describe in one environment, and what could be read of files with mistakes."""

    actions: list[DesiredAction] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    scripts: dict[str, str] = field(default_factory=dict)
    """What each script holds, by the path of its file."""
    images: list[tuple[Table, str]] = field(default_factory=list)
    """The file of each action with an image, and the image as base64 text."""


def desired_actions(files: Files, environment: Environment) -> Found:
    """Return what the files want in one environment, and what is wrong with them."""
    found = Found()
    names: dict[str, Table] = {}
    for key, table in files.tables.items():
        reader = _ActionReader(files.root, environment, table, files.unset(environment))
        action = reader.action(key)
        found.mistakes += reader.mistakes
        if action is not None:
            found.actions.append(action)
        if reader.script_file is not None:
            found.scripts[reader.script_file] = reader.given["script"]
        if "image" in reader.given and "image" not in reader.unknown:
            found.images.append((table, reader.given["image"]))
        if (name := reader.name) is None:
            continue
        if name in names:
            found.mistakes.append(table.mistake(f"name: {name!r} is the name of {names[name].name} too", "name"))
        elif twin := next((other for other in names if other.casefold() == name.casefold()), None):
            message = f"name: differs from that of {names[twin].name} in case only; the server may refuse it"
            found.mistakes.append(Mistake(table.name, table.line("name"), message, "warning"))
        names.setdefault(name, table)
    return found


class _ActionReader:
    """Reads one action's file."""

    def __init__(self, root: Path, environment: Environment, table: Table, unset: Mapping[str, str]) -> None:
        self.root = root
        self.environment = environment
        self.table = table
        self.unset = unset
        self.mistakes: list[Mistake] = []
        self.given: dict[str, Any] = {}
        self.unknown: set[str] = set()
        self.script_file: str | None = None
        """The path of the script in the project, where it could be read."""

    def wrong(self, message: str, key: str) -> None:
        self.mistakes.append(self.table.mistake(self.environment.masked(message), key))

    @property
    def name(self) -> str | None:
        """The name of the action, if it is known."""
        name = self.given.get("name")
        return name if isinstance(name, str) and "name" not in self.unknown else None

    def action(self, key: str) -> DesiredAction | None:
        """Return the action that the file describes, or None if it has mistakes, which are added to `mistakes`."""
        schemas = {**create_fields(), **handler_fields()}
        for name, value in self.table.data.items():
            if name not in schemas:
                self.wrong(f"unknown key {name!r}; known are {', '.join(schemas)}", name)
                continue
            if any(variable in self.unset for variable in referenced(value)):
                self.unknown.add(name)
            try:
                self.given[name] = resolved(value, {**self.unset, **self.environment.variables})
            except UnknownVariable as error:
                self.wrong(f"{name}: there is no variable {error.name!r} in {self.environment.name}", name)
                self.unknown.add(name)
                continue
            if is_file(schemas[name]) and name not in self.unknown and not self._loaded(name):
                self.unknown.add(name)
        for name, fault in action_faults(self.given, self.unknown):
            self.wrong(f"{name}: {fault}", name)
        if self.mistakes:
            return None
        fields = {name: value for name, value in self.given.items() if name in create_fields()}
        return DesiredAction(key, {"execution_type": TYPE, **fields}, _handler(self.given), self.script_file)

    def _loaded(self, name: str) -> bool:
        """Replace the path of a file by its content. Return whether it could be read."""
        value = self.given[name]
        if not isinstance(value, str) or not value:
            self.wrong(f"{name}: must be the path of a file", name)
            return False
        path = Path(os.path.normpath(self.root / ACTIONS / value))  # relative to the folder of the TOML file
        if fault := path_fault(self.root, path):
            self.wrong(f"{name}: {value} {fault}", name)
            return False
        try:
            if name == "script":
                text = read_text(path)
                file = path.relative_to(self.root).as_posix()
                if line := conflict_line(text):
                    self.mistakes.append(Mistake(file, line, CONFLICT))
                    return False
                self.given[name], self.script_file = normal_lines(text), file
            else:
                self.given[name] = base64.b64encode(path.read_bytes()).decode("ascii")
        except UnicodeDecodeError:
            self.wrong(f"{name}: {value} is not UTF-8 text", name)
            return False
        except OSError as error:
            self.wrong(f"{name}: {value} cannot be read: {error.strerror}", name)
            return False
        return True


def _handler(given: Mapping[str, Any]) -> Handler:
    if "permissions" in given:
        return tuple(sorted(set(given["permissions"])))
    return given.get("script")


def _used(table: Table) -> set[str]:
    return {name for value in table.data.values() for name in referenced(value)}
