"""Read and check settings from environment variables, and expand paths in settings."""

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
    """Return the value of `variable`, or None if it is unset or empty.

    Raise ConfigurationError, which names the variable and not its value, if the value has white space at either end (as
    in a file with CRLF line ends), holds a control character, or makes `check` raise ConfigurationError.
    """
    value = environment.get(variable)
    if not value:
        return None
    if value != value.strip() or any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise ConfigurationError(f"{variable} begins or ends with white space, or contains a control character")
    if check is not None:
        try:
            check(value)
        except ConfigurationError as error:
            raise ConfigurationError(f"{variable}: {error}") from None
    return value


def path_variable(parameter: str) -> str:
    """Return the name of the environment variable for a path parameter.

    The prefix ZOHO_CLIQ_PATH_ avoids a clash with variables for credentials.
    """
    return f"ZOHO_CLIQ_PATH_{parameter.upper()}"


def expanded(name: str, path: str | Path) -> Path:
    """Return `path` with `~` expanded. Raise ConfigurationError, which names the setting, if it is no path."""
    try:
        os.fsencode(path)  # raises UnicodeError for half of a surrogate pair
        return Path(path).expanduser()
    except (RuntimeError, TypeError, UnicodeError) as error:
        raise ConfigurationError(f"{name} {str(path)!r}: {error}") from None
