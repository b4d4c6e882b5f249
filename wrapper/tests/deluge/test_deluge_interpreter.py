"""Statements, calls, errors, policies, and running a message action's handler."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from deluge_checks import table
from zoho_cliq_deluge import Run, run, run_handler, tree
from zoho_cliq_deluge._interpreter import loops
from zoho_cliq_deluge._syntax.parser import parse
from zoho_cliq_deluge._values.types import Collection, File
from zoho_cliq_deluge.failures import DelugeLimitError, DelugeRuntimeError
from zoho_cliq_deluge.gateway import Gateway
from zoho_cliq_deluge.policies import Policies


def fixed_clock() -> datetime:
    return datetime(2021, 3, 5, 20, 0, 0, 500, tzinfo=UTC)


@table(
    ("script", "answer"),
    [
        ("x = 1; x += 2; x *= 5; x -= 1; x /= 2; x %= 4; return x;", 3),
        ('x = "a"; x += 1; return x;', "a1"),
        ("if(false) { return 1; } else if(true) { return 2; } else { return 3; }", 2),
        ("if(false) { return 1; } return 4;", 4),
        ("m = Map(); m.a = 1; m.a += 4; return m.a;", 5),
        ("return;", None),
        ("x = 1;", None),
        ("return if(1 > 2, 1 / 0, 7);", 7),
        ("return !true;", False),
        ("x = 3; return -x + +x;", 0),
        ("return true && false || true;", True),
        ("return false && 1 / 0 == 1;", False),
        ("return true || 1 / 0 == 1;", True),
        (
            "x = List(); for each v in {1,2,3,4} { if(v == 2) { continue; } if(v > 3) { break; } x.add(v); } return x;",
            [1, 3],
        ),
        ("for each index i in {5,6,7} { x = i; } return i;", 2),
        ('n = ""; for each v in "a,b" { n = n + v; } return n;', "ab"),
        ('n = ""; for each k in {"x":1,"y":2} { n = n + k; } return n;', "xy"),
        ("n = 0; for each v in Collection(1,2) { n = n + v; } return n;", 3),
        ('n = 0; for each v in Collection("a":4) { n = v; } return n;', "a"),
        ("x = {1,2}; for each v in x { x.add(v); } return x;", [1, 2, 1, 2]),
        ('for each v in {1,2} { for each w in {1,2} { if(w == 2) { return v + "" + w; } } }', "12"),
        ("out = List(); for each line in f { out.add(line); } return out;", ["a,b", "c"]),
        ("try { x = 1 / 0; } catch (e) { return e; }", "division by zero"),
        ("try { x = 1 / 0; } catch (e) { return e.message; }", "division by zero"),
        ("try {\n x = 1 / 0;\n } catch (e) { return e.lineNo; }", 2),
        ('try { throw "bad"; } catch (e) { return "got " + e; }', "got bad"),
        ('try { throw "bad"; } catch (e) { return e.contains("ad"); }', True),
        ('try { throw {"code":7}; } catch (e) { return e.get("code"); }', 7),
        ('try { throw {"code":7}; } catch (e) { return e.code; }', 7),
        ('try { try { throw "in"; } catch (e) { throw e; } } catch (e) { return e.toString(); }', "in"),
        ('try { throw "x"; } catch (e) { return e == "x"; }', True),
        ('x = [1,"a"]; return x.get(1);', "a"),
        ("return List:String().size();", 0),
        ('return Map({"a":1}).get("a");', 1),
        ('return Collection("a":1,"b":2).get("b");', 2),
        ("return '05-Mar-2021' < '06-Mar-2021';", True),
        ("return \"05-Mar-2021\" == '05-Mar-2021';", True),
        ('return 5 == "5.0" && true == "TRUE" && 5 != "x";', True),
        ("return {1,{2}} == {1,{2}} && {1} != {2};", True),
        ("return null == null && null != 1;", True),
        ("a = {1}; b = a; b.add(2); return a;", [1, 2]),
        ("return ('05-Mar-2021' + 1000).toString();", "05-Mar-2021 00:00:01"),
        ("return ('05-Mar-2021' - 1000).toString();", "04-Mar-2021 23:59:59"),
        ("return 'plain';", "plain"),
        ('return 5 < "6" && "6" > 5.5 && "05-Mar-2021" < \'06-Mar-2021\';', True),
        ("return (1000 + '05-Mar-2021').toString();", "05-Mar-2021 00:00:01"),
        ("return '05-Mar-2021' == \"soon\" || '05-Mar-2021' == \"31-Feb-2021\";", False),
        ('return {1} == "1" || null == {1};', False),
        ('try { throw "a"; } catch (e) { return "a" == e && e == "a" && e != "b"; }', True),
        ("return -(1.50);", Decimal("-1.50")),
        ("return Collection(1) == {1};", True),
        ("x = [1]; for each v in x { x = v; } return x;", 1),
        ("int twice(int n) { return n * 2; } return twice(4);", 8),
        ("void f() { x = 1; } return f();", None),
    ],
)
def test_statements_and_operators(script: str, answer: Any) -> None:
    assert run(script, {"f": File("t.csv", "a,b\nc")}).answer == answer


def test_long_chains_do_not_nest() -> None:
    assert run("return " + "1 + " * 900 + "1;").answer == 901
    assert run("return " + "true && " * 900 + "true;").answer is True
    assert run('return "a"' + '.replaceAll("a","a")' * 400 + ";").answer == "a"


@table(
    ("script", "line", "function", "why"),
    [
        ("x = null;\nx.get(1);", 2, "get", "Value is empty and 'get' function cannot be applied"),
        ("\nreturn y;", 2, "", "Variable 'y' is not defined"),
        ("return {1}.get(4);", 1, "get", "Given index 4 is greater than the list size"),
        ("return {1}.get(-1);", 1, "get", "Given index -1 is negative"),
        ("return 1 / 0;", 1, "/", "division by zero"),
        ("x = 1; x /= 0;", 1, "/=", "division by zero"),
        ("return 1 - null;", 1, "-", "the right side of - is null"),
        ('return 1 * "a";', 1, "*", "* cannot be applied to NUMBER and TEXT"),
        ('return "a" < "b";', 1, "<", "< cannot be applied to TEXT and TEXT"),
        ("if(5) { return 1; }", 1, "if", "a condition must be true or false, but this one is of type NUMBER"),
        ("return !null;", 1, "!", "a condition must be true or false, but this one is null"),
        ('return -"a";', 1, "-", "a sign cannot be applied to TEXT"),
        ("return 5.frobnicate();", 1, "frobnicate", "there is no function 'frobnicate'"),
        ("return frobnicate();", 1, "frobnicate", "there is no function 'frobnicate'"),
        ("x = F[a == 1];", 1, "", "fetch records is part of Zoho Creator, and Cliq does not have it"),
        ("return frobnicate(5);", 1, "frobnicate", "there is no function 'frobnicate'"),
        ('return "a".contains();', 1, "contains", "No. of arguments mismatches for the function contains"),
        ('return "a".trim(1);', 1, "trim", "No. of arguments mismatches for the function trim"),
        ("return trim();", 1, "trim", "No. of arguments mismatches for the function trim"),
        ("return Map(1,2);", 1, "Map", "No. of arguments mismatches for the function Map"),
        ("return Map(1);", 1, "Map", "a value of type KEY-VALUE is expected, but this one is of type NUMBER"),
        (
            "return {1}.toUpperCase();",
            1,
            "toUpperCase",
            "'toUpperCase' function cannot be applied to a value of type LIST",
        ),
        ("for each v in null { x = 1; }", 1, "for each", "what the loop runs over is null"),
        ("return '19:00:00';", 1, "", "a time without a date exists in Zoho Creator only"),
        ("return '31-Feb-2021';", 1, "", 'there is no such day as "31-Feb-2021"'),
        ("insert into F [ a = 1 ];", 1, "", "'insert into' is part of Zoho Creator, and Cliq does not have it"),
        ("return zoho.appname;", 1, "", "the variable zoho.appname has no value here; give it with system={…}"),
        ('x = "t"; x.y = 1;', 1, "", "a value of type TEXT has no field 'y'"),
        ('x = "t"; return x.y;', 1, "", "a value of type TEXT has no field 'y'"),
        ("x = null; return x.y;", 1, "", "Value is empty and field 'y' cannot be read"),
        ('throw "no";', 1, "", "no"),
        ("int f(int n) { return n; } return f();", 1, "f", "No. of arguments mismatches for the function f"),
        ("return 99999999999999999999;", 1, "", "the number does not fit in 64 bits"),
        ('x = Map(); x.put("a" : 1);', 1, "", "key : value can stand in maps and collections only"),
    ],
)
def test_errors_name_line_function_and_reason(script: str, line: int, function: str, why: str) -> None:
    with pytest.raises(DelugeRuntimeError) as caught:
        run(script)
    error = caught.value
    assert (error.line, error.function, error.why) == (line, function, why)
    assert str(error).startswith(f"line {line}: ")
    assert str(error).endswith(why)


def test_an_error_keeps_what_the_run_gave_until_then() -> None:
    with pytest.raises(DelugeRuntimeError) as caught:
        run('info "before"; x = 1 / 0;')
    assert caught.value.run == Run(None, ("before",), (), 2)


def test_info_writes_to_the_log() -> None:
    result = run('info 5; info {"a":1}; info null; info {1,2}; info today;', clock=fixed_clock)
    assert result.log == ("5", '{"a":1}', "null", "1,2", "05-Mar-2021")


def test_statements_are_counted() -> None:
    assert run("x = 1; if(x == 1) { y = 2; } return y;").statements == 4
    assert run("for each v in {1,2,3} { x = v; }").statements == 4


def test_the_statement_limit() -> None:
    script = 'for each index i in "".leftpad(99).toList("") { x = i; } return x;'
    assert run(script, policies={"statement_limit": 102}).answer == 99
    with pytest.raises(DelugeLimitError, match="more than 101 statements"):
        run(script, policies={"statement_limit": 101})
    guarded = f"try {{ {script} }} catch (e) {{ return 0; }}"
    with pytest.raises(DelugeLimitError):
        run(guarded, policies={"statement_limit": 50})
    caught = run(guarded.replace("return 0;", ""), policies={"statement_limit": 50, "limit_can_be_caught": True})
    assert caught.statements > 50


def test_clock_zone_and_seed_are_the_callers() -> None:
    script = "return {zoho.currenttime.toString(), now.toString(), zoho.currentdate.toString(), today.toString()};"
    answer = run(script, clock=fixed_clock, policies={"timezone": "Asia/Kolkata"}).answer
    assert answer == ["06-Mar-2021 01:30:00", "06-Mar-2021 01:30:00", "06-Mar-2021", "06-Mar-2021"]
    assert run("today = 5; return today;").answer == 5
    draws = "return {randomNumber(), randomNumber(10), randomNumber(5,7)};"
    first = run(draws, seed=1).answer
    assert first == run(draws, seed=1).answer
    assert 0 <= first[1] < 10
    assert 5 <= first[2] < 7


def test_system_variables_are_the_callers() -> None:
    assert run("return zoho.loginuserid;", system={"loginuserid": "a@b.c"}).answer == "a@b.c"
    assert run("return zoho.device.type;", system={"zoho.device.type": "web"}).answer == "web"


@table(
    ("policies", "script", "answer"),
    [
        ({}, 'return "a" + null;', "anull"),
        ({"null_in_concat": "empty"}, 'return "a" + null;', "a"),
        ({"integer_division": "truncate"}, "return {7 / 2, -7 / 2, 8 / 2};", [3, -3, 4]),
        ({"integer_division": "truncate"}, "return 7.0 / 2;", Decimal("3.5")),
        ({"split_by_empty_text": "characters"}, 'return "ab".toList("");', ["a", "b"]),
        ({}, 'return "ab".toList("");', ["", "a", "b"]),
        ({}, "x = {2,1}; y = x.sort(); return {x, y};", [[2, 1], [1, 2]]),
        ({"list_sort": "in_place"}, "x = {2,1}; x.sort(); return x;", [1, 2]),
        ({"if_null_of_empty_text": "replacement"}, 'return ifNull("",5);', 5),
        (
            {"condition_of_other_types": "truth"},
            'if(null) { return 1; } if("") { return 2; } if({}) { return 3; } if(7) { return 4; }',
            4,
        ),
        ({"short_circuit": False}, "try { x = false && 1 / 0 == 1; } catch (e) { return 1; }", 1),
        (
            {"short_circuit": False},
            "return {true && true, true && false, false || true, false || false};",
            [True, False, True, False],
        ),
        ({"suffix_without_match": "empty"}, 'return "ab".getSuffix("x");', ""),
        ({"suffix_without_match": "text"}, 'return "ab".getSuffix("x");', "ab"),
        ({"empty_braces": "list"}, "x = {}; return x;", []),
        ({"empty_braces": "map"}, "x = {}; return x;", {}),
        ({"map_order": "sorted"}, 'return {"b":1,"a":2}.keys();', ["a", "b"]),
        ({"assignment": "copy"}, "a = {1}; b = a; b.add(2); return a;", [1]),
        ({"assignment": "copy"}, "a = Collection(1); b = a; b.insert(2); c = 5; d = c; return a.size();", 1),
        ({"decimal_text": "shortest"}, "return 5.0.toString();", "5"),
        ({"date_difference": "days"}, "return '05-Mar-2021' - '01-Mar-2021';", 4),
        ({"date_difference": "days"}, "return ('05-Mar-2021' + 2).toString();", "07-Mar-2021"),
        ({"date_order": "day_first"}, "return '02/03/2021'.getMonth();", 3),
        ({}, "return '02/03/2021'.getMonth();", 2),
        ({}, "return '13/03/2021'.getMonth();", 3),
        ({"caught_value": "value"}, 'try { throw {"a":1}; } catch (e) { return e; }', {"a": 1}),
        ({"caught_value": "value"}, "try { x = 1 / 0; } catch (e) { return e.message; }", "division by zero"),
        ({"comparison_with_text": "different"}, 'return {5 == "5", true == "true"};', [False, False]),
        ({"loop_over_map": "values"}, 'n = 0; for each v in {"a":1,"b":2} { n = n + v; } return n;', 3),
    ],
)
def test_policies(policies: dict[str, Any], script: str, answer: Any) -> None:
    assert run(script, policies=policies).answer == answer
    assert run(parse(script), policies=Policies.named(policies)).answer == answer


def test_null_in_a_text_can_be_an_error() -> None:
    with pytest.raises(DelugeRuntimeError, match="null cannot be joined"):
        run('return "a" + null;', policies={"null_in_concat": "error"})
    with pytest.raises(DelugeRuntimeError, match="<"):
        run('return 5 < "6";', policies={"comparison_with_text": "different"})


def test_calls_of_functions_are_bounded() -> None:
    endless = "int f(int n) { return f(n + 1); } return f(1);"
    with pytest.raises(DelugeLimitError, match="nested more than 32 deep"):
        run(endless)
    often = "int f(int n) { return n; } for each i in {1,2,3} { x = f(i); }"
    assert run(often, policies={"call_limit": 3}).answer is None
    with pytest.raises(DelugeLimitError, match="more than 2 times"):
        run(often, policies={"call_limit": 2})


def test_functions_have_variables_of_their_own() -> None:
    with pytest.raises(DelugeRuntimeError, match="Variable 'x' is not defined"):
        run("int f() { return x; } x = 1; return f();")


def test_a_script_reaches_nothing_of_python() -> None:
    for expression in ("x.__class__", "x.content", "f.content", "f.name", "c.content"):
        with pytest.raises(DelugeRuntimeError):
            run(f"return {expression}.y;", {"x": "a", "f": File("a"), "c": Collection(["a"])})
    for call in (
        "x.format(1)",
        "x.encode()",
        "x.__class__()",
        "f.close()",
        '__import__("os")',
        'eval("1")',
        'open("a")',
    ):
        with pytest.raises(DelugeRuntimeError, match="no function"):
            run(f"return {call};", {"x": "{0}", "f": File("a")})


@pytest.fixture(params=[0, 100], ids=["compiled", "by closures"])
def first_iterations(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run a test twice: with loops that are compiled at once, and with loops that are never compiled."""
    with mock.patch.object(loops, "_FIRST_ITERATIONS", request.param):
        yield


