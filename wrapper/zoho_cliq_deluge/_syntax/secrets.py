"""Find and mask likely secrets (tokens, keys, passwords) anywhere in a script, comments included.

No message or source line shows them: `masked` and `without` replace them by `*`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

__all__ = ["hidden_in", "hide_secrets", "masked", "secrets_in", "without"]

SHORTEST_PART = 8
"""How many leading characters of a truncated secret are still treated as the secret."""

_KNOWN = re.compile(
    r"""
      1000\.[0-9a-f]{32}\.[0-9a-f]{32}                          # Zoho: token of OAuth
    | (?<=zapikey=)[0-9a-zA-Z._-]{16,}                          # Zoho: webhook token
    | (?<![A-Za-z0-9])gh[pousr]_[0-9A-Za-z]{30,}                # GitHub
    | (?<![A-Za-z0-9])github_pat_[0-9A-Za-z_]{30,}
    | (?<![A-Za-z0-9])glpat-[0-9A-Za-z_-]{20,}                  # GitLab
    | (?<![A-Za-z0-9])xox[abeoprs]-[0-9A-Za-z-]{10,}            # Slack
    | (?<![A-Za-z0-9])AKIA[0-9A-Z]{16}(?![A-Za-z0-9])           # Amazon
    | (?<![A-Za-z0-9])AIza[0-9A-Za-z_-]{35}                     # Google
    | (?<![A-Za-z0-9])[sr]k_live_[0-9A-Za-z]{16,}               # Stripe
    | (?<![A-Za-z0-9])sk-(?=[A-Za-z_-]{0,60}[0-9])[0-9A-Za-z_-]{20,}                     # OpenAI and others
    | (?<![A-Za-z0-9])SG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}  # SendGrid
    | (?<![A-Za-z0-9])eyJ[0-9A-Za-z_-]{8,500}\.eyJ[0-9A-Za-z_-]{8,900}\.[0-9A-Za-z_-]{8,}  # JSON Web Token
    | -----BEGIN[ A-Z]{0,30}PRIVATE[ ]KEY-----
    """,
    re.VERBOSE,
)
_WORD = (
    r"(?:pass(?:word|wd|phrase)|pwd|secret|token|api_?-?key|access_?-?key|private_?-?key|auth_?-?key|client_?-?secret)"
)
_QUOTES = "\"'“”‘’"
_NAME_AND_QUOTE = rf"{_WORD}[a-z0-9_-]{{0,40}}[{_QUOTES}]?\s{{0,20}}[=:,]\s{{0,20}}[{_QUOTES}]"
_SCHEME = rf"[{_QUOTES}](?:Bearer|Basic|Zoho-oauthtoken|Zoho-authtoken|token)\s+"
_LINE_END = r"[;)}\] \t]{0,20}(?:[\r\n]|\Z)"  # if its closing quote is missing, a text ends with its line
_NAMED = re.compile(  # name = "…", {"name":"…"}, map.put("name","…")
    rf"(?i){_NAME_AND_QUOTE}([^{_QUOTES}\r\n]{{8,200}}?)(?:[{_QUOTES}]|{_LINE_END})"
)
_IN_QUERY = re.compile(rf"(?i){_WORD}=([^&{_QUOTES}\s]{{8,200}})")
_AUTHORIZATION = re.compile(
    rf"(?i){_SCHEME}([^\s{_QUOTES}]{{12,}}?)"
    rf"(?:[{_QUOTES}]|{_LINE_END})"
)
_PERHAPS_UNCLOSED = re.compile(rf"(?i)(?:{_NAME_AND_QUOTE}|{_SCHEME})([^{_QUOTES}\s]{{8,2000}})")
_PLACEHOLDER = re.compile(
    r"(?i)[<>{}$]|your|example|xxx|\*\*\*|\.\.\.|…|placeholder|changeme|replace|insert|dummy|sample|my_|_here|"
    r"(.)\1{5}|https?:"
)


def secrets_in(text: str) -> list[tuple[int, int]]:
    """Return the start and end offsets of likely secrets, in order and without overlaps."""
    return _joined(_candidates(text))


def hidden_in(text: str) -> list[tuple[int, int]]:
    """Return the start and end offsets of what must not be shown: likely secrets, and likely parts of unclosed ones.

    If a quote is missing in the middle of a line, the end of the text is unknown. Therefore the first word of a text
    counts as a secret, too, if it stands where a secret would stand and looks like one.
    """
    unclosed = (match.span(1) for match in _PERHAPS_UNCLOSED.finditer(text) if _looks_random(match[1]))
    return _joined([*_candidates(text), *unclosed])


def hide_secrets(*scripts: str) -> list[str]:
    """Return scripts in which likely secrets are replaced by ``*``; lines and columns do not change.

    Args:
        scripts: Scripts to show, such as one script before and after formatting. A secret that is found in one of them
            is replaced in all.
    """
    found = {text[start:end] for text in scripts for start, end in hidden_in(text)}
    return [without(text, found) for text in scripts]


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    found = sorted(spans)
    kept: list[tuple[int, int]] = []
    for start, end in found:
        if kept and start < kept[-1][1]:
            kept[-1] = kept[-1][0], max(end, kept[-1][1])
        else:
            kept.append((start, end))
    return kept


def _candidates(text: str) -> Iterator[tuple[int, int]]:
    for match in _KNOWN.finditer(text):
        yield match.span()
    for pattern in (_NAMED, _IN_QUERY, _AUTHORIZATION):
        for match in pattern.finditer(text):
            if _looks_random(match[1]):
                yield match.span(1)


def _looks_random(value: str) -> bool:
    """Return whether a value has letters and also digits or signs, has no spaces, and is not a placeholder."""
    if _PLACEHOLDER.search(value) or re.search(r"\s", value):
        return False
    has_letter = any(letter.isalpha() for letter in value)
    return has_letter and any(letter.isdigit() or letter in "!@#%&*+=?" for letter in value)


def masked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return a text in which the characters within ``spans`` are replaced by ``*``; line breaks are kept."""
    letters = list(text)
    for start, end in spans:
        letters[start:end] = ["\n" if letter == "\n" else "*" for letter in letters[start:end]]
    return "".join(letters)


def without(message: str, secrets: Collection[str] = ()) -> str:
    """Return a message in which likely secrets are replaced by ``*``.

    Args:
        message: The message.
        secrets: Secrets that were found in the script. They are replaced even if they do not look like secrets without
            their context; so is the start of a truncated one, from 8 characters on. Default: none.
    """
    for secret in sorted(secrets, key=len, reverse=True):  # first the longest: one may start another
        length = len(secret)
        while length >= SHORTEST_PART and secret[:length] not in message:
            length -= 1
        if length >= SHORTEST_PART:
            message = message.replace(secret[:length], "*" * length)
    return masked(message, hidden_in(message))
