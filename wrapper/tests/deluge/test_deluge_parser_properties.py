"""Properties of all scripts: parsing and checking end, formatting keeps the tree, and formatting twice is stable."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zoho_cliq_deluge import RULES, DelugeSyntaxError, check, format, parse  # noqa: A004
from zoho_cliq_deluge.tree import Script

NAMES = st.sampled_from(["a", "row", "info_", "List", "list", "Map", "String", "Int", "message", "each_", "x1", "POST"])
LITERALS = st.sampled_from(
    [
        '"text"',
        '"a \\"b\\" // c"',
        '"{[("',
        "'row'",
        "'15-Aug-1947 19:00:00'",
        "5",
        "-5",
        "0.5",
        ".5",
        "7.",
        "true",
        "null",
        "{}",
        "[]",
    ]
)
BLANKS = st.sampled_from(["", " ", "  ", "\t", "\n", "\n\n\t", " /* note */ ", " // note\n", "\r\n"])
OPERATORS = st.sampled_from(["+", "-", "*", "/", "%", "<", ">=", "==", "!=", "&&", "||"])
KEYS = LITERALS | NAMES | st.sampled_from(["a.get(x1)", "a+1", "(a)", "f(a,x1)"])
SYSTEM = st.sampled_from(["zoho.currentdate", "zoho.cliq.getRecords(a)", "info.get(a)"])


@st.composite
def joined(draw: st.DrawFn, *parts: str | st.SearchStrategy[str]) -> str:
    """Draw the parts, with any whitespace and comments between them."""
    return "".join(draw(BLANKS) + (part if isinstance(part, str) else draw(part)) for part in parts)


def expressions() -> st.SearchStrategy[str]:
    return st.recursive(
        LITERALS | NAMES | SYSTEM,
        lambda inner: st.one_of(
            joined(inner, OPERATORS, inner),
            joined("!", inner),
            joined(" -", inner),  # `--` at the end of a line is a mistake
            joined("(", inner, ")"),
            joined(NAMES, "(", inner, ",", inner, ")"),
            joined(NAMES, ".", NAMES, "(", inner, ")", ".", NAMES),
            joined("List", ":", st.sampled_from(["String", "Map", "list"]), "(", inner, ",", inner, ")"),
            joined("Form", "[", "a", "==", inner, "]", " sort", " by ", NAMES),
            joined("{", inner, ",", inner, "}"),
            joined("{", KEYS, ":", inner, ",", KEYS, ":", inner, "}"),
            joined("[", inner, "]"),
            joined("if(", inner, ",", inner, ",", inner, ")"),
        ),
        max_leaves=8,
    )


VALUE = expressions()
TASK = joined("invokeurl", "[", "url", ":", VALUE, "\ntype", ":POST\n", "content-type", ":", VALUE, "]")


def scripts() -> st.SearchStrategy[str]:
    simple = st.one_of(
        joined(NAMES, "=", VALUE, ";"),
        joined(NAMES, ".", NAMES, "+=", VALUE, ";"),
        joined(NAMES, "(", VALUE, ")", ";"),
        joined("info ", VALUE, ";"),
        joined("return ", VALUE, ";"),
        joined("throw ", VALUE, ";"),
        st.sampled_from(["return;", "break;", "continue;"]),
        joined("cancel", " submit", ";"),
        joined("delete", " from", " Form", "[", "a", "==", VALUE, "]", ";"),
        joined("insert", " into", " Form", "[", "a", "=", VALUE, "]", ";"),
        joined(NAMES, "=", TASK, ";"),
        TASK,
    )
    statement = st.recursive(
        simple,
        lambda inner: st.one_of(
            joined("if", "(", VALUE, ")", "{", inner, inner, "}"),
            joined("if(", VALUE, "){", inner, "}", "else if", "(", VALUE, "){", inner, "}", "else", "{", inner, "}"),
            joined("for each ", NAMES, " in ", VALUE, "{", inner, "}"),
            joined("for each index ", NAMES, " in ", VALUE, "{", inner, "}"),
            joined("try", "{", inner, "}", "catch", "(", NAMES, ")", "{", inner, "}"),
        ),
        max_leaves=6,
    )
    function = joined("void button", ".", "f", "(", "string", " a", ",", "b", ")", "{", statement, "}")
    return st.lists(statement | function, max_size=5).map("\n".join)


def read(script: str) -> Script | None:
    try:
        return parse(script)
    except DelugeSyntaxError as caught:
        error = caught
    assert error.errors
    assert str(error)
    for problem in error.errors:
        assert 1 <= problem.line <= script.count("\n") + 1
        assert (problem.line, problem.column) <= (problem.end_line, problem.end_column)
    return None


def check_layout(script: str) -> None:
    laid_out = format(script)
    again, before = parse(laid_out), parse(script)
    assert again == before
    kept = [each.text.replace("\r\n", "\n") for each in before.comments]  # formatting normalizes line ends
    assert [each.text for each in again.comments] == kept
    assert format(laid_out) == laid_out


def check_findings(script: str) -> None:
    """Assert that checking ends, that every finding has a place, and that each rule can be switched off."""
    found = check(script)
    assert [(each.line, each.column) for each in found] == sorted((each.line, each.column) for each in found)
    for each in found:
        assert each.rule in RULES
        assert 1 <= each.line <= script.count("\n") + 1
        assert (each.line, each.column) <= (each.end_line, each.end_column)
        assert str(each).startswith(f"line {each.line}, column {each.column}: {each.severity}: {each.message}")
    rest = [each.rule for each in check(script, disable=set(RULES) - {"syntax-error"})]
    assert rest == [each.rule for each in found if each.rule == "syntax-error"]


@settings(deadline=None, max_examples=10)
@given(scripts())
def test_layout_keeps_tree_and_comments(script: str) -> None:
    check_layout(script)


@settings(deadline=None, max_examples=20)
@given(scripts())
def test_scripts_are_checked(script: str) -> None:
    check_findings(script)


@settings(deadline=None, max_examples=10)
@given(scripts(), st.randoms(use_true_random=False))
def test_cut_and_doubled_scripts_are_read_or_refused(script: str, chance: random.Random) -> None:
    for _ in range(3):
        start = chance.randrange(len(script) + 1)
        end = min(len(script), start + chance.randrange(1, 12))
        part = script[start:end]
        script = script[:start] + part * chance.choice([0, 2]) + script[end:]
    if read(script) is not None:
        check_layout(script)


PIECES = st.sampled_from(
    [
        *"()[]{};:=.,\"'\n\t +-*/<>!&|?#`\\@$%^~“”’é5",
        "if",
        "else",
        "for each ",
        " in ",
        "info ",
        "return ",
        "try",
        "catch(e)",
        "invokeurl",
        "insert into F",
        "url :",
        "=>",
        "===",
        "while",
        "function",
        "/*",
        "*/",
        "//",
        "x",
        '"a"',
        "zoho.",
        "\r",
        "\x00",
    ]
)


@settings(deadline=None, max_examples=100)
@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join)))
def test_any_text_is_read_or_refused(script: str) -> None:
    if read(script) is not None:
        check_layout(script)
    check_findings(script)


@pytest.mark.heavy
@settings(deadline=None, max_examples=500)
@given(scripts())
def test_many_scripts_are_checked(script: str) -> None:
    check_findings(script)


@pytest.mark.heavy
@settings(deadline=None, max_examples=1_500)
@given(scripts())
def test_layout_keeps_tree_and_comments_of_many(script: str) -> None:
    check_layout(script)


@pytest.mark.heavy
@settings(deadline=None, max_examples=3_000)
@given(st.lists(PIECES, max_size=200).map("".join))
def test_many_texts_are_read_or_refused(script: str) -> None:
    if read(script) is not None:
        check_layout(script)


HOSTILE = {
    "brackets": "x = " + "{1]" * 80_000,
    "texts": "x = a + " + '"x" + ' * 40_000 + '"y;',
    "quotes": "x = " + '"a" b" ' * 35_000,
    "prefixes": "x = " + 'f"b" ' * 50_000 + '";',
    "statements in braces": "x = {" + "1;" * 120_000,
    "lines of a task": 'r = invokeurl\n[\nurl :"a"\n' + "b = 1\n" * 40_000,
    "tasks": 'r = invokeurl [ url :f("a"] ' * 9_000,
    "else": "if(a){}\n" + "else x " * 35_000,
    "type parameters": "x = " + "map<" * 60_000,
    "indexes": "x" + "[]" * 120_000,
    "comments": "/*" * 120_000,
    "loops": "for each x in " * 18_000,
}


@pytest.mark.heavy
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_refused_soon(name: str) -> None:
    """Texts of 250 KB take a second or two; what takes quadratic time would take minutes."""
    start = time.thread_time()
    assert read(HOSTILE[name]) is None
    assert time.thread_time() - start < 10
