"""Who may use the console: one-time links, and the sessions that they open.

A link is shown where only the person who runs the mock sees it, as Jupyter's is. Opening it gives the browser a cookie
of its own, so that the control token never reaches a page, an address bar or a browser's history.
"""

from __future__ import annotations

import secrets
from hashlib import sha256

MOST_LINKS = 100
MOST_SESSIONS = 100
LINK_PARAMETER = "key"


class Access:
    """The links that were not used yet, and the sessions of browsers. Both end with the process.

    Only hashes are kept. Of links and of sessions the latest hundred are good.
    """

    def __init__(self) -> None:
        self._links: dict[str, None] = {}
        self._sessions: dict[str, None] = {}

    def new_link(self) -> str:
        """Return the path of a new link, which is good once."""
        return f"/_mock/console?{LINK_PARAMETER}={_add(self._links, MOST_LINKS)}"

    def open_session(self, key: str) -> str | None:
        """Use a link up, and return the value of the new session's cookie; None where the link is not good."""
        if _hash(key) not in self._links:
            return None
        del self._links[_hash(key)]
        return _add(self._sessions, MOST_SESSIONS)

    def has_session(self, session: str) -> bool:
        """Say whether a cookie's value belongs to a session."""
        return _hash(session) in self._sessions


def cookie_name(host: str) -> str:
    """Return the name of the session's cookie for a value of `Host`.

    A browser sends cookies to every port of a host, so that two mocks need two names.
    """
    port = host.rpartition(":")[2]
    return f"zoho_cliq_mock_{port if port.isdigit() else 80}"


def _add(known: dict[str, None], most: int) -> str:
    key = secrets.token_urlsafe(32)
    known[_hash(key)] = None
    while len(known) > most:
        del known[next(iter(known))]
    return key


def _hash(key: str) -> str:
    # A dictionary's look-up takes no constant time; over hashes that tells nothing about the key.
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
