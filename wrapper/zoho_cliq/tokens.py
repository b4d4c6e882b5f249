"""Access tokens as steps of the engine: fetched once for all who share the state, before they end and after a 401.

Whoever finds no good token takes a lease in the state, looks once more, and only then asks the accounts server; all
others wait for what it stores. The server's answers are read as they are known to be: errors come with status 200,
lifetimes sometimes in milliseconds, and the `api_domain` is not Cliq's host but tells the data centre.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode, urlsplit

from zoho_cliq_api.contract import SERVERS, Threshold

from .auth import OAuth, header_safe
from .clock import Clock
from .errors import AuthError, ConfigurationError, TransportError, WouldWait
from .exchange import Do, RawResponse, Request, Secret, Send, Steps
from .state import Permit, State, StoredToken, ask, ask_quietly, reserve

if TYPE_CHECKING:
    from .engine import Progress

logger = logging.getLogger("zoho_cliq")

OPERATION = "oauth_token"
# The vendor's accounts pages: ten token requests in ten minutes for one refresh token.
THRESHOLD = Threshold(limit=10, window_seconds=600, lock_seconds=600)
EARLY_SECONDS, EARLY_PART = 60.0, 0.1  # a token is renewed this long before its end, or this part of its life
LONGEST_LIFE = 86_400.0  # a lifetime above a day is one in milliseconds
USUAL_LIFE = 3_600.0
POLL_FIRST, POLL_MOST = 0.02, 0.25
TRIES = 3


class TokenSource(Protocol):
    """Gives access tokens to the engine."""

    renewable: bool

    def current(self, progress: Progress, rejected: Secret | None) -> Steps[Secret]:
        """A token that is not `rejected`."""
        ...

    def fresh(self, token: Secret) -> bool:
        """Whether the token may still be used."""
        ...


class FixedToken:
    """Always the same token."""

    renewable = False

    def __init__(self, token: Secret) -> None:
        self._token = token

    def current(self, progress: Progress, rejected: Secret | None) -> Steps[Secret]:
        """The token."""
        return self._token
        yield

    def fresh(self, token: Secret) -> bool:
        """Always."""
        return True


class CalledToken:
    """A token from a callable, which is called for every attempt and must do its own keeping."""

    renewable = True

    def __init__(self, supplier: Callable[[], Any]) -> None:
        self._supplier = supplier

    def current(self, progress: Progress, rejected: Secret | None) -> Steps[Secret]:
        """What the callable gives."""
        return header_safe((yield Do(self._supplier)))

    def fresh(self, token: Secret) -> bool:
        """Always, as far as is known here."""
        return True


class RefreshedToken:
    """Tokens by a refresh token, kept in the shared state."""

    renewable = True

    def __init__(self, oauth: OAuth, account: str, data_center: str | None, state: State, clock: Clock) -> None:
        self._oauth = oauth
        self._account = account
        self._data_center = data_center
        self._state = state
        self._clock = clock
        self._kept: StoredToken | None = None

    def fresh(self, token: Secret) -> bool:
        """Whether it is the kept token and has not come to its end."""
        return self._usable(self._kept, None) and self._kept is not None and self._kept.token == token

    def _usable(self, kept: StoredToken | None, rejected: Secret | None) -> bool:
        return kept is not None and kept.token != rejected and kept.expires_at > self._clock.time()

    def current(self, progress: Progress, rejected: Secret | None) -> Steps[Secret]:
        """The shared token; a new one where there is none, it has come to its end, or the server rejected it."""
        owner, poll = uuid.uuid4().hex, POLL_FIRST
        while True:
            if self._kept and self._usable(self._kept, rejected):
                return self._kept.token
            self._kept = yield from ask(self._state, self._state.load_token, self._account)
            if self._kept and self._usable(self._kept, rejected):
                return self._kept.token
            # Longer than the tries can take, so that a lease ends by itself only when its holder is gone.
            lease_seconds = TRIES * (progress.options.timeout + 2 * POLL_MOST) + 10
            if (yield from ask(self._state, self._state.acquire, self._account, owner, lease_seconds)):
                try:
                    self._kept = yield from ask(self._state, self._state.load_token, self._account)
                    if not self._usable(self._kept, rejected):
                        self._kept = yield from self._refreshed(progress)
                except GeneratorExit:
                    raise  # nobody carries out steps any more; the lease ends by itself
                except BaseException:
                    yield from ask_quietly(self._state, self._state.free, self._account, owner)
                    raise
                yield from ask_quietly(self._state, self._state.free, self._account, owner)
            else:
                if not progress.allows(poll):
                    raise WouldWait(
                        "would wait for another client that is fetching the access token; nothing was sent",
                        seconds=poll,
                        reason="token",
                    )
                yield from progress.wait(poll, "token")
                poll = min(POLL_MOST, poll * 2)

    def _refreshed(self, progress: Progress) -> Steps[StoredToken]:
        attempt = 0
        while True:
            attempt += 1
            permit = yield from self._allowed(progress)
            try:
                answer: RawResponse = yield Send(self._request(progress, attempt), private=True)
            except TransportError as error:
                yield from ask_quietly(self._state, self._state.settle if error.sent else self._state.release, permit)
                if attempt == TRIES or not progress.allows(POLL_MOST):
                    raise
                yield from progress.wait(POLL_MOST, "token")
                continue
            yield from ask_quietly(self._state, self._state.settle, permit)
            if answer.status >= 500 and attempt < TRIES and progress.allows(POLL_MOST):
                yield from progress.wait(POLL_MOST, "token")
                continue
            break
        fields = yield from self._checked(answer, progress)
        token = StoredToken(header_safe(fields["access_token"]), self._clock.time() + usable_life(fields))
        yield from ask_quietly(self._state, self._state.store_token, self._account, token)
        logger.info("fetched an access token at %s", self._oauth.accounts_url)
        return token

    def _allowed(self, progress: Progress) -> Steps[Permit]:
        account = f"{self._account} token"
        while True:
            outcome = yield from reserve(self._state, account, OPERATION, THRESHOLD, progress.options.timeout)
            if isinstance(outcome, Permit):
                return outcome
            if not progress.allows(outcome.seconds):
                raise WouldWait(
                    f"would wait {outcome.seconds:.1f} s because the accounts server allows {THRESHOLD.limit} token "
                    f"requests in {THRESHOLD.window_seconds} s; nothing was sent",
                    seconds=outcome.seconds,
                    reason="token",
                )
            yield from progress.wait(outcome.seconds, "token")

    def _request(self, progress: Progress, attempt: int) -> Request:
        return token_request(
            self._oauth,
            {"grant_type": "refresh_token", "refresh_token": self._oauth.refresh_token.reveal()},
            timeout=progress.options.timeout,
            attempt=attempt,
            waited=progress.waited.seconds,
        )

    def _checked(self, answer: RawResponse, progress: Progress) -> Steps[Mapping[str, Any]]:
        try:
            fields = token_fields(answer)
        except AuthError as error:
            if error.code == "Access Denied":
                yield from ask_quietly(
                    self._state, self._state.lock, f"{self._account} token", float(THRESHOLD.lock_seconds)
                )
            raise
        found = data_center_of(fields.get("api_domain"))
        if self._data_center and found and found != self._data_center:
            raise ConfigurationError(
                f"the account lives in the data center {found}, and the client is set to {self._data_center}; "
                f"set data_center={found!r}",
            )
        return fields


def token_request(
    oauth: OAuth, grant: Mapping[str, str], *, timeout: float, attempt: int = 1, waited: float = 0.0
) -> Request:
    """A request to the accounts server. Secrets go in the body, so that no log of addresses has them."""
    form = {**grant, "client_id": oauth.client_id, "client_secret": oauth.client_secret.reveal()}
    return Request(
        operation=OPERATION,
        method="POST",
        url=f"{oauth.accounts_url}/oauth/v2/token",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        content=urlencode(form).encode(),
        timeout=timeout,
        attempt=attempt,
        waited=waited,
    )


def token_fields(answer: RawResponse) -> Mapping[str, Any]:
    """The fields of a good answer. Raises AuthError for any other: the key `error` decides, not the status."""
    try:
        fields = json.loads(answer.body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise AuthError(f"the accounts server gave an answer ({answer.status}) that cannot be read")
    if "error" in fields or not isinstance(fields.get("access_token"), str):
        code = fields.get("error")
        known = isinstance(code, str) and len(code) <= 60
        error = AuthError(
            f"the accounts server gave no access token ({answer.status}{f', {code}' if known else ''}); "
            f"{_ADVICE.get(str(code), 'see whether client id, client secret and refresh token belong together')}"
        )
        error.code = code if known else None
        raise error
    return fields


_ADVICE = {
    "invalid_code": "the code or refresh token is spent, revoked, or of another data center",
    "invalid_client": "the client id is unknown in this data center",
    "invalid_client_secret": "the client secret is wrong",
    "Access Denied": "too many token requests; wait ten minutes",
}


def usable_life(fields: Mapping[str, Any]) -> float:
    """For how many seconds from now a token may be used, ended a little early."""
    life = USUAL_LIFE
    for name in ("expires_in_sec", "expires_in"):
        value = fields.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
            life = value / 1000 if value > LONGEST_LIFE else float(value)
            break
    return life - min(EARLY_SECONDS, life * EARLY_PART)


def data_center_of(api_domain: object) -> str | None:
    """The data centre that an `api_domain` such as https://www.zohoapis.eu belongs to; None for a host of nobody."""
    host = urlsplit(api_domain).hostname or "" if isinstance(api_domain, str) else ""
    for server in SERVERS.values():
        ending = (urlsplit(server.base_url).hostname or "").removeprefix("cliq.").partition(".")[2]
        if host in (f"www.zohoapis.{ending}", f"zohoapis.{ending}"):
            return server.data_center
    return None


def trade_code(oauth: OAuth, code: str, redirect_uri: str | None, timeout: float) -> tuple[str, str | None]:
    """Sends a one-time code; gives the refresh token and the data centre of the account, where the answer names one."""
    from ._http import Transport

    grant = {"grant_type": "authorization_code", "code": code}
    if redirect_uri:
        grant["redirect_uri"] = redirect_uri
    transport = Transport()
    try:
        fields = token_fields(transport.send(token_request(oauth, grant, timeout=timeout)))
    finally:
        transport.close()
    refresh_token = fields.get("refresh_token")
    if not isinstance(refresh_token, str) or not refresh_token:
        raise AuthError("the answer has no refresh token; ask for the code with offline access (access_type=offline)")
    return refresh_token, data_center_of(fields.get("api_domain"))
