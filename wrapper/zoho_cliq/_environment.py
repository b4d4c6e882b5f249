"""Settings from environment variables, refused by the name of the variable where they cannot be meant."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

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
