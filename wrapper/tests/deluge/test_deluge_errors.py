"""Syntax errors: one problem for each mistake, with its place and what to write instead."""

from __future__ import annotations

import copy
import pickle
from functools import cache
from pathlib import Path

import pytest
from deluge_checks import table
from zoho_cliq_deluge import DelugeSyntaxError, SyntaxProblem, parse
from zoho_cliq_deluge._syntax.parser import MAXIMUM_CHAIN, MAXIMUM_DEPTH
from zoho_cliq_deluge._syntax.syntax_errors import MAXIMUM_PROBLEMS

TABLE = Path(__file__).with_name("wrong_scripts.txt")


@cache
def cases() -> list[tuple[str, list[str]]]:
    found = []
    for case in TABLE.read_text("utf-8").split("\n---\n")[1:]:
        lines = case.rstrip("\n").split("\n")
        expected = [line.removeprefix("! ") for line in lines if line.startswith("! ")]
        found.append(("\n".join(lines[: len(lines) - len(expected)]), expected))
    return found


@cache
def problems(script: str) -> tuple[SyntaxProblem, ...]:
    with pytest.raises(DelugeSyntaxError) as caught:
        parse(script)
    return caught.value.errors


def lines(script: str) -> list[str]:
    return [f"{each.line}:{each.column} {each.code}: {each.message}; {each.hint}" for each in problems(script)]


def test_the_table_is_large() -> None:
    assert len(cases()) >= 150
    assert all(expected for _, expected in cases())


def test_wrong_scripts() -> None:
    """Each script of the table gets exactly its mistakes; a difference shows the script and both lists."""
    different = [(script, expected, lines(script)) for script, expected in cases() if lines(script) != expected]
    assert not different, "\n\n".join(
        "\n".join([script, "expected:", *expected, "reported:", *reported]) for script, expected, reported in different
    )


def test_reading_goes_on_after_each_mistake() -> None:
    script = "x = 1\nif(x = 2)\n{\n\tinfo “two”;\n}\ny = x === 3;\nfor each z in y\n{\n\tz++;\n}\ninfo y;"
    assert [(each.line, each.code) for each in problems(script)] == [
        (1, "missing-semicolon"),
        (2, "assignment-in-condition"),
        (4, "curly-quotes"),
        (6, "triple-equals"),
        (9, "step"),
    ]


def test_a_mistake_before_and_after_does_not_move_another() -> None:
    wrong = "x = items[0];"
    alone = problems(wrong)[0]
    between = problems(f'info "a"\n{wrong}\nwhile(x)\n{{\n\tbreak;\n}}')
    assert [each.code for each in between] == ["missing-semicolon", "index", "loop-word"]
    assert (between[1].message, between[1].column, between[1].line) == (alone.message, alone.column, 2)


# Mistakes that affect more than their statement, or are reported differently within a block.
REACHING = {
    "unclosed-bracket",
    "stray-bracket",
    "unclosed-comment",
    "lone-block",
    "lone-else",
    "inner-function",
    "function-word",
    "parameter-default",
}


@table(("before", "indent", "behind"), [("info 1;\n", "", ""), ("", "", "\ninfo 1;"), ("if(a)\n{\n", "\t", "\n}")])
def test_what_stands_around_a_mistake_changes_nothing(before: str, indent: str, behind: str) -> None:
    tried = 0
    for script, _ in cases():
        alone = problems(script)
        if REACHING & {each.code for each in alone} or not script.endswith((";", "}")):
            continue
        found = problems(before + indent + script.replace("\n", f"\n{indent}") + behind)
        places = [
            (each.line - before.count("\n"), each.column - len(indent), each.code)
            for each in found
            if each.code != "inner-function"
        ]
        assert places == [(each.line, each.column, each.code) for each in alone], script
        tried += 1
    assert tried > 150


def places(script: str) -> list[tuple[int, int, str]]:
    return [(each.line, each.column, each.code) for each in problems(script) if each.code != "inner-function"]


