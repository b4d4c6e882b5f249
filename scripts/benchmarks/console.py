"""`bench console`: how long the mock's page takes to show 1,000 deliveries, in Debian's Chromium.

The page belongs to a mock that has run a script 1,000 times and shown its answers. Each round opens it twice, in a new
browser context each time. The page sets a mark when it has received all data, and another when the frame that shows it
is painted. The first time, the wall time between the marks is taken. The second time, Chromium traces itself, and the
CPU time of the page's main thread between the marks is taken, which does not depend on the machine's load.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from zoho_cliq import Cliq
from zoho_cliq_mock import MockServer

from benchmarks import environment
from benchmarks.measure import estimate
from benchmarks.report import Report, Table, progress

DELIVERIES = 1000
AT_MOST = 500  # milliseconds
CPU = "CPU time of the page's main thread, from the data's arrival to the painted frame"
WALL = "wall time of the same"
WHOLE = "wall time from the navigation on"
VIEWPORT: ViewportSize = {"width": 1280, "height": 800}
SCRIPT = 'info "asked by " + user.get("first_name");\nreturn {"text": "Filed: " + message.get("text")};'
TIMES = """() => new Promise((tell) => new PerformanceObserver((list) => {
  const [rendered] = list.getEntriesByName("console:rendered");
  const entries = document.querySelectorAll("#deliveries details[data-id]").length;
  if (rendered) tell([rendered.duration, rendered.startTime + rendered.duration, entries]);
}).observe({ type: "measure", buffered: true }))"""


def run(quick: bool) -> Report:
    """Open the page repeatedly, and collect the times that it measures."""
    taken: dict[str, list[float]] = {name: [] for name in (CPU, WALL, WHOLE)}
    with MockServer(thresholds=False) as mock, chromium() as browser:
        deliveries(mock, DELIVERIES)
        version = browser.version
        show, rounds = progress("console"), 3 if quick else 15
        for done in range(rounds + 1):
            show(done, rounds + 1)
            wall, whole = opened(browser, mock.console_url, DELIVERIES)
            cpu = traced(browser, mock.console_url, DELIVERIES)
            if done:  # ignore the first round, which fills the browser's caches
                for name, milliseconds in ((CPU, cpu), (WALL, wall), (WHOLE, whole)):
                    taken[name].append(milliseconds)
        show(rounds + 1, rounds + 1)
    report = Report("console", f"how long does the mock's page take to show {DELIVERIES:,} deliveries?")
    found = {name: estimate(values) for name, values in taken.items()}
    rows = [
        (name, f"{of.median:.0f} ms", f"{of.low:.0f} to {of.high:.0f} ms", f"{min(taken[name]):.0f} ms")
        for name, of in found.items()
    ]
    report.tables.append(Table("rendering", ("what", "median", "95 % interval", "fastest"), rows))
    report.figures["rendering"] = {
        "deliveries": DELIVERIES,
        "cpu_ms": found[CPU].median,
        "wall_ms": found[WALL].median,
        "fastest_wall_ms": min(taken[WALL]),
        "from_navigation_ms": found[WHOLE].median,
        "rounds": rounds,
        "chromium": version,
    }
    promise = f"{DELIVERIES:,} deliveries are rendered in ≤ {AT_MOST} ms of the main thread"
    report.promise(promise, found[CPU], AT_MOST, " ms", 0)
    report.notes.append(f"Chromium {version}, a window of {VIEWPORT['width']} × {VIEWPORT['height']}, {rounds} rounds.")
    report.notes.append("Wall times grow with whatever else the machine does, so the CPU time is what is judged.")
    return report


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium and yield it. Raise SetupError if it is not installed."""
    path = shutil.which("chromium")
    if path is None:
        raise environment.SetupError("chromium is needed; on Debian: apt-get install chromium")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"] if root else [])
        yield browser
        browser.close()


def deliveries(mock: MockServer, count: int) -> None:
    """Choose an action on the first message this many times."""
    with Cliq(mock.add_token(), base_url=mock.url) as cliq:
        action = cliq.message_actions.ensure(name="Create ticket", hint="File it", handler={"script": SCRIPT}).action
    [message, *_] = mock.messages()
    show = progress("deliveries")
    for number in range(count):
        show(number, count)
        mock.trigger(action.id, messages=[message.id])
    show(count, count)


def opened(browser: Browser, url: str, count: int) -> tuple[float, float]:
    """Open the page in a new context; return the milliseconds of rendering, and those since the navigation.

    Raise SetupError if it shows another number of deliveries.
    """
    with browser.new_context(viewport=VIEWPORT) as context:
        return _rendered(context.new_page(), url, count)


def traced(browser: Browser, url: str, count: int) -> float:
    """Open the page in a new context; return the CPU milliseconds of rendering.

    Raise SetupError if it shows another number of deliveries, or this Chromium does not measure threads.
    """
    with browser.new_context(viewport=VIEWPORT) as context:
        page = context.new_page()
        browser.start_tracing(page=page, categories=["blink.user_timing", "disabled-by-default-devtools.timeline"])
        wall, _ = _rendered(page, url, count)
        events: list[dict[str, Any]] = json.loads(browser.stop_tracing())["traceEvents"]
    [told] = [event for event in events if event["name"] == "console:told"]
    tasks = [
        event
        for event in events
        if (event["name"], event["pid"], event["tid"]) == ("RunTask", told["pid"], told["tid"])
        and told["ts"] < event["ts"] + event.get("dur", 0)
        and event["ts"] < told["ts"] + wall * 1000
    ]
    if not all("tdur" in task for task in tasks):
        raise environment.SetupError("this Chromium does not measure the CPU time of threads")
    return sum(float(task["tdur"]) for task in tasks) / 1000


def _rendered(page: Page, url: str, count: int) -> tuple[float, float]:
    page.goto(url)
    rendered, shown, entries = page.evaluate(TIMES)
    if entries != count:
        raise environment.SetupError(f"the page shows {entries} deliveries, not {count}")
    return rendered, shown
