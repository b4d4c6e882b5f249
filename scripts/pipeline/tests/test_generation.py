"""The generated client: same bytes on any host, atomic installation, and none of the faults that templates fix."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pipeline import generate, templates
from pipeline import tree as trees
from pipeline.compose import operations
from pipeline.documents import dump_json, load
from pipeline.errors import PipelineError
from pipeline.install import install
from pipeline.params import field_name
from pipeline.regenerate import main
from pipeline.tree import Tree, files


def run(code: str, **environment: str) -> str:
    """Run code in a new Python process, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def contents(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder, except caches and `build/`."""
    return {str(path): (folder / path).read_bytes() for path in files(folder) if path.parts[0] != "build"}


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set up a host whose settings would change the output if they were used, and return its folder.

    It has configuration files, environment variables, and another ruff first on PATH.
    """
    settings = "line-length = 40\nindent-width = 2\n[format]\nquote-style = 'single'\n[lint]\nselect = ['ALL']\n"
    home = tmp_path / "home"
    for folder in (home / ".config" / "ruff", tmp_path / "tmp"):
        folder.mkdir(parents=True)
    for place in (home / ".config" / "ruff" / "ruff.toml", tmp_path / "tmp" / "ruff.toml", tmp_path / "ruff.toml"):
        place.write_text(settings)
    (tmp_path / "mypy.ini").write_text("[mypy]\nplugins = nowhere\n")
    fake = tmp_path / "bin" / "ruff"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'ruff 0.0.1'\nexit 3\n")
    fake.chmod(0o755)
    for key, value in {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "TMPDIR": str(tmp_path / "tmp"),
        "PATH": f"{fake.parent}:/usr/bin:/bin",
        "RUFF_CONFIG": str(tmp_path / "ruff.toml"),
        "PYTHONHASHSEED": "12345",
        "PYTHONPATH": str(tmp_path / "tmp"),
        "MYPY_CACHE_DIR": "/dev/null",
        "FORCE_COLOR": "1",
    }.items():
        monkeypatch.setenv(key, value)
    monkeypatch.chdir(tmp_path / "tmp")
    return tmp_path


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Return the folder of the clients generated in one test, so that each test generates anew."""
    (tmp_path / "clients").mkdir()
    return tmp_path / "clients"


@pytest.mark.usefixtures("hostile", "cached_clients")
def test_the_committed_client_is_what_a_fresh_run_makes_on_a_hostile_host_and_every_difference_is_noticed(
    copied: Tree, capsys: pytest.CaptureFixture[str]
) -> None:
    committed = contents(copied.root)
    assert main(["--check"], copied) == 0
    (copied.generated / "models" / "scope.py").unlink()
    (copied.generated / "models" / "extra.py").write_text("x = 1\n")
    with (copied.generated / "client.py").open("a") as file:
        file.write("# edited by hand\n")
    with copied.composed.open("a") as file:
        file.write("# edited by hand\n")
    mistyped = copied.errors.read_text("utf-8").replace("class HandlerNotFound(NotFound)", "class Mistyped(NotFound)")
    copied.errors.write_text(mistyped, "utf-8")
    before = contents(copied.root)
    capsys.readouterr()
    assert main(["--check"], copied) == 1
    assert sorted(capsys.readouterr().out.splitlines()) == [
        "differs: generated/zoho_cliq_api/client.py (differs)",
        "differs: generated/zoho_cliq_api/models/extra.py (not generated)",
        "differs: generated/zoho_cliq_api/models/scope.py (missing)",
        "differs: openapi/message-actions.yaml",
        "differs: wrapper/zoho_cliq/errors.py",
    ]
    assert contents(copied.root) == before
    assert main([], copied) == 0
    assert contents(copied.root) == committed


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (PipelineError("openapi_python_client failed: a warning"), "a warning"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_a_failure_leaves_everything_as_it_was(
    copied: Tree,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    broken: Exception,
    message: str,
) -> None:
    def fail(*_: object) -> None:
        raise broken

    overlay = load(copied.overlay)
    overlay["info"]["title"] = "changed"
    overlay["actions"][0]["update"]["summary"] = "Changed."
    copied.overlay.write_text(dump_json(overlay))
    before = contents(copied.root)
    monkeypatch.setattr(generate, "generate", lambda _, package, into: shutil.copytree(copied.generated, into))
    monkeypatch.setattr(generate, "type_check", fail)
    assert main([], copied) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert contents(copied.root) == before


def test_installing_is_all_or_nothing(copied: Tree, tmp_path: Path) -> None:
    before = contents(copied.root)
    fresh = copied.root / "build" / "fresh"
    fresh.mkdir(parents=True)
    (fresh / "a").write_text("new")
    with pytest.raises(OSError, match="No such file"):
        install(
            copied.root,
            {
                copied.generated: fresh / "a",
                copied.root / "openapi" / "new.yaml": copied.composed,
                copied.overlay: fresh / "not there",
            },
        )
    assert contents(copied.root) == {
        path: text for path, text in before.items() if path != "openapi/message-actions.yaml"
    }


KILLED_AT_EACH_LINE = """
import os, sys
from pathlib import Path
from pipeline import install

root = Path(sys.argv[1])
old, new = root / "old", root / "build" / "new"

def contents():
    places = [root / "package", root / "document", root / "elsewhere" / "added"]
    files = [file for place in places for file in (sorted(place.rglob("*")) if place.is_dir() else [place])]
    return {str(file.relative_to(root)): file.read_text() for file in files if file.exists()}

def lay(folder, text):
    (folder / "package").mkdir(parents=True)
    (folder / "package" / "module").write_text(text)
    (folder / "document").write_text(text)

def killed_at(line, act):
    # Carry out `act` in a child that ends, without a word and with nothing flushed, before a line of install.py.
    seen = 0
    def trace(frame, event, argument):
        nonlocal seen
        if frame.f_code.co_filename != install.__file__:
            return None
        if event == "line":
            seen += 1
            if seen == line:
                os._exit(9)
        return trace
    if (child := os.fork()) == 0:
        sys.settrace(trace)
        act()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9

def installed():
    targets = root / "package", root / "document", root / "elsewhere" / "added"
    install.install(root, {target: new / target.name for target in targets})

lay(root, "old")
before = contents()
after = {"package/module": "new", "document": "new", "elsewhere/added": "new"}
outcomes = []
line = 1
while True:
    lay(new, "new")
    (new / "added").write_text("new")
    killed = killed_at(line, installed)
    killed_at(line % 25 + 1, lambda: install.recover(root))
    install.recover(root)
    assert not install.recover(root)
    outcomes.append(contents())
    assert outcomes[-1] in (before, after), (line, outcomes[-1])
    for path in (root / "build", root / "package", root / "document", root / "elsewhere"):
        install._remove(path)
    lay(root, "old")
    if not killed:
        break
    line += 1
assert outcomes[0] == before and outcomes[-1] == after
print(line)
"""


def test_an_installation_killed_at_any_line_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(trees.ROOT / "scripts")}
    command = [sys.executable, "-c", KILLED_AT_EACH_LINE, str(tmp_path)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert int(done.stdout) > 30  # number of lines that an installation executes


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a small package, for which the type check is fast."""
    package = tmp_path / "small_package"
    package.mkdir()
    (package / "__init__.py").write_text("x: int = 1\n")
    return package


@pytest.mark.heavy
def test_two_type_checks_at_once_do_not_meet(small: Path, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom pipeline.generate import type_check\n"
        "type_check(Path(sys.argv[1]), Path(sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", code, str(small), str(tmp_path / "cache")]
    environment = {**os.environ, "PYTHONPATH": str(trees.ROOT / "scripts")}
    running = [subprocess.Popen(command, env=environment) for _ in range(2)]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    assert (tmp_path / "cache").is_dir()


def test_a_cache_that_cannot_be_written_does_no_harm(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def checked(arguments: list[str], *_: object) -> subprocess.CompletedProcess[str]:
        Path(arguments[arguments.index("--cache-dir") + 1]).mkdir()  # as mypy does where there is none
        return subprocess.CompletedProcess(arguments, 0, "", "")

    monkeypatch.setattr(generate, "_process", checked)
    (tmp_path / "file").write_text("not a folder")
    generate.type_check(small, tmp_path / "file" / "cache")
    assert (tmp_path / "file").read_text() == "not a folder"
    generate.type_check(small, tmp_path / "file")
    assert (tmp_path / "file").is_dir()


def test_a_type_error_is_refused(small: Path) -> None:
    (small / "__init__.py").write_text("x: int = 'text'\n")
    with pytest.raises(PipelineError, match=r"does not type-check: .*small_package"):
        generate.type_check(small, trees.ROOT / "build" / "mypy")


def test_another_version_of_a_pinned_tool_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(generate.PINS, "ruff", "0.0.1")
    with pytest.raises(PipelineError, match=r"ruff .* is installed; 0\.0\.1 is pinned"):
        generate.generate({}, "p", tmp_path / "p")


def test_the_pins_are_those_of_the_lock(tree: Tree) -> None:
    lock = (tree.root / "requirements.lock").read_text("utf-8")
    for name, version in generate.PINS.items():
        assert f"\n{name}=={version} " in lock


def test_an_unknown_template_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    change = templates.CHANGES[0]
    monkeypatch.setattr(templates, "CHANGES", (change._replace(sha256="0" * 64),))
    with pytest.raises(PipelineError, match="review it and update the hash"):
        templates.write(tmp_path)
    monkeypatch.setattr(templates, "CHANGES", (change._replace(replacements=(("not there", ""),)),))
    with pytest.raises(PipelineError, match="stands there 0 times, not once"):
        templates.write(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_generator_warning_is_refused(composed: Any, tmp_path: Path) -> None:
    schemas = {**composed["components"]["schemas"], "Odd": {"type": "array", "description": "no items"}}
    document = {**composed, "components": {**composed["components"], "schemas": schemas}}
    with pytest.raises(PipelineError, match=r"run_generator failed: .*[Ii]tems"):
        generate.generate(document, "odd", tmp_path / "odd")


def test_a_client_shows_no_token_and_has_a_timeout() -> None:
    from zoho_cliq_api import AuthenticatedClient, Client

    client = AuthenticatedClient(
        base_url="https://example.com",
        token="1000.very-secret",
        headers={"X-Key": "very-secret"},
        cookies={"session": "very-secret"},
        httpx_args={"auth": ("u", "very-secret")},
    )
    assert "very-secret" not in repr(client) + str(client)
    assert "very-secret" not in repr(Client(base_url="https://example.com", headers={"X-Key": "very-secret"}))
    assert client.get_httpx_client().timeout.read == 30.0


def test_the_package_is_lazy_and_the_contract_free_of_heavy_modules() -> None:
    code = "import sys, zoho_cliq_api.contract; print(*sorted(sys.modules))"
    loaded = set(run(code).split())
    assert "zoho_cliq_api.contract" in loaded
    heavy = {"httpx", "attr", "attrs", "json", "importlib.resources", "zoho_cliq_api.client", "zoho_cliq_api.models"}
    assert loaded & heavy == set()
    assert run("import zoho_cliq_api as z; print(z.Client.__name__, z.AuthenticatedClient.__name__)") == (
        "Client AuthenticatedClient"
    )
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = importlib.import_module("zoho_cliq_api").Nothing


def test_the_private_names_that_the_wrapper_builds_on_exist(composed: Any) -> None:
    for path, method, operation in operations(composed):
        folder = next(
            (trees.ROOT / "generated" / "zoho_cliq_api" / "api").glob(f"*/{operation['operationId']}.py")
        ).parent
        module = importlib.import_module(f"zoho_cliq_api.api.{folder.name}.{operation['operationId']}")
        names = [field_name(parameter["name"]) for parameter in operation.get("parameters", [])]
        keywords = inspect.signature(module._get_kwargs).parameters
        assert set(keywords) == {*names, *(["body"] if "requestBody" in operation else [])}
        values: dict[str, Any] = dict.fromkeys(names, "7")
        if "{" in path:
            request = module._get_kwargs(**values, **({"body": Body()} if "requestBody" in operation else {}))
            assert request["url"] == re.sub(r"\{[^{}]*\}", "7", path)
            assert request["method"] == method
        assert list(inspect.signature(module._parse_response).parameters) == ["client", "response"]


class Body:
    """A stand-in for a generated model."""

    def to_dict(self) -> dict[str, Any]:
        return {}


def test_no_generated_line_names_a_path_of_a_machine_or_a_date(tree: Tree) -> None:
    for name, content in contents(tree.generated).items():
        assert str(tree.root).encode() not in content, name
