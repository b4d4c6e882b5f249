"""The command behind scripts/bench: run one benchmark, print its report, save its figures, draw its chart."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from rich.console import Console

from benchmarks import charts, environment, report

BENCHES = {
    "client": "what a call costs, against raw httpx, generated clients and http.client",
    "imports": "what importing costs, against httpx, stripe, openai and slack_sdk",
    "thresholds": "many processes, one user: lock-outs and time lost, against limiters and retries",
    "mock": "what a request costs the mock server, against Prism and bare Starlette; growth",
    "jobs": "common tasks, in calls and minutes under the real thresholds, on a simulated clock",
    "apply": "applying a folder of actions to an account, against loops over a generated client",
    "conformance": "faulty servers found, calls and seconds, against stock schemathesis and Dredd",
    "deluge": "Deluge: scripts understood, parsing, checking, a long loop, against deluge-compat and plain Python",
    "console": "how long the mock's page takes to show 1,000 deliveries, in Chromium",
    "guard": "figures that must not grow: calls, modules, generated lines, memory, instructions (exit 1 if one has)",
    "regenerate": "from document to checked client, stage by stage",
}
_RESULTS = environment.HERE / "results"


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark that the arguments name.

    Return 0 if it was measured, 1 if a target was missed (with --strict), 2 if something needed is missing.
    """
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measure the project and compare it with the alternatives.",
        epilog="\n".join(f"  {name:12} {what}" for name, what in BENCHES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=[*BENCHES, "lock"], metavar="NAME", help="see below; `lock` updates the pins")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a first look, not a result")
    parser.add_argument("--keep", action="store_true", help="write figures and chart to scripts/benchmarks/results")
    parser.add_argument("--strict", action="store_true", help="exit 1 unless every target is met")
    options = parser.parse_args(arguments)
    try:
        if options.name == "lock":
            environment.write_lock()
            return 0
        if options.name not in ("console", "guard"):  # these do not need the packages to compare with
            environment.packages()
        bench = importlib.import_module(f"benchmarks.{options.name}")
        found: report.Report = bench.run(options.quick)
    except environment.SetupError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    report.render(found, Console(width=None if sys.stdout.isatty() else 120))
    if options.name == "guard":
        if options.keep:
            bench.keep(found)
            return 0
        return int(any(target.verdict != "met" for target in found.targets))
    folder = _RESULTS if options.keep else environment.BUILD / "results"
    saved = report.save(found, folder)
    charts.draw(found.name, found.figures, folder)
    print(f"figures: {saved.relative_to(Path.cwd()) if saved.is_relative_to(Path.cwd()) else saved}", file=sys.stderr)
    return int(options.strict and any(target.verdict != "met" for target in found.targets))


if __name__ == "__main__":
    sys.exit(main())
