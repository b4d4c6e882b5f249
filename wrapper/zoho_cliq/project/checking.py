"""Check everything in a folder that can be checked without the account."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .configuration import Environment
from .mistakes import Mistake, ProjectError
from .reading import Files, Project, desired_actions, examined, project_of
from .secrets_in_files import found_secrets
from .toml_files import Table
from .variables import referenced

_IMAGES = {"PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff", "GIF": b"GIF8", "WebP": b"RIFF"}


def check(
    folder: str | Path,
    environment: str | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    variables: Mapping[str, Any] = MappingProxyType({}),
) -> list[Mistake]:
    """Return the mistakes in a project, sorted by file. Nothing is sent.

    Args:
        folder: the project's folder.
        environment: its name. Default: None, check every environment of `cliq.toml`.
        environ: the source of variables like `{ env = "NAME" }`. Default: the environment of the process.
        variables: values that replace those in `cliq.toml`. Default: none.

    It checks files and fields against the contract, duplicate names, variables, images, the lock, secrets in plain
    text, and scripts (extra `deluge`; if it is missing, a warning says so).
    """
    try:
        files = examined(Path(folder).absolute(), environ, variables)
        chosen = [files.environment(environment)]
    except ProjectError as error:
        return list(error.mistakes)
    if environment is None and files.configuration is not None:
        chosen = list(files.configuration.environments.values())
    return _checked(files, chosen)


def read_checked(
    folder: str | Path,
    environment: str | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    variables: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[Project, list[Mistake]]:
    """Read a project's folder as `read` does, and run the checks of `check` for that environment.

    Return the project and the warnings. Raise ProjectError, which includes the warnings, if there is an error.
    """
    files = examined(Path(folder).absolute(), environ, variables)
    chosen = files.environment(environment)
    found = _checked(files, [chosen])
    try:
        project = project_of(files, chosen)
    except ProjectError as error:
        raise ProjectError(sorted({*found, *error.mistakes})) from None
    if any(mistake.severity == "error" for mistake in found):
        raise ProjectError(found)
    return project, found


def _checked(files: Files, chosen: Sequence[Environment]) -> list[Mistake]:
    """Return what is wrong with the files in these environments."""
    mistakes = list(files.mistakes)
    scripts: dict[str, str] = {}
    for each in chosen:
        found = desired_actions(files, each)
        mistakes += found.mistakes
        scripts |= found.scripts
        mistakes += [mistake for table, image in found.images for mistake in _image(table, image)]
    if files.configuration is not None:
        names = {name for each in chosen for name in each.variables}
        mistakes += _unused(files.configuration.table, names, files.tables)
    secrets = [(name, *found) for name, text in {**files.texts, **scripts}.items() for found in found_secrets(text)]
    sure = {(name, line) for name, line, _, is_sure in secrets if is_sure}
    mistakes += [each for each in _scripts(scripts) if not (_is_secret(each) and (each.file, each.line) in sure)]
    told = {(each.file, each.line) for each in mistakes if _is_secret(each)}
    mistakes += [_secret(*found) for found in secrets if found[:2] not in told]
    return sorted(dict.fromkeys(mistakes))


def _is_secret(mistake: Mistake) -> bool:
    """Return whether the checker of scripts found what looks like a secret."""
    return mistake.message.endswith(" [secret]")


def _secret(name: str, line: int, kind: str, sure: bool) -> Mistake:
    remedy = "take it from a variable: { env = … }" if name.endswith(".toml") else "use a connection instead"
    return Mistake(name, line, f"seems to have {kind} in plain text; {remedy}", "error" if sure else "warning")


def _image(table: Table, image: str) -> Iterator[Mistake]:
    content = base64.b64decode(image[:64])
    if not any(content.startswith(head) for head in _IMAGES.values()):
        known = ", ".join(_IMAGES)
        yield Mistake(table.name, table.line("image"), f"image: is not one of {known}", "warning")


def _unused(configuration: Table, names: set[str], tables: Mapping[str, Table]) -> Iterator[Mistake]:
    used = {name for table in tables.values() for value in table.data.values() for name in referenced(value)}
    for environment in configuration.data["environments"]:
        for name in configuration.data["environments"][environment].get("variables", {}):
            if name in names and name not in used:
                line = configuration.line("environments", environment, "variables", name)
                yield Mistake(configuration.name, line, f"variables.{name}: no file uses it", "warning")


def _scripts(scripts: Mapping[str, str]) -> Iterator[Mistake]:
    if not scripts:
        return
    try:
        from zoho_cliq_deluge import check
    except ImportError:
        first = min(scripts)
        yield Mistake(first, 1, "scripts were not checked: they need the extra `deluge`", "warning")
        return
    for name, text in scripts.items():
        if not text.strip():
            yield Mistake(name, 1, "is empty, so the action never answers", "warning")
            continue
        for each in check(text, handler="message-action"):
            message = f"column {each.column}: {each.message} [{each.rule}]"
            yield Mistake(name, each.line, message, "error" if each.severity == "error" else "warning")
