"""Optional features without their packages: one line that names the extra to install."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("packages", "code", "line"),
    [
        (
            ["opentelemetry"],
            "import zoho_cliq.telemetry",
            "zoho_cliq.errors.ConfigurationError: spans need the extra `otel`: pip install '.[otel]' in a checkout of "
            "zoho-cliq",
        ),
        *(
            (
                [package],
                "import zoho_cliq_deluge",
                "ModuleNotFoundError: zoho_cliq_deluge needs the extra `deluge`: pip install '.[deluge]' in a checkout "
                "of zoho-cliq ",
            )
            for package in ("lark", "regex")
        ),
        (["zoneinfo"], "import zoho_cliq_deluge", "ModuleNotFoundError: No module named 'zoneinfo'"),
    ],
)
def test_a_missing_extra_is_named(packages: list[str], code: str, line: str) -> None:
    finder = (
        "import sys\n"
        "class Missing:\n"
        "    @staticmethod\n"
        "    def find_spec(name, path=None, target=None):\n"
        f"        if name.partition('.')[0] in {packages!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Missing)\n"
    )
    done = subprocess.run([sys.executable, "-c", finder + code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(line)
