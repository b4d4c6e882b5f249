"""Access to the console: one-time links, and the browser sessions that they open.

Only the person who runs the mock sees a link, as with Jupyter's. Opening it gives the browser a session cookie, so the
control token never appears in a page, an address bar or a browser's history.
"""

from __future__ import annotations

import secrets
from hashlib import sha256

MOST_LINKS = 100
MOST_SESSIONS = 100
LINK_PARAMETER = "key"


class Access:
    """The unused links and the open sessions of one process.

    Only hashes are kept, of the latest hundred links and the latest hundred sessions; older ones become invalid.
    """

    def __init__(self) -> None:
        self._links: dict[str, None] = {}
        self._sessions: dict[str, None] = {}

    def new_link(self) -> str:
        """Return the path of a new link, which can be used once."""
        return f"/_mock/console?{LINK_PARAMETER}={_add(self._links, MOST_LINKS)}"

    def open_session(self, key: str) -> str | None:
        """Use a link up and return the value of the new session's cookie.

        Return None if the link is unknown or was used before.
        """
        if _hash(key) not in self._links:
            return None
        del self._links[_hash(key)]
        return _add(self._sessions, MOST_SESSIONS)

    def has_session(self, session: str) -> bool:
        """Return whether a cookie value belongs to an open session."""
        return _hash(session) in self._sessions


def cookie_name(host: str) -> str:
    """Return the name of the session cookie for a value of the `Host` header.

    It contains the port: browsers send a cookie to every port of its host, so two mocks on one machine need two names.
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
    # A dictionary lookup is not constant-time. With hashes as keys, its timing reveals nothing about the secret.
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
