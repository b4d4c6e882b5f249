"""The charges to a run's budget: the exact bytes and the exact work of built-in functions and operators."""

from __future__ import annotations

import io
import random
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from deluge_checks import table
from zoho_cliq_deluge._functions.library import FUNCTIONS
from zoho_cliq_deluge._functions.operators import BINARY
from zoho_cliq_deluge._functions.regex import matches_whole, replace
from zoho_cliq_deluge._values.budget import Budget, text_size
from zoho_cliq_deluge._values.context import Context
from zoho_cliq_deluge._values.types import Braces, Caught, Collection, File
from zoho_cliq_deluge.failures import Failure, LimitReached
from zoho_cliq_deluge.policies import Policies

FRIDAY, MONDAY = datetime(2021, 3, 5, tzinfo=UTC), datetime(2021, 3, 8, tzinfo=UTC)


class Recorded(Budget):
    """A budget that adds up all charges."""

    def __init__(self) -> None:
        super().__init__(10**8, None)
        self.charged = 0
        self.worked = 0

    def charge(self, size: int) -> None:
        self.charged += size

    def work(self, amount: int) -> None:
        self.worked += amount


def archive() -> File:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as written:
        written.writestr("a.txt", "xyz")
    return File("a.zip", target.getvalue())


ARCHIVE = archive()


@table(
    ("name", "receiver", "arguments", "charged", "worked"),
    [
        ("put", {}, ["k", 1], 120, 0),
        ("putAll", {}, [{"a": 1, "b": 2}], 240, 0),
        ("keys", {"a": 1, "b": 2}, [], 16, 0),
        ("values", {"a": 1, "b": 2}, [], 16, 0),
        ("containValue", {"a": 1, "b": 2}, [2], 0, 120),
        ("add", [], [1], 16, 0),
        ("addAll", [], [[1, 2]], 32, 0),
        ("distinct", [1, 1, 2], [], 200, 120),
        ("indexOf", [1, 2, 3], [3], 0, 160),
        ("sort", [2, 1], [], 0, 0),
        ("intersect", [1, 2], [[2]], 200, 200),
        ("removeAll", [1, 2], [[2]], 0, 120),
        ("insert", Collection(), [1, 2], 240, 0),
        ("insertAll", Collection(), [[1, 2]], 240, 0),
        ("insertAll", Collection(), [{"a": 1, "b": 2, "c": 3}], 360, 0),
        ("update", Collection([1]), [0, 2], 120, 0),
        ("keys", Collection([1, 2]), [], 16, 0),
        ("duplicate", Collection([1, 2, 3]), [1], 240, 0),
        ("duplicate", Collection({"a": 1, "b": 2}), [1, 2], 120, 0),
        ("toList", "abc", [""], 300, 0),
        ("toList", "a,b,c", [","], 300, 0),
        ("toListString", "a,b", [], 200, 0),
        ("getFileContent", File("a", "abc"), [], 3, 0),
        ("extract", ARCHIVE, [], 103, 0),
        ("leftpad", "a", [5], 5, 0),
        ("leftpad", "a", [-5], 0, 0),
        ("rightpad", "é", [5], 20, 0),
        ("rightpad", "a", [-5], 0, 0),
        ("repeat", "ab", [3], 6, 0),
        ("repeat", "é", [2], 8, 0),
        ("repeat", "a", [-1], 0, 0),
        ("concat", "ab", ["é"], 12, 0),
        ("replaceAll", "aXa", ["a", "bb", True], 5, 0),
        ("replaceAll", "aXa", ["a", "", True], 3, 0),
        ("replaceAll", "aXa", ["a", "bb"], 5, 0),
        ("replaceFirst", "aXa", ["a", "bb", True], 4, 0),
        ("replaceAll", "a1b2", ["[0-9]", "xy"], 124, 0),
        ("replaceAll", "a1", ["[0-9]", "é"], 64, 0),
        ("average", [1, 2, 3], [], 48, 0),
        ("median", [1, 2], [], 32, 0),
        ("workDaysList", FRIDAY, [MONDAY], 200, 400),
        ("addBusinessDay", FRIDAY, [1], 0, 300),
        ("toMap", '{"a":[1,2]}', [], 461, 0),
        ("toMap", "{a:b}", [], 155, 280),
        ("toXml", {"a": 1}, [], 131, 0),
        ("toXml", {"a": None}, [], 130, 0),
        ("executeXPath", '<a b="c">d</a>', ["/a"], 665, 0),
        ("executeXPath", '<a b="c">d</a>', ["/a/@b"], 759, 0),
        ("toString", [1, 22], [], 25, 0),
        ("toString", [1, 22], ["--"], 23, 0),
        ("toString", {"a": 1, "é": "x"}, [], 118, 0),
        ("toString", {"a": [1, 2]}, [], 80, 0),
        ("toString", [[1], [2]], [], 59, 0),
        ("reverse", "x" * 100, [], 0, 0),
        ("reverse", "x" * 101, [], 101, 101),
        ("contains", "x" * 60, ["y" * 41], 0, 101),
        ("contains", "x" * 60, ["y" * 40], 0, 0),
        ("size", [0] * 100, [], 0, 0),
        ("size", [0] * 101, [], 0, 4040),
        ("upper", "é" * 101, [], 404, 101),
        ("upper", "a" * 100, [], 0, 0),
    ],
)
def test_what_a_function_costs(name: str, receiver: Any, arguments: list[Any], charged: int, worked: int) -> None:
    budget = Recorded()
    context = Context(Policies(), lambda: FRIDAY, random.Random(1), budget)
    receiver = type(receiver)(receiver) if isinstance(receiver, list | dict) else receiver
    if isinstance(receiver, Collection):
        receiver = Collection(receiver.content)
    function, taken = FUNCTIONS[name.lower()].find(context, receiver)
    function(context, taken, list(arguments))
    assert (budget.charged, budget.worked) == (charged, worked)


