"""The first-order mutants of the mock: which of its modules are changed, and how a changed mock is graded.

A mutant counts as found if the kit does not report it as conforming: it breaks a fact, it cannot be graded, it does not
start, or it does not end.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import tomllib
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from harness import CONTROL, profile, share_clock
from histories import DISTANCES, SAME, Difference, difference, recorded
from mutation.first_order import Change, TookTooLong, at_most, changes, loaded
from zoho_cliq_conformance.drivers.creation_limit import run_creation_limit
from zoho_cliq_conformance.drivers.table import run_table
from zoho_cliq_conformance.drivers.thresholds import run_thresholds
from zoho_cliq_conformance.judge.verdicts import Violation
from zoho_cliq_conformance.run import Driver, run
from zoho_cliq_conformance.sending.asgi import AsgiTransport
from zoho_cliq_conformance.sending.client import Client, Stopped
from zoho_cliq_conformance.sending.transport import HttpTransport
from zoho_cliq_conformance.trace import Exchange

PACKAGE = "zoho_cliq_mock"
SECONDS = 6.0  # seconds that the grading of a mutant may take; one that ends at all takes less than 2
SEED = 1

# The modules that implement the contract, each with functions that are left out because no request to the API reaches
# them: those of the control API, the seed, faults and sockets, which have other tests.
SEMANTIC: dict[str, tuple[str, ...]] = {
    "actions": (),
    "app": ("App._note", "_refuse_other", "App.__call__"),  # the journal; other protocols; clients that disconnect
    "audiences": ("Audiences.membership_changed",),  # control: who is a member of which teams
    "bodies": (),
    "cursors": (),
    "directory": ("read_scopes",),  # seed and control: scopes as users write them
    "document": (),
    "errors": (),
    "operations": (),
    "schemas": (),
    "state": (
        # control: reset, other seeds, snapshots, users, the clock
        *("State.reset", "State.reseed", "State.snapshot", "State.restore", "State._drop", "State.change_teams"),
        *("State._read_teams", "State._replace_user", "State._user", "State.keep_clock", "State._read_clock"),
        *("State._plant", "State._plant_action", "State.set_thresholds", "State.set_policies", "State.close"),
        *("State._read", "_close_when_dropped", "_close"),  # what a database file holds; the end
    ),
    "store": ("Store.share", "Store.clear", "Store.keep_ids"),  # seed: collaborators; control: reset
    "thresholds": ("Thresholds.load", "Thresholds.locks", "Thresholds.clear", "Thresholds.used"),  # control
}
# Why the other modules are not changed.
NOT_SEMANTIC: dict[str, str] = {
    "__init__": "gives the names of the package",
    "__main__": "the command line",
    "accounts": "OAuth, which the Message Actions API's page does not describe",
    "applications": "the ASGI application of somebody's service, which runs beside the mock",
    "chats": "chats and their messages, which the Message Actions API does not show",
    "clock": "time, and how the control API moves it",
    "console_access": "who may open the console",
    "control": "the control API: no server of the vendor's has it",
    "control_client": "a client of the control API",
    "control_requests": "who may send control calls, and their bodies",
    "controls": "the control API as methods",
    "database": "the file: which one is opened, and its tables",
    "extras": "what to install where a package is missing",
    "faults": "faults that are asked for",
    "forks": "what a fork inherits",
    "journal": "what was requested, for people",
    "oauth": "OAuth, which the Message Actions API's page does not describe",
    "path_parameters": "parameters of paths that the document may gain: it has none of them",
    "plugin": "a fixture",
    "nesting": "how deeply control bodies and answers of receivers may be nested",
    "results": "what the control API answers, as values",
    "policies": "names of choices that the vendor leaves open: another default is another lawful mock",
    "seed": "reads the people and tokens to begin with",
    "server": "threads and sockets",
    "terminal": "what people see",
    "wire": "what a socket carries: framing, sizes, refusals of what is no HTTP; in-process grading sees none of it",
}


def mutants(module: str) -> list[Change]:
    """Return all mutants of a semantic module."""
    return list(changes(PACKAGE, module, SEMANTIC[module]))


# Policies are choices that the vendor leaves open. A mock with these other values conforms as well, and grading it runs
# code that the default values do not use.
OTHERWISE: dict[str, object] = {
    "domain_errors": "400",
    "throttle_status": "400",
    "scope_status": "401",
    "error_shape": "nested",
    "validation_codes": "sibling",
    "malformed_id": "400",
    "handler_of_missing_action": "msgaction_not_found",
    "invisible": "403",
    "threshold_window": "fixed",
    "threshold_counts": "accepted",
    "lock_extends": "yes",
    "default_scope": "personal",
    "default_message_types": "text",
    "default_permissions": "chat,user",
    "empty_strings": "accept",
    "repeated_items": "keep",
    "empty_update": "refuse",
    "stray_team_ids": "ignore",
    "stray_execution_url": "ignore",
    "team_choice": "own",
    "name_case": "insensitive",
    "name_unique_in": "creator",
    "creation_limit": 1000,
    "may_change": "visible",
    "unset_handler": "empty",
    "list_order": "newest_first",
    "list_limit": "clamp",
    "sync_token_on": "every",
    "total_count": "present",
    "deleted_key": "absent",
    "handler_changes_sync": "yes",
    "null_token": "refuse",
    "token_lifetime": 100_000,
}
LIMIT = 12
WITH_THRESHOLDS = ("app", "errors", "thresholds")


@contextmanager
def _mutated(change: Change | None, *, dense: bool = False) -> Iterator[Any]:
    """Yield the mock with the change. With `dense`, it lists changes as if there were more than a test can make."""
    with loaded(PACKAGE, change) as mock:
        if dense:
            mock.create_app  # noqa: B018  imports what lies behind the name
            sys.modules[f"{PACKAGE}.audiences"].DENSE = 1  # type: ignore[attr-defined]
        yield mock


class _Found(Stopped):
    pass


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress logs and warnings of broken programs, which log errors and do not close their connections."""
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


