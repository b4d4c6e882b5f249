"""Supply access tokens to the engine. One fetch serves all clients that share a state.

A token is fetched before the old one expires, and after a 401. A client without a valid token takes a lease in the
state, reads the stored token again, and only then asks the accounts server. The other clients wait for the token that
it stores. A lease is short and renewed for every request: if its holder dies, the others wait for less than they are
ready to.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable, Generator
from dataclasses import replace
from inspect import isawaitable, iscoroutine
from typing import Any, Protocol

from .._progress import Progress
from .._secrecy import guard_logs, hides_arguments
from .._types import Do, RawResponse, Request, Secret, Send, Steps
from ..clock import Clock
from ..errors import AuthError, CliqError, ConfigurationError, ResponseTooLarge, TransportError
from ..state import Permit, State, StoredToken, ask, ask_quietly
from ..state.held import HeldLease, HeldSlot
from .auth import OAuth, header_safe
from .grants import OPERATION, THRESHOLD, Grant, grant_of, token_request

logger = logging.getLogger("zoho_cliq")

POLL_FIRST, POLL_MOST = 0.02, 0.25  # seconds between looks for the token that another client is fetching
MOST_RETRIES = 2  # of a token request, whatever `max_retries` is: the threshold is low, and the lease is held meanwhile
LONGEST_TIMEOUT = 15.0  # seconds for one token request; it bounds how long an abandoned lease lasts
LEASE_MARGIN = 5.0  # seconds by which a lease outlasts the timeout of its request


class TokenSource(Protocol):
    """A source of access tokens for the engine. `renewable` says whether a 401 is worth one more attempt."""

    renewable: bool

    def current(self, progress: Progress, rejected: Secret | None) -> Steps[Secret]:
        """Return a token other than `rejected`."""
        ...

    def fresh(self, token: Secret) -> bool:
        """Return whether the token may still be used."""
        ...


class FixedToken:
    """A token that never changes."""

    renewable = False

    def __init__(self, token: Secret) -> None:
        self._token = token

    def current(self, progress: Progress, rejected: Secret | None) -> Steps[Secret]:
        """Return the token."""
        return self._token
        yield

    def fresh(self, token: Secret) -> bool:
        """Return True."""
        return True


class CalledToken:
    """Tokens from a callable. It is called for every attempt and must cache by itself."""

    renewable = True

    def __init__(self, supplier: Callable[[], Any]) -> None:
        self._supplier = supplier

    def current(self, progress: Progress, rejected: Secret | None) -> Steps[Secret]:
        """Return the token of the callable.

        Raise ConfigurationError if it is not one, or must be awaited by a `Cliq`.
        """
        token = yield Do(self._supplied)
        if isinstance(token, _Promised):
            token.close()
            raise ConfigurationError("a coroutine function as auth needs AsyncCliq")
        return token  # type: ignore[no-any-return]

    @hides_arguments
    def _supplied(self) -> Secret | _Promised:
        given = self._supplier()
        return _Promised(given) if isawaitable(given) else header_safe(given)

    def fresh(self, token: Secret) -> bool:
        """Return True: only the callable knows when its token expires."""
        return True


class _Promised:
    """A token that must be awaited."""

    def __init__(self, given: Awaitable[Any]) -> None:
        self._given = given

    def __await__(self) -> Generator[Any, Any, Secret]:
        return self._secret().__await__()

    async def _secret(self) -> Secret:
        return header_safe(await self._given)

    def close(self) -> None:
        """Close the coroutine without awaiting it."""
        if iscoroutine(self._given):
            self._given.close()


class RefreshedToken:
    """Tokens from a refresh token, cached in the shared state."""

    renewable = True

    def __init__(self, oauth: OAuth, account: str, data_center: str | None, state: State, clock: Clock) -> None:
        self.oauth = oauth
        self._account = account
        self._data_center = data_center
        self._state = state
        self._clock = clock
        self._kept: StoredToken | None = None

    def fresh(self, token: Secret) -> bool:
        """Return whether `token` is the cached token and has not expired."""
        kept = self._kept
        return self._usable(kept, None) and kept is not None and kept.token == token

    def _usable(self, kept: StoredToken | None, rejected: Secret | None) -> bool:
        return kept is not None and kept.token != rejected and kept.expires_at > self._clock.time()

    def current(self, progress: Progress, rejected: Secret | None) -> Steps[Secret]:
        """Return the shared token. Fetch one if there is none, it has expired, or the server rejected it."""
        poll = POLL_FIRST
        while True:
            kept = self._kept  # read once, as another thread may replace it
            if kept is None or not self._usable(kept, rejected):
                kept = yield from ask(self._state, self._state.load_token, self._account)
            if kept is None or not self._usable(kept, rejected):
                lease = HeldLease(self._state, self._account, uuid.uuid4().hex, self._timeout(progress) + LEASE_MARGIN)
                if not (yield from progress.held.take(lease)):
                    yield from progress.wait(poll, "token", "for another client that is fetching the access token")
                    poll = min(POLL_MOST, poll * 2)
                    continue
                try:
                    kept = yield from self._fetched(progress, rejected, lease)
                except CliqError:
                    yield from progress.held.give_back(lease)
                    raise
                yield from progress.held.give_back(lease)
                if kept is None:
                    continue
            self._kept = kept
            return kept.token

    @staticmethod
    def _timeout(progress: Progress) -> float:
        return min(progress.options.timeout, LONGEST_TIMEOUT)

    def _fetched(self, progress: Progress, rejected: Secret | None, lease: HeldLease) -> Steps[StoredToken | None]:
        """Return the token that another client has just stored, or fetch one from the accounts server.

        A fetched token is used whatever lifetime the answer names. Return None if the lease expired during a wait and
        another client holds it now.
        """
        kept = yield from ask(self._state, self._state.load_token, self._account)
        if kept is not None and self._usable(kept, rejected):
            return kept
        attempt, most = 0, 1 + min(progress.options.max_retries, MOST_RETRIES)
        while True:
            slot = yield from self._reserved(progress)
            if not (yield from progress.held.renew(lease)):
                yield from progress.held.give_back(slot)
                return None
            attempt += 1
            request = replace(self._request(progress, attempt), send_by=slot.send_by)
            slot.sent = True  # assume so, unless the transport reports that nothing was sent
            try:
                answer: RawResponse = yield Send(request, private=True)
            except TransportError as error:
                slot.sent = error.sent
                yield from progress.held.give_back(slot)
                if attempt == most or isinstance(error, ResponseTooLarge) or not progress.allows(POLL_MOST):
                    raise
            else:
                slot.answered = True
                yield from progress.held.give_back(slot)
                if answer.status < 500 or attempt == most or not progress.allows(POLL_MOST):
                    break
            yield from progress.wait(POLL_MOST, "token")
        return (yield from self._stored(grant_of(answer, self.oauth.client_secret, self.oauth.refresh_token)))

    def _reserved(self, progress: Progress) -> Steps[HeldSlot]:
        while True:
            slot = HeldSlot(self._state, f"{self._account} token", OPERATION, THRESHOLD, self._timeout(progress))
            outcome = yield from progress.held.take(slot)
            if isinstance(outcome, Permit):
                return slot
            limit = f"{THRESHOLD.limit} token requests in {THRESHOLD.window_seconds} s"
            reason = f"because the accounts server allows {limit}" if outcome.reason == "threshold" else "for the lock"
            yield from progress.wait(outcome.seconds, "token", reason)

    def _request(self, progress: Progress, attempt: int) -> Request:
        guard_logs(self.oauth.client_secret, self.oauth.refresh_token)
        return token_request(
            self.oauth,
            {"grant_type": "refresh_token", "refresh_token": self.oauth.refresh_token},
            timeout=self._timeout(progress),
            attempt=attempt,
            waited=progress.waited.seconds,
        )

    def _stored(self, grant: Grant | AuthError) -> Steps[StoredToken]:
        if isinstance(grant, AuthError):
            if grant.code == "Access Denied":
                yield from ask_quietly(
                    self._state, self._state.lock, f"{self._account} token", float(THRESHOLD.lock_seconds)
                )
            raise grant
        found = grant.data_center
        if self._data_center and found and found != self._data_center:
            raise ConfigurationError(
                f"the account belongs to the data center {found}, but the client uses {self._data_center}; "
                f"set data_center={found!r}",
            )
        token = StoredToken(grant.access_token, self._clock.time() + grant.life)
        yield from ask_quietly(self._state, self._state.store_token, self._account, token)
        logger.info("fetched an access token at %s", self.oauth.accounts_url)
        return token
