"""Check scripts before they are sent, and log what may be wrong with them. Nothing is refused.

Takes part only where the extra `deluge` is installed. Each finding is a warning of the logger `zoho_cliq.deluge`; to
switch it off, and the check with it: `logging.getLogger("zoho_cliq.deluge").setLevel(logging.ERROR)`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

logger = logging.getLogger("zoho_cliq.deluge")

_MEDIA_TYPE = "text/x-deluge"
_LONGEST = 50_000
"""Characters of the longest script that is checked in passing; the command line checks longer ones."""


def log_findings(body: Any, properties: Mapping[str, Mapping[str, Any]], operation: str) -> None:
    """Log what is wrong with the scripts in a body: fields whose schema has Deluge's media type.

    A finding is logged without the line of the script, which may hold a secret.
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
        return  # the caller is nested too deeply, the script may be fine
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
