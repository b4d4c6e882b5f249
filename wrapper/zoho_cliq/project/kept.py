"""A plan in a file: `plan --out FILE` writes it, `apply FILE` carries out just that."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError
from .model import UNREAD, AccountAction, Entry, Handler, Lock, Unread
from .plans import Change, FieldChange, Left, Plan
from .steps import Step

LAYOUT = 1


def keep(plan: Plan, folder: Path, path: Path) -> None:
    """Write a plan to a file that only its owner can read: it has everything that will be sent, secrets included.

    Raise ConfigurationError where the file cannot be written.
    """
    kept = {
        "zoho-cliq plan": LAYOUT,
        "folder": os.path.relpath(folder.absolute(), path.absolute().parent),
        "environment": plan.environment,
        "base_url": plan.base_url,
        "changes": [asdict(change) for change in plan.changes],
        "steps": [asdict(step) for step in plan.steps],
        "left": [asdict(left) for left in plan.left],
        "account": [_action(action) for action in plan.account.values()],
        "lock": asdict(plan.lock),
        "settled": asdict(plan.settled),
        "sync_token": plan.sync_token,
        "trusted": plan.trusted,
    }
    try:
        handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
        try:
            with open(handle, "w", encoding="utf-8") as file:
                json.dump(kept, file, indent=1)
            os.replace(draft, path)
        except BaseException:
            os.unlink(draft)
            raise
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from None


def kept_plan(path: Path) -> tuple[Plan, Path]:
    """Return the plan in a file, and its folder. Raise ConfigurationError if the file holds none."""
    try:
        kept: Any = json.loads(path.read_bytes())
        if not isinstance(kept, dict) or "zoho-cliq plan" not in kept:
            raise ValueError("it is not a plan")
        if kept["zoho-cliq plan"] != LAYOUT:
            raise ConfigurationError(f"cannot use {path}: another version of zoho-cliq made it; plan again")
        plan = Plan(
            kept["environment"],
            kept["base_url"],
            tuple(_change(each) for each in kept["changes"]),
            tuple(_step(each) for each in kept["steps"]),
            tuple(Left(**each) for each in kept["left"]),
            {each["id"]: _read_action(each) for each in kept["account"]},
            _lock(kept["lock"]),
            _lock(kept["settled"]),
            kept["sync_token"],
            kept["trusted"],
        )
        folder = path.absolute().parent / kept["folder"]
        list(plan.lines())  # raises for values of a wrong type
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it contains no plan of zoho-cliq"
        raise ConfigurationError(f"cannot use {path}: {reason}") from None
    return plan, Path(os.path.normpath(folder))


def _action(action: AccountAction) -> dict[str, Any]:
    unread = isinstance(action.handler, Unread)
    return {
        "id": action.id,
        "fields": dict(action.fields),
        "creator": action.creator,
        **({} if unread else {"handler": action.handler}),
    }


def _read_action(kept: dict[str, Any]) -> AccountAction:
    handler = _handler(kept["handler"]) if "handler" in kept else UNREAD
    return AccountAction(kept["id"], kept["fields"], handler, kept["creator"])


def _handler(kept: Any) -> Handler:
    return tuple(kept) if isinstance(kept, list) else kept


def _change(kept: dict[str, Any]) -> Change:
    return Change(**{**kept, "fields": tuple(FieldChange(**each) for each in kept["fields"])})


def _step(kept: dict[str, Any]) -> Step:
    return Step(**{**kept, "after": tuple(kept["after"])})


def _lock(kept: dict[str, Any]) -> Lock:
    return Lock({key: Entry(**entry) for key, entry in kept["entries"].items()}, kept["sync_token"])
