"""Tell which heavy tests of mock and suite passed before with exactly the same inputs, and so need not run again.

These tests grade hundreds of servers, or send thousands of histories to the mock, and take minutes. Their results
depend only on the mock, the suite, the generated code, the tests themselves, the pinned packages and the version of
Python. They do not depend on comments, docstrings, or the score, which is itself a result. Of the helper modules of the
tests, only those matter that a test file imports.

`grades.json` holds, for each test file, a digest of these inputs and the tests that passed with them. `scripts/grade`
runs all tests and renews `grades.json`.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILE = Path(__file__).with_name("grades.json")
HELPERS = "contract_tests/mutation"
TESTS = (
    HELPERS,
    "contract_tests/tests/conformance/test_conformance_hostile.py",
    "contract_tests/tests/conformance/test_conformance_real_clock.py",
    "contract_tests/tests/conformance/test_conformance_thresholds.py",
    "contract_tests/tests/mock/test_mock_model.py",
    "contract_tests/tests/mock/test_mock_validation.py",
)
"""Which tests are graded: these files, and those in this folder. None runs code of the client or the Deluge package."""
SHARED = (
    "generated",
    "contract_tests/zoho_cliq_mock",
    "contract_tests/zoho_cliq_conformance",
    "scripts/mutation",
    "requirements.lock",
)
_SUFFIXES = (".py", ".toml", ".json", ".css", ".js", ".html", ".lock")
_OUTCOMES = (FILE.name, "score.toml")
_PACKAGES = ("zoho_cliq_mock", "zoho_cliq_conformance")  # their files are shared inputs
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def _files(root: Path) -> Iterator[Path]:
    """Yield the files that all tests depend on."""
    for name in SHARED:
        yield from _below(root / name)


def _below(path: Path) -> Iterator[Path]:
    """Yield a file, or the files in a folder that can change a result."""
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file() and file.suffix in _SUFFIXES and file.name not in _OUTCOMES:
            yield file


def _imported(module: Path, root: Path) -> set[Path]:
    """Return a module and all modules that it imports, directly or indirectly, from where helpers of tests stand.

    These are its folder, whose `conftest.py` counts as imported, the parent folder, and HELPERS with its parent. If the
    module imports a package there, return all files of that package. Return also the TOML files of HELPERS that one of
    the modules names.
    """
    folders = dict.fromkeys([module.parent, module.parents[1], root / HELPERS, (root / HELPERS).parent])
    found: set[Path] = set()
    waiting = [module, *module.parent.glob("conftest.py")]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found.add(file)
        for name in _names(ast.parse(file.read_bytes())):
            if name in _PACKAGES:
                continue
            for folder in folders:
                for path in (folder / f"{name}.py", folder / name):
                    waiting += _below(path) if path.exists() else ()
    modules = {file for file in found if file.suffix == ".py"}
    texts = [file.read_text("utf-8") for file in modules]
    data = (root / HELPERS).glob("*.toml")
    return modules | {file for file in data if any(file.name in text for text in texts)}


def _names(tree: ast.Module) -> Iterator[str]:
    """Yield the top-level name of each import in a module, including imports in functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _content(file: Path) -> bytes:
    """Return the content of a file that can change a result: of a module, its code without comments and docstrings."""
    if file.suffix != ".py":
        return file.read_bytes()
    tree = ast.parse(file.read_bytes())
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            del body[0]
    return ast.dump(tree).encode()


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def graded(path: Path, root: Path = ROOT) -> bool:
    """Return whether the tests of a file are graded."""
    return any((root / name) in (path, path.parent) for name in TESTS)


def digests(tests: Iterable[str], root: Path = ROOT) -> dict[str, str]:
    """Return a digest for each test file, of everything that its results depend on, including the version of Python.

    Args:
        tests: the paths of the test files, relative to the root and with slashes.
        root: the root of the repository.
    """
    line = cache(lambda file: f"\n{file.relative_to(root).as_posix()} {hashlib.sha256(_content(file)).hexdigest()}")
    shared = list(_files(root))
    found = {}
    for name in tests:
        lines = map(line, [*shared, *sorted(_imported(root / name, root))])
        found[name] = hashlib.sha256("".join([PYTHON, *lines]).encode()).hexdigest()
    return found


def passed(file: Path = FILE, root: Path = ROOT) -> frozenset[str]:
    """Return the names of the tests that passed with the current tree.

    Args:
        file: the file of grades; if it is missing or unreadable, no tests are returned.
        root: the root of the repository.
    """
    try:
        found = json.loads(file.read_text("utf-8"))
        same = digests(found["inputs"], root).items() & found["inputs"].items()
        return frozenset(name for name in found["passed"] if name.partition("::")[0] in dict(same))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return frozenset()


def keep(found: Mapping[str, bool], file: Path = FILE, root: Path = ROOT) -> None:
    """Write which tests pass with the current tree: those that passed now, and those not run now that passed before.

    Args:
        found: for each test that was run, by name, whether it passed.
        file: the file of grades.
        root: the root of the repository.
    """
    names = sorted((passed(file, root) - found.keys()) | {name for name, well in found.items() if well})
    inputs = digests(sorted({name.partition("::")[0] for name in names}), root)
    file.write_text(json.dumps({"inputs": inputs, "passed": names}, indent=1) + "\n", "utf-8")
