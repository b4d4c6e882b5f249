"""The example of a folder of message actions: its own tests pass where it is copied, and its schemas are in step."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree

from cliq_fakes import examples_are_complete
from zoho_cliq.project import action_schema, configuration_schema
from zoho_cliq.project.schemas import schema_text

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "examples" / "our-actions"


@examples_are_complete
def test_the_example_passes_its_tests_as_a_copy(tmp_path: Path) -> None:
    folder = copytree(EXAMPLE, tmp_path / "our-actions")
    options = ["-q", "-p", "no:cacheprovider", "-p", "zoho_cliq_mock.plugin", "-W", "error"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # loading all of them takes longer than the tests
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout


def test_the_schemas_of_the_example_are_current() -> None:
    schemas = EXAMPLE / "schemas"
    assert (schemas / "action.schema.json").read_text("utf-8") == schema_text(action_schema())
    assert (schemas / "cliq.schema.json").read_text("utf-8") == schema_text(configuration_schema())
