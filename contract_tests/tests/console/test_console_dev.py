"""The whole loop of `zoho-cliq dev` in Chromium: edit a script, choose the action in the page, read the new answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_paths import IN_PATHS
from playwright.sync_api import Browser, Page, expect

from .browsers import Watched
from .test_console_page import choose

pytestmark = pytest.mark.heavy


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "our-actions"
    (root / "actions").mkdir(parents=True)
    (root / "cliq.toml").write_text("[environments.test]\n")
    (root / "actions/count.toml").write_text('name = "Count"\nhint = "Count words"\nscript = "count.dg"\n')
    (root / "actions/count.dg").write_text('return {"text":"first"};\n')
    return root


@pytest.fixture
def started(folder: Path) -> Iterator[dict[str, Any]]:
    """Run the command on the folder; yield what it prints at the start."""
    command = [sys.executable, "-m", "zoho_cliq", "dev", str(folder), "--port", "0", "--json"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ZOHO_CLIQ_")}
    with subprocess.Popen(command, env=environ | IN_PATHS, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield dict(json.loads(process.stdout.readline()))
        finally:
            process.send_signal(signal.SIGINT)
            process.stdout.read()
    assert process.returncode == 0


@pytest.fixture
def dev_page(chromium_browser: Browser, started: dict[str, Any]) -> Iterator[Page]:
    context = chromium_browser.new_context()
    watched = Watched(context)
    watched.page.goto(started["page"])
    watched.page.wait_for_selector("body[data-ready]")
    yield watched.page
    context.close()
    assert watched.problems == []


def test_a_saved_script_answers_in_the_page_and_a_mistake_is_shown_there(dev_page: Page, folder: Path) -> None:
    place = dev_page.get_by_role("region", name="Folder")
    expect(place).to_have_text("our-actions (test) Applied: create Count.")
    choose(dev_page, "Count")
    expect(dev_page.locator("#messages .type-answer").last).to_contain_text("first")
    script = folder / "actions/count.dg"
    script.write_text('return {"text":"words: " + message.get("text").toList(" ").size()};\n')
    expect(place).to_have_text("our-actions (test) Applied: change Count.")
    choose(dev_page, "Count")
    expect(dev_page.locator("#messages .type-answer").last).to_contain_text("words: 5")
    script.write_text('return {"text":"words: ";\n')
    expect(place).to_contain_text("Not applied: 1 mistake; the mock keeps the last correct version.")
    expect(place.get_by_role("listitem")).to_contain_text("actions/count.dg:1: column ")
    choose(dev_page, "Count")
    expect(dev_page.locator("#messages .type-answer").last).to_contain_text("words: 5")
    script.write_text('return {"text":"mended"};\n')
    expect(place).to_have_text("our-actions (test) Applied: change Count.")
    choose(dev_page, "Count")
    expect(dev_page.locator("#messages .type-answer").last).to_contain_text("mended")
