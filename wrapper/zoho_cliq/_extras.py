"""Say whether the module of an extra is missing, or there and broken: the remedies differ."""

from __future__ import annotations

import importlib.util

from .errors import ConfigurationError


def unavailable(purpose: str, module: str, extra: str, error: ImportError) -> ConfigurationError:
    """Return the error to raise where an import for an optional feature failed.

    - `purpose`: what needs the module, to start the message with, as in "tables need".
    - `module`: the top-level module of the extra, as in "rich".
    - `extra`: the name of the extra, as in "cli".
    - `error`: what the import raised; its text is in the message if the module is installed.
    """
    try:
        installed = importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        installed = False
    if not installed:
        return ConfigurationError(f"{purpose} the extra `{extra}`: pip install '.[{extra}]' in a checkout of zoho-cliq")
    reason = " ".join(str(error).split())
    return ConfigurationError(
        f"{purpose} {module}, which is installed and cannot be imported: {reason}; "
        f"try pip install --force-reinstall '.[{extra}]' in a checkout of zoho-cliq"
    )
