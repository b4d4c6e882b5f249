"""The command `zoho-cliq-conformance`: grade a server, or recorded traffic.

Exit status: 0 the server conforms, 1 there are faults, 2 it could not be graded, 3 it is locked for a threshold.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from . import har, plan, render, report
from .client import Client
from .creation_limit import run_creation_limit
from .profile import Profile, ProfileError, load, server_url
from .render import clean
from .run import CANNOT_RUN, Driver, Result, run, run_table
from .streams import complain, show, tell
from .thresholds import run_thresholds
from .trace import Exchange
from .transport import HttpTransport
from .verdicts import Violation

DRIVERS = ("table", "machine", "fuzz", "thresholds", "creation-limit")
ORDER = ("thresholds", "table", "machine", "fuzz", "creation-limit")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; gives the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        with _on_signals(signal.default_int_handler):
            return int(arguments.act(arguments))
    except (ProfileError, har.HarError, OSError) as error:
        complain(error)
        return CANNOT_RUN
    except KeyboardInterrupt:
        complain("interrupted")
        return CANNOT_RUN


@contextmanager
def _on_signals(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Ctrl-C, and SIGTERM, as of a build that is cancelled, go to the handler."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # A background job inherits that SIGINT is ignored.
    earlier = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, before in earlier.items():
            signal.signal(number, before)


@contextmanager
def _stopping(client: Client) -> Iterator[None]:
    """A signal ends the run where it can end: between two calls, or in a wait. A second one does not wait for that."""

    def handler(number: int, frame: FrameType | None) -> None:
        if client.interrupted:
            raise KeyboardInterrupt
        client.interrupted = True

    with _on_signals(handler):
        yield


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="zoho-cliq-conformance",
        description="Grade a server of the Zoho Cliq Message Actions API.",
        epilog="Exit status: 0 conforms, 1 faults, 2 cannot run, 3 locked for a threshold.",
    )
    try:
        version = importlib.metadata.version("zoho-cliq")
    except importlib.metadata.PackageNotFoundError:
        version = "(version unknown: not installed)"
    parser.add_argument("--version", action="version", version=f"%(prog)s {version}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    grade = commands.add_parser("run", help="grade a server", description="Grade a server.")
    grade.add_argument("--profile", type=Path, required=True, help="TOML file that names the server and its tokens")
    grade.add_argument(
        "--base-url", help="grade this URL instead of the profile's, for example http://127.0.0.1:8100/api/v3"
    )
    grade.add_argument(
        "--only",
        type=_drivers,
        default=["table"],
        metavar="DRIVERS",
        help=f"comma-separated, of {', '.join(DRIVERS)} (default: table)",
    )
    grade.add_argument("--plan", action="store_true", help="print calls and minutes per operation, and send nothing")
    grade.add_argument("--budget", type=_count, metavar="N", help="send at most N calls, clean-up included")
    grade.add_argument("--max-minutes", type=_minutes, metavar="M", help="stop after M minutes, and clean up")
    grade.add_argument(
        "--examples", type=_count, default=30, metavar="N", help="examples of machine and fuzz (default 30)"
    )
    grade.add_argument("--seed", type=int, help="repeat a run's names and random choices")
    _common(grade)
    grade.set_defaults(act=_run)
    check = commands.add_parser(
        "check-har", help="judge recorded traffic", description="Judge the traffic of a HAR file."
    )
    check.add_argument("file", type=Path, help="HAR 1.2 file")
    check.add_argument("--profile", type=Path, help="profile that says whose the tokens are")
    check.add_argument("--base-url", help="only traffic to this base URL")
    _common(check)
    check.set_defaults(act=_check_har)
    return parser


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--report", type=Path, metavar="DIR", help="write report.json, junit.xml and report.html there")
    parser.add_argument("--strict", action="store_true", help="inferred and guessed facts decide, too")
    parser.add_argument("--verbose", action="store_true", help="show every fact and every line of shell")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def _drivers(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in DRIVERS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"no driver {text!r}; there are {', '.join(DRIVERS)}")
    return ordered(names)


def ordered(names: Sequence[str]) -> list[str]:
    """The drivers in the order in which they run."""
    return [name for name in ORDER if name in names]


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def _minutes(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes above 0")
    return value


class Progress:
    """Lines on standard error while a run goes on: where it is, what it waits for, and each new fault."""

    def __init__(self, quiet: bool) -> None:
        self._quiet, self._terminal = quiet, sys.stderr is not None and sys.stderr.isatty()
        self._last_wait = 0.0
        self._seen: set[str] = set()

    def exchange(self, exchange: Exchange, new: list[Violation]) -> None:
        for violation in new:
            if violation.fact not in self._seen:
                self._seen.add(violation.fact)
                self._say(clean(f"fault: {violation.fact}: {exchange.summary()}"))

    def scenario(self, client: Client) -> Callable[[str], None]:
        return lambda name: self._say(f"{len(client.trace):4} calls  {name}")

    def wait(self, seconds: float, why: str) -> None:
        now = time.monotonic()
        if now - self._last_wait > (1 if self._terminal else 20):
            self._last_wait = now
            self._say(f"waiting {seconds:.0f} s: {why}", passing=self._terminal)

    def clean_up(self, actions: int) -> None:
        if actions:
            self._say(f"removing {actions} actions, 9 a minute; another Ctrl-C leaves them there")

    def _say(self, line: str, passing: bool = False) -> None:
        if not self._quiet:
            tell(f"\r\033[K{line}" if self._terminal else line, end="" if passing else "\n")


def drivers_for(
    names: Sequence[str], examples: int, on_scenario: Callable[[str], None] | None = None
) -> list[tuple[str, Driver]]:
    """The drivers of these names; the heavy libraries are loaded only for those that need them."""
    found: list[tuple[str, Driver]] = []
    for name in names:
        if name == "table":
            found.append((name, lambda client, result: run_table(client, result, on_scenario=on_scenario)))
        elif name == "thresholds":
            found.append((name, run_thresholds))
        elif name == "creation-limit":
            found.append((name, run_creation_limit))
        elif name == "machine":
            from .machine import run_machine

            found.append((name, lambda client, result: run_machine(client, result, examples=examples)))
        else:
            from .fuzz import run_fuzz

            found.append((name, lambda client, result: run_fuzz(client, result, examples=examples)))
    return found


def _run(arguments: argparse.Namespace) -> int:
    profile = load(arguments.profile, arguments.base_url)
    if arguments.plan:
        return _shown(plan.lines(plan.make(profile, arguments.only), profile), 0)
    _writable(arguments.report)
    progress = Progress(arguments.quiet)
    client = connect(
        profile, seed=arguments.seed, budget=arguments.budget, max_minutes=arguments.max_minutes, progress=progress
    )
    started = time.monotonic()
    try:
        drivers = drivers_for(arguments.only, arguments.examples, progress.scenario(client))
        with _stopping(client):
            result = run(client, drivers, on_clean_up=None if client.profile.reset_url else progress.clean_up)
    finally:
        client.close()
    seconds = time.monotonic() - started
    return _finish(result, arguments, arguments.only, seconds)


def connect(
    profile: Profile,
    *,
    seed: int | None = None,
    budget: int | None = None,
    max_minutes: float | None = None,
    progress: Progress | None = None,
) -> Client:
    """A client for the profile's server over HTTP."""
    control = HttpTransport(profile.reset_url or profile.clock_url or profile.base_url)
    client = Client(
        profile,
        HttpTransport(profile.base_url),
        control=control,
        seed=seed,
        budget=budget,
        on_exchange=progress.exchange if progress else None,
        on_wait=progress.wait if progress else None,
    )
    client.deadline = time.monotonic() + max_minutes * 60 if max_minutes else None
    return client


