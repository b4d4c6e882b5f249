"""Settings from environment variables, and paths in settings, refused by name where they cannot be meant."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from .errors import ConfigurationError


def setting(
    variable: str,
    check: Callable[[str], object] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> str | None:
    """Return the value of `variable`; None where it is not set or empty.

    Raise ConfigurationError, which names the variable and not its value, where the value has a space or line break
    around it, as one from a file with other line ends has, or a control character in it, or where `check` raises
    ConfigurationError.
    """
    value = environment.get(variable)
    if not value:
        return None
    if value != value.strip() or any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise ConfigurationError(f"{variable} has a space or line break around it, or a control character in it")
    if check is not None:
        try:
            check(value)
        except ConfigurationError as error:
            raise ConfigurationError(f"{variable}: {error}") from None
    return value


def path_variable(parameter: str) -> str:
    """Return the variable that holds a value for a parameter of paths.

    It has a prefix of its own, as the document may call a parameter like a credential.
    """
    return f"ZOHO_CLIQ_PATH_{parameter.upper()}"


def expanded(name: str, path: str | Path) -> Path:
    """Return `path` with a home directory in place of its ~.

    Raise ConfigurationError, which names the setting, where nobody knows that directory.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise ConfigurationError(f"{name} {str(path)!r}: {error}") from None
