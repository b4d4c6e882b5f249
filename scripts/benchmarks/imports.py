"""`bench imports`: the cost of importing, in CPU time and in modules, compared with clients of other services.

Each import runs in a fresh interpreter with cached byte code. The figure is the CPU time of the whole process minus
that of an interpreter that imports nothing, in the same round.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys

from benchmarks import environment
from benchmarks.measure import difference, ratio, shown
from benchmarks.report import Report, Table, progress

BARE = "bare Python"
STATEMENTS = {
    BARE: "pass",
    "zoho_cliq": "import zoho_cliq",
    "zoho_cliq, Cliq": "from zoho_cliq import Cliq",
    "zoho_cliq, client made": "import zoho_cliq; zoho_cliq.Cliq('token')",
    "httpx": "import httpx",
    "httpx, client made": "import httpx; httpx.Client()",
    "stripe": "import stripe",
    "openai": "import openai",
    "slack_sdk": "import slack_sdk",
    "slack_sdk, client made": "import slack_sdk; slack_sdk.WebClient(token='token')",
    "openapi-python-client": "import stock_cliq, stock_cliq.models",
    "openapi-generator": "import generator_cliq",
}
PEERS = ("httpx", "stripe", "openai", "slack_sdk")


def run(quick: bool) -> Report:
    """Measure every import, in interleaved rounds."""
    site, clients = environment.packages(), environment.clients()
    path = os.pathsep.join((str(site), str(clients)))
    statements = dict(STATEMENTS)
    if not (clients / "generator_cliq").exists():
        del statements["openapi-generator"]
    for statement in statements.values():
        cpu_seconds(statement, path)
    taken: dict[str, list[float]] = {name: [] for name in statements}
    show = progress("imports")
    rounds = 7 if quick else 21
    order = list(statements)
    draw = random.Random(1)
    for done in range(rounds):
        show(done, rounds)
        draw.shuffle(order)
        for name in order:
            taken[name].append(cpu_seconds(statements[name], path))
    show(rounds, rounds)
    report = Report("imports", "what does a program pay before its first line runs?")
    rows = []
    for name, statement in statements.items():
        over = difference(taken[name], taken[BARE])
        modules = module_count(statement, path)
        report.figures[name] = {"over_bare_ms": over.median * 1e3, "modules": modules}
        against = "" if name == BARE else shown(ratio([*taken[name]], [*taken["httpx"]]))
        rows.append((name, f"{over.median * 1e3:.0f} ms", against, f"{modules}"))
    report.tables.append(
        Table("imports", ("what", "CPU over bare Python", "whole process, to httpx", "modules loaded"), rows)
    )
    ours = difference(taken["zoho_cliq"], taken[BARE])
    in_ms = type(ours)(*(value * 1e3 for value in ours))
    report.promise("import zoho_cliq ≤ 30 ms over bare Python", in_ms, 30, " ms", 0)
    for peer in PEERS:
        report.promise(f"import zoho_cliq no slower than {peer}", ratio(taken["zoho_cliq"], taken[peer]), 1.0)
    report.notes.append(
        "slack_sdk loads its client on first use, as zoho_cliq does; so both are also shown with one made."
    )
    return report


def cpu_seconds(statement: str, path: str) -> float:
    """Return the user and system time of a fresh interpreter that executes a statement, in seconds."""
    process = subprocess.Popen([sys.executable, "-c", statement], env={**os.environ, "PYTHONPATH": path})
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise environment.SetupError(f"`{statement}` failed")
    return usage.ru_utime + usage.ru_stime


def module_count(statement: str, path: str) -> int:
    """Return how many modules are loaded after executing a statement."""
    code = f"{statement}\nimport sys\nprint(len(sys.modules))"
    return int(environment.run([sys.executable, "-c", code], environment={"PYTHONPATH": path}))
