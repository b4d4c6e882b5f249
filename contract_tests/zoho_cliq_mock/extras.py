"""What to install where a package of the extra `mock` is missing."""

from __future__ import annotations

from importlib.util import find_spec

PACKAGES = frozenset({"starlette", "uvicorn", "h11", "httptools", "uvloop", "jsonschema_rs", "orjson"})


def missing(error: ImportError) -> str:
    """Return one line for a failed import: what to install, or which import failed where it is no package of ours."""
    name = (error.name or "").partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and (not name or name in PACKAGES):
        return f"the mock server needs the extra `mock`: pip install 'zoho-cliq[mock]' ({error})"
    return f"the mock server cannot be loaded ({type(error).__name__}: {error})"


def require(name: str) -> None:
    """Raise ModuleNotFoundError for a package that is loaded only when it is first used, and is not there."""
    if find_spec(name) is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
