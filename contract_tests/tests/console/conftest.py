"""A running mock with a browser's session, for the tests of the console."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from api_paths import CREATING, handler_path
from playwright.sync_api import Browser, BrowserContext, Page
from zoho_cliq_mock import MockServer

from .browsers import Watched, chromium


@pytest.fixture(scope="session")
def running() -> Iterator[MockServer]:
    with MockServer(thresholds=False) as server:
        yield server


@pytest.fixture
def mock(running: MockServer) -> MockServer:
    running.reset()
    running.hide_project()
    return running


@pytest.fixture
def browser(mock: MockServer) -> Iterator[httpx.Client]:
    """Yield a client with the console's session cookie, but without the control token."""
    with httpx.Client(base_url=mock.accounts_url, headers={"Origin": mock.accounts_url}, timeout=30) as client:
        assert client.get(mock.console_url).status_code == 303
        yield client


class Watcher:
    """Reads a stream of events, and keeps the entries as a page would."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.entries: dict[str, Any] = {}
        self.last: tuple[str, dict[str, Any]] = ("", {})

    def read(self) -> dict[str, Any]:
        """Take the next event, and return its data."""
        name = next(line for line in self._lines if line.startswith("event: ")).removeprefix("event: ")
        data = json.loads(next(self._lines).removeprefix("data: "))
        if name == "all":
            self.entries = {}
        for kind, entries in data.items():
            if kind != "catalogue":
                self.entries.setdefault(kind, {}).update(entries)
        self.last = name, data
        return dict(data)

    def read_until(self, kind: str, count: int) -> list[dict[str, Any]]:
        """Take events until there are so many entries of a kind, and return them."""
        while len(found := [each for each in self.entries.get(kind, {}).values() if each is not None]) != count:
            self.read()
        return found


@pytest.fixture
def watcher(browser: httpx.Client) -> Iterator[Watcher]:
    with browser.stream("GET", "/_mock/console/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        watcher = Watcher(answer.iter_lines())
        watcher.read()
        yield watcher


@pytest.fixture(scope="module")
def chromium_browser() -> Iterator[Browser]:
    """Start a browser for the tests of a file.

    While it runs, its thread has a running event loop, so a test cannot start one of its own.
    """
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_page(chromium_browser: Browser, mock: MockServer) -> Iterator[Callable[..., Page]]:
    """Open the console by a new link in a context of its own; fails if anything went wrong in a page.

    `refusals` is how often the mock is to refuse a call of the page, which Chromium notes in its console.
    """
    opened: list[tuple[BrowserContext, Watched]] = []

    def open_one(*, refusals: int = 0, **options: Any) -> Page:
        context = chromium_browser.new_context(**options)
        watched = Watched(context, refusals)
        opened.append((context, watched))
        watched.page.goto(mock.console_url)
        watched.page.wait_for_selector("body[data-ready]")
        return watched.page

    yield open_one
    for context, _ in opened:
        context.close()
    assert [watched.problems for _, watched in opened if watched.problems] == []
    assert [watched.refusals for _, watched in opened if watched.refusals] == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()


@pytest.fixture
def api(mock: MockServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=mock.url, headers={"Authorization": "Bearer 1000.owner"}) as client:
        yield client


@pytest.fixture
def make(api: httpx.Client) -> Callable[..., str]:
    """Return a function that creates an action with a script, or with permissions for a webhook, and returns its id."""

    def create(name: str, handler: dict[str, Any] | None = None, **fields: Any) -> str:
        answer = api.post(CREATING, json={"name": name, "hint": f"Hint of {name}"[:128], **fields})
        assert answer.status_code == 200, answer.text
        identifier = str(answer.json()["data"]["id"])
        if handler is not None:
            changed = api.patch(handler_path(identifier), json=handler)
            assert changed.status_code == 200, changed.text
        return identifier

    return create
