"""Which heavy tests of this folder passed before with exactly the same inputs, so that they need not run again.

They grade hundreds of servers and take minutes. What they find depends on the mock, the suite, the generated code, the
tests themselves, the pinned packages and the version of Python, and on nothing else: not on comments and docstrings,
and not on the score, which is an outcome. `grades.json` holds a digest of all of these and the tests that passed with
it. `scripts/grade` runs every test and renews the file.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE = Path(__file__).with_name("grades.json")
INPUTS = (
    "generated",
    "contract_tests/zoho_cliq_mock",
    "contract_tests/zoho_cliq_conformance",
    "contract_tests/mutation",
    "scripts/mutation",
    "requirements.lock",
)
_SUFFIXES = (".py", ".toml", ".json", ".css", ".js", ".html", ".lock")
_OUTCOMES = (FILE.name, "score.toml")
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def _files(root: Path) -> Iterator[Path]:
    """Yield every file that the tests depend on."""
    for name in INPUTS:
        path = root / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and file.suffix in _SUFFIXES and file.name not in _OUTCOMES:
                yield file


def _content(file: Path) -> bytes:
    """Return what of a file can change a result: of a module its code, without layout, comments and docstrings."""
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


def digest(root: Path = ROOT) -> str:
    """Return a digest of everything that the tests' results depend on, the version of Python included."""
    whole = hashlib.sha256(PYTHON.encode())
    for file in _files(root):
        content = hashlib.sha256(_content(file)).hexdigest()
        whole.update(f"\n{file.relative_to(root).as_posix()} {content}".encode())
    return whole.hexdigest()


def passed(file: Path = FILE, inputs: str | None = None) -> frozenset[str]:
    """Return the names of the tests that passed with these inputs; none if the file is of other inputs.

    Args:
        file: the file of grades; one that is missing or unreadable grades nothing.
        inputs: a digest, by default that of the tree as it is.
    """
    try:
        found = json.loads(file.read_text("utf-8"))
        same = found["inputs"] == (digest() if inputs is None else inputs)
        return frozenset(found["passed"]) if same else frozenset()
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()


def keep(names: Iterable[str], file: Path = FILE) -> None:
    """Write the names of the tests that passed with the tree as it is."""
    text = json.dumps({"inputs": digest(), "passed": sorted(names)}, indent=1)
    file.write_text(text + "\n", "utf-8")
