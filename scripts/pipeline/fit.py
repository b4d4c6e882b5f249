"""Whether what is written by hand can still be loaded with an accepted document.

Client, mock server and conformance suite take names and numbers from the document. Where the vendor removed one that
they need, or has paths that the mock server takes for others, a person has to decide what becomes of them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

from pipeline.errors import PipelineError
from pipeline.tree import Tree

_MOCK = """
from zoho_cliq_mock.app import create_app
create_app()
from zoho_cliq_api.contract import OPERATIONS
from zoho_cliq_mock.document import match, routes
for each in OPERATIONS.values():
    route, _ = match(routes(), each.at()[1:]) or (None, {})
    if route is None or each.method not in route.operations or route.operations[each.method].name != each.name:
        raise LookupError(f"{each.method} {each.path} does not lead to {each.name}")
"""
_PARTS = {
    "wrapper/zoho_cliq": (
        "the client",
        "from zoho_cliq.cli.options import parser; parser(); from zoho_cliq import Cliq; Cliq('none').message_actions",
    ),
    "contract_tests/zoho_cliq_mock": ("the mock server", _MOCK),
    "contract_tests/zoho_cliq_conformance": ("the conformance suite", "import zoho_cliq_conformance.cli"),
}
"""What is loaded, by its folder: its name, and the code."""
_SECONDS = 120


def unfit(tree: Tree) -> list[str]:
    """Return a line for each part that cannot be loaded: file and line, the part, and what it stumbles over."""
    folders = (tree.generated.parent, tree.root / "wrapper", tree.root / "contract_tests")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    found = []
    for folder, (part, code) in _PARTS.items():
        if not (tree.root / folder / "__init__.py").exists():
            continue
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-c", code],
                cwd=tree.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise PipelineError(f"{folder}: {part} was not loaded within {_SECONDS} s") from error
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["it ended without a message"])[-1]
            found.append(f"{_place(tree, done.stderr) or folder}: {part} cannot be used any more: {reason[:200]}")
    return found


def _place(tree: Tree, traceback: str) -> str:
    """Return file and line of the innermost frame of a traceback that is in the checkout, or an empty string."""
    frames = re.findall(rf'File "{re.escape(str(tree.root))}/([^"]+)", line (\d+)', traceback)
    ours = [frame for frame in frames if not frame[0].startswith((".venv/", "generated/"))]
    return ":".join(ours[-1]) if ours else ""
