"""Prints what in `survivors.toml` is no longer so: run it after a change to the mock or to the kit.

    PYTHONPATH=scripts .venv/bin/python contract_tests/mutation/record_survivors.py [MODULE …]

It grades every mutant of the semantic modules, or of those named, on two processes, and prints a line for each that is
found though it is listed, that survives though it is not, or whose difference from the mock is another than listed.
"""

from __future__ import annotations

import sys

from mock_mutants import SEMANTIC, complaints, listed, mutants


def main(modules: list[str]) -> int:
    """Print the complaints; 1 where there are any."""
    chosen = [change for module in modules or SEMANTIC for change in mutants(module)]
    there = {change.name for change in chosen}
    gone = [name for name in listed() if name.partition(".")[0] in (modules or SEMANTIC) and name not in there]
    said = [f"{name}: there is no such mutant any more; take it off the list" for name in gone]
    for words in complaints(chosen, processes=2):
        said.append(words)
        print(words, flush=True)
    print(f"{len(chosen)} mutants, {len(said)} to be looked at")
    return int(bool(said))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
