"""The files of a project: check paths, write atomically, and lock the folder."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from ..errors import ConfigurationError
from .mistakes import FolderBusy

try:
    import fcntl
except ImportError:  # on Windows, two commands in one folder do not exclude each other
    fcntl = None  # type: ignore[assignment]

MOST_BYTES = 16 * 1024 * 1024
"""The largest file of a project; the lock file of 10,000 actions has 5 MiB. Files are read whole."""


def path_fault(root: Path, path: Path) -> str | None:
    """Return why a file of the project cannot be used, or None. Symbolic links are followed."""
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            linked = path.is_symlink() or Path(os.path.normpath(path)).is_relative_to(root)
            return "is a symbolic link that leads out of the project" if linked else "is outside the project's folder"
        if not path.exists():
            return "does not exist"
        if not path.is_file():
            return "is not a regular file"
        if path.stat().st_size > MOST_BYTES:
            return f"is larger than {MOST_BYTES // 1024 // 1024} MiB"
    except (OSError, ValueError, RuntimeError) as error:
        return f"cannot be read: {getattr(error, 'strerror', None) or error}"
    return None


def write_whole(path: Path, content: str) -> None:
    """Write a file beside its place and rename it, so that it is never incomplete. A symbolic link stays a link.

    Raise ConfigurationError if it cannot be written; the old content stays.
    """
    path = path.resolve()
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(draft, "xb") as file:
            file.write(content.encode("utf-8", "surrogatepass"))
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            draft.chmod(path.stat().st_mode & 0o777)
        os.replace(draft, path)
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


@contextlib.contextmanager
def alone_in(root: Path) -> Iterator[None]:
    """Lock the folder against other commands on this machine. The lock ends with the process, however that ends.

    Raise FolderBusy if another command holds the lock.
    """
    if fcntl is None:
        yield
        return
    try:
        handle = os.open(root, os.O_RDONLY)
    except OSError as error:
        raise ConfigurationError(f"cannot use {root}: {error.strerror}") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FolderBusy(f"another pull or apply is running in {root}; nothing was sent") from None
        yield
    finally:
        os.close(handle)
