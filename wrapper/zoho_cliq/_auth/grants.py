"""Build requests to the accounts server and read its answers.

The server reports errors with status 200 and some lifetimes in milliseconds. Its `api_domain` is not the API's host,
but shows the data center. The functions that read an answer return an exception instead of raising it, because the
traceback would hold their variables, and so the secrets.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from zoho_cliq_api.contract import SERVERS, Threshold

from .._secrecy import blanker, guard_logs
from .._types import RawResponse, Request, Secret, fits_header
from ..errors import AuthError

OPERATION = "oauth_token"
# The vendor's accounts pages: ten token requests in ten minutes for one refresh token.
THRESHOLD = Threshold(limit=10, window_seconds=600, lock_seconds=600)
EARLY_SECONDS, EARLY_PART = 60.0, 0.1  # renew a token 60 s, or a tenth of its lifetime, before it expires: the shorter
LONGEST_LIFE = 86_400.0  # seconds; a larger lifetime is taken to be in milliseconds
# Seconds. Use a token for at least this long, even if the server says that it expires sooner: fetching more often would
# exceed the accounts server's threshold. If it has expired, the call gets a 401 and fetches another.
SHORTEST_LIFE = float(THRESHOLD.window_seconds / THRESHOLD.limit)
USUAL_LIFE = 3_600.0  # seconds, if the answer names no lifetime


class Application(Protocol):
    """What a request to the accounts server needs to know of an OAuth application."""

    @property
    def client_id(self) -> str: ...

    @property
    def client_secret(self) -> Secret: ...

    @property
    def accounts_url(self) -> str: ...


def token_request(
    oauth: Application, grant: Mapping[str, str | Secret], *, timeout: float, attempt: int = 1, waited: float = 0.0
) -> Request:
    """Return a request to the accounts server. The secrets are in the body, because logs often hold URLs."""
    form = {**grant, "client_id": oauth.client_id, "client_secret": oauth.client_secret}
    return Request(
        operation=OPERATION,
        method="POST",
        url=f"{oauth.accounts_url}/oauth/v2/token",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        content=urlencode(
            [(name, value.reveal() if isinstance(value, Secret) else value) for name, value in form.items()]
        ).encode(),
        timeout=timeout,
        attempt=attempt,
        waited=waited,
    )


@dataclass(frozen=True, slots=True)
class Grant:
    """The content of a successful answer of the accounts server.

    `life` is for how many seconds from now the access token may be used. `refresh_token`, `data_center` and `scopes`
    are None if the answer does not name them.
    """

    access_token: Secret
    refresh_token: Secret | None
    life: float
    data_center: str | None
    scopes: tuple[str, ...] | None = None


def grant_of(answer: RawResponse, *secrets: Secret) -> Grant | AuthError:
    """Return the grant in the answer, or the exception that says why there is none.

    The key `error` decides, not the status. `secrets` are those that were sent; the exception does not repeat them.
    """
    try:
        fields = json.loads(answer.body, parse_int=float)  # an int of too many digits would be a ValueError
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        return AuthError(f"the answer of the accounts server ({answer.status}) cannot be read")
    access, refresh = fields.get("access_token"), fields.get("refresh_token")
    if "error" in fields or not isinstance(access, str):
        return _refusal(answer.status, fields.get("error"), *secrets)
    if not fits_header(access):
        return AuthError("the accounts server returned an access token that cannot be sent in a header")
    return Grant(
        Secret(access),
        Secret(refresh) if isinstance(refresh, str) and refresh else None,
        usable_life(fields),
        data_center_of(fields.get("api_domain")),
        _scopes_of(fields.get("scope")),
    )


def _scopes_of(scope: object) -> tuple[str, ...] | None:
    found = tuple(scope.replace(",", " ").split()) if isinstance(scope, str) else ()
    return tuple(each for each in found if each.isascii() and each.isprintable()) or None


def _refusal(status: int, code: object, *secrets: Secret) -> AuthError:
    # A server may put anything into the code, including the secrets that it was sent.
    named = isinstance(code, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_ .-]{0,59}", code)
    known = code if isinstance(code, str) and named and not blanker(*secrets).shares(code) else None
    error = AuthError(
        f"the accounts server returned no access token ({status}{f', {known}' if known else ''}); "
        f"{_ADVICE.get(str(known), 'check that client id, client secret and refresh token belong together')}"
    )
    error.code = known
    return error


_ADVICE = {
    "invalid_code": "the code or refresh token has expired, was used or revoked, or belongs to another data center",
    "invalid_client": "the client id is unknown in this data center",
    "invalid_client_secret": "the client secret is wrong",
    "Access Denied": "too many token requests; wait ten minutes",
}


def usable_life(fields: Mapping[str, Any]) -> float:
    """Return for how many seconds from now a token may be used, with a margin before it expires.

    The result is at least `SHORTEST_LIFE` and at most `LONGEST_LIFE`, whatever the answer says.
    """
    life = USUAL_LIFE
    for name in ("expires_in_sec", "expires_in"):
        value = _number(fields.get(name))
        if value > 0:
            life = min(value / 1000 if value > LONGEST_LIFE else value, LONGEST_LIFE)
            break
    return max(SHORTEST_LIFE, life - min(EARLY_SECONDS, life * EARLY_PART))


def _number(value: object) -> float:
    """Return `value` as a number, or 0 if it is not a finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return 0.0
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return 0.0
    return number if math.isfinite(number) else 0.0


def data_center_of(api_domain: object) -> str | None:
    """Return the data center of an `api_domain` such as https://www.zohoapis.eu, or None if the host is unknown."""
    try:
        host = urlsplit(api_domain).hostname or "" if isinstance(api_domain, str) else ""
    except ValueError:
        return None
    for server in SERVERS.values():
        ending = (urlsplit(server.base_url).hostname or "").removeprefix("cliq.").partition(".")[2]
        if host in (f"www.zohoapis.{ending}", f"zohoapis.{ending}"):
            return server.data_center
    return None


def exchange_code(oauth: Application, code: Secret, redirect_uri: str | None, timeout: float) -> tuple[Secret, Grant]:
    """Send a one-time code. Return the refresh token and the whole grant.

    Raise AuthError if the code is rejected or the answer has no refresh token, TransportError if no answer came.
    """
    from .._http.threads import Transport

    sent: dict[str, str | Secret] = {"grant_type": "authorization_code", "code": code}
    if redirect_uri:
        sent["redirect_uri"] = redirect_uri
    guard_logs(code, oauth.client_secret)
    transport = Transport()
    try:
        grant = grant_of(transport.send(token_request(oauth, sent, timeout=timeout)), code, oauth.client_secret)
    finally:
        transport.close()
    if isinstance(grant, AuthError):
        raise grant
    if grant.refresh_token is None:
        raise AuthError("the answer has no refresh token; ask for the code with offline access (access_type=offline)")
    return grant.refresh_token, grant
