"""Kept grades are valid only for exactly the inputs with which the tests passed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import grades
import pytest

TESTS = f"{grades.HELPERS}/test_some.py"
OTHERS = f"{grades.HELPERS}/test_other.py"
ELSEWHERE = "contract_tests/tests/mock/test_elsewhere.py"
ONE, TWO, OTHER = f"{TESTS}::test_one", f"{TESTS}::test_two", f"{OTHERS}::test_it"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a tree with two test files, and with a file in each place that tests depend on."""
    for name in grades.SHARED:
        path = tmp_path / name
        if path.suffix:
            path.write_text("a==1\n")
        else:
            path.mkdir(parents=True)
            (path / "module.py").write_text("x = 1\n")
    folder = tmp_path / grades.HELPERS
    (folder / "faults").mkdir(parents=True)
    (folder / "faults" / "one.py").write_text("import base\n")
    for name, text in (
        ("test_some", "from helper import f\n"),
        ("test_other", "import ast\n"),
        ("helper", "import paths\n\ndef f():\n    from faults import one\n\nread = 'survivors.toml'\n"),
        ("base", "x = 1\n"),
        ("unused", "x = 1\n"),
        ("survivors.toml", ""),
    ):
        (folder / (name if "." in name else f"{name}.py")).write_text(text)
    (folder.parent / "paths.py").write_text("x = 1\n")
    elsewhere = tmp_path / ELSEWHERE
    elsewhere.parent.mkdir(parents=True)
    elsewhere.write_text("from beside import f\nfrom helper import g\nimport zoho_cliq_mock\n")
    for name in ("conftest", "beside", "unused"):
        elsewhere.with_name(f"{name}.py").write_text("x = 1\n")
    return tmp_path


def digest(tests: str, root: Path) -> str:
    return grades.digests([tests], root)[tests]


def change(path: Path) -> None:
    path.write_text(path.read_text() + "y = 2\n")


@pytest.mark.parametrize("name", grades.SHARED)
def test_a_module_that_all_tests_depend_on_changes_every_digest(root: Path, name: str) -> None:
    before = [digest(tests, root) for tests in (TESTS, OTHERS)]
    change(root / name if (root / name).is_file() else root / name / "module.py")
    after = [digest(tests, root) for tests in (TESTS, OTHERS)]
    assert before[0] != after[0]
    assert before[1] != after[1]


@pytest.mark.parametrize(
    "name", ["test_some.py", "helper.py", "faults/one.py", "base.py", "../paths.py", "survivors.toml"]
)
def test_a_file_that_one_test_file_imports_or_reads_changes_only_its_digest(root: Path, name: str) -> None:
    before = [digest(tests, root) for tests in (TESTS, OTHERS)]
    change(root / grades.HELPERS / name)
    assert digest(TESTS, root) != before[0]
    assert digest(OTHERS, root) == before[1]


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("contract_tests/tests/mock/beside.py", True),
        ("contract_tests/tests/mock/conftest.py", True),
        ("contract_tests/tests/mock/unused.py", False),
        (f"{grades.HELPERS}/helper.py", True),
        ("contract_tests/paths.py", True),
        (f"{grades.HELPERS}/unused.py", False),
    ],
)
def test_a_file_elsewhere_depends_on_what_it_can_import(root: Path, name: str, counts: bool) -> None:
    before = digest(ELSEWHERE, root)
    change(root / name)
    assert (digest(ELSEWHERE, root) != before) == counts


def test_graded_files_exist_and_import_no_code_that_a_digest_leaves_out() -> None:
    for name in grades.TESTS:
        path = grades.ROOT / name
        for file in path.glob("test_*.py") if path.is_dir() else [path]:
            assert grades.graded(file)
            texts = [each.read_text("utf-8") for each in grades._imported(file, grades.ROOT)]
            assert not any(re.search(r"^ *(from|import) zoho_cliq(_deluge)?\b", text, re.MULTILINE) for text in texts)
    assert not grades.graded(grades.ROOT / "contract_tests/tests/test_readme.py")


def test_a_file_that_moves_or_is_added_changes_the_digest(root: Path) -> None:
    before = digest(TESTS, root)
    module = root / "generated" / "module.py"
    moved = module.rename(module.with_name("other.py"))
    assert digest(TESTS, root) != before
    moved.rename(module)
    assert digest(TESTS, root) == before
    (root / "generated" / "facts.toml").write_text("")
    assert digest(TESTS, root) != before


def test_changes_without_effect_change_no_digest(root: Path) -> None:
    before = digest(TESTS, root)
    (root / grades.HELPERS / "README.md").write_text("words")
    (root / grades.HELPERS / "grades.json").write_text("{}")
    (root / "contract_tests/zoho_cliq_conformance/score.toml").write_text("mutants = 1\n")
    change(root / grades.HELPERS / "unused.py")
    assert digest(TESTS, root) == before


def test_texts_but_not_comments_docstrings_and_layout_change_a_digest(root: Path) -> None:
    module = root / "generated" / "module.py"
    module.write_text('"""Say this."""\n\ndef f():\n    """Return it."""\n    return "it"\n')
    before = digest(TESTS, root)
    module.write_text('def f():\n    """Return that."""\n\n    return \'it\'  # this\n')
    assert digest(TESTS, root) == before
    module.write_text('def f():\n    """Return that."""\n    return "that"\n')
    assert digest(TESTS, root) != before


def test_another_python_changes_the_digest(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest(TESTS, root)
    monkeypatch.setattr(grades, "PYTHON", "4.0")
    assert digest(TESTS, root) != before


def test_grades_are_known_until_their_inputs_change(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "grades.json"
    assert grades.passed(file, root) == frozenset()
    grades.keep({ONE: True, TWO: False, OTHER: True}, file, root)
    assert grades.passed(file, root) == {ONE, OTHER}
    change(root / grades.HELPERS / "base.py")
    assert grades.passed(file, root) == {OTHER}
    change(root / "generated" / "module.py")
    assert grades.passed(file, root) == frozenset()


def test_tests_that_did_not_run_keep_their_grade_and_failed_ones_lose_it(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "grades.json"
    grades.keep({ONE: True, OTHER: True}, file, root)
    grades.keep({ONE: False, TWO: True}, file, root)
    assert grades.passed(file, root) == {TWO, OTHER}
    change(root / grades.HELPERS / "base.py")
    grades.keep({}, file, root)
    assert json.loads(file.read_text())["passed"] == [OTHER]


@pytest.mark.parametrize("text", ["", "[]", '{"inputs": 1}', '{"inputs": 1, "passed": []}', "\x00"])
def test_a_damaged_file_grades_nothing(root: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "grades.json"
    file.write_text(text)
    assert grades.passed(file, root) == frozenset()
