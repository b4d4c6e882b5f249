"""Print what is out of date in `survivors.toml`. Run it after a change to the mock or to the kit.

    PYTHONPATH=scripts .venv/bin/python contract_tests/mutation/record_survivors.py [MODULE …]

It grades the mutants of all semantic modules, or of the given ones, on two processes. It prints a line for each mutant
that is found but listed, that survives but is not listed, or that differs from the mock in another way than listed.
"""

from __future__ import annotations

import sys

from mock_mutants import SEMANTIC, complaints, listed, mutants


def main(modules: list[str]) -> int:
    """Print the contradictions to the list. Return the exit status: 1 if there are any, otherwise 0."""
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
