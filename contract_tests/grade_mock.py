"""Grade the mock server: start it, write a profile for it, and run the conformance command with the given arguments.

Neither package imports the other; this script, which belongs to neither, connects them.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from zoho_cliq_conformance.cli import main
from zoho_cliq_conformance.judge.routes import SAMPLES
from zoho_cliq_conformance.profile import SCOPES
from zoho_cliq_mock import MockServer

# The profile of any server with the demo seed.
PROFILE = (
    """\
base_url = "{url}"
reset_url = "{control}/reset"
clock_url = "{control}/clock"
control_token = "{token}"

[tokens]
owner = "1000.owner"
colleague = "1000.colleague"
outsider = "1000.outsider"

[teams]
owner = [100001, 100002, 100003, 100004]
colleague = [100002]

[tokens.owner_only]
"""
    + "".join(f'{scope} = "1000.owner-{scope.lower()}"\n' for scope in SCOPES)
    + "\n[path_parameters]\n"
    + "".join(f"{name} = {json.dumps(sample)}\n" for name, sample in SAMPLES.items())
)


def grade(arguments: Sequence[str]) -> int:
    """Grade a mock in this process, and return the command's exit code."""
    with MockServer() as server, tempfile.TemporaryDirectory() as directory:
        profile = Path(directory) / "mock.toml"
        filled = PROFILE.format(url=server.url, control=server.control_url, token=server.control_token)
        profile.write_text(filled, "utf-8")
        chosen = [] if any(a.startswith("--only") for a in arguments) else ["--only", "table,thresholds"]
        return main(["run", "--profile", str(profile), *chosen, *arguments])


if __name__ == "__main__":
    sys.exit(grade(sys.argv[1:]))
