"""Accessibility: axe-core reports nothing in light mode, dark mode, on a phone and at 200 %, and nothing is cut off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from zoho_cliq_mock import MockServer
from zoho_cliq_mock.trigger.service import trigger_of

from .test_console_page import CARD, FORM, choose

pytestmark = pytest.mark.heavy
Make = Callable[..., str]

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {**DESKTOP, "color_scheme": "light"},
    "dark": {**DESKTOP, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "color_scheme": "dark"},
    "200 %": {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2},
}


def findings(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}" for each in violations for node in each["nodes"]
    ]


def show(page: Page, pane: str) -> None:
    button = page.locator(f".panes [data-pane={pane}]")
    if button.is_visible():
        button.click()


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing(open_page: Callable[..., Page], make: Make, mock: MockServer, look: str) -> None:
    make("Show")
    make("Form")
    make("Wrong")
    make("Banner")
    make("Script", {"script": 'info "begun";\nx = zoho.desk.create("t", {"a":"b"});\nreturn {"text":"x"};'})
    make("Links", message_types=["link"])
    stubs = trigger_of(mock.app.state).stubs
    stubs["Show"] = lambda event: {"output": CARD}
    stubs["Form"] = lambda event: {"output": FORM}
    stubs["Wrong"] = lambda event: {"output": {**CARD, "text": 1}}
    stubs["Banner"] = lambda event: {"output": {"type": "banner", "status": "success", "text": "Done"}}
    mistake = {"file": "actions/a.dg", "line": 3, "severity": "error", "message": "no"}
    mock.show_project("our-actions (test)", "Not applied.", [mistake, {**mistake, "severity": "warning"}])
    page = open_page(**LOOKS[look])
    for name in ("Show", "Form", "Wrong", "Banner", "Script"):
        choose(page, name)
        expect(page.get_by_role("menu")).to_have_count(0)
    expect(page.locator("#messages .message")).to_have_count(8)
    page.get_by_role("checkbox", name="The printer is on fire").check()
    found = {}
    for pane in ("chats", "messages", "log"):
        show(page, pane)
        found[pane] = findings(page)
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{pane} is cut off"
    page.get_by_role("tab", name="API calls").click()
    found["calls"] = findings(page)
    show(page, "messages")
    page.locator("#messages .more").first.click()
    if page.get_by_role("menuitemcheckbox").get_attribute("aria-checked") == "false":
        page.get_by_role("menuitemcheckbox").click()
    expect(page.get_by_role("menuitem", name="Links")).to_be_visible()
    found["menu"] = findings(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="World").click()
    found["world"] = findings(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Actions", exact=True).click()
    found["actions"] = findings(page)
    page.get_by_role("button", name="Edit Script").click()
    page.get_by_role("dialog").get_by_label("Script").fill("x = ;")
    expect(page.locator(".findings .error").first).to_be_visible()
    found["editor"] = findings(page)
    assert [f"{place}: {entry}" for place, entries in found.items() for entry in entries] == []
