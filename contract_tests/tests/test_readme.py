"""Every code block of every README and guide is executed.

Python blocks run in a process of their own, forked from one that has imported the packages, against a mock server that
is reset before each, which the environment points them to, with the demo directory's tokens. Shell blocks run line by
line, but for the commands that run the tests themselves: of those it is asserted that continuous integration runs them.
The installed commands run in forks, too.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from api_paths import IN_PATHS
from zoho_cliq_mock import MockServer

ROOT = Path(__file__).resolve().parents[2]
READMES = sorted(
    path
    for pattern in ("README.md", "*/README.md", "*/*/README.md", "*/*/*/README.md", "docs/**/*.md")
    for path in ROOT.glob(pattern)
    if not {"node_modules", ".venv", "build"} & set(path.parts)
)
RUN_BY_CI = {
    "./scripts/demo": "./scripts/demo",
    "./scripts/test": "./scripts/test",
    "scripts/check": "scripts/check",
    "scripts/test --heavy": "scripts/test --heavy",
    "scripts/regenerate --check": "scripts/check",
    "scripts/coverage": "scripts/coverage",
    "scripts/docs": "scripts/docs",
}
"""Commands that a test cannot run because they run the tests, or set up the machine, and who runs them in CI."""


ENDLESS = ("zoho-cliq dev",)
"""What a person ends with Ctrl-C, and a test as soon as it has done its work."""
PACKAGES = ("generated", "wrapper", "contract_tests")
KINDS = ("python", "sh", "text", "toml", "json")
"""`text` is for what a program prints; `toml` and `json` must parse."""


class Block(NamedTuple):
    """A fenced code block."""

    readme: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.readme.relative_to(ROOT)}:{self.line}"


def blocks() -> Iterator[Block]:
    for readme in READMES:
        text = readme.read_text("utf-8")
        for match in re.finditer(r"(?ms)^```([^\n]*)\n(.*?)^```$", text):
            yield Block(readme, text.count("\n", 0, match.start()) + 1, match.group(1).strip(), match.group(2))


BLOCKS = list(blocks())


def test_every_block_is_of_a_kind_that_is_executed() -> None:
    assert BLOCKS
    unknown = [f"{block} ({block.language or 'no language'})" for block in BLOCKS if block.language not in KINDS]
    assert not unknown, f"a block in a language that no test executes: {unknown}"


def test_nothing_tells_to_install_the_package_from_an_index() -> None:
    sources = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py")]
    wrong = [
        str(path.relative_to(ROOT))
        for path in (*READMES, *sources, *(ROOT / "docs").rglob("*.py"))
        if re.search(r"install [^\n]*zoho-cliq\[", path.read_text("utf-8"))
    ]
    assert wrong == []


def pictures() -> list[tuple[Path, Path]]:
    """Return the pictures of every README and guide: where it stands, and the file."""
    return [
        (readme, (readme.parent / target).resolve())
        for readme in READMES
        for target in re.findall(r"!\[[^\]]+\]\(([^)\s]+)\)", readme.read_text("utf-8"))
    ]


def test_every_picture_is_there() -> None:
    assert [(readme, picture) for readme, picture in pictures() if not picture.is_file()] == []
    shown = {picture.name for readme, picture in pictures() if readme == ROOT / "README.md"}
    assert {"menu.webp", "answer.webp", "form.webp", "log.webp", "script.webp"} <= shown


def test_the_pictures_of_the_console_are_small() -> None:
    kept = sorted((ROOT / "docs" / "screenshots").iterdir())
    assert {picture for _, picture in pictures()} >= set(kept)
    assert sum(picture.stat().st_size for picture in kept) < 300_000


@pytest.fixture(scope="module")
def running() -> Iterator[MockServer]:
    with MockServer() as server:
        yield server


@pytest.fixture
def server(running: MockServer) -> MockServer:
    running.reset()
    return running


def environment(server: MockServer, tmp_path: Path) -> dict[str, str]:
    """Return what the README says to export, for the mock."""
    scripts = Path(sys.executable).parent
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("ZOHO_CLIQ_")},
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "ZOHO_CLIQ_TOKEN": "1000.owner",
        "ZOHO_CLIQ_BASE_URL": server.url,
        **IN_PATHS,
        "MOCK_CONTROL": server.control_token,
        "PYTHONWARNINGS": "error",
    }


TESTS = [block for block in BLOCKS if "\ndef test_" in block.text]
"""Blocks that pytest runs, which imports them too."""

ENDING = """
import os, sys, traceback

def end_with(work, asked):
    '''Do a work in the folder and the environment that are asked for; end this process as a program would.'''
    status = 1
    try:
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        status = work(asked)
    except SystemExit as stopped:
        status = stopped.code if isinstance(stopped.code, int) else int(stopped.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status or 0)
