"""Write the account into the folder, keeping comments, order and everything that only the folder has."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .contract_fields import create_fields, hidden_fields
from .editing import edited_text, new_text
from .effects import Do, Steps
from .faults import FITTING, TYPE, action_faults
from .files import write_whole
from .gathering import Account, OnProgress, gathered, read_handlers
from .lock_file import read_locks, write_locks
from .matching import Match, matches
from .model import (
    AccountAction,
    DesiredAction,
    Entry,
    Handler,
    Lock,
    Unread,
    digest,
    entry_of,
    handler_digest,
    normal_lines,
    same,
    same_handler,
)
from .reading import ACTIONS, Project, read
from .scaffold import scaffold
from .variables import referenced

_RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d")


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did: the files it wrote, relative to the folder, and a line for each thing that it left."""

    written: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(slots=True)
class _Result:
    """What is to be written."""

    files: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)


def pulled(
    folder: Path,
    base_url: str,
    environment: str | None,
    *,
    overwrite: bool,
    trust_lock: bool,
    environ: Mapping[str, str],
    on_progress: OnProgress = None,
) -> Steps[Pulled]:
    """Write the account into the folder; see `zoho_cliq.project.pull`."""
    made = yield Do(lambda: scaffold(folder, base_url))
    project: Project = yield Do(lambda: read(folder, environment, environ))
    account = yield from gathered(project.actions, project.lock, trust_lock=trust_lock, on_progress=on_progress)
    found = matches(project.actions, {action.id: action for action in account.actions}, project.lock)
    claimed = {action.id for match in found for action in (match.action, match.replacement) if action is not None}
    new = [action.id for action in account.actions if action.id not in claimed]
    handlers = yield from read_handlers(new, on_progress)
    result = written(project, account, found, handlers, overwrite=overwrite)
    files: list[str] = yield Do(lambda: _write(project, result))
    return Pulled((*made, *files), tuple(result.left))


def _write(project: Project, result: _Result) -> list[str]:
    done = []
    for name, text in result.files.items():
        write_whole(project.root / name, text)
        done.append(name)
    locks = read_locks(project.root)
    if write_locks(project.root, {**locks, project.environment.name: result.lock}):
        done.append("cliq.lock.toml")
    return done


def written(
    project: Project, account: Account, found: Sequence[Match], handlers: Mapping[str, Handler], *, overwrite: bool
) -> _Result:
    """Return what a pull writes: a pure function of the folder and the account.

    A file whose new name would clash with another file's keeps its name. That may cause further clashes, so the names
    are computed again until there are none.
    """
    refused: set[str] = set()
    while True:
        result = _Result(lock=project.lock)
        names = _updated_files(project, found, refused, overwrite, result)
        held = Counter(names.values())
        clashing = {each.desired.key for each in found if names[each.desired.key] != each.desired.name}
        clashing = {key for key in clashing if held[names[key]] > 1}
        if not clashing:
            break
        refused |= clashing
    taken = set(names.values())
    claimed = {action.id for match in found for action in (match.action, match.replacement) if action is not None}
    for action in account.actions:
        if action.id not in claimed:
            _added(project, replace(action, handler=handlers[action.id]), taken, result)
    if result.lock.entries != project.lock.entries or project.lock.sync_token is None:
        result.lock = replace(result.lock, sync_token=account.sync_token)
    return result


# ---- a file that is there


def _updated_files(
    project: Project, found: Sequence[Match], refused: set[str], overwrite: bool, result: _Result
) -> dict[str, str]:
    """Bring files up to date; return the name of each action by key. Those in `refused` keep theirs."""
    used = Counter(match.desired.script_file for match in found if match.desired.script_file)
    names: dict[str, str] = {}
    for match in found:
        key = match.desired.key
        if match.action is None:
            reason = match.blocked or "its action is not in the account"
            result.left.append(f"actions/{key}.toml: {reason}; the file is unchanged")
            names[key] = match.desired.name
        else:
            names[key] = _updated(project, match, match.action, used, overwrite, key in refused, result)
    return names


