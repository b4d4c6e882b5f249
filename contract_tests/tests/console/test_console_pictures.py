"""The pictures of the README come out of the page as it is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .browsers import chromium

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.heavy
def test_the_script_writes_the_pictures_that_are_kept(tmp_path: Path) -> None:
    with chromium():  # skips where there is none
        pass
    done = subprocess.run([ROOT / "scripts" / "screenshots", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    written = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert written.keys() == {file.name for file in (ROOT / "docs" / "screenshots").iterdir()}
    assert all(picture[:4] == b"RIFF" and picture[8:12] == b"WEBP" for picture in written.values())
    assert sum(map(len, written.values())) < 300_000
