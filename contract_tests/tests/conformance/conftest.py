"""Make the helper modules of these tests and the servers in `contract_tests/mutation` importable."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in (Path(__file__).parent, Path(__file__).parents[2] / "mutation"):
    sys.path.insert(0, str(folder))
