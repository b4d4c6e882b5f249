"""Chromium for the tests of the page: the one packaged by Debian, because the tests download no browser."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

MISSING = "Chromium is missing; on Debian: apt-get install chromium"


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium and yield it. Skip the test if it is not installed, but fail in continuous integration."""
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


class Watched:
    """A page of a context, and what went wrong in it: errors of scripts, of the console, of the security policy.

    refusals: how many refused calls of the page are still to come.
    """

    def __init__(self, context: BrowserContext, refusals: int = 0) -> None:
        self.refusals = refusals
        self.problems: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.set_default_timeout(15_000)

    def _note(self, kind: str, text: str) -> None:
        if self.refusals and re.search(r"responded with a status of 4\d\d", text):
            self.refusals -= 1
        elif kind in ("error", "warning"):
            self.problems.append(f"{kind}: {text}")
