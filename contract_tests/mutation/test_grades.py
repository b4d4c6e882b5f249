"""Grades that were kept count for exactly the inputs that they were found with."""

from __future__ import annotations

from pathlib import Path

import grades
import pytest


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a tree with a file in each place that the tests depend on."""
    for name in grades.INPUTS:
        path = tmp_path / name
        if path.suffix:
            path.write_text("a==1\n")
        else:
            path.mkdir(parents=True)
            (path / "module.py").write_text("x = 1\n")
    return tmp_path


@pytest.mark.parametrize("name", grades.INPUTS)
def test_every_input_changes_the_digest(root: Path, name: str) -> None:
    before = grades.digest(root)
    path = root / name if (root / name).is_file() else root / name / "module.py"
    path.write_text(path.read_text() + "y = 2\n")
    assert grades.digest(root) != before


def test_a_file_that_moves_or_is_added_changes_the_digest(root: Path) -> None:
    before = grades.digest(root)
    module = root / "generated" / "module.py"
    moved = module.rename(module.with_name("other.py"))
    assert grades.digest(root) != before
    moved.rename(module)
    assert grades.digest(root) == before
    (root / "generated" / "facts.toml").write_text("")
    assert grades.digest(root) != before


def test_words_for_people_and_the_grades_themselves_do_not(root: Path) -> None:
    before = grades.digest(root)
    (root / "contract_tests/mutation/README.md").write_text("words")
    (root / "contract_tests/mutation/grades.json").write_text("{}")
    (root / "contract_tests/zoho_cliq_conformance/score.toml").write_text("mutants = 1\n")
    assert grades.digest(root) == before


def test_comments_docstrings_and_layout_do_not_but_other_texts_do(root: Path) -> None:
    module = root / "generated" / "module.py"
    module.write_text('"""Say this."""\n\ndef f():\n    """Return it."""\n    return "it"\n')
    before = grades.digest(root)
    module.write_text('def f():\n    """Return that."""\n\n    return \'it\'  # this\n')
    assert grades.digest(root) == before
    module.write_text('def f():\n    """Return that."""\n    return "that"\n')
    assert grades.digest(root) != before


def test_another_python_changes_the_digest(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = grades.digest(root)
    monkeypatch.setattr(grades, "PYTHON", "4.0")
    assert grades.digest(root) != before


def test_grades_are_kept_and_known_for_the_same_inputs_only(tmp_path: Path) -> None:
    file = tmp_path / "grades.json"
    assert grades.passed(file) == frozenset()
    grades.keep({"b", "a"}, file)
    assert grades.passed(file) == {"a", "b"}
    assert grades.passed(file, "other") == frozenset()


@pytest.mark.parametrize("text", ["", "[]", '{"inputs": 1}', "\x00"])
def test_a_damaged_file_grades_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "grades.json"
    file.write_text(text)
    assert grades.passed(file) == frozenset()