Attempt = tuple[dict[str, object], list[tuple[str, Driver]]]


def _attempts(module: str) -> Iterator[Attempt]:
    """Yield the policies and drivers with which a mutant of the module is graded, until one finds it."""
    table: list[tuple[str, Driver]] = [("table", run_table)]
    yield {}, table
    yield {"creation_limit": LIMIT}, [("creation-limit", run_creation_limit)]
    yield OTHERWISE, table
    if module in WITH_THRESHOLDS:
        yield {}, [("thresholds", run_thresholds)]
        yield OTHERWISE, [("thresholds", run_thresholds)]


def _stop(exchange: Exchange, new: list[Violation]) -> None:
    if new:
        raise _Found(new[0].fact)


def _verdict(client: Client, drivers: list[tuple[str, Driver]]) -> str | None:
    result = run(client, drivers, clean=False)
    if result.violations:
        return result.violations[0].fact
    return None if result.exit_code(strict=True) == 0 else f"not graded: {result.stopped}"


def _grade(mock: Any, policies: dict[str, object], drivers: list[tuple[str, Driver]]) -> str | None:
    """Return the fact that a mock breaks, or why it cannot be graded; None if it conforms."""
    app = mock.create_app(":memory:", control_token=CONTROL, policies=policies)
    transport = AsgiTransport(app)
    try:
        limit = policies["creation_limit"] if policies.keys() == {"creation_limit"} else None
        client = Client(profile(creation_limit=limit), transport, seed=SEED, on_exchange=_stop)
        share_clock(client)
        return _verdict(client, drivers)
    finally:
        transport.close()
        app.state.close()


def _grade_over_http(mock: Any) -> str | None:
    """Return the same as `_grade`, for a mock that is called over HTTP."""
    with mock.MockServer() as server:
        graded = profile(server.accounts_url, control_token=server.control_token)
        transport = HttpTransport(server.url, timeout=1.0)
        try:
            return _verdict(Client(graded, transport, seed=SEED, on_exchange=_stop), [("table", run_table)])
        finally:
            transport.close()


def _plans(change: Change | None) -> tuple[bool, ...]:
    return (False, True) if _module(change) == "audiences" else (False,)


def _module(change: Change | None) -> str:
    return change.module.removeprefix(f"{PACKAGE}.") if change is not None else ""


