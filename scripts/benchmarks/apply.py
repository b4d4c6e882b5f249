"""`bench apply`: apply a folder of actions to an account, in calls and minutes under the real thresholds.

Client and mock server share one simulated clock, as in `bench jobs`. The alternatives are plain loops over the stock
generated client, as one would write them: create each action, then set its script; after a change, set every script
again, because a loop does not know which changed. One loop goes on after a refusal; the other waits a minute and
retries.
"""

from __future__ import annotations

import importlib
import json
import math
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from zoho_cliq import Cliq
from zoho_cliq.project import apply, plan, read

from benchmarks import environment, peers
from benchmarks.jobs import MINUTE, TOKEN, World, least_minutes, world
from benchmarks.report import Report, Table, progress

OURS, PLAIN, RETRIES = "zoho_cliq.project", "loop over the stock client", "the same loop with retries"
SIZES = (20, 100, 300)
CREATE, HANDLER = "create_message_action", "update_message_action_handler"

Carry = Callable[[dict[str, str]], None]
"""A function that makes an account have these actions, given as {name: script}."""


def ours(there: World, folder: Path) -> Carry:
    """Return our way: plan and apply, as the README says; handlers recorded in the lock file are trusted."""
    cliq = Cliq(TOKEN, base_url=there.server.url, clock=there.clock)
    (folder / "actions").mkdir()
    (folder / "cliq.toml").write_text("[environments.bench]\n", "utf-8")

    def carry(wanted: dict[str, str]) -> None:
        for number, (name, script) in enumerate(wanted.items()):
            path = folder / "actions" / f"a{number}"
            path.with_suffix(".dg").write_text(script, "utf-8")
            text = f'name = "{name}"\nhint = "From a folder"\nscript = "a{number}.dg"\n'
            path.with_suffix(".toml").write_text(text, "utf-8")
        project = read(folder)
        apply(cliq, project, plan(cliq, project, trust_lock=True), recheck=False)

    return carry


def loop(there: World, *, retries: bool) -> Carry:
    """Return the way of a loop over the stock client."""
    models: Any = importlib.import_module("stock_cliq.models")
    client: Any = importlib.import_module("stock_cliq").AuthenticatedClient(base_url=there.server.url, token=TOKEN)
    creating = peers.stock_call("create_message_action")
    updating = peers.stock_call("update_message_action_handler")
    ids: dict[str, str] = {}

    def sent(call: Callable[[], Any]) -> Any:
        while True:
            answer = call()
            if answer.status_code != 429 or not retries:
                return answer
            there.clock.sleep(MINUTE)

    def carry(wanted: dict[str, str]) -> None:
        for name, script in wanted.items():
            if name not in ids:
                body = models.MsgactionCreate.from_dict({"name": name, "hint": "From a loop"})
                answer = sent(partial(creating.sync_detailed, client=client, body=body))
                if answer.status_code != 200:
                    continue
                ids[name] = answer.parsed.data.id
            handler, kind = models.ExehandlerEdit(script=script), models.HandlerType("execution_handler")
            sent(partial(updating.sync_detailed, ids[name], kind, client=client, body=handler))

    return carry


def run(quick: bool) -> Report:
    """Apply folders of each size, and then each again with one changed script."""
    environment.clients()
    report = Report(
        "apply", "a folder of actions carried to an account, in calls and minutes under the real thresholds"
    )
    sizes = SIZES[:2] if quick else SIZES
    show = progress("apply")
    for done, size in enumerate(sizes):
        show(done, len(sizes))
        _measure(report, size)
    show(len(sizes), len(sizes))
    report.notes.append(
        "Beside what changes the account, zoho_cliq.project lists it before and after, and reads each handler that it "
        "is about to overwrite, so that nobody's change is lost; the least possible counts those calls too."
    )
    return report


def _measure(report: Report, size: int) -> None:
    first = {f"Action {number}": f"return {number};\n" for number in range(size)}
    second = first | {"Action 7": "return {};\n"}
    pages = math.ceil(size / 100)
    # The second time: a listing, what changed since, the handler read for the plan and before the change, a last look.
    least = {"new": (2 * size + pages + 1, least_minutes(size, HANDLER)), "one changed": (pages + 5, 0.0)}
    titles = {"new": f"{size} new actions with scripts", "one changed": f"one script of {size} changed"}
    for name in (OURS, PLAIN, RETRIES):
        with world() as there, tempfile.TemporaryDirectory() as folder:
            carry = ours(there, Path(folder)) if name == OURS else loop(there, retries=name == RETRIES)
            for what, wanted in (("new", first), ("one changed", second)):
                there.clock.sleep(600)
                there.begin()
                carry(wanted)
                figures = {
                    "calls": sum(there.calls.values()),
                    "least_calls": least[what][0],
                    "minutes": there.minutes,
                    "least_minutes": least[what][1],
                    "lockouts": there.lockouts,
                    "wrong": _wrong(there, wanted),
                }
                report.figures.setdefault(titles[what], {})[name] = figures
    for what, title in titles.items():
        found = report.figures[title]
        rows = [
            (name, f"{each['calls']}", f"{each['minutes']:.1f}", f"{each['lockouts']}", f"{each['wrong']}")
            for name, each in found.items()
        ]
        rows.append(("least possible", f"{least[what][0]}", f"{least[what][1]:.1f}", "0", "0"))
        report.tables.append(Table(title, ("client", "calls", "minutes", "lock-outs", "wrong in the end"), rows))
        figures = found[OURS]
        report.exact(f"{title}: calls = the least possible", figures["calls"], figures["least_calls"])
        most = figures["least_minutes"] * 1.05
        report.exact(f"{title}: time ≤ 1.05× the least possible", round(figures["minutes"], 3), round(most, 3), " min")
        report.exact(f"{title}: 0 lock-outs, 0 wrong", figures["lockouts"] + figures["wrong"], 0)


def _wrong(there: World, wanted: dict[str, str]) -> int:
    """Return how many actions are missing, duplicated, or without their script."""
    rows = there.server.app.state.connection.execute("SELECT name, handler FROM action").fetchall()
    right = sum(1 for name, handler in rows if wanted.get(name) == _script(handler))
    return len(wanted) - right + (len(rows) - len({name for name, _ in rows}))


def _script(handler: str | None) -> str | None:
    return json.loads(handler).get("script") if handler else None
