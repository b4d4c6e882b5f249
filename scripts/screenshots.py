"""The code behind scripts/screenshots.

It starts a mock with a chat and a webhook receiver, and Chromium shows five pages of it.
"""

from __future__ import annotations

import base64
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, Page, sync_playwright
from zoho_cliq import Cliq
from zoho_cliq.webhooks import Answer, Event, Receiver, button, card, form, form_error, form_input
from zoho_cliq_mock import MockServer, serving
from zoho_cliq_mock.seed import DEMO

NOW = 1_893_578_400.0  # 2 January 2030, 10:00 UTC
SIZE = {"width": 1200, "height": 680}
QUALITY = 0.8
CHAT: dict[str, Any] = {
    "title": "#office",
    "members": ["owner", "colleague"],
    "messages": [
        {"sender": "colleague", "text": "Good morning! The printer on the second floor is on fire."},
        {"sender": "owner", "text": "Again? It was the toaster last time."},
        {"sender": "colleague", "type": "link", "text": "https://example.com/printer/manual"},
    ],
}
SEED = {**DEMO, "chats": [CHAT, {"title": "#support", "members": ["owner", "colleague"], "messages": []}]}
SCRIPT = """\
words = message.get("text").toList(" ");
info "asked by " + user.get("first_name");
long = 0;
for each word in words
{
    if(word.length() > 5)
    {
        long = long + 1;
    }
}
return {"text": "Of " + words.size() + " words " + long + " are long."};
"""
WRONG = SCRIPT.replace("long + 1;", "long + 1")
STEADY = """async () => {
  const list = document.getElementById("messages");
  for (let frame = 0; frame < 3; frame += 1) {
    await new Promise(requestAnimationFrame);
    if (list.scrollTop) list.scrollTop = Math.floor(list.scrollHeight - list.clientHeight);
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    text.data = text.data
      .replace(/\\b\\d+(\\.\\d+)?(\\s)ms\\b/g, "8$2ms")
      .replace(/127\\.0\\.0\\.1:\\d+/g, "127.0.0.1:8000")
      .replace(/(response\\/|responses?\\/)[\\w-]+/g, "$1…");
  }
}"""
TO_WEBP = """async ([png, quality]) => {
  const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext("2d").drawImage(picture, 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/webp", quality });
  return btoa(Array.from(new Uint8Array(await blob.arrayBuffer()), (byte) => String.fromCharCode(byte)).join(""));
}"""
receiver = Receiver()


@receiver.action("Create ticket")
def create_ticket(event: Event) -> Answer:
    """Answer with a card, a table and buttons."""
    return card(
        "Ticket 4711",
        text="A ticket was filed.",
        sections={"Details": {"Summary": "Printer on fire", "Filed by": event.user_name, "Priority": "high"}},
        slides=[
            {
                "type": "table",
                "title": "Similar tickets",
                "data": {
                    "headers": ["Ticket", "Summary", "State"],
                    "rows": [
                        {"Ticket": "4102", "Summary": "Toaster on fire", "State": "closed"},
                        {"Ticket": "4630", "Summary": "Printer smells", "State": "open"},
                    ],
                },
            }
        ],
        buttons=[
            button("Open", open_url="https://desk.example.com/4711"),
            button("Close ticket", function="close_ticket"),
        ],
    )


@receiver.action("Report a fault")
def report_a_fault(event: Event) -> Answer:
    """Answer with a form."""
    return form(
        "Report a fault",
        name="fault",
        function="report_fault",
        hint="The house service reads it at once.",
        button_label="Report",
        inputs=[
            form_input("text", "summary", "Summary", value="The printer is on fire"),
            form_input("select", "floor", "Floor", options={"1": "First", "2": "Second"}, placeholder="Choose one"),
            form_input("radio", "urgency", "Urgency", options={"now": "Now", "later": "Later"}),
        ],
    )


@receiver.action("Send report")
def send_report(event: Event) -> Answer:
    """Answer with what is wrong with a form."""
    return form_error("The report was not sent.", inputs={"floor": "Choose a floor.", "urgency": "Is it urgent?"})


