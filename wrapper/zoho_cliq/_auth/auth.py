"""Where access tokens come from: a fixed one, OAuth with a refresh token, or any callable. No I/O but for one small
file."""

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
"""A name, or an address without its brackets."""


@hides_arguments
def header_safe(text: object) -> Secret:
    """Return the text of a token as a secret. Raise ConfigurationError where a header could not carry it."""
    if not isinstance(text, str) or not fits_header(text):
        raise ConfigurationError("the access token must be a text without spaces that a header can carry")
    return Secret(text)


def data_center_named(name: str | None) -> str:
    """`name`, or the default. Raise ConfigurationError where there is no such data centre."""
    name = name or DEFAULT_DATA_CENTER
    if not isinstance(name, str) or name not in SERVERS:
        raise ConfigurationError(f"there is no data center {name!r}; known are {', '.join(SERVERS)}")
    return name


def checked_url(name: str, url: object) -> str:
    """`url` without a slash at its end. Raise ConfigurationError where it is not a plain http or https address; what
    is wrong is not repeated, as it may hold a password."""
    wrong = ConfigurationError(
        f"{name} must be an http or https address without user, password, query, fragment, spaces and line breaks"
    )
    # urlsplit drops line breaks and tabs without a word, and others read a backslash as a slash.
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
    """Return a short name for an account that tells nothing of what it is made from."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _text(name: str, value: object) -> None:
    if not isinstance(value, str) or not value or lone_surrogate(value) is not None:
        raise ConfigurationError(f"OAuth needs {name}, a text")


def data_center_at(accounts_url: str | None) -> str | None:
    """Return the data centre whose accounts host this is; None for another address."""
    url = (accounts_url or "").rstrip("/").lower()
    return next((each.data_center for each in SERVERS.values() if each.accounts_url == url), None)


def _scopes(given: object) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence) or not all(isinstance(each, str) for each in given):
        raise ConfigurationError("scopes is a list of texts")
    return tuple(given)


class StaticToken:
    """An access token that never changes. When the server refuses it, the call fails with `Unauthorized`."""

    data_center: str | None = None

    @hides_arguments
    def __init__(self, token: str) -> None:
        self.token = header_safe(token)

    def identity(self) -> str:
        """Return a name for the account that tells nothing of the token."""
        return fingerprint("token", self.token.reveal())

    def __repr__(self) -> str:
        return "StaticToken(…)"


class OAuth:
    """Access tokens by a refresh token, fetched when needed and shared with all who share the client's state.

    Args:
        client_id: the client's id.
        client_secret: the client's secret.
        refresh_token: the refresh token.
        data_center: us, eu, in, au, jp, ca, sa, uk, cn or ae. Default: us.
        accounts_url: another accounts server than the data center's.
        scopes: those of the refresh token. Default: None, the accounts server did not name them.

    Raise ConfigurationError for an argument that cannot be used.
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
                f"accounts_url is that of the data center {center}, and data_center is {data_center}; give one of them"
            )
        self.scopes = None if scopes is None else _scopes(scopes)

    def identity(self) -> str:
        """Return a name for the account that tells nothing of its secrets."""
        return fingerprint("oauth", self.client_id, self.refresh_token.reveal())

    def __repr__(self) -> str:
        return f"OAuth(client_id={self.client_id!r}, accounts_url={self.accounts_url!r}, …)"

    @classmethod
    @hides_arguments
    def from_env(cls, data_center: str | None = None, environment: Mapping[str, str] = os.environ) -> Self:
        """Return the credentials of ZOHO_CLIQ_CLIENT_ID, _CLIENT_SECRET and _REFRESH_TOKEN.

        Args:
            data_center: as of `OAuth`. Default: ZOHO_CLIQ_DATA_CENTER, else us.
            environment: where the variables are. Default: the process's environment.

        ZOHO_CLIQ_ACCOUNTS_URL, if set, is the `accounts_url`. Raise ConfigurationError where a variable is missing or
        cannot be used.
        """
        names = {name: f"ZOHO_CLIQ_{name.upper()}" for name in ("client_id", "client_secret", "refresh_token")}
        values = {name: setting(variable, None, environment) for name, variable in names.items()}
        missing = [names[name] for name, value in values.items() if value is None]
        if missing:
            raise ConfigurationError(
                f"set {', '.join(missing)}, or ZOHO_CLIQ_TOKEN for a token of your own; "
                "in Python, OAuth.from_file reads what zoho-cliq login keeps"
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
        """Trade the one-time code of a self client (Zoho's API console) for a refresh token. Send one request.

        Args:
            code: the code. It is valid for a few minutes, and once.
            client_id: the client's id.
            client_secret: the client's secret.
            data_center: as of `OAuth`. Default: us; the answer names the account's own.
            accounts_url: as of `OAuth`.
            redirect_uri: that of the code, where the client is no self client. Default: None.
            timeout: seconds that the request may take. Default: 30.

        Raise AuthError where the code is not accepted, or where no refresh token came with the answer; TransportError
        where no answer came; ConfigurationError, before anything is sent, for an argument that cannot be used.
        """
        from .grants import trade_code

        _text("code", code)
        if redirect_uri is not None:
            _text("redirect_uri", redirect_uri)
        checked_timeout(timeout)
        home = cls(client_id, client_secret, "-", data_center, accounts_url)
        refresh_token, grant = trade_code(home, Secret(code), redirect_uri, timeout)
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
        """Return the credentials of a file that `save` wrote. Raise ConfigurationError where it cannot be read."""
        path = expanded("credentials", path)
        try:
            kept: Any = json.loads(path.read_bytes())
            return cls(
                **{name: kept[name] for name in ("client_id", "client_secret", "refresh_token", *_OPTIONAL)},
                scopes=kept.get("scopes"),
            )
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no file of credentials"
            raise ConfigurationError(f"cannot use {path}: {reason}; run zoho-cliq login") from None

    @hides_arguments
    def save(self, path: str | Path) -> None:
        """Write the credentials to a file that only its owner can read, and replace what is there in one step.

        They are written to a new file beside it first, under a name that nobody can foresee. Raise ConfigurationError
        where the file cannot be written; what was there stays.
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
            handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # for the owner only
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