EVENT = {
    "name": "Create Ticket",
    "params": {
        "message": {"text": "Hi", "sender": {"first_name": "Ann"}},
        "messages": {"count": 2, "list": [{"text": "Hi"}, {"text": "Ho"}]},
        "user": {"id": "1", "first_name": "Ann", "last_name": "Lee", "email": "ann@example.com"},
        "attachments": [{"name": "a.png", "contenttype": "image/png"}, {"name": "b.txt", "content": "hello"}],
    },
}


@table(
    ("expression", "answer"),
    [
        ('message.get("text")', "Hi"),
        ('info.get("message").get("text")', "Hi"),
        ("messages.size()", 2),
        ('messages.get(1).get("text")', "Ho"),
        ("user.first_name", "Ann"),
        ("mentions.size()", 0),
        ("chat", None),
        ("location", None),
        ("attachments.get(0).getFileType()", "image/png"),
        ("attachments.get(1).getFileContent()", "hello"),
        ('"file: " + attachments.get(0)', "file: a.png"),
        ("zoho.loginuserid", "ann@example.com"),
        ("zoho.loginuser", "Ann Lee"),
    ],
)
def test_a_handler_finds_its_variables(expression: str, answer: Any) -> None:
    assert run_handler(f"info message; return {expression};", EVENT).answer == answer
    assert run_handler(f"return {expression};", EVENT["params"]).answer == answer