@table(
    ("operator", "left", "right", "charged", "worked"),
    [
        ("==", [1], [1], 50, 180),
        ("==", [1], 5, 25, 80),
        ("==", 5, [1], 25, 80),
        ("==", 5, 5.5, 0, 80),
        ("+", Decimal("1.5"), "abc", 6, 0),
        ("+", Decimal("1.5"), "é", 16, 0),
    ],
)
def test_what_an_operator_costs(operator: str, left: Any, right: Any, charged: int, worked: int) -> None:
    budget = Recorded()
    BINARY[operator](Context(Policies(), lambda: FRIDAY, random.Random(1), budget), left, right)
    assert (budget.charged, budget.worked) == (charged, worked)


@table(
    "search",
    [
        lambda context, text: matches_whole(context, "(a|aa)+$", text),
        lambda context, text: replace(context, text, "(a|aa)+$", "", ignore_case=False, all=True),
    ],
)
def test_a_search_has_an_end(search: Callable[[Context, str], Any]) -> None:
    clock = Clock()
    budget = Budget(10**8, 5.0, clock)
    context = Context(Policies(), lambda: FRIDAY, random.Random(1), budget)
    clock.now = 4.9995  # a millisecond is left
    with pytest.raises(Failure, match=r"the regular expression takes too long on this text$"):
        search(context, "a" * 40 + "e")
    clock.now, clock.step = 4.0, 1.0  # the search ends in time, but then no time is left
    with pytest.raises(LimitReached, match="more than 5 s"):
        search(context, "ab")


def test_a_search_takes_at_most_300_milliseconds() -> None:
    asked: list[float] = []

    class Asked(Budget):
        """A budget that records the requested time limits."""

        def seconds_left(self, at_most: float) -> float:
            asked.append(at_most)
            return at_most

    context = Context(Policies(), lambda: FRIDAY, random.Random(1), Asked(10**8, None))
    assert matches_whole(context, "[a]", "a")
    assert replace(context, "ab", "[a]", "", ignore_case=False, all=True) == "b"
    assert asked == [0.3, 0.3]


def test_a_file_is_charged_when_it_is_compressed() -> None:
    budget = Recorded()
    context = Context(Policies(), lambda: FRIDAY, random.Random(1), budget)
    function, file = FUNCTIONS["compress"].find(context, File("a", b"x" * 1000))
    made = function(context, file, [])
    assert budget.charged == len(made.content) > 0


def test_the_size_of_texts() -> None:
    assert text_size(5) == text_size(5, "a", "b") == 5
    assert text_size(5, "a", "é") == 20


class Clock:
    """A clock that counts how often it is read."""

    def __init__(self) -> None:
        self.now = 0.0
        self.step = 0.0
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        self.now += self.step
        return self.now


def test_an_account_looks_at_limits_now_and_then() -> None:
    clock = Clock()
    budget = Budget(8_000_000, 5.0, clock)
    assert (budget.largest, budget.most_items, budget.used, budget.executed, budget.pause, budget.held) == (
        1_000_000, 62_500, 0, 0, 0, 0,
    )  # fmt: skip
    assert clock.looks == 1
    budget.charge(1)
    assert clock.looks == 2
    budget.charge(100_000)
    assert clock.looks == 2
    budget.charge(1)
    assert clock.looks == 3
    budget.pause = 77
    for _ in range(38):
        budget.charge(100_001)
    assert budget.pause == 77
    assert budget.used == 3_900_040
    budget.charge(99_960)
    assert (budget.used, budget.pause) == (4_000_000, 77)
    budget.charge(1)
    assert budget.pause == 0
    clock.now = 5.0
    budget.charge(200_000)
    clock.now = 5.1
    with pytest.raises(LimitReached, match="more than 5 s"):
        budget.charge(200_000)


