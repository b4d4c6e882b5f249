"""What to install where a package of the extra `mock` is missing."""

from __future__ import annotations

from importlib.util import find_spec

DELUGE_PACKAGES = ("lark", "regex")
PACKAGES = frozenset(
    {"starlette", "uvicorn", "h11", "httptools", "uvloop", "jsonschema_rs", "orjson", *DELUGE_PACKAGES}
)


def missing(error: ImportError) -> str:
    """Return one line for a failed import: what to install, or which import failed where it is no package of ours."""
    name = (error.name or "").partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and (not name or name in PACKAGES):
        return f"the mock server needs the extra `mock`: pip install '.[mock]' in a checkout of zoho-cliq ({error})"
    return f"the mock server cannot be loaded ({type(error).__name__}: {error})"


def deluge_missing(error: ImportError | None = None) -> str | None:
    """Return one line where the interpreter of Deluge cannot run: what to install, or which import failed; else None.

    Args:
        error: a failed import of the interpreter. Where it is left out, the packages are looked for and not imported.
    """
    absent = next((name for name in DELUGE_PACKAGES if find_spec(name) is None), None)
    if absent is not None:
        install = "pip install '.[mock]' in a checkout of zoho-cliq"
        return f"Deluge actions need lark and regex: {install} (No module named {absent!r})"
    return None if error is None else f"the Deluge interpreter cannot be loaded ({type(error).__name__}: {error})"


def require(name: str) -> None:
    """Raise ModuleNotFoundError for a package that is loaded only when it is first used, and is not there."""
    if find_spec(name) is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
