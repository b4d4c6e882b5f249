"""Values: their text, conversion from and to Python, exact numbers, and the policies."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from deluge_checks import table
from hypothesis import given, settings
from hypothesis import strategies as st
from zoho_cliq_deluge import run
from zoho_cliq_deluge._syntax.parser import parse
from zoho_cliq_deluge._values.printing import text
from zoho_cliq_deluge._values.types import Collection, DateOnly, File, from_python, to_python
from zoho_cliq_deluge.failures import DelugeRuntimeError
from zoho_cliq_deluge.policies import Policies

NOON = datetime(2021, 3, 5, 12, 30, 9, tzinfo=UTC)


@table(
    ("value", "printed"),
    [
        ("a", "a"),
        (5, "5"),
        (Decimal("5.0"), "5.0"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.50"), "-0.50"),
        (True, "true"),
        (None, "null"),
        (NOON, "05-Mar-2021 12:30:09"),
        (DateOnly.of(NOON), "05-Mar-2021"),
        ([1, "a", None], "1,a,null"),
        ([], ""),
        ([{"a": 1}, {"b": 2}], '{"a":1},{"b":2}'),
        ([1, [2, "x"]], '1,[2,"x"]'),
        ({"a": [1, "x"], "ü": None, "d": NOON}, '{"a":[1,"x"],"ü":null,"d":"05-Mar-2021 12:30:09"}'),
        ({"q": 'a"b\n'}, '{"q":"a\\"b\\n"}'),
        (Collection(["x", "y"]), "x,y"),
        (Collection({"k": 1}), '{"k":1}'),
        (Collection(), "{}"),
        (File("note.txt", "hello"), "note.txt"),
    ],
)
def test_text_is_what_deluge_prints(value: Any, printed: str) -> None:
    assert text(value) == printed


def test_printing_follows_the_policies() -> None:
    assert text(Decimal("5.0"), Policies(decimal_text="shortest")) == "5"
    assert text(Decimal("0.0"), Policies(decimal_text="shortest")) == "0"
    assert text([1, [2, ["x"]]], Policies(nested_list_text="braces")) == "1,{2,{x}}"
    assert text({"b": 1, "a": 2}, Policies(map_order="sorted")) == '{"a":2,"b":1}'
    assert text(None, Policies(text_of_null="")) == ""


def test_a_value_that_holds_itself_has_no_text() -> None:
    endless: list[Any] = []
    endless.append(endless)
    for policies in (Policies(), Policies(nested_list_text="braces")):
        with pytest.raises(ValueError, match="holds itself"):
            text(endless, policies)


def test_what_goes_in_comes_out() -> None:
    value = {
        "text": "a",
        "number": 1234567890123456789,
        "decimal": Decimal("0.10"),
        "boolean": False,
        "moment": NOON,
        "list": [1, [2]],
        "null": None,
        "collection": Collection(["x"]),
        "file": File("a.bin", b"\x00"),
    }
    answer = run("return v;", {"v": value}).answer
    assert answer == value
    assert answer["moment"].tzinfo is UTC


def test_a_script_changes_its_own_copies_only() -> None:
    given_list, given_map, given_collection = [1], {"a": 1}, Collection([1])
    run(
        "x.add(2); y.put(1,2); z.insert(2); return x;",
        {"x": given_list, "y": given_map, "z": given_collection},
    )
    assert (given_list, given_map, given_collection) == ([1], {"a": 1}, Collection([1]))


def test_values_of_python_that_deluge_has_not_are_converted() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert from_python(1.5) == Decimal("1.5")
    assert from_python((1, 2)) == [1, 2]
    assert from_python({1: 2}) == {"1": 2}
    day = from_python(date(2021, 3, 5), berlin)
    assert text(day) == "05-Mar-2021"
    assert day.tzinfo is berlin
    assert from_python(datetime(2021, 3, 5), berlin).tzinfo is berlin
    assert from_python(b"x") == File("file", b"x")


@table("value", [object(), {1}, lambda: None, 1j])
def test_other_types_are_refused(value: object) -> None:
    with pytest.raises(TypeError, match="a script cannot hold"):
        run("return 1;", {"v": value})


@table("value", [float("nan"), float("inf"), Decimal("NaN"), 2**63, -(2**63) - 1])
def test_numbers_outside_deluge_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not a number of Deluge"):
        run("return 1;", {"v": value})


def test_containers_that_hold_themselves_are_refused() -> None:
    endless: dict[str, Any] = {}
    endless["a"] = endless
    with pytest.raises(ValueError, match="holds itself"):
        from_python(endless)
    with pytest.raises(ValueError, match="holds itself"):
        to_python(endless)


def test_types_that_a_caller_derives() -> None:
    class Word(str):
        __slots__ = ()

    class Scan(File):
        pass

    answer = run("return w;", {"w": Word("a")}).answer
    assert (answer, type(answer)) == ("a", str)
    with pytest.raises(TypeError, match="a script cannot hold a value of Python's type Scan"):
        run("return s;", {"s": Scan("a.png")})


def test_undecided_braces() -> None:
    assert run("return {};").answer == {}
    assert run("x = {}; y = x; y.add(1); return x;").answer == [1]
    assert run("x = {}; x.add(1); y = {0}; y.addAll(x); return y;").answer == [0, 1]
    assert run("x = {}; n = x.size(); x.put(1,2); return x;").answer == {"1": 2}
    assert run("x = {}; x.b = 1; return x;").answer == {"b": 1}
    assert run('m = {"a":{}}; return m.toString();').answer == '{"a":{}}'
    assert run("n = 0; for each v in {} { n = 1; } return n;").answer == 0
    assert run("return {} == {};").answer is True
    with pytest.raises(DelugeRuntimeError):
        run("x = {}; x.add(1); x.put(1,2);")


@table(
    ("script", "answer"),
    [
        ("return 1234567890123456789 + 1;", 1234567890123456790),
        ("return 9223372036854775807;", 2**63 - 1),
        ("return 0.1 + 0.2;", Decimal("0.3")),
        ("return 1.10 * 3;", Decimal("3.30")),
        ("return 10 / 3;", Decimal("3.333333333333333")),
        ("return 1 / 8;", Decimal("0.125")),
        ("return -7 % 3;", -1),
        ("return 7 % -3;", 1),
        ("return 5.5 % 2;", Decimal("1.5")),
    ],
)
def test_numbers_are_exact(script: str, answer: object) -> None:
    result = run(script).answer
    assert result == answer
    assert type(result) is type(answer)


def test_integers_beyond_64_bits_follow_the_policy() -> None:
    script = "return 9223372036854775807 + 1;"
    with pytest.raises(DelugeRuntimeError, match="64 bits"):
        run(script)
    assert run(script, policies={"integer_overflow": "wrap"}).answer == -(2**63)
    assert run(script, policies={"integer_overflow": "decimal"}).answer == Decimal(2**63)


def test_date_only_and_its_time() -> None:
    zone = timezone(timedelta(hours=2))
    day = DateOnly.of(datetime(2021, 3, 5, 23, tzinfo=zone))
    assert (day.day, day.tzinfo) == (5, zone)
    assert type(day.with_time()) is datetime
    assert day == day.with_time()


def test_representations_show_no_content() -> None:
    assert repr(File("a.txt", "secret words")) == "File('a.txt', type='text/plain', 12 bytes)"
    assert repr(Collection()) == "Collection()"
    assert repr(Collection([1])) == "Collection([1])"


def test_files_and_collections_compare_by_content() -> None:
    assert File("a", "x") == File("a", "x")
    assert File("a", "x") != File("a", "y")
    assert File("a") != "a"
    assert Collection([]) == Collection()
    assert Collection([1]) != [1]


@table(
    ("choices", "message"),
    [
        ({"sort": "x"}, "unknown policy 'sort'; known are"),
        ({"list_sort": "x"}, "policy list_sort is 'x'; choose one of 'copy', 'in_place'"),
        ({"short_circuit": 1}, "choose True or False"),
        ({"text_of_null": None}, "give a text"),
        ({"statement_limit": -1}, "give a number, 0 or more"),
        ({"statement_limit": True}, "give a number, 0 or more"),
        ({"timezone": "Mars/Phobos"}, "give an IANA name"),
        ({"call_depth": 65}, "at most 64"),
    ],
)
def test_wrong_policies_are_refused(choices: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="policy"):
        Policies.named(choices)
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        run("return 1;", policies=choices)
    assert message in str(refused.value)


def test_every_policy_is_documented() -> None:
    documentation = Policies.__doc__ or ""
    assert [field.name for field in fields(Policies) if f"    {field.name}: " not in documentation] == []


def test_the_time_limit_grows_with_the_statement_limit() -> None:
    assert Policies().processor_seconds() == 1.0
    assert Policies(statement_limit=1_000_000).processor_seconds() == 5.0
    assert Policies(statement_limit=0).processor_seconds() is None
    assert Policies(computing_seconds=0).processor_seconds() is None
    assert Policies(computing_seconds=3).processor_seconds() == 3


ARITHMETIC = parse("return {a + b, a - b, a * b, a < b, a <= b, a > b, a >= b, a == b, a != b};")
OF_DECIMALS = parse("return {a + b, a - b, a * b, a < b, a == b};")
OF_TEXTS = parse(
    "return {a + b, a.contains(b), a.startsWith(b), a.endsWith(b), a.indexOf(b), a.lastIndexOf(b), a.length(),"
    " a.replaceAll(b,c,true), a.reverse(), a == b, a.left(3), a.repeat(2)};"
)
OF_LISTS = parse(
    "x = v; x.add(e); y = x.sort(false);"
    " return {x, x.size(), x.contains(e), x.indexOf(e), y, x.distinct(), x.largest(), x.subList(0,1)};"
)
INTEGERS = st.integers(min_value=-(10**9), max_value=10**9)
DECIMALS = st.decimals(min_value=-(10**6), max_value=10**6, places=4)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(deadline=None)
@given(INTEGERS, INTEGERS)
def test_integers_agree_with_python(left: int, right: int) -> None:
    answer = run(ARITHMETIC, {"a": left, "b": right}).answer
    assert answer == [
        left + right,
        left - right,
        left * right,
        left < right,
        left <= right,
        left > right,
        left >= right,
        left == right,
        left != right,
    ]


@settings(deadline=None)
@given(DECIMALS, DECIMALS)
def test_decimals_agree_with_python(left: Decimal, right: Decimal) -> None:
    answer = run(OF_DECIMALS, {"a": left, "b": right}).answer
    assert answer == [left + right, left - right, left * right, left < right, left == right]


@settings(deadline=None)
@given(WORDS, WORDS, WORDS)
def test_texts_agree_with_python(whole: str, part: str, other: str) -> None:
    assert run(OF_TEXTS, {"a": whole, "b": part, "c": other}).answer == [
        whole + part,
        part in whole,
        whole.startswith(part),
        whole.endswith(part),
        whole.find(part),
        whole.rfind(part),
        len(whole),
        whole.replace(part, other),
        whole[::-1],
        whole == part,
        whole[:3],
        whole * 2,
    ]


@settings(deadline=None)
@given(st.lists(INTEGERS, max_size=10), INTEGERS)
def test_lists_agree_with_python(values: list[int], element: int) -> None:
    whole = [*values, element]
    assert run(OF_LISTS, {"v": values, "e": element}).answer == [
        whole,
        len(whole),
        True,
        whole.index(element),
        sorted(whole, reverse=True),
        list(dict.fromkeys(whole)),
        max(whole),
        whole[:1],
    ]
