"""Make the helpers of these tests importable: those beside them, and the servers of `contract_tests/mutation`."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in (Path(__file__).parent, Path(__file__).parents[2] / "mutation"):
    sys.path.insert(0, str(folder))
