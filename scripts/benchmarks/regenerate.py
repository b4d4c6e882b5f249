"""`bench regenerate`: from a vendor's document to a checked client, stage by stage, compared with plain generators.

CPU time includes the processes that a stage starts. The import is measured on a test document with the vendor's shape
and mistakes, because the vendor's own document is not part of the project.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline import generate
from pipeline.compose import compose
from pipeline.documents import load
from pipeline.normalize import normalize
from pipeline.tree import PACKAGE, Tree, differences

from benchmarks import environment
from benchmarks.measure import estimate
from benchmarks.report import Report, Table, progress

_VENDOR_SHAPED = environment.ROOT / "scripts" / "pipeline" / "tests" / "vendor_shaped.yml"


def run(quick: bool) -> Report:
    """Time every stage in turn, several times over."""
    site = environment.packages()
    taken: dict[str, list[tuple[float, float]]] = {}
    rounds = 3 if quick else 9
    show = progress("regenerate")
    for done in range(rounds):
        show(done, rounds)
        with tempfile.TemporaryDirectory(prefix="bench-regenerate-") as name:
            _stages(taken, Path(name), site)
    show(rounds, rounds)
    report = Report("regenerate", "how long from a vendor's document to a client that has been checked?")
    rows = []
    for stage, values in taken.items():
        cpu, wall = estimate([value[0] for value in values]).median, estimate([value[1] for value in values]).median
        report.figures[stage] = {"cpu_s": cpu, "wall_s": wall}
        rows.append((stage, f"{cpu:.2f} s", f"{wall:.2f} s"))
    ours = [stage for stage in taken if not stage.startswith("peer: ")]
    total = {kind: sum(report.figures[stage][kind] for stage in ours) for kind in ("cpu_s", "wall_s")}
    report.figures["all stages"] = total
    rows.insert(len(ours), ("all stages", f"{total['cpu_s']:.2f} s", f"{total['wall_s']:.2f} s"))
    report.tables.append(Table("stages", ("stage", "CPU", "wall"), rows))
    report.notes.append("The bare generators neither correct the document nor check what they made.")
    return report


def _stages(taken: dict[str, list[tuple[float, float]]], scratch: Path, site: Path) -> None:
    tree = Tree(environment.ROOT)

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        before, started = os.times(), time.perf_counter()
        result = work()
        wall, after = time.perf_counter() - started, os.times()
        taken.setdefault(stage, []).append((sum(after[:4]) - sum(before[:4]), wall))
        return result

    timed("import the vendor's document", lambda: normalize(load(_VENDOR_SHAPED), _VENDOR_SHAPED.name))
    upstream, overlay = timed("read document and overlay", lambda: (load(tree.upstream), load(tree.overlay)))
    composed = timed("apply the overlay and check", lambda: compose(upstream, overlay, tree.overlay.name))
    timed("generate", lambda: generate.generate(composed, PACKAGE, scratch / PACKAGE))
    shutil.copy(tree.composed, scratch / tree.composed.name)
    timed("type-check, cold", lambda: generate.type_check(scratch / PACKAGE, scratch / "mypy"))
    timed("type-check, warm", lambda: generate.type_check(scratch / PACKAGE, scratch / "mypy"))
    timed("compare with what is committed", lambda: differences(tree, scratch))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    stock: list[str | Path] = [sys.executable, "-m", "openapi_python_client", "generate", "--path", tree.upstream]
    options: list[str | Path] = ["--meta", "none", "--output-path", scratch / "stock"]
    timed(
        "peer: openapi-python-client alone",
        lambda: environment.run([*stock, *options], scratch, {"PATH": path}),
    )
    java = shutil.which("java")
    if java:
        jar = site / "openapi_generator_cli" / "openapi-generator.jar"
        command: list[str | Path] = [
            java,
            "-jar",
            jar,
            "generate",
            "-g",
            "python",
            "-i",
            tree.upstream,
            "-o",
            scratch / "generator",
        ]
        timed("peer: openapi-generator alone", lambda: environment.run([*command, "--skip-validate-spec"]))