MISSING = "x = 1"
# Scripts that continue a preceding statement without `;`, so that both together are another mistake or none.
GOING_ON = {"++x;", "--x;", "+= 1;", "[a, b] = c;", "public void f() { return; }"}
OTHERS = ("x = y z;", "info “a”;", "x = ;", "info f(1;")


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.heavy), 6])
@pytest.mark.parametrize(
    ("before", "indent", "behind", "first"),
    [("", "", "", 0), ("if(a)\n{\n", "\t", "\n}", 2), ("void f(string p)\n{\n", "\t", "\n}", 4)],
    ids=["script", "block", "function"],
)
def test_each_of_two_mistakes_is_reported(before: str, indent: str, behind: str, first: int, every: int) -> None:
    """Test scripts of the table twice in a row, and with another mistake after and before them."""
    table = [script for script, _ in cases()][first if every > 1 else 0 :: every]
    alone = {script: places(script) for script in [*table, MISSING, *OTHERS]}

    def together(first: str, second: str) -> None:
        whole = before + f"{indent}{first}\n{second}".replace("\n", f"\n{indent}") + behind
        at = before.count("\n")
        expected = [(line + at, column + len(indent), code) for line, column, code in alone[first]]
        at += first.count("\n") + 1
        expected += [(line + at, column + len(indent), code) for line, column, code in alone[second]]
        assert places(whole) == expected, whole

    tried = 0
    for script in table:
        if REACHING & {code for _, _, code in alone[script]} or len(alone[script]) > MAXIMUM_PROBLEMS // 3:
            continue
        together(script, script)
        together(script, MISSING)
        if script not in GOING_ON:
            together(MISSING, script)
        other = OTHERS[tried % len(OTHERS)]
        together(script, other)
        together(other, script)
        tried += 1
    assert tried > 200 // every


def test_the_message_shows_the_line_and_marks_the_place() -> None:
    with pytest.raises(DelugeSyntaxError) as caught:
        parse('if(x)\n{\n\tinfo x === "a";\n}')
    assert str(caught.value) == (
        'line 3, column 9: Deluge has no `===`; compare with `==`\n    \tinfo x === "a";\n    \t       ^^^'
    )


def test_several_mistakes_are_listed_in_the_order_of_the_text() -> None:
    with pytest.raises(DelugeSyntaxError) as caught:
        parse("x = 1\ny = None;\nz = ;")
    headings = [line for line in str(caught.value).split("\n") if line.startswith("line ")]
    assert [heading.split(":")[0] for heading in headings] == [
        "line 1, column 6",
        "line 2, column 5",
        "line 3, column 5",
    ]


def test_a_long_line_is_shown_around_the_mistake() -> None:
    script = 'x = "' + "a" * 500 + '" === y;' + " " * 300
    shown = str(problems(script)[0]).split("\n")
    assert all(len(line) <= 130 for line in shown[1:])
    assert shown[1][shown[2].index("^") :].startswith("===")


def test_positions_end_behind_the_mistake() -> None:
    problem = problems("x = undefined;")[0]
    assert (problem.line, problem.column, problem.end_line, problem.end_column) == (1, 5, 1, 14)


def test_windows_line_ends_do_not_move_positions() -> None:
    assert lines('info "a";\r\nx = 1\r\ny = 2;') == lines('info "a";\nx = 1\ny = 2;')
    assert not any("\r" in str(each) for each in problems("x = 1\r\ny = 2;"))


DEEP = [
    ("", "("),
    ("x = ", "{"),
    ("x = ", "["),
    ("", "{"),
    ("", "f("),
    ("x = ", "-"),
    ("x = ", "!"),
    ("x = ", "a[b == "),
    ("", "if(a) {"),
    ("x = ", "{{a:"),
    ("x = ", "(-"),
    ("x = ", "invokeurl[a:"),
]


@table(("start", "link"), DEEP)
def test_ten_thousand_brackets_are_one_mistake(start: str, link: str) -> None:
    found = problems(start + link * 10_000)
    assert [each.code for each in found if each.code == "too-deep"] == ["too-deep"]
    assert f"{MAXIMUM_DEPTH} levels" in found[-1].message


@table(("script", "link"), [("x = a{};", " + a"), ("x = a{};", ".b"), ("x = a{};", ".b()"), ("x = zoho{};", ".b")])
def test_a_chain_has_an_end(script: str, link: str) -> None:
    parse(script.format(link * (MAXIMUM_CHAIN - 1)))
    found = problems(script.format(link * (MAXIMUM_CHAIN + 1)))
    assert [each.code for each in found] == ["too-deep"]
    assert str(MAXIMUM_CHAIN) in found[0].message


def test_many_mistakes_are_cut_off() -> None:
    assert len(problems("x = 1;;\n" * 5000)) == MAXIMUM_PROBLEMS


@table("script", ["x = 1" + "0" * 500 + ";", "x = 0." + "1" * 500 + ";"])
def test_a_number_of_more_digits_than_python_reads_is_a_mistake(script: str) -> None:
    assert [each.code for each in problems(script)] == ["bad-number"]


def test_the_error_is_a_value_error_that_can_be_copied_and_pickled() -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the class is what is tested
        parse("x = 1")
    for twin in (copy.copy(caught.value), pickle.loads(pickle.dumps(caught.value))):
        assert isinstance(twin, DelugeSyntaxError)
        assert twin.errors == caught.value.errors  # type: ignore[attr-defined]
        assert str(twin) == str(caught.value)
