"""Count the named mutants that each driver finds, and write `score.toml`. This takes some minutes on two processes.

Run it with PYTHONPATH=scripts when mutants or drivers change.
"""

from __future__ import annotations

from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path

from driver_gates import SEEDS, fuzzer_finds, machine_finds
from driver_gates import missed as missed_by
from mock_mutants import figures as figures_of_first_order
from mutants import MUTANTS
from test_named_mutants import missed as missed_by_table

DRIVERS = ("table", "machine", "fuzz")


def finds(work: tuple[str, str]) -> bool:
    """Return whether a driver finds a mutant. `work` is the name of the driver and the name of the mutant."""
    driver, some = work[0], [MUTANTS[work[1]]]
    if driver == "table":
        return not missed_by_table(some)
    return not (missed_by(machine_finds, some) if driver == "machine" else missed_by(fuzzer_finds, some, seeds=(1,)))


def figures() -> dict[str, int | str]:
    """Return the entries of `score.toml`."""
    count, found = len(MUTANTS), {}
    with get_context("spawn").Pool(2) as pool:
        for driver in DRIVERS:
            found[driver] = sum(pool.imap_unordered(finds, [(driver, name) for name in MUTANTS], chunksize=4))
            print(f"{driver}: {found[driver]} of {count}", flush=True)
    return {
        "mutants": count,
        "mutants_found_by_table_and_thresholds": f"{found['table']} of {count}",
        "mutants_found_by_the_machine_alone": f"{found['machine']} of {count}, over {len(SEEDS)} seeds",
        "mutants_found_by_the_fuzzer_alone": f"{found['fuzz']} of {count}, with one seed",
        **figures_of_first_order(),
    }


if __name__ == "__main__":
    lines = [
        f"{key} = {value if isinstance(value, int) else f'{chr(34)}{value}{chr(34)}'}"
        for key, value in figures().items()
    ]
    Path(str(files("zoho_cliq_conformance").joinpath("reporting/score.toml"))).write_text("\n".join([*lines, ""]))