def test_a_handler_without_data() -> None:
    assert run_handler("return {message, messages, user};", {}).answer == [None, [], None]
    several = {"messages": [{"text": "only"}]}
    assert run_handler('return message.get("text");', several).answer == "only"
    with pytest.raises(ValueError, match="params must be a mapping"):
        run_handler("return 1;", {"params": 5})
    file = File("x.bin", b"1")
    assert run_handler("return attachments.get(0);", {"attachments": [file]}).answer == file


def test_a_handler_takes_the_callers_side() -> None:
    gateway = Gateway(stubs={"thisapp.f": 5, "sendmail": lambda entries: entries["to"]})
    script = 'x = sendmail [ to: "a@b.c" ]; return {thisapp.f(), x, zoho.loginuserid};'
    result = run_handler(script, {}, gateway=gateway, system={"loginuserid": "me"}, clock=fixed_clock, seed=1)
    assert result.answer == [5, "a@b.c", "me"]


def test_nodes_that_are_no_part_of_a_script_are_refused() -> None:
    with pytest.raises(TypeError, match="no statement"):
        run(tree.Script((tree.Block(()),)))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no expression"):
        run(tree.Script((tree.Return(tree.Block(())),)))  # type: ignore[arg-type]


@pytest.mark.usefixtures("first_iterations")
@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("if(i == 2) { break; } out.add(i);", [1]),
        ("if(i == 2) { continue; } out.add(i);", [1, 3]),
        ("try { if(i == 2) { break; } } catch (e) { x = 1; } out.add(i);", [1]),
        ("try { if(i == 2) { continue; } } catch (e) { x = 1; } out.add(i);", [1, 3]),
        ("try { x = 1 / 0; } catch (e) { out.add(i); continue; }", [1, 2, 3]),
        ("for each j in {1,2} { if(j == 2) { break; } out.add(j * i); }", [1, 2, 3]),
        ("for each j in {1,2} { if(i == 2) { return out; } out.add(j); }", [1, 2]),
        ("if(i > 1 && i < 3 || i == 3) { out.add(i); } else { out.add(0); }", [0, 2, 3]),
        ("if((i > 1) == true) { out.add(i); } else if(i % 2 == 1) { out.add(7); }", [7, 2, 3]),
        ("out.add((i + 1) * 2 - 3 % 2); x = i;", [3, 5, 7]),
        ("x = i + 0.5; y = 2 < x; if(y) { out.add(x); }", [Decimal("2.5"), Decimal("3.5")]),
        ("x = -7 + i; out.add(x % 4); z = 9223372036854775806 + 1;", [-2, -1, 0]),
        ("if(i == 1) { } else { out.add(i); }", [2, 3]),
        ("x = -7 + i; y = x % 4; out.add(y);", [-2, -1, 0]),
        ("info i; m.k = i; m.k += 1; out.add(m.k);", [2, 3, 4]),
        ("x = today; out.add(x.getYear());", [2021, 2021, 2021]),
        ("x = 99 + text; out.add(x);", ["99t", "99t", "99t"]),
        ("if(if(i > 1,true,false)) { out.add(i); }", [2, 3]),
    ],
)
def test_loops(body: str, answer: list[Any]) -> None:
    script = f"out = List(); for each i in {{1,2,3}} {{ {body} }} return out;"
    variables = {"m": {}, "text": "t"}
    for policies in ({}, {"short_circuit": False}, {"assignment": "copy"}):
        assert run(script, variables, clock=fixed_clock, policies=policies).answer == answer


