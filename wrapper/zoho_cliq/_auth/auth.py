"""Credentials that a client takes as `auth`: a fixed token, OAuth with a refresh token, or a callable.

The only I/O is reading and writing the credentials file, and the one request of `OAuth.from_code`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeAlias
from urllib.parse import urlsplit

from zoho_cliq_api.contract import SERVERS

from .._environment import expanded, setting
from .._schema.validation import lone_surrogate
from .._secrecy import hides_arguments
from .._types import Secret, fits_header
from ..clock import checked_timeout
from ..errors import ConfigurationError

DEFAULT_DATA_CENTER = "us"
HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(%[A-Za-z0-9._-]+)?")
"""A host name, or an IP address without brackets."""


@hides_arguments
def header_safe(text: object) -> Secret:
    """Return the text of a token as a secret. Raise ConfigurationError if it cannot stand in a header."""
    if not isinstance(text, str) or not fits_header(text):
        raise ConfigurationError("the access token must be printable ASCII without spaces")
    return Secret(text)


def data_center_named(name: str | None) -> str:
    """Return `name`, or the default if it is None or empty.

    Raise ConfigurationError if there is no such data center.
    """
    name = name or DEFAULT_DATA_CENTER
    if not isinstance(name, str) or name not in SERVERS:
        raise ConfigurationError(f"unknown data center {name!r}; choose one of {', '.join(SERVERS)}")
    return name


def checked_url(name: str, url: object) -> str:
    """Return `url` without a slash at its end.

    Raise ConfigurationError, which names the setting `name`, if it is not a plain http or https address. The message
    does not repeat the URL, which may hold a password.
    """
    wrong = ConfigurationError(
        f"{name} must be an http or https address without user, password, query, fragment, spaces and line breaks"
    )
    # urlsplit silently drops line breaks and tabs, and some servers read a backslash as a slash.
    if not isinstance(url, str) or lone_surrogate(url) is not None or not url.isprintable() or set(url) & set(" \\?#"):
        raise wrong
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("ascii" if (parts.hostname or "").isascii() else "idna").decode()
        good = parts.scheme in ("http", "https") and HOST.fullmatch(host) and parts.port != 0
    except ValueError:
        raise wrong from None
    if not good or "@" in parts.netloc:
        raise wrong
    return url.rstrip("/")


def fingerprint(*parts: str) -> str:
    """Return a short, stable name for an account: a hash that does not reveal `parts`."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _text(name: str, value: object) -> None:
    if not isinstance(value, str) or not value or lone_surrogate(value) is not None:
        raise ConfigurationError(f"OAuth: {name} must be a text that is not empty")


def data_center_at(accounts_url: str | None) -> str | None:
    """Return the data center whose accounts server has this URL, or None for any other URL."""
    url = (accounts_url or "").rstrip("/").lower()
    return next((each.data_center for each in SERVERS.values() if each.accounts_url == url), None)


def _scopes(given: object) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence) or not all(isinstance(each, str) for each in given):
        raise ConfigurationError("scopes must be a list of texts")
    return tuple(given)


class StaticToken:
    """An access token that never changes. If the server rejects it, the call raises `Unauthorized`."""

    data_center: str | None = None

    @hides_arguments
    def __init__(self, token: str) -> None:
        self.token = header_safe(token)

    def identity(self) -> str:
        """Return a name for the account that does not reveal the token."""
        return fingerprint("token", self.token.reveal())

    def __repr__(self) -> str:
        return "StaticToken(…)"


