"""kill -9 at any moment of an apply: no duplicates, nothing lost, and a lock file that can always be read."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cliq_projects import action_file, project
from zoho_cliq.project import read
from zoho_cliq_mock import MockServer

WORKER = Path(__file__).parents[1] / "cliq_project_worker.py"
CYCLES = 100
MOMENTS = 40


def run(server: MockServer, root: Path, moment: int) -> subprocess.CompletedProcess[str]:
    """Apply in a process of its own, which is killed at a moment; 0 is never."""
    command = [sys.executable, str(WORKER), server.url, str(root), str(moment)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def rewrite(root: Path, chance: random.Random) -> dict[str, dict[str, Any]]:
    """Write other files in place of those that are there: names move, types change, files come and go."""
    for path in (root / "actions").glob("*"):
        path.unlink()
    wanted = {}
    for key, name in zip(chance.sample("abcd", 3), chance.sample("ABCD", 3), strict=True):
        fields: dict[str, Any] = {"name": name, "hint": chance.choice("hi")}
        if chance.random() < 0.4:
            fields |= {"execution_type": "webhook", "execution_url": "https://a/b", "permissions": ["chat"]}
            action_file(root, key, **fields)
        else:
            action_file(root, key, chance.choice(["x", "y"]), **fields)
        wanted[key] = fields
    return wanted


@pytest.mark.heavy
def test_a_hundred_kills_lose_nothing(tmp_path: Path) -> None:
    chance = random.Random(20)
    root = project(tmp_path)
    killed = 0
    with MockServer(thresholds=False) as server:
        wanted = rewrite(root, chance)
        while killed < CYCLES:
            done = run(server, root, chance.randint(1, MOMENTS))
            lock = read(root).lock  # which can be read, whatever happened
            if done.returncode == -signal.SIGKILL:
                killed += 1
                continue
            assert done.returncode == 0, done.stderr
            state = server._in_thread(lambda: list(server.app.state.connection.execute("SELECT id, name FROM action")))
            names = {str(identifier): name for identifier, name in state}
            assert sorted(names.values()) == sorted(fields["name"] for fields in wanted.values())
            assert {key: names[entry.id] for key, entry in lock.entries.items()} == {
                key: fields["name"] for key, fields in wanted.items()
            }
            assert int(run(server, root, 0).stdout) <= 10  # nothing is left to do but to look
            wanted = rewrite(root, chance)


@pytest.mark.heavy
def test_two_processes_at_once_in_one_folder_and_in_two(tmp_path: Path) -> None:
    chance = random.Random(7)
    roots = [project(tmp_path / name) for name in ("one", "one", "two")]
    with MockServer(thresholds=False) as server:
        for _ in range(10):
            state = chance.getstate()
            for root in set(roots):
                chance.setstate(state)
                wanted = rewrite(root, chance)
            command = [sys.executable, str(WORKER), server.url]
            running = [
                subprocess.Popen([*command, str(root), "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                for root in roots
            ]
            ended = [(process.communicate(timeout=60), process.returncode) for process in running]
            told = [err for (_, err), code in ended if code]
            assert all("AccountChanged" in err or "FolderBusy" in err for err in told), told
            for root in set(roots):
                for _ in range(3):  # each is finished by the next apply, or the one after it where both had begun
                    if run(server, root, 0).returncode == 0:
                        break
            for root in set(roots):
                assert run(server, root, 0).returncode == 0
            rows = server._in_thread(lambda: list(server.app.state.connection.execute("SELECT name FROM action")))
            assert sorted(name for (name,) in rows) == sorted(fields["name"] for fields in wanted.values())
            assert read(roots[0]).lock.entries == read(roots[2]).lock.entries
