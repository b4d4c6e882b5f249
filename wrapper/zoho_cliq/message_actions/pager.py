"""Listings over several pages. Pages are fetched on demand, and each iteration starts again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sized
from dataclasses import dataclass
from typing import Any

from zoho_cliq_api.models import MessageAction, MessageActionList
from zoho_cliq_api.types import UNSET

from .._operations import Operations
from .._types import RawResponse
from ..errors import CliqError, DecodeError, PaginationLoop


class UnreadableAction(MessageAction):
    """An entry of a listing that cannot be read as a message action: it is not an object, or has no id that is a text.

    `raw` is the entry as received. Its fields are set if `raw` has them, else `UNSET`.
    """

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        given = raw if isinstance(raw, dict) else {}
        for name, attribute in self.FIELD_NAMES.items():
            setattr(self, attribute, given.get(name, UNSET))
        self.additional_properties = {str(name): value for name, value in given.items() if name not in self.FIELD_NAMES}

    def __repr__(self) -> str:
        return f"UnreadableAction({self.raw!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnreadableAction) and other.raw == self.raw

    def __reduce__(self) -> tuple[type[UnreadableAction], tuple[Any]]:
        return UnreadableAction, (self.raw,)


def counted(actions: Sized) -> str:
    """Return the number of actions with the noun, for a repr."""
    return f"{len(actions)} action{'' if len(actions) == 1 else 's'}"


@dataclass(frozen=True, slots=True, repr=False)
class Page:
    """One page of a listing.

    `items` holds every entry of the page; one that cannot be read is an `UnreadableAction`. `next_token` is None on the
    last page. `deleted`, `sync_token` and `total_count` are None if the server did not send them.
    """

    items: list[MessageAction]
    next_token: str | None
    sync_token: str | None
    deleted: list[str] | None
    total_count: int | None

    def __repr__(self) -> str:
        gone = "" if self.deleted is None else f", {len(self.deleted)} deleted"
        more = "" if self.total_count is None else f", total_count={self.total_count}"
        tokens = f"next_token={self.next_token!r}, sync_token={self.sync_token!r}"
        return f"Page({counted(self.items)}{gone}, {tokens}{more})"


def largest_page(operations: Operations) -> int:
    """Return the largest number of actions on a page, as documented."""
    limit = next(part for part in operations.prepared("list_message_actions").parameters if part.name == "limit")
    return int(limit.schema["maximum"])


def page_of(answer: MessageActionList | None, response: RawResponse) -> Page:
    """Return the page in an answer. Raise DecodeError if it is unclear whether another page follows."""
    if answer is None:  # an answer without content
        return Page([], None, None, None, None)
    if _token(answer.next_token) is None and answer.next_token:
        raise DecodeError(
            f"the answer ({response.status}) cannot be read: next_token is not a text",
            status=response.status,
            body=response.body,
        )
    deleted, total = answer.deleted, answer.total_count
    return Page(
        [item if isinstance(item, MessageAction) else UnreadableAction(item) for item in answer.data],
        _token(answer.next_token),
        _token(answer.sync_token),
        [str(gone) for gone in deleted] if isinstance(deleted, list) else None,
        total if isinstance(total, int) else None,
    )


def _token(value: object) -> str | None:
    """Return a token as text, or None if there is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


class Walk:
    """The position in a listing. Detects a page token that comes for the second time."""

    def __init__(self, start: str | None) -> None:
        self.token = start
        self.over = False
        self._seen = {start}

    def record(self, page: Page) -> None:
        """Move on to the page after `page`. Raise PaginationLoop if that page was visited before."""
        if page.next_token is None:
            self.over = True
        elif page.next_token in self._seen:
            raise PaginationLoop(
                "the server returned the same page token twice; the listing would never end",
                operation="list_message_actions",
            )
        self._seen.add(page.next_token)
        self.token = page.next_token

    def failed(self, error: CliqError) -> None:
        """Set the `resume_token` of `error`."""
        error.resume_token = self.token


class Pager:
    """The actions of a listing, over all pages.

    Iterating sends one call per page, and starts again each time. After an error, `resume(error.resume_token)`
    continues with the page that failed.
    """

    def __init__(self, fetch: Callable[[str | None], Page], start: str | None = None) -> None:
        self._fetch = fetch
        self._start = start

    def __repr__(self) -> str:
        return _shown(self, self._start)

    def __iter__(self) -> Iterator[MessageAction]:
        for page in self.pages():
            yield from page.items

    def pages(self) -> Iterator[Page]:
        """Iterate over the pages, with their tokens."""
        walk = Walk(self._start)
        while not walk.over:
            try:
                page = self._fetch(walk.token)
            except CliqError as error:
                walk.failed(error)
                raise
            yield page
            walk.record(page)

    def first(self) -> MessageAction | None:
        """Return the first action, or None if there is none."""
        return next(iter(self), None)

    def resume(self, token: str | None) -> Pager:
        """Return the same listing from the page of `token`, or from the start if it is None."""
        return Pager(self._fetch, token)


def _shown(pager: object, start: str | None) -> str:
    """Return the repr of a pager, without fetching anything."""
    place = "the first page" if start is None else f"the page {start!r}"
    return f"<{type(pager).__name__}: actions from {place} on; iterate to fetch them>"


class AsyncPager:
    """The actions of a listing, over all pages; see `Pager`."""

    def __init__(self, fetch: Callable[[str | None], Awaitable[Page]], start: str | None = None) -> None:
        self._fetch = fetch
        self._start = start

    def __repr__(self) -> str:
        return _shown(self, self._start)

    async def __aiter__(self) -> AsyncIterator[MessageAction]:
        async for page in self.pages():
            for action in page.items:
                yield action

    async def pages(self) -> AsyncIterator[Page]:
        """Iterate over the pages, with their tokens."""
        walk = Walk(self._start)
        while not walk.over:
            try:
                page = await self._fetch(walk.token)
            except CliqError as error:
                walk.failed(error)
                raise
            yield page
            walk.record(page)

    async def first(self) -> MessageAction | None:
        """Return the first action, or None if there is none."""
        async for action in self:
            return action
        return None

    def resume(self, token: str | None) -> AsyncPager:
        """Return the same listing from the page of `token`, or from the start if it is None."""
        return AsyncPager(self._fetch, token)