def add_actions(cliq: Cliq, url: str) -> None:
    """Create the actions that the pictures show."""
    hints = {"Create ticket": "File this message", "Report a fault": "Fill in a form", "Send report": "Send the form"}
    for name, hint in hints.items():
        cliq.message_actions.ensure(
            name=name,
            hint=hint,
            execution_type="webhook",
            execution_url=f"{url}/cliq",
            handler={"permissions": ["message", "user"]},
        )
    cliq.message_actions.ensure(name="Count words", hint="And the long ones", handler={"script": SCRIPT})
    cliq.message_actions.create(name="Shorten", hint="Make the link short", message_types=["link"])


def message(page: Page) -> Any:
    """Return the message that actions are chosen on."""
    return page.locator("#messages .message").filter(has_text="Good morning").first


def choose(page: Page, name: str) -> None:
    """Choose an action on the message with the mouse, and wait for its result."""
    count = page.locator("#deliveries details[data-id]").count()
    message(page).click(button="right", position={"x": 160, "y": 20})
    page.get_by_role("menuitem", name=name).click()
    page.locator("#deliveries details[data-id]").nth(count).wait_for()
    page.locator("#messages .type-answer").last.scroll_into_view_if_needed()


def menu(page: Page) -> None:
    """Show the menu of a message, including actions that are not offered, with the reason."""
    message(page).click(button="right", position={"x": 320, "y": 34})
    page.get_by_role("menuitemcheckbox").click()
    page.get_by_role("menuitem", name="Shorten").wait_for()


def answer(page: Page) -> None:
    """Show a card with a table and buttons."""
    choose(page, "Create ticket")


def a_form(page: Page) -> None:
    """Show a form and an error in it."""
    choose(page, "Report a fault")
    choose(page, "Send report")


def log(page: Page) -> None:
    """Show a delivery: what the script wrote, its answer and the event."""
    choose(page, "Count words")


def editor(page: Page) -> None:
    """Show the editor of a script with a finding of the checker."""
    page.get_by_role("button", name="Actions", exact=True).click()
    page.get_by_role("button", name="Edit Count words").click()
    page.get_by_role("dialog").get_by_label("Script").fill(WRONG)
    page.locator(".findings .error").first.wait_for()


STATES: dict[str, Callable[[Page], None]] = {
    "menu": menu,
    "answer": answer,
    "form": a_form,
    "log": log,
    "script": editor,
}


def take(browser: Browser, name: str, act: Callable[[Page], None]) -> bytes:
    """Return a screenshot as WebP, taken with a new mock server."""
    with (
        MockServer(seed=SEED, clock=lambda: NOW) as mock,
        serving(lambda url: receiver.asgi()) as url,
        browser.new_context(
            viewport=SIZE, locale="en-GB", timezone_id="UTC", color_scheme="light", reduced_motion="reduce"
        ) as context,
        browser.new_context() as elsewhere,
    ):
        mock.freeze()
        with Cliq(mock.add_token(), base_url=mock.url, clock=mock.clock) as cliq:
            add_actions(cliq, url)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(mock.console_url)
        page.wait_for_selector("body[data-ready]")
        act(page)
        page.mouse.move(0, 0)
        page.evaluate(STEADY)
        png = page.screenshot(animations="disabled")
        encoded = elsewhere.new_page().evaluate(TO_WEBP, [base64.b64encode(png).decode(), QUALITY])
        return base64.b64decode(encoded)


def main(folder: Path) -> int:
    """Write all pictures; return the exit code."""
    path = shutil.which("chromium")
    if path is None:
        print("screenshots: chromium is missing; on Debian: apt-get install chromium", file=sys.stderr)
        return 2
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--disable-lcd-text", "--disable-partial-raster", *(["--no-sandbox"] if root else [])],
        )
        for name, act in STATES.items():
            try:
                picture = take(browser, name, act)
            except Error as error:
                print(f"screenshots: {name}: {error.message.splitlines()[0]}", file=sys.stderr)
                return 1
            (folder / f"{name}.webp").write_bytes(picture)
            print(f"{folder.name}/{name}.webp  {len(picture) / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
