"""The pictures of the README show the current page."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .browsers import chromium

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.heavy
def test_the_script_writes_the_committed_pictures(tmp_path: Path) -> None:
    with chromium():  # skips the test if Chromium is not installed
        pass
    done = subprocess.run([ROOT / "scripts" / "screenshots", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    written = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert written.keys() == {file.name for file in (ROOT / "docs" / "screenshots").iterdir()}
    assert all(picture[:4] == b"RIFF" and picture[8:12] == b"WEBP" for picture in written.values())
    assert sum(map(len, written.values())) < 300_000
