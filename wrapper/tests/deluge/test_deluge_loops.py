"""Compiled loops behave like closures: same results, logs, variables, statement counts, errors and limits."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from typing import Any
from unittest import mock

import pytest
from deluge_checks import table
from hypothesis import given, settings
from hypothesis import strategies as st
from zoho_cliq_deluge import DelugeRuntimeError, parse, run, tree
from zoho_cliq_deluge._interpreter import loops, machine, statements
from zoho_cliq_deluge._interpreter.loop_analysis import GROWING, Bounds, bounds_of, limits_of
from zoho_cliq_deluge._interpreter.loops import compile_loop, plain_loop

NAMES = st.sampled_from(["a", "b", "c", "i", "v"])
LITERALS = st.sampled_from(
    ["0", "1", "-3", "7", "9223372036854775807", "1.5", '"x"', '"12"', "true", "null", "{1,2}", '{"k":1}', "u"]
)
OPERATORS = st.sampled_from(["+", "+", "-", "*", "/", "%"])
COMPARISONS = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])


def values() -> st.SearchStrategy[str]:
    return st.recursive(
        LITERALS | NAMES | NAMES,
        lambda inner: st.one_of(
            st.tuples(inner, OPERATORS, inner).map(" ".join),
            st.tuples(inner, COMPARISONS, inner).map(" ".join),
            inner.map("({})".format),
            inner.map("-({})".format),
            inner.map("toString({})".format),
            inner.map("f({})".format),
            st.tuples(NAMES, inner).map(lambda parts: f"ifnull({parts[0]},{parts[1]})"),
            st.tuples(inner, inner).map(lambda parts: f"{{{parts[0]},{parts[1]}}}.get(1)"),
        ),
        max_leaves=4,
    )


VALUE = values()
COMPARISON = st.tuples(VALUE, COMPARISONS, VALUE).map(" ".join)
CONDITION = st.one_of(
    COMPARISON,
    st.tuples(NAMES, st.sampled_from(["%"]), st.sampled_from(["2 == 0", "3 != 1"])).map(" ".join),
    st.tuples(COMPARISON, st.sampled_from(["&&", "||"]), COMPARISON).map(" ".join),
    COMPARISON.map("!({})".format),
    VALUE,
)
SIMPLE = st.one_of(
    st.tuples(NAMES, VALUE).map(lambda parts: f"{parts[0]} = {parts[1]};"),
    st.tuples(NAMES, VALUE).map(lambda parts: f"{parts[0]} = {parts[1]};"),
    st.tuples(NAMES, VALUE).map(lambda parts: f"{parts[0]} = {parts[0]} + {parts[1]};"),
    st.tuples(NAMES, OPERATORS, VALUE).map(lambda parts: f"{parts[0]} {parts[1]}= {parts[2]};"),
    VALUE.map("info {};".format),
    VALUE.map("items.add({});".format),
    VALUE.map("return {};".format),
    VALUE.map("throw {};".format),
    st.sampled_from(["break;", "continue;", "map.put(i,v);", "a = f(b);", "b = toLong(a);", 'a = "" + a + a;']),
)


def _blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, min_size=1, max_size=3).map("\n".join)
    source = st.sampled_from(["{1,2,3}", '{"x","y"}', "{5,null,true}", "{1,2,3,4,5,6,7,8,9}", "items", '"p,q"', "a"])
    return st.one_of(
        st.tuples(CONDITION, body).map(lambda parts: f"if({parts[0]})\n{{\n{parts[1]}\n}}"),
        st.tuples(CONDITION, body, body).map(
            lambda parts: f"if({parts[0]})\n{{\n{parts[1]}\n}}\nelse\n{{\n{parts[2]}\n}}"
        ),
        st.tuples(CONDITION, body, CONDITION, body).map(
            lambda parts: f"if({parts[0]})\n{{\n{parts[1]}\n}}\nelse if({parts[2]})\n{{\n{parts[3]}\n}}"
        ),
        st.tuples(NAMES, source, body).map(lambda parts: f"for each {parts[0]} in {parts[1]}\n{{\n{parts[2]}\n}}"),
        st.tuples(NAMES, source, body).map(
            lambda parts: f"for each index {parts[0]} in {parts[1]}\n{{\n{parts[2]}\n}}"
        ),
        st.tuples(body, body).map(lambda parts: f"try\n{{\n{parts[0]}\n}}\ncatch (e)\n{{\ninfo e;\n{parts[1]}\n}}"),
    )


STATEMENT = st.recursive(SIMPLE, _blocks, max_leaves=10)
LOOP = st.lists(STATEMENT, min_size=1, max_size=6).map(
    lambda parts: "for each i in {1,2,3,4,5,6,7,8}\n{\n" + "\n".join(parts) + "\n}"
)
BEFORE = st.sampled_from(["", "a = 1;\n", "a = 1;\nb = 0;\n", 'a = 1;\nb = 0;\nc = "t";\nv = 2;\n'])
AFTER = "".join(
    f"\ntry\n{{\ninfo {name};\n}}\ncatch (e)\n{{\ninfo e;\n}}" for name in ["a", "b", "c", "i", "v", "items"]
)
FUNCTION = "int f(int x)\n{\nfor each y in {1,2}\n{\nx = x + y;\n}\nreturn x;\n}\n"


parsed = lru_cache(maxsize=64)(parse)


def outcome(script: str, compiler: Any, first: int = 0, **policies: Any) -> tuple[Any, ...]:
    with (
        mock.patch.object(statements, "compile_loop", compiler),
        mock.patch.object(machine, "_STATEMENTS_BETWEEN_LOOKS", 13),
        mock.patch.object(loops, "_FIRST_ITERATIONS", first),
    ):
        try:
            result = run(parsed(script), {"items": [4, "z"], "map": {}}, policies=policies)
        except DelugeRuntimeError as error:
            until_then = error.run
            failure = (type(error), str(error), error.line)
        else:
            return result.answer, result.log, result.statements
    assert until_then is not None
    return *failure, until_then.log, until_then.statements


def check(before: str, loop: str, with_function: bool, **policies: Any) -> None:
    guarded = f"{before}try\n{{\n{loop}\n}}\ncatch (e)\n{{\ninfo e;\n}}{AFTER}"
    for script in (before + loop + AFTER, guarded):
        script = (FUNCTION if with_function else "") + script
        expected = outcome(script, plain_loop, **policies)
        assert outcome(script, compile_loop, **policies) == expected
        assert outcome(script, compile_loop, first=3, **policies) == expected


LIMITS = st.sampled_from([0, 5, 17, 31, 60, 5000])
MEMORY = st.sampled_from([20_000, 64 * 1024 * 1024])


@settings(deadline=None, max_examples=10)
@given(BEFORE, LOOP, st.booleans(), LIMITS, MEMORY)
def test_compiled_loops_do_what_closures_do(
    before: str, loop: str, with_function: bool, limit: int, memory: int
) -> None:
    check(before, loop, with_function, statement_limit=limit, memory=memory, limit_can_be_caught=True)


@pytest.mark.heavy
@settings(deadline=None, max_examples=400)
@given(BEFORE, LOOP, st.booleans(), LIMITS, MEMORY, st.booleans(), st.sampled_from(["reference", "copy"]))
def test_many_compiled_loops_do_what_closures_do(
    before: str, loop: str, with_function: bool, limit: int, memory: int, can_be_caught: bool, assignment: str
) -> None:
    check(
        before,
        loop,
        with_function,
        statement_limit=limit,
        memory=memory,
        limit_can_be_caught=can_be_caught,
        assignment=assignment,
    )


CHOSEN = [
    "",
    "break;\na = 5;\na = 6;",
    "a = i;\ncontinue;\na = 0;",
    "a = i;\nreturn a;\na = 0;",
    "if(i > 3)\n{\nbreak;\n}\na = i;",
    "if(i > 3)\n{\nreturn a;\n}\na = i;",
    "a = 1;\nthrow a;\na = 2;",
    "a = f(i);\nb = a + f(a);",
    "if(f(i) > 5)\n{\na = i;\n}",
    "try\n{\na = i;\n}\ncatch (e)\n{\na = 0;\n}\nb = a + 1;",
    "for each v in {1,2}\n{\nif(v == i)\n{\nreturn v;\n}\n}",
    "for each v in {1,2}\n{\na = v;\n}\nb = a + v;",
    "if(i > 1)\n{\nb = a;\n}\na = i;",
    "b = u;",
    "if(i > 3)\n{\nbreak;\n}\nelse\n{\na = i;\ncontinue;\n}\na = 0;",
    "if((i > 6) || ((i < 3) && !(i == 2)))\n{\na = i;\n}",
    'if(i == 4)\n{\nb = "t";\n}\nb = b + i;',
    'b = b + i;\nif(i == 2)\n{\nb = "t";\n}',
    'c = "t";\nfor each v in {1,2,"x",4}\n{\nc = c + v;\nb = b + i;\n}',
    "for each v in {1,2,3}\n{\nif(v == 2)\n{\ncontinue;\n}\nb = v - 10;\nitems.add(b % 4);\n}",
    'if(i < 3)\n{\nb = "t";\ncontinue;\n}\nb = 1;\na = b + 1;',
    "for each index v in {7,8}\n{\nv = v + 1.5;\nb = v % 2 == 1;\n}",
    "b = b + 4611686018427387904;",
    "a = i - 9223372036854775807;\nb = a - i;",
    "if(i > 4)\n{\na = 1;\nif(i == 6)\n{\nbreak;\n}\n}\nelse\n{\na = 2;\nb = 3;\n}\na = 4;",
    "if(i == 1)\n{\na = 1;\n}\nelse if(1 / (i - 5) > 0)\n{\na = 2;\n}\nelse\n{\na = 3;\n}\nb = a;",
    "if(i == 1)\n{\na = 1;\na = 2;\n}\nelse if(toLong(6 - i) / (i - 5) > 0)\n{\na = 3;\n}\n"
    "else\n{\na = 4;\na = 5;\n}\nb = a;\na = 6;",
    'a = "x" + "y";\nif(a == "xy")\n{\nitems.add(a + i + "z");\n}\nb = a < i;',
    "a = i" + " + 1 - 1" * 60 + ";",
    "a = i;\n" * 45,
    "a = i;\n" * 45 + "if(i == 2)\n{\nbreak;\n}",
    "a = i;\n" * 45 + "if(i == 2)\n{\nreturn a;\n}",
    "if(i == 1)\n{\n" * 9 + "a = i;\n" + "}\n" * 9 + "b = 1;",
    "if(i == 1)\n{\n" * 9 + "a = i;\n" + "}\nelse\n{\na = 7;\n}\n" * 9 + "b = a;",
]


def check_chosen(body: str, limits: Iterable[int]) -> None:
    loop = f"for each i in {{1,2,3,4,5,6,7,8}}\n{{\n{body}\n}}"
    with mock.patch.object(loops, "_MOST_STATEMENTS", 40):
        for before, limit in product(("", "b = 1;\n"), limits):
            check(before, loop, True, statement_limit=limit, limit_can_be_caught=True)


@table("body", CHOSEN)
def test_chosen_loops(body: str) -> None:
    check_chosen(body, (0, 20))


@pytest.mark.heavy
def test_chosen_loops_with_other_limits() -> None:
    for body in CHOSEN:
        check_chosen(body, (9, 40))


EDGES = [0, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**62, 2**62 + 1, 2**63 - 1]
STEPS = [(0, 1, 2), (2**32 - 1, 7), (-1, 5), (2**31, -(2**31)), (2**32, 3), (2**62, 2**62)]


def check_edge(start: int, values: tuple[int, ...]) -> None:
    """Check that a sum without an overflow check fits in 64 bits, and that any other behaves as with closures."""
    loop = "\n".join(
        [
            f"for each i in {{{','.join(map(str, values))}}}",
            "{",
            "a = a + i * 3 - b;",
            "a -= i % 7;",
            "c = (i - 1) * (i + b);",
            "v = c * i + i * -5;",
            "info a + c;",
            "}",
        ]
    )
    for step, overflow in product(("b = 1;\n", f"b = {start};\n"), ("error", "wrap")):
        check(f"a = {start};\n{step}", loop, False, integer_overflow=overflow)


# Every other cell of the grid; the heavy test below has all of them.
@table(
    ("start", "values"),
    [(start, STEPS[column]) for row, start in enumerate(EDGES) for column in range(row % 2, len(STEPS), 2)],
)
def test_integers_at_the_edges_of_what_is_proved(start: int, values: tuple[int, ...]) -> None:
    check_edge(start, values)


@pytest.mark.heavy
def test_all_integers_at_the_edges_of_what_is_proved() -> None:
    for start, values in product([*EDGES, *(-each for each in EDGES[1:])], STEPS):
        check_edge(start, values)


def loop_of(body: str) -> tree.ForEach:
    node = parse(f"for each i in given\n{{\n{body}\n}}").items[0]
    assert isinstance(node, tree.ForEach)
    return node


@table(
    ("body", "expected"),
    [
        ("b = i + 2;", {"i": (0, 9), "b": (2, 11)}),
        ("b = i - k;", {"i": (0, 9), "k": (-3, 4), "b": (-4, 12)}),
        ("b = (i + 1) * k;", {"i": (0, 9), "k": (-3, 4), "b": (-30, 40)}),
        ("b = i % 4;", {"i": (0, 9), "b": (0, 3)}),
        ("b = k % 4;", {"i": (0, 9), "k": (-3, 4)}),
        ("b = i % k;", {"i": (0, 9), "k": (-3, 4)}),
        ("b = i / 2;", {"i": (0, 9)}),
        ("b = i * 9223372036854775807;", {"i": (0, 9)}),
        ("b = 1;\nif(i > 3)\n{\nb = i + 5;\n}\nelse\n{\nb = -2;\n}", {"i": (0, 9), "b": (-2, 14)}),
        ("b = c;\nc = i;", {"i": (0, 9)}),  # c is read first, and its initial bounds are unknown
        ("c = i;\nb = c;", {"i": (0, 9), "c": (0, 9), "b": (0, 9)}),
        ("i = i + 1;", {}),
        ("for each v in given\n{\nb = 1;\n}", {"i": (0, 9)}),
        ("try\n{\nb = 1;\n}\ncatch (c)\n{\ninfo c;\n}", {"i": (0, 9)}),
        ("b *= 2;", {"i": (0, 9)}),
        ("u = 5;", {"i": (0, 9), "u": (5, 5)}),
        ("k = 9;\nb = k;", {"i": (0, 9), "k": (-3, 9), "b": (-3, 9)}),
    ],
)
def test_bounds_of_variables(body: str, expected: dict[str, Bounds]) -> None:
    needed = {"k", "c"} if body.startswith("b = c") else {"k"}
    found = bounds_of(loop_of(body), {"i": (0, 9), "k": (-3, 4)}, needed)
    assert {name: bounds for name, bounds in found.items() if name != "k" or "k" in body} == expected


@table(
    ("body", "grows"),
    [
        ("a = a + i;", True),
        ("a = a - i + 3 - i;", True),
        ("a += i;\na -= 2;", True),
        ("if(i > 1)\n{\na = a + 1;\n}", True),
        ("a = i + a;", False),
        ("a = a + a;", False),
        ("a = a * 2;", False),
        ("a = a + i;\na = 5;", False),
        ("a = a + u;", False),
        ("a = a + 1099511627776;", True),
        ("a = a + 1099511627777;", False),
        ("a = a + 1099511627776;\na -= 1;", False),
        ("for each v in given\n{\na = a + 1;\n}", False),
    ],
)
def test_sums_that_grow_by_little(body: str, grows: bool) -> None:
    node = loop_of(body)
    assert ("a" in bounds_of(node, {"i": (0, 9), "a": GROWING}, {"a", "u"})) is grows
    assert "a" not in bounds_of(node, {"i": (0, 9)}, {"a", "u"})
    assert (limits_of(node, {"a"}).get("a") == GROWING) is grows


def test_a_loop_is_compiled_anew_only_once_for_other_bounds() -> None:
    runs = "".join(
        f"x = f({start}, {{{values}}});\n" for start in (0, 2**62 + 1, 5) for values in ("1,2", "-1,2", "0,9")
    )
    script = "int f(int a, list source)\n{\nfor each v in source\n{\na = a + v;\n}\nreturn a;\n}\n" + runs + "return x;"
    with mock.patch.object(
        loops._Variants, "_compiled", autospec=True, side_effect=loops._Variants._compiled
    ) as compiled:
        assert outcome(script, compile_loop) == outcome(script, plain_loop)
    assert compiled.call_count == 2


@table("divisor", ["7", "0", "d"])
def test_remainders_of_integers_of_any_size(divisor: str) -> None:
    loop = f"for each i in {{-9007199254740993,0,9007199254740993}}\n{{\nr = i % {divisor};\ninfo r;\nd = r;\n}}"
    check("d = -5;\n", loop, False)


def test_nothing_is_proved_of_a_loop_with_too_many_iterations() -> None:
    loop = "for each i in {1,2,3}\n{\na = a + i;\n}"
    with mock.patch.object(loops, "_without_bounds", side_effect=loops._without_bounds) as without:
        check("a = 1;\n", loop, False)
        without.assert_not_called()
        with mock.patch.object(loops, "MOST_ITERATIONS", 2):
            check("a = 1;\n", loop, False)
        assert without.call_count == 2  # with and without `try`; the others begin with closures


@table("overflow", ["error", "decimal", "wrap"])
def test_integers_that_do_not_fit_follow_the_policy(overflow: str) -> None:
    loop = "for each i in {1,2,3,4}\n{\na = a * 3000000000;\nb = a + 1;\ninfo b;\n}"
    check("a = 7;\n", loop, False, integer_overflow=overflow)


def test_a_loop_is_compiled_for_the_types_that_it_meets_and_then_for_any() -> None:
    kinds = ["{1,2}", '{"a","b"}', "{1.5}", '{1,"a"}', "{true}", "{null,2}", "{5}"]
    starts = ["0", '"t"', "1.5"]
    inner = "for each v in source\n{\na = a + v;\n}\ninfo a;\n"
    runs = "".join(
        f"try\n{{\na = {start};\ninfo f(a, {kind});\n}}\ncatch (e)\n{{\ninfo e;\n}}\n"
        for kind in kinds
        for start in starts
    )
    script = f"string f(string a, list source)\n{{\n{inner}return a;\n}}\n{runs}"
    with mock.patch.object(
        loops._Variants, "_compiled", autospec=True, side_effect=loops._Variants._compiled
    ) as compiled:
        assert outcome(script, compile_loop) == outcome(script, plain_loop)
    assert compiled.call_count == loops._MOST_VARIANTS + 1


def test_a_loop_that_does_not_run_long_is_not_compiled() -> None:
    script = "for each i in given\n{\nx = i + 1;\n}\nreturn x;"
    with mock.patch.object(loops, "_Variants") as variants:
        compiled = variants.return_value.run
        compiled.return_value = None
        assert run(script, {"given": [1] * 100}).answer == 2
        compiled.assert_not_called()
        run(script, {"given": [1] * 100 + [5]})
        assert compiled.call_args.args[1] == [5]
