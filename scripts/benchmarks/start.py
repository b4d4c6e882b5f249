"""Measure a mock that has just become ready: `python -m benchmarks.start with` (or `without` its console).

Prints the number of loaded modules in addition to Python's own, the number of the console's modules among them, and the
memory allocated by Python in kilobytes. `without` replaces the console's modules by an empty module.
"""

from __future__ import annotations

import gc
import json
import sys
import tracemalloc
from types import ModuleType

from benchmarks import environment

CONSOLE = "zoho_cliq_mock.console"
LINKS = "zoho_cliq_mock.console_access"


def started() -> dict[str, dict[str, float]]:
    """Return the figures of a mock with its console and of one without, each measured in a process of its own."""
    figures("with")  # a process that compiles modules itself holds more: 1.6 % in a fresh clone
    return {kind: figures(kind) for kind in ("with", "without")}


def figures(kind: str) -> dict[str, float]:
    """Return the figures of a mock `with` or `without` its console, measured in a process of its own."""
    settings = {"PYTHONHASHSEED": "0", "PYTHONPATH": str(environment.ROOT / "scripts")}
    found: dict[str, float] = json.loads(
        environment.run([sys.executable, "-m", "benchmarks.start", kind], environment=settings)
    )
    return found


def share(found: dict[str, dict[str, float]]) -> float:
    """Return the memory of a mock with its console as a ratio to that of one without."""
    return round(found["with"]["kilobytes"] / found["without"]["kilobytes"], 4)


def _without_console() -> None:
    """Replace the module of the console's links, the only one loaded at the start, by an empty one."""

    class Access:
        pass

    access = ModuleType(LINKS)
    vars(access).update(Access=Access, cookie_name=str)
    sys.modules[LINKS] = access


def main(kind: str) -> None:
    """Start the mock and print its figures."""
    own = len(sys.modules)
    if kind == "without":
        _without_console()
    tracemalloc.start()
    from zoho_cliq_mock.server import MockServer

    with MockServer(thresholds=False):
        gc.collect()
        kilobytes = tracemalloc.get_traced_memory()[0] / 1000
        console = sum(name.startswith(CONSOLE) for name in sys.modules)
        print(json.dumps({"modules": len(sys.modules) - own, "console": console, "kilobytes": round(kilobytes, 1)}))


if __name__ == "__main__":
    main(sys.argv[1])
