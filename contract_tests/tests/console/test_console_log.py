"""The log in Chromium: deliveries with their results, sending again, shell commands, calls and thresholds."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from api_paths import CREATING
from playwright.sync_api import Page, expect
from zoho_cliq_mock import MockServer

from ..trigger.conftest import Webhook, output
from ..trigger.conftest import webhook as webhook

Make = Callable[..., str]
HOSTILE = "it's $(touch owned) `touch owned` \"quoted\" \\ ' ; & | \n\u202e\u009b31m \u00e4 <b>"


@pytest.fixture
def hook(webhook: Webhook, make: Make) -> Webhook:
    make(
        "Hook",
        {"permissions": ["message", "user"]},
        execution_type="webhook",
        execution_url=f"{webhook.url}?secret=hush",
    )
    return webhook


@pytest.fixture
def trigger(browser: httpx.Client) -> Callable[..., dict[str, Any]]:
    def choose(action: str = "Hook", **fields: Any) -> dict[str, Any]:
        answer = browser.post("/_mock/trigger", json={"action": action, "text": "printer on fire", **fields})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    return choose


@pytest.fixture
def clipboard(open_page: Callable[..., Page]) -> tuple[Page, Callable[[], str]]:
    """Return a page, and a function that returns the text it last copied."""
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    return page, lambda: str(page.evaluate("navigator.clipboard.readText()"))


def entry(page: Page, number: int) -> Any:
    found = page.locator(f"#deliveries details[data-id='{number}']")
    if found.get_attribute("open") is None:
        found.locator("summary").first.click()
    return found


@pytest.mark.heavy
def test_a_delivery_shows_event_answer_and_times(page: Page, hook: Webhook, trigger: Any) -> None:
    hook.answer = lambda event: output({"text": "filed"})
    record = trigger()
    shown = entry(page, record["id"])
    expect(shown.locator("summary").first).to_contain_text("200")
    expect(shown.locator("summary").first).to_contain_text("ms")
    expect(shown).to_contain_text('"response_url"')
    expect(shown).to_contain_text('"text": "printer on fire"')
    expect(shown.locator(".attempt")).to_contain_text("Attempt 1: 200")
    expect(shown.locator(".attempt .json")).to_contain_text('"text": "filed"')
    expect(shown).not_to_contain_text("hush")


@pytest.mark.heavy
def test_an_event_is_sent_again_and_edited(page: Page, hook: Webhook, trigger: Any) -> None:
    record = trigger()
    shown = entry(page, record["id"])
    shown.get_by_role("button", name="Send again").click()
    expect(page.locator("#deliveries details[data-id]")).to_have_count(2)
    again = hook.got[1]
    assert again["params"] == hook.got[0]["params"]
    assert again["response_url"] != hook.got[0]["response_url"]
    shown.get_by_role("button", name="Edit and send").click()
    box = shown.get_by_label("Event")
    box.fill("{")
    shown.get_by_role("button", name="Send this event").click()
    expect(shown.get_by_role("alert")).to_contain_text("This is not JSON")
    event = hook.got[0]
    event["params"]["message"]["text"] = "another text"
    box.fill(json.dumps(event))
    shown.get_by_role("button", name="Send this event").click()
    expect(page.locator("#deliveries details[data-id]")).to_have_count(3)
    assert hook.got[2]["params"]["message"]["text"] == "another text"
    expect(page.locator("#deliveries summary").first).to_contain_text(f"again #{record['id']}")


@pytest.mark.heavy
def test_a_line_of_shell_sends_the_event_and_nothing_else(
    clipboard: tuple[Page, Callable[[], str]], hook: Webhook, trigger: Any, tmp_path: Any
) -> None:
    page, copied = clipboard
    record = trigger(text=HOSTILE)
    entry(page, record["id"]).get_by_role("button", name="Copy as curl").click()
    expect(page.locator("#banners")).to_contain_text("Copied")
    line = copied()
    assert line.isprintable()
    assert "\u202e" not in line
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    assert hook.got[1] == hook.got[0]
    assert hook.got[1]["params"]["message"]["text"] == HOSTILE
    assert list(tmp_path.iterdir()) == []


@pytest.mark.heavy
def test_a_line_of_shell_repeats_a_call(
    clipboard: tuple[Page, Callable[[], str]], api: httpx.Client, tmp_path: Any
) -> None:
    page, copied = clipboard
    api.post(CREATING, json={"name": "it's $(touch owned)", "hint": '`touch owned` "x" \u202e'})
    page.get_by_role("tab", name="API calls").click()
    shown = page.locator("#requests details").first
    shown.locator("summary").click()
    shown.get_by_role("button", name="Copy as curl").click()
    expect(page.locator("#banners")).to_contain_text("Copied")
    line = copied()
    assert "1000." not in line
    assert "\u202e" not in line
    environment = {"ZOHO_CLIQ_TOKEN": "1000.owner", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=20)
    assert json.loads(done.stdout)["code"] == "msgaction_name_already_exists", done.stdout
    api.post(CREATING, json={"name": "Long", "hint": "x" * 1100})
    expect(page.locator("#requests details")).to_have_count(3)
    longest = page.locator("#requests details").first
    longest.locator("summary").click()
    expect(longest).to_contain_text("Only the start of the body was kept")
    expect(longest.get_by_role("button", name="Copy as curl")).to_have_count(0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.heavy
def test_retries_and_deferred_answers_come_by_themselves(
    page: Page, hook: Webhook, trigger: Any, browser: httpx.Client
) -> None:
    browser.post("/_mock/policies", json={"webhook_retries": 1})
    browser.post("/_mock/clock", json={"freeze": True})
    hook.answer = lambda event: (500, {}, b"no")
    record = trigger()
    shown = entry(page, record["id"])
    expect(shown.locator("summary").first).to_contain_text("waiting")
    expect(shown).to_contain_text("Next attempt at")
    hook.answer = lambda event: output({})
    browser.post("/_mock/clock", json={"advance": 61})
    expect(shown.locator(".attempt")).to_have_count(2)
    expect(shown.locator("summary").first).to_contain_text("2 attempts")
    httpx.post(hook.got[0]["response_url"], json={"output": {"text": "later"}})
    expect(shown.locator("summary").first).to_contain_text("deferred answer")
    expect(page.locator("#messages .type-answer")).to_contain_text("later")
    expect(page.locator("#messages .type-answer .tag")).to_have_text("deferred answer")


@pytest.mark.heavy
def test_calls_thresholds_and_locks_are_shown(chromium_browser: Any) -> None:
    with MockServer() as mock:
        context = chromium_browser.new_context()
        page = context.new_page()
        page.goto(mock.console_url)
        page.get_by_role("tab", name="API calls").click()
        expect(page.locator("#requests")).to_contain_text("No call counts")
        headers = {"Authorization": "Bearer 1000.owner"}
        call = {"name": "A", "hint": "h"}
        httpx.post(f"{mock.url}{CREATING}", json=call, headers=headers)
        expect(page.locator("#requests details")).to_have_count(1)
        expect(page.locator("#requests summary").first).to_contain_text("create_message_action")
        row = page.locator("#requests tbody tr")
        expect(row).to_contain_text("owner")
        left = row.locator("td").nth(2).inner_text()
        most = int(left.split(" of ")[1])
        assert left == f"{most - 1} of {most}"
        for number in range(most):
            call = {"name": f"A{number}", "hint": "h"}
            httpx.post(f"{mock.url}{CREATING}", json=call, headers=headers)
        expect(row).to_contain_text(f"0 of {most}")
        expect(row).to_contain_text("until")
        expect(page.locator("#requests summary").first).to_contain_text("request_limit_exceeded")
        context.close()
