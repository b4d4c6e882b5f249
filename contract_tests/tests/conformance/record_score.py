"""Measures anew what each driver finds of all named mutants, and writes `score.toml`; takes some minutes.

Run it when mutants or drivers change.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from driver_gates import SEEDS, fuzzer_finds, machine_finds
from driver_gates import missed as missed_by
from mock_mutants import figures as figures_of_first_order
from mutants import MUTANTS
from test_conformance_gates import missed as missed_by_table


def figures() -> dict[str, int | str]:
    """The entries of `score.toml`."""
    every = list(MUTANTS.values())
    count = len(every)
    table = count - len(missed_by_table(every))
    machine = count - len(missed_by(machine_finds, every))
    fuzz = count - len(missed_by(fuzzer_finds, every, seeds=(1,)))
    return {
        "mutants": count,
        "mutants_found_by_table_and_thresholds": f"{table} of {count}",
        "mutants_found_by_the_machine_alone": f"{machine} of {count}, over {len(SEEDS)} seeds",
        "mutants_found_by_the_fuzzer_alone": f"{fuzz} of {count}, with one seed",
        **figures_of_first_order(),
    }


if __name__ == "__main__":
    lines = [
        f"{key} = {value if isinstance(value, int) else f'{chr(34)}{value}{chr(34)}'}"
        for key, value in figures().items()
    ]
    Path(str(files("zoho_cliq_conformance").joinpath("score.toml"))).write_text("\n".join([*lines, ""]))
