"""Find what looks like a secret in plain text. A finding says what kind it is and where, and never shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator

_KNOWN = {
    "a Zoho token": r"\b1000\.[0-9a-f]{32}\.[0-9a-f]{32}\b",
    "a Zoho webhook key": r"\bzapikey=1001\.[0-9a-f]{32}\.[0-9a-f]{32}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "an AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})",
    "a Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "a Google API key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "a JSON Web Token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+",
}
_GUESSED = {
    "a password in a URL": r"\bhttps?://[^/\s:@\"']+:(?!\$\{)[^/\s@\"']+@",
    "a secret in a URL": r"(?i)[?&](?:[a-z_]*(?:token|key)|secret|password|auth)=(?!\$\{)[^&\s\"']{8,}",
    "a secret": (
        r"(?i)\b(?:[a-z_]*(?:password|passwd|secret|api_?key|auth_?token|access_?token|refresh_?token))"
        # The name of a variable is none: CLIQ_CLIENT_SECRET.
        r"[\"']?\s*[:=,]\s*[\"'](?!\$\{|(?-i:[A-Z][A-Z0-9_]*)[\"'])[^\"'\s]{8,}[\"']"
    ),
}
_PATTERNS = [
    *((kind, re.compile(text), True) for kind, text in _KNOWN.items()),
    *((kind, re.compile(text), False) for kind, text in _GUESSED.items()),
]


def found_secrets(text: str) -> Iterator[tuple[int, str, bool]]:
    """Yield line, kind, and whether the form is surely that of a secret; at most one finding for a line."""
    for number, line in enumerate(text.splitlines(), 1):
        for kind, pattern, sure in _PATTERNS:
            if pattern.search(line):
                yield number, kind, sure
                break