def test_an_account_is_not_full_before_its_last_byte() -> None:
    clock = Clock()
    budget = Budget(8_000, 5.0, clock)
    budget.charge(1)
    assert budget.look_at == 1_001
    budget.charge(999)
    budget.charge(1_000)
    assert (budget.used, budget.look_at) == (2_000, 3_000)
    budget.charge(1_000)
    budget.pause = 5
    budget.charge(1_000)
    assert (budget.used, budget.look_at, budget.pause) == (4_000, 4_000, 5)  # half is not more than half
    budget.charge(1)
    assert (budget.look_at, budget.pause) == (5_001, 0)
    looks = clock.looks
    budget.used = 5_001 - sys.getsizeof("ab")
    budget.joined("a", "b")
    assert (budget.used, clock.looks) == (5_001, looks)
    budget.joined("a", "b")
    assert clock.looks == looks + 1
    budget.used = 7_000
    budget.look(1_000)
    budget.used = 8_000
    budget.look(1_000)
    budget.used = 8_001
    with pytest.raises(LimitReached, match="the values of the script take more than 8,000 bytes"):
        budget.look(1)


def test_one_value_has_a_greatest_size() -> None:
    budget = Budget(8_000, None)
    budget.charge(1_000)
    with pytest.raises(LimitReached, match="a value takes more than 1,000 bytes"):
        budget.charge(1_001)
    budget = Budget(8_000, None)
    for _ in range(8):
        budget.charge(1_000)
    with pytest.raises(LimitReached, match="the values of the script take more than 8,000 bytes"):
        budget.charge(1)


def test_joined_texts_are_charged() -> None:
    budget = Budget(8_000, None)
    assert budget.joined("ab", "c") == "abc"
    assert budget.used == sys.getsizeof("abc")
    assert budget.joined("é", "c") == "éc"
    assert budget.used == sys.getsizeof("abc") + sys.getsizeof("éc")
    most = budget.largest - sys.getsizeof("")
    budget.joined("a" * 600, "b" * (most - 600))
    with pytest.raises(LimitReached, match="a value takes more"):
        budget.joined("a" * 600, "b" * (most - 599))


def test_work_is_timed() -> None:
    clock = Clock()
    budget = Budget(8_000, 5.0, clock)
    budget.work(100_000)
    assert clock.looks == 1
    budget.work(1)
    assert clock.looks == 2
    budget.work(100_000)
    assert clock.looks == 2
    budget.work(1)
    assert clock.looks == 3
    clock.now = 3.0
    assert budget.seconds_left(9) == 2.0
    assert budget.seconds_left(1) == 1
    clock.now = 5.0
    budget.look_at_clock()
    assert budget.seconds_left(1) == 0.001
    clock.now = 5.5
    with pytest.raises(LimitReached):
        budget.look_at_clock()


def test_what_is_reachable_takes_the_place_of_what_was_charged() -> None:
    budget = Budget(80_000, None)
    values: list[Any] = [1] * 10
    budget.held = 7
    budget.measure([values])
    assert budget.used == 0
    for _ in range(4):
        budget.charge(10_000)
    budget.measure([values])
    assert budget.used == 40_000  # half is not more than half
    budget.charge(1)
    budget.measure([values, values])
    assert budget.used == 7 + 100 + 80 + 100  # a list of ten items, and the number in it
    assert budget.look_at == budget.used + 10_000
    for _ in range(5):
        budget.charge(10_000)
    many = ["a" * 9_000 + str(number) for number in range(4)]
    budget.held = 7_000
    budget.measure([many])
    assert budget.look_at == budget.used + 10_000 < 80_000


def test_a_measurement_finds_a_value_that_is_too_large() -> None:
    budget = Budget(80_000, None)
    for _ in range(5):
        budget.charge(10_000)
    with pytest.raises(LimitReached, match="a value takes more than 10,000 bytes"):
        budget.measure(["a" * 11_000])


def test_the_sizes_of_values() -> None:
    def size(value: Any) -> int:
        budget = Budget(8_000_000, None)
        budget.used = 5_000_000
        budget.measure([value])
        return budget.used

    assert size(True) == 100
    assert size([]) == 100
    assert size([None, None]) == 100 + 16 + 100
    assert size(File("a", b"x" * 50)) == 150
    empty = size({})
    assert size({"k": 1}) > size("k") + 100
    assert size("abc") == size("abcd") - 1
    assert size(Collection()) == size(Braces()) == 100
    assert size(Collection([])) == 200
    assert size(Collection({})) == 100 + empty
    assert size(Caught("why", 1)) == 100 + size("why") + 100
    braces = Braces()
    braces.content = []
    assert size(braces) == 200


def test_after_a_measurement_more_is_taken_before_the_next() -> None:
    budget = Budget(80_000, None)
    kept = ["a" * 9_900 + str(number) for number in range(6)]
    for _ in range(5):
        budget.charge(10_000)
    budget.measure([kept])
    used = budget.used
    assert 59_000 < used < 60_500
    budget.charge(9_000)
    budget.measure([])
    assert budget.used == used + 9_000  # the next measurement is halfway between the used bytes and the limit
    budget.charge(2_000)
    budget.measure([])
    assert budget.used == 0