"""

# Importing the packages takes longer than what the blocks do.
FORKS = f"""{ENDING}
import gc, json, signal
import httpx, lark, regex, zoho_cliq, zoho_cliq.testing, zoho_cliq_api.models, zoho_cliq_mock

def run(asked):
    output = os.open("output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1), os.dup2(output, 2), os.dup2(os.open(os.devnull, 0), 0)
    signal.alarm(60)
    main = type(sys)("__main__")
    sys.modules["__main__"] = main
    exec(compile(asked["text"], "<block>", "exec"), vars(main))

gc.freeze()
for line in sys.stdin:
    if (child := os.fork()) == 0:
        end_with(run, json.loads(line))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def forks(running: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    """Yield a Python that has imported the packages and runs each block in a fork of itself."""
    folder = tmp_path_factory.mktemp("forks")
    with subprocess.Popen(
        [sys.executable, "-c", FORKS],
        cwd=folder,
        env=environment(running, folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.language == "python" and block not in TESTS], ids=str
)
def test_python_block(block: Block, server: MockServer, forks: subprocess.Popen[str], tmp_path: Path) -> None:
    assert forks.stdin is not None
    assert forks.stdout is not None
    asked = {"folder": str(tmp_path), "environment": environment(server, tmp_path), "text": block.text}
    forks.stdin.write(json.dumps(asked) + "\n")
    forks.stdin.flush()
    status = forks.stdout.readline()
    output = tmp_path / "output.txt"
    assert status == "0\n", f"{block}\n{status}{output.read_text('utf-8') if output.exists() else ''}"


# Takes the place of a plugin that runs coroutines, which the README says one needs.
RUN_COROUTINES = """
import asyncio, inspect

def pytest_pyfunc_call(pyfuncitem):
    if inspect.iscoroutinefunction(pyfuncitem.obj):
        asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}))
        return True
"""


def test_tests_in_python_blocks_pass(server: MockServer, tmp_path: Path) -> None:
    """One pytest runs them all, each in a file whose name tells where the block stands."""
    assert TESTS
    for block in TESTS:
        (tmp_path / f"test_{re.sub('[^A-Za-z0-9]', '_', str(block))}.py").write_text(block.text)
    (tmp_path / "conftest.py").write_text(RUN_COROUTINES)
    plugins = ("no:cacheprovider", "zoho_cliq.testing.plugin", "zoho_cliq_mock.plugin", "zoho_cliq_conformance.plugin")
    command = [sys.executable, "-m", "pytest", "-q", *(word for plugin in plugins for word in ("-p", plugin)), "."]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        # The other installed plugins take longer to load than the tests take.
        env=environment(server, tmp_path) | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    passed = re.search(r"^(\d+) passed", done.stdout, re.MULTILINE)
    assert passed is not None
    assert int(passed[1]) >= len(TESTS)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Block]:
    """Return every Python block in a file of its own, by the file's name."""
    found = {f"block_{number}.py": block for number, block in enumerate(BLOCKS) if block.language == "python"}
    for name, block in found.items():
        (tmp_path / name).write_text(block.text)
    return found


@pytest.mark.heavy
def test_python_blocks_pass_mypy(files: dict[str, Block], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(tmp_path / "cache")]
    # A package that ships no types can have none here.
    command += ["--disable-error-code", "import-untyped", *files]
    paths = {**os.environ, "MYPYPATH": os.pathsep.join(str(ROOT / name) for name in PACKAGES)}
    done = subprocess.run(command, cwd=tmp_path, env=paths, capture_output=True, text=True, check=False)
    faults = [line.partition(":") for line in done.stdout.splitlines() if ": error:" in line]
    shown = [f"{files[name]} +{rest}" for name, _, rest in faults]
    assert not faults, "\n".join(shown)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.heavy
def test_python_blocks_pass_pyright(files: dict[str, Block], tmp_path: Path) -> None:
    pyright = ROOT / "scripts/node/node_modules/.bin/pyright"
    if not pyright.exists():
        (pytest.fail if os.environ.get("CI") and shutil.which("npm") else pytest.skip)(
            "pyright: npm ci in scripts/node"
        )
    settings = {"typeCheckingMode": "strict", "venvPath": str(ROOT), "venv": ".venv", "pythonVersion": "3.11"}
    settings |= {"extraPaths": [str(ROOT / name) for name in PACKAGES]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    done = subprocess.run([pyright, "--outputjson", "-p", tmp_path], capture_output=True, text=True, check=False)
    faults = [entry for entry in json.loads(done.stdout)["generalDiagnostics"] if entry["severity"] == "error"]
    shown = [
        f"{files[Path(each['file']).name]} +{each['range']['start']['line'] + 1}: {each['message']}" for each in faults
    ]
    assert not faults, "\n".join(shown)
    assert done.returncode == 0, done.stdout + done.stderr


# Takes the place of an installed command: hands its arguments, streams, folder and environment to the process below.
COMMAND = """
import json, os, socket, sys

with socket.socket(socket.AF_UNIX) as running:
    running.connect(sys.argv[1])
    socket.send_fds(running, [b"."], [0, 1, 2])
    asked = {"arguments": sys.argv[2:], "folder": os.getcwd(), "environment": dict(os.environ)}
    running.sendall(json.dumps(asked).encode() + b"\\n")
    sys.exit(int(running.recv(9)))
"""

# Importing what a command needs takes ten times as long as what it does. Each is waited for by a fork of its own, so
# that the commands of a pipe run beside each other.
COMMANDS = f"""{ENDING}
import contextlib, gc, importlib, json, pkgutil, socket
import rich.table, zoho_cliq, zoho_cliq_conformance.cli, zoho_cliq_deluge

for package in (zoho_cliq, zoho_cliq_deluge):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
MAINS = {{"zoho-cliq": zoho_cliq.cli.main, "zoho-cliq-conformance": zoho_cliq_conformance.cli.main}}

def run(asked):
    sys.argv = asked["arguments"]
    return MAINS[sys.argv[0]]()

gc.freeze()
with socket.socket(socket.AF_UNIX) as listening:
    listening.bind(sys.argv[1])
    listening.listen()
    print("ready", flush=True)
    while True:
        connection, _ = listening.accept()
        _, streams, _, _ = socket.recv_fds(connection, 1, 3)
        if os.fork() == 0:
            asked = json.loads(connection.makefile().readline())
            if (command := os.fork()) == 0:
                for number, stream in enumerate(streams):
                    os.dup2(stream, number)
                    os.close(stream)
                sys.stdin, sys.stdout, sys.stderr = (open(at, mode, closefd=False) for at, mode in enumerate("rww"))
                end_with(run, asked)
            status = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
            connection.send(str(status).encode())
            os._exit(0)
        for stream in streams:
            os.close(stream)
        connection.close()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
"""


@pytest.fixture(scope="module")
def commands(running: MockServer) -> Iterator[Path]:
    """Yield a folder with the installed commands, which run in forks of a Python that has imported what they need."""
    with tempfile.TemporaryDirectory() as name:  # the path of a socket must be short
        folder = Path(name)
        (folder / "command.py").write_text(COMMAND)
        for command in ("zoho-cliq", "zoho-cliq-conformance"):
            words = [sys.executable, "-IS", str(folder / "command.py"), str(folder / "socket"), command]
            (folder / command).write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
            (folder / command).chmod(0o755)
        arguments = [sys.executable, "-c", COMMANDS, str(folder / "socket")]
        with subprocess.Popen(
            arguments, cwd=folder, env=environment(running, folder), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield folder
            process.terminate()


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "sh"], ids=str)
def test_shell_block(block: Block, server: MockServer, commands: Path, tmp_path: Path) -> None:
    environ = environment(server, tmp_path)
    in_forks = {**environ, "PATH": f"{commands}{os.pathsep}{environ['PATH']}"}
    ci = (ROOT / ".ci" / "run").read_text("utf-8")
    lines = [line.split("  #")[0].strip() for line in block.text.splitlines()]
    for line in filter(None, lines):
        if line in RUN_BY_CI:
            assert RUN_BY_CI[line] in ci, f"{block}: {line} is run neither here nor by .ci/run"
            continue
        if line.startswith(ENDLESS):
            run_until_it_works(line, environ)
            continue
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=ROOT,
            env=in_forks,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{block}: {line}\n{done.stdout}\n{done.stderr}"


def run_until_it_works(line: str, environ: dict[str, str]) -> None:
    """Run the development loop, on a free port, until the folder is applied, then end it with SIGINT."""
    Path(environ["HOME"], "our-actions").mkdir(exist_ok=True)
    Path(environ["HOME"], "our-actions", "cliq.toml").write_text("[environments.test]\n")
    command = ["bash", "-c", f"exec {line} --port 0"]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = next((line for line in process.stdout if line.startswith("Applied")), None)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
    assert (seen, process.returncode) == ("Applied: nothing to change.\n", 0)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language in ("toml", "json")], ids=str)
def test_data_block_parses(block: Block) -> None:
    if block.language == "toml":
        import tomllib

        tomllib.loads(block.text)
    else:
        json.loads(block.text)
