"""Messages that say what to install if a package of the extra `mock` is missing."""

from __future__ import annotations

from importlib.util import find_spec

DELUGE_PACKAGES = ("lark", "regex")
PACKAGES = frozenset(
    {"starlette", "uvicorn", "h11", "httptools", "uvloop", "jsonschema_rs", "orjson", *DELUGE_PACKAGES}
)


def missing(error: ImportError) -> str:
    """Return one line about a failed import.

    It says what to install or, if the package is not one of the extra's, which import failed.
    """
    name = (error.name or "").partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and (not name or name in PACKAGES):
        return f"the mock server needs the extra `mock`: pip install '.[mock]' in a checkout of zoho-cliq ({error})"
    return f"the mock server cannot be loaded ({type(error).__name__}: {error})"


def deluge_missing(error: ImportError | None = None) -> str | None:
    """Return one line that says what to install if Deluge scripts cannot run, or None if they can.

    Args:
        error: a failed import of the interpreter. Default: None; the packages are then searched for without importing
            them.
    """
    absent = next((name for name in DELUGE_PACKAGES if find_spec(name) is None), None)
    if absent is not None:
        install = "pip install '.[mock]' in a checkout of zoho-cliq"
        return f"Deluge actions need lark and regex: {install} (No module named {absent!r})"
    return None if error is None else f"the Deluge interpreter cannot be loaded ({type(error).__name__}: {error})"


def require(name: str) -> None:
    """Raise ModuleNotFoundError if a package that is imported only later is not installed."""
    if find_spec(name) is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
