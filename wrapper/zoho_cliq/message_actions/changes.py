"""Incremental changes: the actions created, updated or deleted since an earlier listing."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from zoho_cliq_api.models import MessageAction

from ..errors import ApiError, CliqError, IncompletePass, RateLimited
from .pager import Page, Walk

logger = logging.getLogger("zoho_cliq")
# Statuses that a server may answer for a token that it no longer knows; the vendor does not document which.
REFUSALS = frozenset({400, 404, 410, 422})


class Pass:
    """The state of one iteration over the changes."""

    def __init__(self, token: str | None) -> None:
        self.sync_token = token
        self.walk = Walk(None)
        self.full = token is None
        self.complete = False
        self.found_token: str | None = None
        self.deleted: list[str] = []

    def record(self, page: Page) -> None:
        """Record the content of `page`."""
        self.walk.record(page)
        self.found_token = page.sync_token or self.found_token
        self.deleted += page.deleted or []
        self.complete = self.walk.over

    def falls_back(self, error: CliqError) -> bool:
        """Switch to listing everything and return True if `error` means that the server refused the sync token."""
        at_start = not self.full and self.walk.token is None
        if not at_start or not isinstance(error, ApiError) or isinstance(error, RateLimited):
            return False
        if error.status not in REFUSALS:
            return False
        logger.warning("the sync token was refused (%s); listing everything instead", error.code or error.status)
        self.full, self.sync_token = True, None
        return True


class _Results:
    """The results of both kinds of changes, available after a complete iteration."""

    _latest: Pass | None = None
    _token: str | None

    def __repr__(self) -> str:
        name, latest = type(self).__name__, self._latest
        if latest is None or not latest.complete:
            return f"<{name} since {self._token!r}: iterate to fetch them>"
        return (
            f"<{name} since {self._token!r}: read to the end, {len(latest.deleted)} deleted, full={latest.full}, "
            f"sync_token={latest.found_token!r}>"
        )

    def _completed(self) -> Pass:
        if self._latest is None or not self._latest.complete:
            raise IncompletePass(
                "known only after the changes have been iterated to their end", operation="list_message_actions"
            )
        return self._latest

    @property
    def deleted(self) -> list[str]:
        """The ids of deleted actions, as far as the server names them; see `full`.

        Raise IncompletePass before the end.
        """
        return self._completed().deleted

    @property
    def sync_token(self) -> str | None:
        """The token for the next time, or None if the server sent none. Raise IncompletePass before the end."""
        return self._completed().found_token

    @property
    def full(self) -> bool:
        """Whether everything was listed, because no token was given or the server refused it.

        If so, every action that was not returned has been deleted. Raise IncompletePass before the end.
        """
        return self._completed().full


class Changes(_Results):
    """Iterate over the actions that were created or updated; then read `deleted`, `sync_token` and `full`."""

    def __init__(self, fetch: Callable[[str | None, str | None], Page], token: str | None) -> None:
        self._fetch = fetch
        self._token = token

    def __iter__(self) -> Iterator[MessageAction]:
        state = self._latest = Pass(self._token)
        while not state.walk.over:
            try:
                page = self._fetch(state.walk.token, state.sync_token)
            except CliqError as error:
                if state.falls_back(error):
                    continue
                raise
            state.record(page)
            yield from page.items


class AsyncChanges(_Results):
    """Iterate over the actions that were created or updated; then read `deleted`, `sync_token` and `full`."""

    def __init__(self, fetch: Callable[[str | None, str | None], Awaitable[Page]], token: str | None) -> None:
        self._fetch = fetch
        self._token = token

    async def __aiter__(self) -> AsyncIterator[MessageAction]:
        state = self._latest = Pass(self._token)
        while not state.walk.over:
            try:
                page = await self._fetch(state.walk.token, state.sync_token)
            except CliqError as error:
                if state.falls_back(error):
                    continue
                raise
            state.record(page)
            for action in page.items:
                yield action
