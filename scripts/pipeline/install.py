"""Install several files and folders together: all of them, or none.

Before anything moves, a journal in `build/` lists the planned moves. After a crash (even a `kill -9`), the next run
finds the journal and restores the old state. Writing new files beside the old ones and renaming them is not enough: a
run changes several folders, and a kill between two renames would leave a mixture. A lock excludes concurrent runs. All
paths must be in one file system.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

_JOURNAL = "installing.json"


def scratch(root: Path) -> tempfile.TemporaryDirectory[str]:
    """Return a temporary folder in the tree's `build/`, so that its contents can be installed by renaming."""
    (root / "build").mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="regenerate-", dir=root / "build")


def recover(root: Path) -> bool:
    """Undo an interrupted installation. Return whether there was one."""
    if not (root / "build" / _JOURNAL).exists():
        return False
    with _locked(root):
        return _undo(root)


def install(root: Path, moves: Mapping[Path, Path]) -> None:
    """Move each new file or folder to its target. If anything fails, restore all targets.

    Args:
        root: the root of the checkout.
        moves: {target: new file or folder}.
    """
    (root / "build").mkdir(exist_ok=True)
    journal = root / "build" / _JOURNAL
    with _locked(root), scratch(root) as name:
        _undo(root)
        backups = Path(name)
        entries = [
            {"target": str(target), "backup": str(backups / str(number)) if target.exists() else None}
            for number, target in enumerate(moves)
        ]
        _write(journal, json.dumps(entries))
        try:
            for (target, fresh), entry in zip(moves.items(), entries, strict=True):
                if entry["backup"]:
                    target.rename(entry["backup"])
                target.parent.mkdir(parents=True, exist_ok=True)
                fresh.rename(target)
        except BaseException:
            _undo(root)
            raise
        journal.unlink()


def swap(fresh: Path, target: Path, old: Path) -> None:
    """Replace the folder `target` by `fresh`, and move its old contents to `old`. If that fails, restore `target`."""
    had = target.exists()
    if had:
        target.rename(old)
    try:
        fresh.rename(target)
    except BaseException:
        if had:
            old.rename(target)
        raise


def _undo(root: Path) -> bool:
    journal = root / "build" / _JOURNAL
    if not journal.exists():
        return False
    for entry in reversed(json.loads(journal.read_text("utf-8"))):
        target, backup = Path(entry["target"]), entry["backup"] and Path(entry["backup"])
        if backup is None or backup.exists():
            _remove(target)
        if backup is not None and backup.exists():
            backup.rename(target)
    journal.unlink()
    return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)  # atomic, so that a journal is never incomplete


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    with (root / "build" / "installing.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