@pytest.mark.usefixtures("first_iterations")
def test_deeply_nested_loops_and_conditions() -> None:
    loops = "for each i in {1,2} { " * 12 + "n = n + 1;" + " }" * 12
    assert run(f"n = 0; {loops} return n;", policies={"statement_limit": 0}).answer == 2**12
    conditions = "if(n < 5) { " * 20 + "n = n + 1;" + " }" * 20
    assert run(f"n = 0; for each i in {{1,2}} {{ {conditions} }} return n;").answer == 2
    logical = " && ".join(["n < 5"] * 30)
    assert run(f"n = 0; for each i in {{1,2}} {{ if({logical}) {{ n = n + 1; }} }} return n;").answer == 2


@pytest.mark.usefixtures("first_iterations")
@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("x = missing + 1;", "Variable 'missing' is not defined"),
        ("y = 9223372036854775807 + i;", "the number does not fit in 64 bits"),
        ("y = i + 1 - null;", "the right side of - is null"),
        ("if(i) { y = 1; }", "a condition must be true or false, but this one is of type NUMBER"),
        ("i.frob();", "there is no function 'frob'"),
        ("y = {i}; y.add(y); info y;", "the value holds itself, or is nested more than 100 deep"),
        ('y = "ab".repeat(1000000000);', "a value takes more than 8,388,608 bytes"),
    ],
)
def test_errors_in_loops_name_their_line(body: str, why: str) -> None:
    with pytest.raises(DelugeRuntimeError) as caught:
        run(f"for each i in {{1}}\n{{\n{body}\n}}")
    assert (caught.value.line, caught.value.why) == (3, why)


