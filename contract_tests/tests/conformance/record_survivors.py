"""Prints what in `survivors.toml` is no longer so: run it after a change to the mock or to the kit.

    .venv/bin/python contract_tests/tests/conformance/record_survivors.py [MODULE …]

It grades every mutant of the semantic modules, or of those named, on two processes, and prints a line for each that is
found though it is listed, that survives though it is not, or whose difference from the mock is another than listed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from multiprocessing import get_context

from first_order import Change
from mock_mutants import SEMANTIC, complaint, listed, mutants


def complain(change: Change) -> str | None:
    """What is to be changed in the list for one mutant."""
    return complaint(change, listed())


def main(modules: list[str]) -> int:
    """Print the complaints; 1 where there are any."""
    chosen = [change for module in modules or SEMANTIC for change in mutants(module)]
    there = {change.name for change in chosen}
    gone = [name for name in listed() if name.partition(".")[0] in (modules or SEMANTIC) and name not in there]
    said = [f"{name}: there is no such mutant any more; take it off the list" for name in gone]
    os.chdir(tempfile.mkdtemp())  # a changed program may write a file of another name
    with get_context("spawn").Pool(2) as pool:
        for words in pool.imap(complain, chosen, chunksize=4):
            if words is not None:
                said.append(words)
                print(words, flush=True)
    print(f"{len(chosen)} mutants, {len(said)} to be looked at")
    return int(bool(said))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
