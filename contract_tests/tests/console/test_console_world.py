"""Actions and the mock's settings in Chromium: all changes go through the real API, with its rules."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from .test_console_page import PIXEL, choose

Make = Callable[..., str]


def new_action(page: Page) -> Locator:
    page.get_by_role("button", name="Actions", exact=True).click()
    page.get_by_role("button", name="New action").click()
    return page.get_by_role("dialog")


@pytest.mark.heavy
def test_an_action_is_created_with_its_script_and_run(page: Page, browser: httpx.Client) -> None:
    page.get_by_role("checkbox", name="The printer is on fire").check()
    form = new_action(page)
    form.get_by_label("Name").fill("Fresh")
    form.get_by_label("Hint").fill("Made here")
    icon = {"name": "i.png", "mimeType": "image/png", "buffer": b64decode(PIXEL)}
    form.get_by_label("Icon").set_input_files(icon)
    form.get_by_label("Script").fill('return {"text":"Fresh: " + message.get("text")};')
    form.get_by_role("button", name="Save and run").click()
    expect(page.locator("#messages .type-answer")).to_contain_text("Fresh: The printer is on fire")
    [action] = browser.get("/_mock/state").json()["actions"]
    assert (action["name"], action["hint"], action["creator"]["name"]) == ("Fresh", "Made here", "Ada")
    page.get_by_role("button", name="Clear").click()
    page.locator("#messages .more").first.click()
    expect(page.get_by_role("menuitem", name="Fresh").locator("img.icon")).to_have_js_property("naturalWidth", 1)


@pytest.mark.heavy
def test_fields_and_permissions_are_changed(page: Page, make: Make, browser: httpx.Client) -> None:
    make("Hook", execution_type="webhook", execution_url="https://example.com/a")
    page.get_by_role("button", name="Actions", exact=True).click()
    page.get_by_role("button", name="Edit Hook").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Hint").fill("Other")
    form.get_by_label("Scope").select_option("team")
    form.get_by_label("Teams").fill("100001, 100002")
    form.get_by_label("link").uncheck()
    form.get_by_label("message", exact=True).check()
    form.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    [action] = browser.get("/_mock/state").json()["actions"]
    assert (action["hint"], action["team_ids"]) == ("Other", [100001, 100002])
    assert set(action["message_types"]) == {"text", "attachment"}
    assert action["handler"]["permissions"] == ["message"]
    calls = browser.get("/_mock/journal").json()["total"]
    page.get_by_role("button", name="Actions", exact=True).click()
    page.get_by_role("button", name="Edit Hook").click()
    page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert browser.get("/_mock/journal").json()["total"] == calls  # saving without a change must not call the API
    page.get_by_role("button", name="Actions", exact=True).click()
    page.get_by_role("button", name="Edit Hook").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert browser.get("/_mock/state").json()["actions"] == []


@pytest.mark.heavy
def test_the_rules_are_those_of_the_api(page: Page, make: Make, browser: httpx.Client) -> None:
    make("Taken")
    form = new_action(page)
    form.get_by_label("Name").fill("Taken")
    form.get_by_label("Hint").fill("h")
    form.get_by_role("button", name="Save", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("msgaction_name_already_exists")
    form.get_by_label("Name").fill("x" * 31)
    form.get_by_role("button", name="Save", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("name")
    browser.post("/_mock/faults", json={"fault": "reset", "operation": "create_message_action"})
    form.get_by_role("button", name="Save", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("closed the connection")


@pytest.mark.heavy
def test_findings_stand_beside_the_lines(page: Page) -> None:
    form = new_action(page)
    form.get_by_label("Script").fill('info "a";\nx = ;\nreturn {};')
    finding = form.locator(".findings li").first
    expect(finding).to_contain_text("line 2")
    expect(form.locator(".numbers li").nth(1)).to_have_class("error")
    finding.get_by_role("button").click()
    expect(form.get_by_label("Script")).to_be_focused()
    start = page.evaluate("document.getElementById('script').selectionStart")
    assert 10 <= start <= 15
    form.get_by_label("Script").fill('return {"text":"x"};')
    expect(form.locator(".numbers .error")).to_have_count(0)


@pytest.mark.heavy
def test_the_world_is_changed(page: Page, make: Make, browser: httpx.Client) -> None:
    def state(name: str) -> object:
        return browser.get("/_mock/state").json()[name]

    page.get_by_role("button", name="World").click()
    world = page.get_by_role("dialog")
    world.get_by_role("button", name="Freeze").click()
    expect(world.get_by_role("button", name="Run")).to_be_visible()
    before = browser.get("/_mock/clock").json()
    assert before["frozen"]
    world.get_by_label("Seconds", exact=True).fill("90")
    world.get_by_role("button", name="Advance").click()
    expect(world).to_contain_text(
        re.compile(r"[3-9]\d s ahead")
    )  # real time passes while the mock's clock is frozen, so its lead shrinks
    assert browser.get("/_mock/clock").json()["now"] == before["now"] + 90
    world.get_by_role("button", name="Switch on").click()
    expect(world.get_by_role("button", name="Switch off")).to_be_visible()
    assert state("thresholds")
    world.get_by_role("button", name="Keep").click()
    world.get_by_label("Fault", exact=True).select_option("status")
    world.get_by_label("Operation", exact=True).select_option("list_message_actions")
    world.get_by_label("Status", exact=True).fill("503")
    world.get_by_role("button", name="Add fault").click()
    expect(world).to_contain_text("list_message_actions, everyone, status 503; applied to 0 of 0 calls")
    world.get_by_label("webhook_retries").fill("7")
    world.get_by_label("webhook_retries").press("Tab")
    world.get_by_label("scope_status").select_option("401")
    expect(world.locator("tr.changed th")).to_have_text(["scope_status", "webhook_retries"])
    world.get_by_role("button", name="Remove all faults").click()
    expect(world).not_to_contain_text("applied to")
    world.get_by_role("button", name="Restore default").click()
    expect(world.locator("tr.changed")).to_have_count(0)
    world.get_by_role("button", name="Reset to the seed").click()
    expect(world.get_by_role("button", name="Freeze")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="World")).to_be_focused()


@pytest.mark.heavy
def test_two_users_act_as_themselves(page: Page, make: Make, browser: httpx.Client) -> None:
    page.get_by_label("You are").select_option("colleague")
    form = new_action(page)
    form.get_by_label("Name").fill("Theirs")
    form.get_by_label("Hint").fill("h")
    form.get_by_label("Script").fill('return {"text":"theirs"};')
    form.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    choose(page, "Theirs")
    [action] = browser.get("/_mock/state").json()["actions"]
    users = {user["key"]: user["id"] for user in browser.get("/_mock/state").json()["users"]}
    assert action["creator"]["id"] == users["colleague"]
    entries = browser.get("/_mock/journal").json()["requests"]
    assert {entry["user"] for entry in entries} == {"colleague"}