def test_errors_of_a_callers_stub_are_the_callers() -> None:
    def stub() -> object:
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        run("for each i in {1} { x = thisapp.f(); }", gateway=Gateway(stubs={"thisapp.f": stub}))


def test_limits_cannot_be_caught() -> None:
    with pytest.raises(DelugeLimitError):
        run('try { x = "ab".repeat(1000000000); } catch (e) { x = 1; } return 5;')


@pytest.mark.usefixtures("first_iterations")
@pytest.mark.parametrize("loop", ["for each i in {1,2,3,4,5,6,7,8}", "if(true)"])
def test_an_augmented_assignment_that_overflows_is_an_error_with_its_line(loop: str) -> None:
    square = "x *= x;\n" * 8
    with pytest.raises(DelugeRuntimeError, match=r"line 4: \*=: the result is too large"):
        run(f"x = 1{'0' * 390}.5;\n{loop}\n{{\n{square.replace(chr(10), ' ')}\n}}")


@table(
    ("script", "left", "line", "statements"),
    [
        ("x = " + "{" * 90 + "}" * 90 + ";", 70, 0, 0),
        ("int f(int n)\n{\nif(n > 0) { return f(n - 1); }\nreturn 0;\n}\nreturn f(30);", 150, 3, 59),
    ],
)
def test_a_script_too_deep_for_the_callers_stack_is_a_limit(script: str, left: int, line: int, statements: int) -> None:
    parsed = parse(script)
    assert run(parsed).answer in (None, 0)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + left)
    try:
        with pytest.raises(DelugeLimitError, match="the script is nested too deeply") as reached:
            run(parsed)
    finally:
        sys.setrecursionlimit(limit)
    assert reached.value.line == line
    assert (reached.value.run.statements > 0) == (statements > 0)