def _writable(directory: Path | None) -> None:
    """Make the directory and try to write there, before anything is sent."""
    if directory is None:
        return
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise OSError(f"--report {directory}: no reports can be written there: {error.strerror or error}") from None


def _check_har(arguments: argparse.Namespace) -> int:
    if arguments.base_url:
        arguments.base_url = server_url(arguments.base_url, "--base-url")
    exchanges = har.load(arguments.file, arguments.base_url)
    if not exchanges:
        raise har.HarError(f"{arguments.file} holds no traffic of message actions")
    profile = (
        load(arguments.profile) if arguments.profile else Profile(arguments.base_url or "https://recorded/api/v3", {})
    )
    _writable(arguments.report)
    client = Client(profile, HttpTransport(profile.base_url), seed=0)
    client.oracle = har.oracle_for(profile)
    for exchange in exchanges:
        client.trace.append(exchange)
        user, operation = client.whose(exchange.method, exchange.target, exchange.headers)
        client.counts[user or "somebody", operation or "other"] += 1
        client.oracle.observe(exchange)
    return _finish(Result(client), arguments, ["har"], 0.0)


def _finish(result: Result, arguments: argparse.Namespace, drivers: list[str], seconds: float) -> int:
    found = report.build(result, strict=arguments.strict, drivers=drivers, seconds=seconds)
    lines = [*render.terminal(found, arguments.verbose)]
    status, unwritten = int(found["exit_code"]), ""
    if arguments.report is not None:
        try:
            write(found, arguments.report)
            lines.append(f"reports: {arguments.report / 'report.html'}, report.json, junit.xml")
        except OSError as error:
            unwritten = f"--report {arguments.report}: not all reports could be written: {error.strerror or error}"
            status = status or CANNOT_RUN
    trace = result.client.trace
    if trace and all(exchange.answer is None for exchange in trace):
        complain(f"{found['base_url']} does not answer: {trace[0].failure}")
    else:
        status = _shown(lines, status)
    if unwritten:
        complain(unwritten)
    return status


def _shown(lines: Iterable[str], status: int) -> int:
    """Print the lines; gives the status, which is no success where what was asked for cannot be printed."""
    problem = show(lines)
    if problem:
        complain(problem)
    return status or (CANNOT_RUN if problem else status)


def write(found: dict[str, Any], directory: Path) -> None:
    """Write the three report files."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("report.json", report.to_json(found)),
        ("junit.xml", render.junit(found)),
        ("report.html", render.html(found)),
    ):
        partial = directory / f".{name}.partial"
        partial.write_text(text, "utf-8")
        partial.replace(directory / name)


if __name__ == "__main__":
    sys.exit(main())