def found(change: Change | None) -> str | None:
    """Return the fact or the failure by which a mutant is found, or None if it conforms."""
    module = _module(change)
    try:
        for dense in _plans(change):
            with _quiet(), at_most(SECONDS), _mutated(change, dense=dense) as mock:
                for policies, drivers in _attempts(module):
                    fault = _grade(mock, policies, drivers)
                    if fault is not None:
                        return fault
                if module == "wire" and (fault := _grade_over_http(mock)) is not None:
                    return fault
    except TookTooLong:
        return "does not end"
    except Exception as error:  # noqa: BLE001  any exception of a broken program means: found
        return f"does not run: {type(error).__name__}"
    return None


def departure(change: Change | None) -> Difference:
    """Return the difference between a conforming mutant and the unchanged mock, on the recorded histories."""
    histories = [(policies, recorded(tuple(policies.items()), SEED)) for policies in ({}, OTHERWISE)]
    try:
        with _quiet(), at_most(SECONDS):
            widest = SAME
            for dense in _plans(change):
                with _mutated(change, dense=dense) as mock:
                    for policies, history in histories:
                        widest = max(widest, difference(mock, policies, history), key=_width)
            return widest
    except TookTooLong:
        return Difference("behaviour", "does not end")


def _width(found: Difference) -> int:
    return DISTANCES.index(found.distance)


@dataclass(frozen=True)
class Survivor:
    """Why a mutant is not found.

    Attributes:
        kind: one of `KINDS`.
        differs: how much it differs from the unchanged mock on the recorded histories: one of `DISTANCES`.
        reason: why it is not found, in words.
    """

    kind: str
    differs: str
    reason: str


KINDS = ("differential", "lawful", "by hand", "missed")


def listed() -> dict[str, Survivor]:
    """Return the survivors that `survivors.toml` lists, by the name of the mutant."""
    groups = tomllib.loads(Path(__file__).with_name("survivors.toml").read_text("utf-8"))["survivors"]
    return {
        name: Survivor(group["kind"], group.get("differs", "same"), group["reason"])
        for group in groups
        for name in group["mutants"]
    }


def figures() -> dict[str, int | str]:
    """Return the numbers of found and equivalent mutants according to the list of survivors.

    That the list is complete is tested by grading each mutant.
    """
    kinds = Counter(survivor.kind for survivor in listed().values())
    number = sum(len(mutants(module)) for module in SEMANTIC)
    differing = number - kinds["differential"] - kinds["lawful"] - kinds["by hand"]
    return {
        "first_order_mutants": number,
        "first_order_mutants_found": f"{differing - kinds['missed']} of {differing}",
        "first_order_mutants_equivalent": (
            f"{kinds['differential']} on recorded histories, {kinds['by hand']} by hand; {kinds['lawful']} lawful"
        ),
    }


def complaint(change: Change, known: Mapping[str, Survivor]) -> str | None:
    """Return how a mutant contradicts the list of survivors, or None if it does not.

    Args:
        change: the mutant.
        known: the list of survivors.
    """
    survivor = known.get(change.name)
    if survivor is not None and survivor.kind == "by hand":
        return None  # on a socket its answers depend on timing
    fault = found(change)
    if fault is not None:
        return f"{change.name}: is found now ({fault}); take it off the list" if survivor else None
    seen = departure(change)
    if survivor is None:
        return f"{change.name}: is not found, and not listed; differs: {seen.distance} {seen.example}"
    if survivor.differs != seen.distance:
        return f"{change.name}: is listed as {survivor.differs}, but differs: {seen.distance} {seen.example}"
    return None


def _complaint(change: Change) -> str | None:
    return complaint(change, listed())


def complaints(some: Sequence[Change], processes: int = 1) -> Iterator[str]:
    """Yield how mutants contradict the list of survivors. They are graded in new processes.

    So nothing that is left running in this process, such as a busy thread, slows a mutant down, and a mutant that ends
    its process does not end this one. The processes run in a temporary folder, since a mutant may write a file with an
    unexpected name.

    Args:
        some: the mutants.
        processes: the number of processes.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(processes, get_context("spawn"), initializer=os.chdir, initargs=(folder,)) as pool,
    ):
        yield from filter(None, pool.map(_complaint, some, chunksize=4))
