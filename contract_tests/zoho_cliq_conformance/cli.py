"""The command `zoho-cliq-conformance`: grade a server, or recorded traffic.

Exit status: 0 the server conforms, 1 there are faults, 2 it could not be graded, 3 it is locked for a threshold,
4 there is no fault, but the run did not show every fact that it asked for.
"""

from __future__ import annotations

import argparse
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

from . import new_profile
from .drivers import har
from .drivers.creation_limit import run_creation_limit
from .drivers.table import run_table
from .drivers.thresholds import run_thresholds
from .extras import ExtraMissing, require
from .judge.facts import KNOWN
from .judge.verdicts import Violation
from .profile import Profile, ProfileError, in_paths, load, server_url
from .reporting import baseline, page, plan, render, report
from .reporting.streams import complain, show, tell
from .result import CANNOT_RUN, Result
from .run import Driver, run
from .secrets import Secrets
from .sending.client import Client
from .sending.transport import HttpTransport
from .trace import Exchange

DRIVERS = ("table", "machine", "fuzz", "thresholds", "creation-limit")
ORDER = ("thresholds", "table", "machine", "fuzz", "creation-limit")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status (0 to 4, see the module).

    Args:
        argv: the arguments after the name of the command. Default: those of this process.
    """
    arguments = parser().parse_args(argv)
    try:
        with _on_signals(signal.default_int_handler):
            return int(arguments.act(arguments))
    except (ProfileError, har.HarError, baseline.BaselineError, ExtraMissing, OSError) as error:
        complain(error)
        return CANNOT_RUN
    except KeyboardInterrupt:
        complain("interrupted")
        return CANNOT_RUN


@contextmanager
def _on_signals(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Call the handler on SIGINT (Ctrl-C) and on SIGTERM, which CI sends to cancel a build.

    Restore the earlier handlers at the end. Do nothing outside the main thread, where Python allows no handlers.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # Set SIGINT as well: a background job starts with SIGINT ignored.
    earlier = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, before in earlier.items():
            signal.signal(number, before)


@contextmanager
def _stopping(client: Client) -> Iterator[None]:
    """Stop the run at the first signal before its next call, or in its wait, and at once at the second signal."""

    def handler(number: int, frame: FrameType | None) -> None:
        if client.interrupted:
            raise KeyboardInterrupt
        client.interrupted = True

    with _on_signals(handler):
        yield


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line. Each subcommand sets `act`, the function that runs it."""
    parser = argparse.ArgumentParser(
        prog="zoho-cliq-conformance",
        description="Grade a server of the Zoho Cliq Message Actions API.",
        epilog="Exit status: 0 conforms, 1 faults, 2 could not be graded, 3 locked after a threshold was "
        "exceeded, 4 no faults, but facts that were tried are not shown.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {report.version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    grade = commands.add_parser("run", help="grade a server", description="Grade a server.")
    grade.add_argument(
        "--profile", type=Path, required=True, help="TOML file with the address of the server and its tokens"
    )
    grade.add_argument(
        "--base-url", help="grade this URL instead of the profile's, for example http://127.0.0.1:8100/api/v3"
    )
    grade.add_argument(
        "--only",
        type=_drivers,
        default=["table"],
        metavar="DRIVERS",
        help=f"drivers to run, separated by commas: {', '.join(DRIVERS)} (default: table)",
    )
    grade.add_argument(
        "--plan", action="store_true", help="print the calls and minutes of each operation; send nothing"
    )
    grade.add_argument("--budget", type=_count, metavar="N", help="send at most N calls, clean-up included")
    grade.add_argument(
        "--max-minutes", type=_minutes, metavar="M", help="stop in time to have cleaned up after M minutes"
    )
    grade.add_argument(
        "--examples",
        type=_count,
        default=30,
        metavar="N",
        help="number of examples of the drivers machine and fuzz (default: 30)",
    )
    grade.add_argument("--fail-fast", action="store_true", help="stop at the first fault, then clean up")
    grade.add_argument("--seed", type=int, help="seed of an earlier run, to repeat its names and random choices")
    _common(grade)
    grade.set_defaults(act=_run)
    check = commands.add_parser(
        "check-har", help="judge recorded traffic", description="Judge the traffic of a HAR file."
    )
    check.add_argument("file", type=Path, help="HAR 1.2 file")
    check.add_argument("--profile", type=Path, help="profile that says which user each recorded token belongs to")
    check.add_argument("--base-url", help="judge only requests to this base URL")
    _common(check)
    check.set_defaults(act=_check_har)
    new = commands.add_parser(
        "init",
        help="write a profile",
        description="Write a profile. Ask on a terminal for what no option gives. Tokens stay in the environment.",
    )
    new_profile.add_arguments(new)
    new.set_defaults(act=new_profile.run)
    return parser


def _common(parser: argparse.ArgumentParser) -> None:
    """Add the options that `run` and `check-har` share."""
    parser.add_argument(
        "--report", type=Path, metavar="DIR", help="directory for report.json, junit.xml and report.html"
    )
    parser.add_argument(
        "--baseline",
        type=Path,
        metavar="REPORT.JSON",
        help="report.json of an earlier run: show new and fixed faults; only new faults give exit status 1",
    )
    parser.add_argument("--strict", action="store_true", help="let inferred and guessed facts decide the verdict, too")
    parser.add_argument("--verbose", action="store_true", help="show every fact, and all shell lines of each fault")
    parser.add_argument("--quiet", action="store_true", help="print no progress")


def _drivers(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in DRIVERS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"unknown driver in {text!r}; choose from {', '.join(DRIVERS)}")
    return ordered(names)


def ordered(names: Sequence[str]) -> list[str]:
    """Return the names of drivers in the order in which the drivers run."""
    return [name for name in ORDER if name in names]


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return int(text)


def _minutes(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"must be a number of minutes above 0, not {text!r}")
    return value


class Progress:
    """Print progress on standard error during a run: the scenario, the waits, and each fact at its first violation.

    Args:
        quiet: print nothing.
    """

    def __init__(self, quiet: bool) -> None:
        self._quiet, self._terminal = quiet, sys.stderr is not None and sys.stderr.isatty()
        self._last_wait = 0.0
        self._seen: set[str] = set()
        self.secrets = Secrets({})

    def exchange(self, exchange: Exchange, new: list[Violation]) -> None:
        """Print each fact that this exchange is the first to violate. `new` holds the violations of the exchange."""
        for violation in new:
            if violation.fact not in self._seen:
                self._seen.add(violation.fact)
                self.secrets.learn(exchange)
                self._say(self.secrets.hide(f"fault: {violation.fact}: {exchange.summary()}"))

    def scenario(self, client: Client) -> Callable[[str], None]:
        """Return a function that prints the name of a scenario and the number of calls sent so far."""
        return lambda name: self._say(f"{len(client.trace):4} calls  {name}")

    def wait(self, seconds: float, why: str) -> None:
        """Print the rest of a wait in seconds, at most once a second on a terminal and every 20 s elsewhere."""
        now = time.monotonic()
        if now - self._last_wait > (1 if self._terminal else 20):
            self._last_wait = now
            self._say(f"waiting {seconds:.0f} s: {why}", passing=self._terminal)

    def clean_up(self, actions: int) -> None:
        """Print that the clean-up begins, and how many actions it removes. Print nothing for 0 actions."""
        if actions:
            self._say(f"removing {actions} actions, 9 a minute; Ctrl-C stops this and leaves the rest on the server")

    def _say(self, line: str, passing: bool = False) -> None:
        if not self._quiet:
            tell(line, before="\r\033[K" if self._terminal else "", end="" if passing else "\n")


def drivers_for(
    names: Sequence[str],
    examples: int,
    on_scenario: Callable[[str], None] | None = None,
    *,
    shrink: bool = True,
) -> list[tuple[str, Driver]]:
    """Return the named drivers with their names, in the given order.

    Import hypothesis and schemathesis only if a named driver needs them.

    Args:
        names: names out of `DRIVERS`.
        examples: the number of examples of the machine, and of the fuzzer for each operation.
        on_scenario: called with the name of each scenario of the table before it runs.
        shrink: whether the machine looks for the shortest history that shows a fault.
    """
    found: list[tuple[str, Driver]] = []
    for name in names:
        if name == "table":
            found.append((name, lambda client, result: run_table(client, result, on_scenario=on_scenario)))
        elif name == "thresholds":
            found.append((name, run_thresholds))
        elif name == "creation-limit":
            found.append((name, run_creation_limit))
        elif name == "machine":
            from .drivers.machine import run_machine

            found.append((name, lambda client, result: run_machine(client, result, examples=examples, shrink=shrink)))
        else:
            from .drivers.fuzz import run_fuzz

            found.append((name, lambda client, result: run_fuzz(client, result, examples=examples)))
    return found


def _run(arguments: argparse.Namespace) -> int:
    profile = load(arguments.profile, arguments.base_url)
    if arguments.plan:
        return _shown(plan.lines(plan.make(profile, arguments.only), profile), 0)
    earlier = _baseline(arguments)
    require(arguments.only)
    _writable(arguments.report)
    progress = Progress(arguments.quiet)
    client = connect(
        profile, seed=arguments.seed, budget=arguments.budget, max_minutes=arguments.max_minutes, progress=progress
    )
    if arguments.fail_fast:
        client.enough = decisive(arguments.strict, earlier)
    started = time.monotonic()
    try:
        drivers = drivers_for(
            arguments.only, arguments.examples, progress.scenario(client), shrink=not arguments.fail_fast
        )
        with _stopping(client):
            result = run(client, drivers, on_clean_up=None if client.profile.reset_url else progress.clean_up)
    finally:
        client.close()
    seconds = time.monotonic() - started
    return _finish(result, arguments, arguments.only, seconds, earlier)


def _baseline(arguments: argparse.Namespace) -> baseline.Baseline | None:
    return None if arguments.baseline is None else baseline.load(arguments.baseline)


def decisive(strict: bool, earlier: baseline.Baseline | None) -> Callable[[Violation], bool]:
    """Return a predicate: whether a violation decides the verdict and is not in the baseline.

    Args:
        strict: whether let inferred and guessed facts decide the verdict, too.
        earlier: the baseline, if there is one.
    """
    known = earlier.faults if earlier is not None else frozenset[str]()
    return lambda violation: (strict or KNOWN[violation.fact].stated) and violation.fact not in known


def connect(
    profile: Profile,
    *,
    seed: int | None = None,
    budget: int | None = None,
    max_minutes: float | None = None,
    progress: Progress | None = None,
) -> Client:
    """Return a client that sends to the profile's server over HTTP.

    Args:
        profile: the server and its tokens.
        seed: fixes the names and random choices of the run. Default: a random seed.
        budget: the largest number of calls, clean-up included. Default: no limit.
        max_minutes: the minutes from now after which the run stops. Default: no limit.
        progress: told of each exchange and each wait; its secrets become those of the client.
    """
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
    if progress is not None:
        progress.secrets = client.secrets
    return client


def _writable(directory: Path | None) -> None:
    """Make the directory of the reports and try to write there, before anything is sent. Raise OSError on failure."""
    if directory is None:
        return
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise OSError(f"--report {directory}: cannot write reports there: {error.strerror or error}") from None


def _check_har(arguments: argparse.Namespace) -> int:
    earlier = _baseline(arguments)
    require()
    if arguments.base_url:
        arguments.base_url = server_url(arguments.base_url, "--base-url")
    if arguments.profile:
        profile = load(arguments.profile, recorded=True)
    else:
        url = arguments.base_url or "https://recorded/api/v3"
        profile = Profile(url, {}, path_parameters=in_paths({}, recorded=True))
    recording = har.load(arguments.file, arguments.base_url, profile.path_parameters)
    if not recording.exchanges:
        raise har.HarError(
            f"{arguments.file} has no requests to the Message Actions API; --base-url names another server"
        )
    _writable(arguments.report)
    client = Client(profile, HttpTransport(profile.base_url), seed=0)
    client.oracle = har.oracle_for(profile)
    for exchange in recording.exchanges:
        client.trace.append(exchange)
        user, operation = client.whose(exchange.method, exchange.target, exchange.headers)
        client.counts[user or "somebody", operation or "other"] += 1
    recording.judge(client.oracle)
    return _finish(Result(client, notes=[*har.notes(recording)], recorded=True), arguments, ["har"], 0.0, earlier)


def _finish(
    result: Result,
    arguments: argparse.Namespace,
    drivers: list[str],
    seconds: float,
    earlier: baseline.Baseline | None,
) -> int:
    found = report.build(result, strict=arguments.strict, drivers=drivers, seconds=seconds)
    if earlier is not None:
        baseline.compare(found, earlier, result.exit_code_without_faults(arguments.strict))
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
    if trace and drivers != ["har"] and all(exchange.answer is None for exchange in trace):
        complain(result.client.secrets.hide(f"{found['base_url']} does not respond: {trace[0].failure}"))
    else:
        status = _shown(lines, status)
    if unwritten:
        complain(unwritten)
    return status


def _shown(lines: Iterable[str], status: int) -> int:
    """Print the lines and return the status, or `CANNOT_RUN` in the place of 0 if the lines cannot be printed."""
    problem = show(lines)
    if problem:
        complain(problem)
    return status or (CANNOT_RUN if problem else status)


def write(found: dict[str, Any], directory: Path) -> None:
    """Write report.json, junit.xml and report.html.

    Replace each file in one step, so that no reader sees half of it. Raise OSError if a file cannot be written.

    Args:
        found: the report, as `report.build` returns it.
        directory: made if it does not exist.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("report.json", report.to_json(found)),
        ("junit.xml", render.junit(found)),
        ("report.html", page.html(found)),
    ):
        partial = directory / f".{name}.partial"
        partial.write_text(text, "utf-8")
        partial.replace(directory / name)


if __name__ == "__main__":
    sys.exit(main())
