"""Listings that cross pages: nothing is fetched before it is asked for, and each iteration starts afresh."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from zoho_cliq_api.models import MessageAction

from .calls import Page
from .errors import CliqError, PaginationLoop


class Walk:
    """The way through the pages of one listing: which token comes next, and that none comes twice."""

    def __init__(self, start: str | None) -> None:
        self.token = start
        self.over = False
        self._seen = {start}

    def took(self, page: Page) -> None:
        """Goes on to the page after `page`."""
        if page.next_token is None:
            self.over = True
        elif page.next_token in self._seen:
            raise PaginationLoop(
                "the server gave the same page token twice; the listing would never end",
                operation="list_message_actions",
            )
        self._seen.add(page.next_token)
        self.token = page.next_token

    def failed(self, error: CliqError) -> None:
        """Leaves in `error` where to go on."""
        error.resume_token = self.token


class Pager:
    """The actions of a listing, over all its pages.

    Iterating sends the calls, one per page, and starts afresh each time. After an error in the middle,
    `resume(error.resume_token)` goes on with the page that failed.
    """

    def __init__(self, fetch: Callable[[str | None], Page], start: str | None = None) -> None:
        self._fetch = fetch
        self._start = start

    def __iter__(self) -> Iterator[MessageAction]:
        for page in self.pages():
            yield from page.items

    def pages(self) -> Iterator[Page]:
        """The pages, with their tokens."""
        walk = Walk(self._start)
        while not walk.over:
            try:
                page = self._fetch(walk.token)
            except CliqError as error:
                walk.failed(error)
                raise
            yield page
            walk.took(page)

    def first(self) -> MessageAction | None:
        """The first action, or None where there is none."""
        return next(iter(self), None)

    def resume(self, token: str | None) -> Pager:
        """The same listing from the page that `token` names; from the start where it is None."""
        return Pager(self._fetch, token)


class AsyncPager:
    """The actions of a listing, over all its pages; see `Pager`."""

    def __init__(self, fetch: Callable[[str | None], Awaitable[Page]], start: str | None = None) -> None:
        self._fetch = fetch
        self._start = start

    async def __aiter__(self) -> AsyncIterator[MessageAction]:
        async for page in self.pages():
            for action in page.items:
                yield action

    async def pages(self) -> AsyncIterator[Page]:
        """The pages, with their tokens."""
        walk = Walk(self._start)
        while not walk.over:
            try:
                page = await self._fetch(walk.token)
            except CliqError as error:
                walk.failed(error)
                raise
            yield page
            walk.took(page)

    async def first(self) -> MessageAction | None:
        """The first action, or None where there is none."""
        async for action in self:
            return action
        return None

    def resume(self, token: str | None) -> AsyncPager:
        """The same listing from the page that `token` names; from the start where it is None."""
        return AsyncPager(self._fetch, token)
