"""The page in Chromium: choosing actions by mouse, touch and keyboard, and what their answers show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from zoho_cliq_mock import MockServer
from zoho_cliq_mock.seed import DEMO

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
Make = Callable[..., str]


def message(page: Page, text: str) -> Locator:
    return page.locator("#messages .message").filter(has_text=text).first


def say(script: str) -> dict[str, str]:
    return {"script": script}


def test_the_menu_offers_what_cliq_offers_with_hint_and_icon(page: Page, make: Make) -> None:
    make("Ticket", say('return {"text":"Ticket of " + message.get("text")};'), image=PIXEL)
    make("Links only", message_types=["link"])
    message(page, "The printer is on fire").click(button="right")
    menu = page.get_by_role("menu")
    expect(menu.get_by_role("menuitem")).to_have_count(1)
    item = menu.get_by_role("menuitem", name="Ticket")
    expect(item).to_contain_text("Hint of Ticket")
    expect(item.locator("img.icon")).to_have_js_property("naturalWidth", 1)
    menu.get_by_role("menuitemcheckbox").click()
    denied = menu.get_by_role("menuitem", name="Links only")
    expect(denied).to_have_attribute("aria-disabled", "true")
    expect(denied).to_contain_text("Not offered: it is offered on link")
    denied.click(force=True)
    expect(page.locator("#deliveries details[data-id]")).to_have_count(0)
    item.click()
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(page.locator("#messages .type-answer")).to_contain_text("Ticket of The printer is on fire")
    entry = page.locator("#deliveries details[data-id]")
    expect(entry).to_have_attribute("open", "")
    expect(entry.locator("summary")).to_contain_text("message")
    expect(entry.locator(".json").first).to_contain_text('"text": "Ticket of The printer is on fire"')


def test_the_keyboard_alone_is_enough(page: Page, make: Make) -> None:
    make("One", say('return {"text":"one"};'))
    make("Two", say('return {"text":"two"};'))
    page.locator("#messages [tabindex='0']").focus()
    page.keyboard.press("Home")
    for key in ("ContextMenu", "Shift+F10", "Enter"):
        page.keyboard.press(key)
        expect(page.get_by_role("menuitem", name="One")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("menu")).to_have_count(0)
        expect(message(page, "The printer is on fire")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(message(page, "https://example.com/manual")).to_be_focused()
    page.keyboard.press("ContextMenu")
    expect(page.get_by_role("menuitem", name="One")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Two")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#messages .type-answer")).to_contain_text("two")


@pytest.mark.heavy
def test_a_long_press_opens_the_menu(open_page: Callable[..., Page], make: Make) -> None:
    make("One")
    page = open_page(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 800})
    touched = message(page, "The printer is on fire").locator(".text")
    touch = {"pointerType": "touch", "clientX": 100, "clientY": 200, "bubbles": True}
    touched.dispatch_event("pointerdown", touch)
    touched.dispatch_event("pointermove", {**touch, "clientY": 300})
    page.wait_for_timeout(700)  # a touch that moves is a scroll, not a long press
    expect(page.get_by_role("menu")).to_have_count(0)
    touched.dispatch_event("pointerup", touch)
    touched.dispatch_event("pointerdown", touch)
    expect(page.get_by_role("menuitem", name="One")).to_be_visible()


@pytest.mark.heavy
def test_several_messages_offer_only_multi_selectable_actions(page: Page, make: Make) -> None:
    make("One")
    make("Many", say('return {"text":"chosen: " + messages.size()};'), multi_selectable=True)
    for text in ("The printer is on fire", "https://example.com/manual"):
        message(page, text).get_by_role("checkbox").check()
    expect(page.locator("#selection")).to_contain_text("2 messages selected")
    page.locator("#selection").get_by_role("button", name="Message actions").click()
    expect(page.get_by_role("menuitem")).to_have_count(1)
    page.get_by_role("menuitemcheckbox").click()
    expect(page.get_by_role("menuitem", name="One")).to_contain_text("multi_selectable")
    page.get_by_role("menuitem", name="Many").click()
    expect(page.locator("#messages .type-answer")).to_contain_text("chosen: 2")


@pytest.mark.heavy
def test_several_messages_are_selected_by_keyboard(page: Page, make: Make) -> None:
    make("Many", say('return {"text":"chosen: " + messages.size()};'), multi_selectable=True)
    page.locator("#messages [tabindex='0']").focus()
    for key in ("Home", "Space", "ArrowDown", "Space", "End", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("menu", name="Message actions on 2 messages")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#messages .type-answer")).to_contain_text("chosen: 2")


@pytest.mark.heavy
def test_another_user_sees_other_chats_and_actions(page: Page, make: Make) -> None:
    make("Mine", scope="personal")
    page.get_by_label("You are").select_option("outsider")
    expect(page.locator("#chats li")).to_have_count(1)
    expect(page.locator("#chats")).to_contain_text("outsider")
    page.get_by_label("You are").select_option("colleague")
    message(page, "The printer is on fire").get_by_role("button", name="Message actions").click()
    expect(page.get_by_role("menu")).to_contain_text("No action is offered here.")
    page.get_by_role("menuitemcheckbox").click()
    expect(page.get_by_role("menuitem", name="Mine")).to_contain_text("colleague does not see this action")


@pytest.mark.heavy
def test_messages_links_and_files_are_written(page: Page, browser: httpx.Client) -> None:
    box = page.get_by_label("New message")
    box.fill("hello")
    box.press("Enter")
    expect(message(page, "hello")).to_be_visible()
    page.get_by_label("Kind").select_option("link")
    box.fill("https://example.org/new")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(message(page, "example.org/new").get_by_role("link")).to_have_attribute("href", "https://example.org/new")
    page.get_by_label("Kind").select_option("attachment")
    page.get_by_label("Files").set_input_files({"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"12345"})
    page.get_by_role("button", name="Send", exact=True).click()
    expect(message(page, "a.pdf")).to_contain_text("5 bytes")
    page.get_by_label("Kind").select_option("text")
    page.get_by_role("button", name="Send", exact=True).click()  # an empty message is not sent
    expect(box).to_be_focused()
    expect(page.locator("#messages .message")).to_have_count(6)


@pytest.mark.heavy
def test_the_page_shows_why_the_mock_refuses_a_call(open_page: Callable[..., Page], browser: httpx.Client) -> None:
    page = open_page(refusals=1)
    browser.post(
        "/_mock/seed",
        json={
            "users": [{"key": "ann", "id": "1", "name": "Ann", "organization": "9"}],
            "organizations": [{"id": "9", "name": "N"}],
            "chats": [],
        },
    )
    expect(page.get_by_label("You are")).to_have_value("ann")
    page.get_by_label("New message").fill("hello")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#composer [role=alert]")).to_contain_text("there is no chat")
    browser.post("/_mock/seed", json=DEMO)


CARD: dict[str, Any] = {
    "text": "Here",
    "card": {
        "title": "The card",
        "theme": "modern-inline",
        "thumbnail": "https://example.com/t.png",
        "sections": [{"title": "Facts", "fields": [{"title": "Where", "value": "Hall"}]}],
        "buttons": [{"label": "In the card", "action": {"type": "copy", "data": {"text": "x"}}}],
    },
    "slides": [
        {"type": "table", "title": "T", "data": {"headers": ["A", "B"], "rows": [{"A": "1", "B": "2"}, ["3", "4"]]}},
        {"type": "list", "data": ["first", "second"]},
        {"type": "images", "data": [f"data:image/png;base64,{PIXEL}", "https://example.com/p.png"]},
        {"type": "label", "data": [{"Status": "open"}]},
        {"type": "text", "data": "a text"},
    ],
    "buttons": [
        {"label": "Run", "type": "+", "action": {"type": "invoke.function", "data": {"name": "close"}}},
        {"label": "Web", "action": {"type": "open.url", "data": {"web": "https://example.com/w"}}},
    ],
}
FORM = {
    "type": "form",
    "name": "ticket",
    "title": "A ticket",
    "hint": "Fill it in",
    "button_label": "File it",
    "inputs": [
        {"type": "text", "name": "what", "label": "What", "value": "fire", "max_length": 20},
        {"type": "textarea", "name": "more", "label": "More", "mandatory": False},
        {"type": "number", "name": "count", "label": "Count", "mandatory": False},
        {"type": "select", "name": "level", "label": "Level", "options": [{"label": "High", "value": "h"}]},
        {
            "type": "radio",
            "name": "r",
            "label": "Sort",
            "options": [{"label": "X", "value": "x"}, {"label": "Y", "value": "y"}],
        },
        {"type": "toggle", "name": "t", "label": "Urgent"},
        {"type": "date", "name": "d", "label": "Day", "mandatory": False},
        {"type": "hidden", "name": "h", "label": "H", "value": "secret"},
    ],
    "action": {"type": "invoke.function", "name": "fileTicket"},
}


@pytest.fixture
def stub(mock: MockServer, make: Make) -> Callable[[Any], None]:
    """Make the action "Show", which answers with this output."""
    from zoho_cliq_mock.trigger.service import trigger_of

    make("Show")

    def answer_with(output: Any) -> None:
        trigger_of(mock.app.state).stubs["Show"] = lambda event: {"output": output}

    return answer_with


def choose(page: Page, name: str = "Show", on: str = "The printer is on fire") -> None:
    message(page, on).get_by_role("button", name="Message actions").click()
    page.get_by_role("menuitem", name=name).click()


@pytest.mark.heavy
def test_a_card_shows_its_parts(page: Page, stub: Callable[[Any], None]) -> None:
    stub(CARD)
    choose(page)
    shown = page.locator("#messages .type-answer").last
    expect(shown.get_by_role("heading", name="The card")).to_be_visible()
    expect(shown.get_by_role("link", name="thumbnail")).to_have_attribute("href", "https://example.com/t.png")
    expect(shown.locator(".card dl")).to_contain_text("Hall")
    expect(shown.get_by_role("columnheader")).to_have_text(["A", "B"])
    expect(shown.get_by_role("cell")).to_have_text(["1", "2", "3", "4"])
    expect(shown.locator(".slide.list li")).to_have_text(["first", "second"])
    expect(shown.locator(".images img")).to_have_js_property("naturalWidth", 1)
    expect(shown.locator(".images a")).to_have_attribute("href", "https://example.com/p.png")
    expect(shown.locator(".slide.label")).to_contain_text("open")
    expect(shown.locator(".slide.text")).to_contain_text("a text")
    shown.get_by_role("button", name="Run").click()
    expect(shown.locator(".call").last).to_contain_text('"name": "close"')
    expect(shown.locator(".call").last).not_to_contain_text("key")
    web = shown.get_by_role("link", name="Web")
    expect(web).to_have_attribute("rel", "noopener noreferrer")
    expect(web).to_have_attribute("href", "https://example.com/w")


@pytest.mark.heavy
def test_a_form_is_filled_in_and_shows_its_call(page: Page, stub: Callable[[Any], None]) -> None:
    stub(FORM)
    choose(page)
    form = page.locator("#messages .type-answer").get_by_role("group", name="A ticket")
    form.get_by_role("button", name="File it").click()
    expect(form.locator(".call")).to_be_hidden()  # a mandatory field is empty
    form.get_by_label("What").fill("smoke")
    form.get_by_label("Count").fill("3")
    form.get_by_label("Level").select_option("h")
    form.get_by_label("Y", exact=True).check()
    form.get_by_label("Urgent").check()
    form.get_by_role("button", name="File it").click()
    call = form.locator(".call")
    for part in (
        '"name": "fileTicket"',
        '"what": "smoke"',
        '"count": "3"',
        '"level": "h"',
        '"r": "y"',
        '"t": true',
        '"h": "secret"',
    ):
        expect(call).to_contain_text(part)


@pytest.mark.heavy
def test_banners_form_errors_and_wrong_answers(page: Page, stub: Callable[[Any], None]) -> None:
    stub({"type": "banner", "status": "failure", "text": "It did not work"})
    choose(page)
    expect(page.locator("#banners .failure")).to_contain_text("It did not work")
    page.locator("#banners").get_by_role("button", name="Dismiss").click()
    stub({"type": "form_error", "text": "Not so", "inputs": {"what": "is too short"}})
    choose(page)
    expect(page.locator("#messages .shown-form_error")).to_contain_text("is too short")
    stub({**CARD, "card": {**CARD["card"], "theme": "none"}})
    choose(page)
    wrong = page.locator("#messages .shown-wrong")
    expect(wrong.locator(".problems li")).to_contain_text("output.card.theme")
    expect(wrong.locator("mark")).to_have_text('    "theme": "none",')
    page.get_by_label("You are").select_option("colleague")
    expect(page.locator("#messages .shown-form_error")).to_have_count(0)  # shown only to the user who chose


@pytest.mark.heavy
def test_a_failing_script_shows_the_line(page: Page, make: Make) -> None:
    make("Script", say('info "begun";\nx = zoho.desk.create("t", {"a":"b"});\nreturn {"text":"x"};'))
    choose(page, "Script")
    script = page.locator("#deliveries .script")
    expect(script).to_contain_text("begun")
    expect(script.locator(".problems")).to_contain_text("line 2")
    expect(page.locator("#deliveries summary").first).to_contain_text("unanswered")


@pytest.mark.heavy
def test_messages_and_answers_are_shown_as_text(
    page: Page, make: Make, stub: Callable[[Any], None], browser: httpx.Client
) -> None:
    hostile = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    make('<b onclick="1">B</b>', hint='"><img src=x>')
    browser.post("/_mock/chats", json={"members": ["owner"], "title": hostile})
    browser.post("/_mock/messages", json={"chat": "CT_1001_48210", "text": hostile})
    evil = {"type": "open.url", "data": {"web": "javascript:document.title='owned'"}}
    stub(
        {
            "text": hostile,
            "card": {
                "title": hostile[:200],
                "theme": "modern-inline",
                "sections": [{"title": hostile, "fields": [{"title": hostile, "value": hostile}]}],
            },
            "slides": [
                {
                    "type": "images",
                    "data": [
                        "javascript:alert(1)",
                        "data:text/html,<script>1</script>",
                        "https://example.com/x.png",
                        hostile,
                    ],
                },
                {"type": "table", "data": {"headers": [hostile], "rows": [[hostile], {hostile: hostile}]}},
            ],
            "buttons": [{"label": "Evil", "action": evil}],
        }
    )
    choose(page)
    shown = page.locator("#messages .type-answer").last
    expect(shown).to_contain_text("<script>")
    shown.get_by_role("button", name="Evil").click()
    expect(shown.locator("a[href^='javascript']")).to_have_count(0)
    expect(shown.locator("img")).to_have_count(0)
    stub(hostile)  # a wrong answer
    choose(page)
    message(page, "The printer is on fire").click(button="right")
    expect(page.get_by_role("menuitem", name="onclick")).to_contain_text('"><img src=x>')
    assert page.title() == "zoho-cliq-mock"
    assert page.locator("#messages script, #chats script, #deliveries script, [onerror], [onclick]").count() == 0
    assert page.evaluate("document.images.length") == 0


@pytest.mark.heavy
def test_the_policy_refuses_markup_and_scripts(chromium_browser: Browser, mock: MockServer) -> None:
    context = chromium_browser.new_context()
    page = context.new_page()
    page.goto(mock.console_url)
    page.wait_for_selector("body[data-ready]")
    # In a timer's callback, because the policy does not apply to code that the driver itself evaluates.
    refused = page.evaluate(
        """() => new Promise((resolve) => setTimeout(() => {
            const tries = [
                () => (document.body.innerHTML = "<p>"), () => document.write("<p>"),
                () => eval("1"), () => new Function("1"),
                () => (document.createElement("script").src = "/x.js"),
                () => (document.createElement("script").text = "1"),
                () => document.body.setAttribute("onclick", "1"),
            ];
            resolve(tries.map((act) => { try { act(); return "done"; } catch (error) { return error.name; } }));
        }))"""
    )
    assert refused == ["TypeError", "TypeError", "EvalError", "EvalError", "TypeError", "TypeError", "TypeError"]
    context.close()


@pytest.mark.heavy
def test_the_page_sends_no_request_to_another_host(
    open_page: Callable[..., Page], mock: MockServer, stub: Callable[[Any], None]
) -> None:
    page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    stub(CARD)
    choose(page)
    expect(page.locator("#messages .card")).to_be_visible()
    assert asked
    assert [url for url in asked if not url.startswith((mock.accounts_url, "data:"))] == []


@pytest.mark.heavy
def test_two_browsers_see_the_same(open_page: Callable[..., Page], make: Make) -> None:
    first, second = open_page(), open_page()
    second.get_by_label("You are").select_option("colleague")
    make("Show", say('return {"text":"for all"};'))
    choose(first)
    for each in (first, second):
        expect(each.locator("#messages .type-answer")).to_contain_text("for all")
        expect(each.locator("#deliveries details[data-id]")).to_have_count(1)
    first.reload()
    expect(first.locator("#deliveries details[data-id]")).to_have_count(1)


@pytest.mark.heavy
def test_the_page_shows_that_the_mock_has_ended(chromium_browser: Browser) -> None:
    context = chromium_browser.new_context()
    page = context.new_page()
    with MockServer() as mock:
        page.goto(mock.console_url)
        page.wait_for_selector("body[data-ready]")
    expect(page.locator("#connection")).to_contain_text("does not respond")
    context.close()
