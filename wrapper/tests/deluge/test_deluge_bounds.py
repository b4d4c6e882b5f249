"""Hostile scripts: each must end with an error, quickly and without much memory."""

from __future__ import annotations

import time
import tracemalloc
from decimal import Decimal

import pytest
from zoho_cliq_deluge import run
from zoho_cliq_deluge._values.budget import Budget
from zoho_cliq_deluge.failures import DelugeError, DelugeLimitError, LimitReached

LOOP = 'for each i in "".leftpad(4000).toList("") '
STUBBORN = '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab".matches("(a|aa)+$")'

BOMBS = {
    "text doubled": f'x = "a"; {LOOP} {{ x = x + x; }}',
    "wide text doubled": f'x = "😀"; {LOOP} {{ x = x + x; }}',
    "list doubled": f"x = {{1}}; {LOOP} {{ x.addAll(x); }}",
    "repeat": 'x = "ab".repeat(1000000000);',
    "wide repeat": 'x = "😀".repeat(8000000);',
    "leftpad": 'x = "ab".leftpad(1000000000);',
    "rightpad": 'x = "ab".rightpad(1000000000);',
    "many texts": f'x = "a".repeat(1000000); l = List(); {LOOP} {{ l.add(x + i); }}',
    "many texts in a map": f'x = "a".repeat(1000000); m = Map(); {LOOP} {{ m.put(m.size(), x + m.size()); }}',
    "one statement": 'x = "a".repeat(1000000); y = {' + ",".join(["x + x"] * 100) + "};",
    "log": f'x = "a".repeat(1000000); {LOOP} {{ info x + i; }}',
    "list in itself": "x = List(); x.add(x); info x;",
    "list in itself as answer": "x = List(); x.add(x); return x;",
    "map in itself": 'x = Map(); x.put("a",x); y = x.toXml();',
    "map in itself as JSON": 'x = Map(); x.put("a",x); y = x == {"a":1};',
    "lists in lists": f"x = {{1}}; {LOOP} {{ x = {{x}}; }} info x;",
    "tree of lists": f"x = {{1}}; {LOOP} {{ x = {{x,x}}; }} info x;",
    "tree of lists as answer": 'x = {1}; for each i in "".leftpad(60).toList("") { x = {x,x}; } return x;',
    "tree of lists compared": (
        'x = {1}; y = {1}; for each i in "".leftpad(60).toList("") { x = {x,x}; y = {y,y}; } return x == y;'
    ),
    "power": "x = power(10,1000000000);",
    "power of a decimal": "x = power(1.5,1000000000);",
    "decimal squared": f"x = 1.5; {LOOP} {{ x = x * x; }}",
    "regular expression": f"x = {STUBBORN};",
    "regular expressions caught": f"{LOOP} {{ try {{ x = {STUBBORN}; }} catch (e) {{ y = e; }} }}",
    "large regular expression": 'x = "a".matches("((((a{1000}){1000}){1000}){1000})");',
    "nested regular expression": 'x = "a".matches("(".repeat(3000) + "a" + ")".repeat(3000));',
    "replacement": 'x = "a".repeat(1000000); y = x.replaceAll("a",x);',
    "replacement by expression": 'x = "a".repeat(1000000); y = x.replaceAll("[a]",x);',
    "joined": 'x = "a".repeat(10000).toList("").toString("b".repeat(1000000));',
    "deep JSON": 'x = ("[".repeat(100000) + "]".repeat(100000)).toJSONList();',
    "deep JSON without quotes": 'x = ("{a:".repeat(100000) + "1" + "}".repeat(100000)).toMap();',
    "wide JSON": 'x = ("[" + "[],".repeat(2000000) + "1]").toJSONList();',
    "long number": 'x = "9".repeat(400000).toLong();',
    "long decimal": 'x = "9".repeat(400000).toDecimal();',
    "long number in JSON": 'x = ("[" + "9".repeat(400000) + "]").toJSONList();',
    "recursion": "int f(int n) { return f(n + 1); } return f(1);",
    "calls without end": f"int f(int n) {{ return n; }} {LOOP} {{ x = f(1); }}",
    "long work": f'x = "a".repeat(5000000); {LOOP} {{ y = x.toUpperCase(); }}',
    "long search": f'x = "a".repeat(5000000); y = "a".repeat(2500000) + "b"; {LOOP} {{ z = x.contains(y); }}',
    "long hash": f'x = "a".repeat(5000000); {LOOP} {{ y = zoho.encryption.sha512(x); }}',
    "long list": f'x = "1,".repeat(50000).toListString(); {LOOP} {{ y = x.distinct(); }}',
    "entities": (
        'x = "<!DOCTYPE l [<!ENTITY a \\"aaaa\\"><!ENTITY b \\"&a;&a;&a;&a;\\">]><l>&b;</l>".executeXPath("/l");'
    ),
    "deep XML": 'x = ("<a>".repeat(100000) + "</a>".repeat(100000)).executeXPath("/a");',
    "wide XML": 'x = ("<r>" + "<a/>".repeat(1000000) + "</r>").executeXPath("//a");',
    "working days": "x = '01-Jan-2020'.addBusinessDay(2000000000);",
    "work days of all time": "x = '01-Jan-0001'.workDaysList('31-Dec-9999');",
    "far date": "x = '01-Jan-2020'.addSeconds(999999999999999999);",
    "far year": "x = '01-Jan-2020'.addYear(999999999999);",
    "statements": f"{LOOP} {{ x = 1; y = 2; }}",
    "statements caught": f"try {{ {LOOP} {{ x = 1; y = 2; }} }} catch (e) {{ return 1; }}",
    "archive": 'f = "a".repeat(5000000).toFile("a.txt"); l = List(); ' + LOOP + "{ l.add(f.compress().extract()); }",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_with_an_error(name: str) -> None:
    with pytest.raises(DelugeError):
        run(BOMBS[name], policies={"computing_seconds": 0.04})


@pytest.mark.heavy
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_soon(name: str) -> None:
    start = time.thread_time()
    with pytest.raises(DelugeError):
        run(BOMBS[name])
    assert time.thread_time() - start < 2


MEMORY_BOMBS = [
    "text doubled",
    "wide text doubled",
    "list doubled",
    "wide repeat",
    "many texts",
    "many texts in a map",
    "one statement",
    "log",
    "wide JSON",
    "replacement by expression",
    "archive",
]


@pytest.mark.heavy
@pytest.mark.parametrize("name", MEMORY_BOMBS)
def test_a_bomb_takes_little_memory(name: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(DelugeError):
            run(BOMBS[name], policies={"computing_seconds": 60})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 150 * 2**20


@pytest.mark.parametrize("statement", ["x = i;", "x = [i];"])
def test_simple_statements_take_time_too(statement: str) -> None:
    with pytest.raises(DelugeLimitError, match="line 1: the script computed for more than 1e-06 s"):
        run(
            f"for each  i in given\n{{\n\t{statement}\n}}",
            {"given": [0] * 2000},
            policies={"statement_limit": 0, "computing_seconds": 1e-6},
        )


def test_garbage_is_not_counted_against_a_script() -> None:
    script = f'{LOOP} {{ x = "a".repeat(100000); }} return x.length();'
    assert run(script).answer == 100_000


def test_memory_of_a_callers_frame_counts_in_a_called_function() -> None:
    script = (
        'string f(string a) { x = List(); for each i in "".leftpad(30).toList("") { x.add(a + i); } return "done"; }'
        ' return {"a".repeat(400000), f("b".repeat(10000))}.size();'
    )
    assert run(script, policies={"memory": 8 * 2**20}).answer == 2
    with pytest.raises(DelugeLimitError, match="more than"):
        run(script.replace("leftpad(30)", "leftpad(900)"), policies={"memory": 8 * 2**20})


def test_a_list_has_a_greatest_size() -> None:
    script = "x = List(); for each i in given { x.add(1); }"
    with pytest.raises(DelugeLimitError, match="a list has more than 3,906 elements"):
        run(script, {"given": [0] * 4000}, policies={"memory": 500_000})


def test_a_budget_ends_by_its_clock() -> None:
    now = [0.0]
    budget = Budget(1000, 5.0, clock=lambda: now[0])
    budget.work(200_000)
    now[0] = 6.0
    with pytest.raises(LimitReached, match="computed for more than 5 s"):
        budget.work(200_000)
    assert budget.seconds_left(3) == 0.001
    assert Budget(1000, None).seconds_left(3) == 3


def charge_often(budget: Budget) -> None:
    for _ in range(10):
        budget.charge(12_000)


def test_a_budget_measures_what_is_reachable() -> None:
    budget = Budget(100_000, None)
    kept: list[object] = ["a" * 10_000, Decimal(1), {"k": b"x" * 100}]
    kept.append(kept)
    for _ in range(6):
        budget.charge(10_000)
    budget.measure([kept, kept])
    assert 10_000 < budget.used < 12_000
    with pytest.raises(LimitReached, match="a value takes more than 12,500 bytes"):
        budget.charge(12_501)
    with pytest.raises(LimitReached, match="more than 100,000 bytes"):
        charge_often(budget)