def _updated(
    project: Project,
    match: Match,
    action: AccountAction,
    used: Mapping[str, int],
    overwrite: bool,
    name_refused: bool,
    result: _Result,
) -> str:
    """Bring a file up to date; return the name that it has then."""
    key, entry = match.desired.key, match.entry
    table = project.tables[key]
    known = entry if entry is not None and entry.id == action.id else None
    changes, kept = _field_changes(project, match, action, known, overwrite)
    stays = kept or changes.get("script", "") is not None
    other = _other_handler(match.desired, action, changes)
    script = stays and (bool(other) or _script_change(match, action, known, used, overwrite, result))
    advice = "; --overwrite takes the account's"
    faults = [] if kept or not changes else list(action_faults(_given(match.desired, changes)))
    if name_refused:
        faults.append(("name", f"another file has {action.name!r}"))
    if other and not kept:
        faults.append((other, "the handler of another execution_type"))
    if faults:
        kept = [f"{name}: the account has a value that a file cannot have: {fault}" for name, fault in faults]
        advice = ""
    if kept:
        result.left.append(f"{table.name}: {'; '.join(kept)}; the file is unchanged{advice}")
    elif changes:
        if isinstance(changes.get("script"), str):  # beside the permissions that the file had, there is no script
            name = _free_script(project.root, result, key, changes["script"])
            result.files[f"{ACTIONS}/{name}"], changes["script"] = changes["script"], name
        result.files[table.name] = edited_text(table.text, changes)
    fresh = entry_of(action, known)
    result.lock = result.lock.with_entry(match.desired.key, None)
    if (old := result.lock.key_of(action.id)) is not None:
        result.lock = result.lock.with_entry(old, None)
    fields = (known.fields if known else {}) if kept else fresh.fields
    handler = (known.handler if known else None) if script else fresh.handler
    result.lock = result.lock.with_entry(key, Entry(action.id, fields, handler))
    return match.desired.name if kept or "name" not in changes else str(changes["name"])


def _field_changes(
    project: Project, match: Match, action: AccountAction, entry: Entry | None, overwrite: bool
) -> tuple[dict[str, Any], list[str]]:
    """Return the keys to write, None for one to take out, and what keeps the file from being written."""
    table = project.tables[match.desired.key]
    wanted = match.desired
    changes: dict[str, Any] = {}
    kept: list[str] = []
    values = {name: value for name, value in wanted.fields.items() if name not in hidden_fields()}
    shown: dict[str, Any] = dict(action.fields)
    remembered = dict(entry.fields) if entry else {}
    if isinstance(wanted.handler, tuple) and isinstance(action.handler, (tuple, type(None))):
        values["permissions"], shown["permissions"] = list(wanted.handler), list(action.handler or ())
        remembered |= {"permissions": entry.handler} if entry and entry.handler else {}
    for name, value in values.items():
        there = shown.get(name)
        if same(value, there):
            continue
        base = remembered.get(name)
        mine = handler_digest(tuple(value)) if name == "permissions" else digest(value)
        if not overwrite and referenced(table.data.get(name)):
            kept.append(f"{name} comes from a variable and differs from the account's")
        elif not overwrite and base != mine:
            kept.append(f"{name} has a change that the account does not have")
        else:
            changes[name] = there
    return _completed(wanted, action, changes), kept


def _completed(wanted: DesiredAction, action: AccountAction, changes: dict[str, Any]) -> dict[str, Any]:
    """Add fields that the changes need, such as `team_ids` for the scope `team`.

    Remove fields of other action types.
    """
    if not changes:
        return changes
    given = _given(wanted, changes)
    kind = given.get("execution_type", TYPE)
    for name, _ in list(action_faults(given)):
        strays = FITTING.get(name, kind) != kind or (name == "team_ids" and given.get("scope") != "team")
        if name in given and strays:
            changes[name] = None
        elif name not in given and name in action.fields:
            changes[name] = action.fields[name]
    handler = action.handler
    if "script" in given and isinstance(handler, tuple) and kind == FITTING["permissions"]:
        changes["permissions"] = list(handler)
    if "permissions" in given and isinstance(handler, str) and handler and kind == FITTING["script"]:
        changes["script"] = normal_lines(handler)
    return changes


def _other_handler(wanted: DesiredAction, action: AccountAction, changes: Mapping[str, Any]) -> str:
    """Return the key of the file's handler if the account's handler is of the other type, else an empty text."""
    if isinstance(action.handler, tuple):
        other = "script"
    elif isinstance(action.handler, str) and action.handler:
        other = "permissions"
    else:
        return ""
    given = _given(wanted, changes)
    return other if other in given and given.get("execution_type", TYPE) == FITTING[other] else ""


