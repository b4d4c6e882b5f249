"""Check Deluge scripts before they are sent, and log possible mistakes. No call is refused.

Works only if the extra `deluge` is installed. Each finding is a warning of the logger `zoho_cliq.deluge`. To disable
the check: `logging.getLogger("zoho_cliq.deluge").setLevel(logging.ERROR)`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

logger = logging.getLogger("zoho_cliq.deluge")

_MEDIA_TYPE = "text/x-deluge"
_LONGEST = 50_000
"""The most characters of a script that is checked before sending; the command line checks longer ones."""


def log_findings(body: Any, properties: Mapping[str, Mapping[str, Any]], operation: str) -> None:
    """Log mistakes in the scripts of a body, that is, in fields whose schema has the media type of Deluge.

    The text of the line is not logged, because it may hold a secret.
    """
    if not isinstance(body, dict) or not logger.isEnabledFor(logging.WARNING):
        return
    for name, value in body.items():
        is_script = properties.get(name, {}).get("contentMediaType") == _MEDIA_TYPE
        if is_script and isinstance(value, str) and len(value) <= _LONGEST:
            _log(value, name, operation)


def _log(script: str, name: str, operation: str) -> None:
    try:
        from zoho_cliq_deluge import check
    except ImportError:
        return
    try:
        found = check(script, handler="message-action")
    except RecursionError:
        return  # the caller's stack is nearly full; the script may be correct
    for finding in found:
        logger.warning(
            "%s: %s, line %d, column %d: %s: %s [%s]",
            operation,
            name,
            finding.line,
            finding.column,
            finding.severity,
            finding.message,
            finding.rule,
        )
