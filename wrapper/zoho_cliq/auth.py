"""Where access tokens come from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeAlias

from .errors import ConfigurationError
from .exchange import Secret


class StaticToken:
    """An access token that never changes. When the server refuses it, the call fails with `Unauthorized`."""

    def __init__(self, token: str) -> None:
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise ConfigurationError("the access token is empty or has characters that a header cannot carry")
        self.token = Secret(token)
        self.data_center: str | None = None

    def identity(self) -> str:
        """A name for the account that tells nothing of the token."""
        return hashlib.sha256(b"token\0" + self.token.reveal().encode()).hexdigest()[:16]

    def __repr__(self) -> str:
        return "StaticToken(…)"


Auth: TypeAlias = str | StaticToken | Callable[[], str]