class OAuth:
    """Access tokens from a refresh token, fetched when needed and shared by all clients with the same `state`.

    Args:
        client_id: the client's id.
        client_secret: the client's secret.
        refresh_token: the refresh token.
        data_center: us, eu, in, au, jp, ca, sa, uk, cn or ae. Default: us.
        accounts_url: the URL of the accounts server. Default: that of the data center.
        scopes: the scopes of the refresh token. Default: None, unknown.

    Raise ConfigurationError if an argument is invalid.
    """

    @hides_arguments
    def __init__(
        self,
        client_id: str,
        client_secret: str,
        refresh_token: str,
        data_center: str | None = None,
        accounts_url: str | None = None,
        *,
        scopes: Sequence[str] | None = None,
    ) -> None:
        for name, value in (
            ("client_id", client_id),
            ("client_secret", client_secret),
            ("refresh_token", refresh_token),
        ):
            _text(name, value)
        self.client_id = client_id
        self.client_secret = Secret(client_secret)
        self.refresh_token = Secret(refresh_token)
        self.data_center = data_center and data_center_named(data_center)
        self.accounts_url = checked_url(
            "accounts_url",
            SERVERS[data_center_named(data_center)].accounts_url if accounts_url is None else accounts_url,
        )
        center = data_center_at(self.accounts_url)
        if data_center and center and center != data_center:
            raise ConfigurationError(
                f"accounts_url belongs to the data center {center}, but data_center is {data_center}; give only one"
            )
        self.scopes = None if scopes is None else _scopes(scopes)

    def identity(self) -> str:
        """Return a name for the account that does not reveal the secrets."""
        return fingerprint("oauth", self.client_id, self.refresh_token.reveal())

    def __repr__(self) -> str:
        return f"OAuth(client_id={self.client_id!r}, accounts_url={self.accounts_url!r}, …)"

    @classmethod
    @hides_arguments
    def from_env(cls, data_center: str | None = None, environment: Mapping[str, str] = os.environ) -> Self:
        """Return the credentials from ZOHO_CLIQ_CLIENT_ID, _CLIENT_SECRET and _REFRESH_TOKEN.

        Args:
            data_center: as for `OAuth`. Default: ZOHO_CLIQ_DATA_CENTER, else us.
            environment: the variables to read. Default: the environment of the process.

        ZOHO_CLIQ_ACCOUNTS_URL, if set, is the `accounts_url`. Raise ConfigurationError if a variable is missing or
        invalid.
        """
        names = {name: f"ZOHO_CLIQ_{name.upper()}" for name in ("client_id", "client_secret", "refresh_token")}
        values = {name: setting(variable, None, environment) for name, variable in names.items()}
        missing = [names[name] for name, value in values.items() if value is None]
        if missing:
            raise ConfigurationError(
                f"set {', '.join(missing)}, or set ZOHO_CLIQ_TOKEN to an access token; "
                "in Python, OAuth.from_file reads the file that zoho-cliq login wrote"
            )
        return cls(
            **{name: value for name, value in values.items() if value is not None},
            data_center=data_center or setting("ZOHO_CLIQ_DATA_CENTER", data_center_named, environment),
            accounts_url=setting("ZOHO_CLIQ_ACCOUNTS_URL", partial(checked_url, "it"), environment),
        )

    @classmethod
    @hides_arguments
    def from_code(
        cls,
        code: str,
        *,
        client_id: str,
        client_secret: str,
        data_center: str | None = None,
        accounts_url: str | None = None,
        redirect_uri: str | None = None,
        timeout: float = 30.0,
    ) -> Self:
        """Exchange the one-time code of a self client (Zoho's API console) for a refresh token. Send one request.

        Args:
            code: the code. It is valid once, for a few minutes.
            client_id: the client's id.
            client_secret: the client's secret.
            data_center: as for `OAuth`. Default: us for the request; then the data center that the answer names.
            accounts_url: as for `OAuth`.
            redirect_uri: the redirect URI that the code was issued for. Default: None, as for a self client.
            timeout: seconds that the request may take. Default: 30.

        Raise AuthError if the code is rejected or the answer has no refresh token, TransportError if no answer came,
        and ConfigurationError, before anything is sent, if an argument is invalid.
        """
        from .grants import exchange_code

        _text("code", code)
        if redirect_uri is not None:
            _text("redirect_uri", redirect_uri)
        checked_timeout(timeout)
        home = cls(client_id, client_secret, "-", data_center, accounts_url)
        refresh_token, grant = exchange_code(home, Secret(code), redirect_uri, timeout)
        return cls(
            client_id,
            client_secret,
            refresh_token.reveal(),
            data_center or data_center_at(accounts_url) or grant.data_center,
            accounts_url,
            scopes=grant.scopes,
        )

    @classmethod
    @hides_arguments
    def from_file(cls, path: str | Path) -> Self:
        """Return the credentials from a file that `save` wrote. Raise ConfigurationError if it cannot be read."""
        path = expanded("credentials", path)
        try:
            kept: Any = json.loads(path.read_bytes())
            return cls(
                **{name: kept[name] for name in ("client_id", "client_secret", "refresh_token", *_OPTIONAL)},
                scopes=kept.get("scopes"),
            )
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not a credentials file"
            raise ConfigurationError(f"cannot use {path}: {reason}; run zoho-cliq login") from None

    @hides_arguments
    def save(self, path: str | Path) -> None:
        """Write the credentials to `path`, readable by the owner only. Replace an existing file atomically.

        They are first written to a temporary file with an unpredictable name in the same folder. Raise
        ConfigurationError if the file cannot be written; an existing file then stays as it is.
        """
        path = expanded("credentials", path)
        kept = {
            "client_id": self.client_id,
            "client_secret": self.client_secret.reveal(),
            "refresh_token": self.refresh_token.reveal(),
            "data_center": self.data_center,
            "accounts_url": self.accounts_url,
            "scopes": self.scopes,
        }
        draft: str | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
            with open(handle, "w", encoding="utf-8") as file:
                json.dump(kept, file)
                file.flush()
                os.fsync(handle)
            os.replace(draft, path)
            draft = None
        except OSError as error:
            raise ConfigurationError(f"cannot write {path}: {error.strerror}") from error
        finally:
            if draft is not None:
                with contextlib.suppress(OSError):
                    os.unlink(draft)


_OPTIONAL = ("data_center", "accounts_url")
Auth: TypeAlias = str | StaticToken | OAuth | Callable[[], str | Awaitable[str]]
