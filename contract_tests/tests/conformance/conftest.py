"""Makes the helpers of these tests importable: the harness, the mutants, the second reference server."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