@pytest.mark.usefixtures("first_iterations")
@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("for each v in f { x = 1; }", "a loop reads a CSV file of at most 2 MB"),
        ("for each v in c { x = v; }", "what the loop runs over is null"),
    ],
)
def test_what_a_loop_cannot_run_over(script: str, why: str) -> None:
    large = File("t.csv", "a" * (2 * 1024 * 1024 + 1))
    with pytest.raises(DelugeRuntimeError) as caught:
        run(f"x = 1;\n{script}", {"f": large, "c": None})
    assert (caught.value.line, caught.value.function, caught.value.why) == (2, "for each", why)


def test_a_task_without_a_variable_keeps_nothing() -> None:
    told: list[object] = []
    result = run('sendmail [ to: "a@b.c" ]; return 1;', gateway=Gateway(stubs={"sendmail": told.append}))
    assert (result.answer, told) == (1, [{"to": "a@b.c"}])


def test_new_maps_count_as_memory() -> None:
    with pytest.raises(DelugeLimitError, match="take more than 8,000 bytes") as reached:
        run(f"x = {{{','.join(['Map()'] * 100)}}};", policies={"memory": 8000})
    assert reached.value.function == "Map"


def test_a_handler_takes_data_of_other_types_as_they_are() -> None:
    assert run_handler("return {attachments, user};", {"attachments": 5, "user": "Ann"}).answer == [5, "Ann"]