def _given(wanted: DesiredAction, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a file as they will be after changes."""
    given: dict[str, Any] = {**wanted.fields}
    if isinstance(wanted.handler, tuple):
        given["permissions"] = list(wanted.handler)
    elif wanted.handler is not None:
        given["script"] = wanted.handler
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def _script_change(
    match: Match,
    action: AccountAction,
    entry: Entry | None,
    used: Mapping[str, int],
    overwrite: bool,
    result: _Result,
) -> bool:
    """Write the account's script; return whether the handler in the file differs and was left."""
    wanted, there = match.desired, action.handler
    if wanted.handler is None or wanted.script_file is None or isinstance(there, tuple):
        return False
    mine = handler_digest(wanted.handler)
    if isinstance(there, Unread):
        differs = entry is None or entry.handler != mine
    else:
        differs = not same_handler(wanted.handler, there)
    if not differs:
        return False
    shared = used[wanted.script_file] > 1
    foreign = not isinstance(there, Unread) and entry is not None and entry.handler == mine
    if shared or isinstance(there, Unread) or not (overwrite or foreign):
        reason = (
            "several actions use it and the account's differ"
            if shared
            else "has changes that the account does not have"
        )
        advice = "" if shared else "; --overwrite takes the account's"
        result.left.append(f"{wanted.script_file}: {reason}; the file is unchanged{advice}")
        return True
    text = normal_lines(there or "")
    if faults := [fault for name, fault in action_faults({"script": text}) if name == "script"]:
        result.left.append(f"{wanted.script_file}: the account's script {'; '.join(faults)}; the file is unchanged")
        return True
    result.files[wanted.script_file] = text
    return False


# ---- a new file


def _added(project: Project, action: AccountAction, names: set[str], result: _Result) -> None:
    """Add the file of an action that no file describes."""
    left = f"{action.name or 'an action without a name'} ({action.id})"
    lines = {name: action.fields[name] for name in create_fields() if name in action.fields} | _handler_lines(action)
    needed = {"execution_type", *(name for name, _ in action_faults({}))}
    while faults := dict(action_faults(lines)):
        name = next((name for name in faults if name in lines and name not in needed), None)
        if name is None:
            name, fault = next(iter(faults.items()))
            result.left.append(f"{left}: {name}: {fault}; no file was written")
            return
        result.left.append(f"{left}: {name} is left out: {faults[name]}")
        del lines[name]
    if action.name in names:
        result.left.append(f"{left}: a file has its name already; no file was written")
        return
    names.add(action.name)
    key = result.lock.key_of(action.id) or _free_key(project, result, action)
    if "script" in lines:
        script = _free_script(project.root, result, key, lines["script"])
        result.files[f"{ACTIONS}/{script}"] = lines["script"]
        lines["script"] = script
    result.files[f"{ACTIONS}/{key}.toml"] = new_text(lines)
    result.lock = result.lock.with_entry(key, entry_of(action, result.lock.entries.get(key)))


def _handler_lines(action: AccountAction) -> dict[str, Any]:
    """Return the handler's keys for a new file.

    An empty handler is left out, except for the permissions of a webhook action.
    """
    if isinstance(action.handler, str) and action.handler:
        return {"script": normal_lines(action.handler)}
    webhook = action.fields.get("execution_type", TYPE) == FITTING["permissions"]
    return {"permissions": list(action.handler)} if isinstance(action.handler, tuple) and webhook else {}


def _free_key(project: Project, result: _Result, action: AccountAction) -> str:
    """Return a name for the file of an action that no other file has, whatever the case."""
    plain = unicodedata.normalize("NFKD", action.name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:40].rstrip("-") or "action"
    slug = f"{slug}-action" if _RESERVED.fullmatch(slug) else slug
    there = os.listdir(project.root / ACTIONS) if (project.root / ACTIONS).is_dir() else []
    taken = {name.removesuffix(".toml").casefold() for name in there if name.endswith(".toml")}
    taken |= {key.casefold() for key in result.lock.entries}
    taken |= {Path(name).stem.casefold() for name in result.files if name.endswith(".toml")}
    number, key = 1, slug
    while key in taken:
        number += 1
        key = f"{slug}-{number}"
    return key


def _free_script(root: Path, result: _Result, key: str, text: str) -> str:
    """Return a file name for a script, beside its action, that overwrites no other content."""
    number, name = 1, f"{key}.dg"
    while f"{ACTIONS}/{name}" in result.files or not _may_be(root / ACTIONS / name, text):
        number += 1
        name = f"{key}-{number}.dg"
    return name


def _may_be(path: Path, text: str) -> bool:
    if path.is_symlink():
        return False
    try:
        return not path.exists() or path.read_bytes() == text.encode("utf-8", "surrogatepass")
    except OSError:
        return False
