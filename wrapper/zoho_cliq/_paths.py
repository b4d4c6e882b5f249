"""Paths that people give: where a ~ stands for a home directory, and what is wrong with one that cannot be."""

from __future__ import annotations

from pathlib import Path

from .errors import ConfigurationError


def expanded(name: str, path: str | Path) -> Path:
    """`path` with a home directory in place of its ~. Raises ConfigurationError, which names the setting, where nobody
    knows that directory."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise ConfigurationError(f"{name} {str(path)!r}: {error}") from None
