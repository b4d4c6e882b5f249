"""Committed files that other programs of the checkout make from the document. Accepting a document renews them.

`scripts/regenerate --check` does not compare them; tests do.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from pipeline.tree import Tree

_SCHEMA = (
    "import sys; from pathlib import Path; from zoho_cliq.project.schemas import action_schema, schema_text; "
    "Path(sys.argv[1]).write_text(schema_text(action_schema()), 'utf-8')"
)
_PROGRAMS = {
    "docs/examples/our-actions/schemas/action.schema.json": ("-c", _SCHEMA),
    "contract_tests/zoho_cliq_conformance/reporting/plan.json": ("contract_tests/tests/conformance/record_plan.py",),
}
"""Each file with the arguments of Python that write it anew; the path to write to follows them."""
_FOLDERS = ("wrapper", "contract_tests", "contract_tests/mutation")
_SECONDS = 120


class Derived(NamedTuple):
    """The files that were made, by the files that they replace, and a line for each that could not be made."""

    made: dict[Path, Path]
    failed: list[str]


def derive(tree: Tree, fresh: Path) -> Derived:
    """Make the files in the folder `fresh`, which has the generated package of the new document."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(fresh), *(str(tree.root / name) for name in _FOLDERS)]),
        "PYTHONDONTWRITEBYTECODE": "1",  # in `fresh`, compiled modules would be installed with the package
    }
    found = Derived({}, [])
    for name, program in _PROGRAMS.items():
        if not (target := tree.root / name).exists():
            continue
        path = fresh / target.name
        command = [sys.executable, *program, str(path)]
        try:
            done = subprocess.run(
                command,
                cwd=tree.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=_SECONDS,
            )
            reason = (done.stderr.strip().splitlines() or ["it ended without a message"])[-1] if done.returncode else ""
        except subprocess.TimeoutExpired:
            reason = f"it was not made within {_SECONDS} s"
        if reason:
            found.failed.append(f"{name}: is still of the former document: {reason[:200]}")
        elif path.read_bytes() != target.read_bytes():
            found.made[target] = path
    return found
