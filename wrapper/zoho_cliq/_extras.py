"""Report why the module of an optional extra cannot be imported: it is missing, or installed and broken."""

from __future__ import annotations

import importlib.util

from .errors import ConfigurationError


def unavailable(purpose: str, module: str, extra: str, error: ImportError) -> ConfigurationError:
    """Return the error to raise after the import for an optional feature failed.

    Args:
        purpose: the start of the message, as in "tables need".
        module: the top-level module of the extra, as in "rich".
        extra: the name of the extra, as in "cli".
        error: the exception of the import; its text is in the message if the module is installed.
    """
    try:
        installed = importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        installed = False
    if not installed:
        return ConfigurationError(f"{purpose} the extra `{extra}`: pip install '.[{extra}]' in a checkout of zoho-cliq")
    reason = " ".join(str(error).split())
    return ConfigurationError(
        f"{purpose} {module}, which is installed but cannot be imported: {reason}; "
        f"try pip install --force-reinstall '.[{extra}]' in a checkout of zoho-cliq"
    )
