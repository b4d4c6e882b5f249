"""Operators and arguments: the conversion of values to the type that is needed, and its limits."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from deluge_checks import ERROR, check, table
from zoho_cliq_deluge import run
from zoho_cliq_deluge._values.budget import Budget
from zoho_cliq_deluge._values.printing import Printer, text
from zoho_cliq_deluge._values.types import Braces, Caught, Collection, DateOnly, File, from_python, to_python, type_name
from zoho_cliq_deluge.failures import DelugeRuntimeError
from zoho_cliq_deluge.policies import Policies


@table(("left", "right"), [("1", "2"), ("2", "2"), ("3", "2"), ("1.5", "2"), ("2.5", "2"), ("2", "2.0")])
def test_comparisons(left: str, right: str) -> None:
    less, equal = Decimal(left) < Decimal(right), Decimal(left) == Decimal(right)
    expected = [less, less or equal, not less and not equal, not less, equal, not equal]
    comparisons = ",".join(f"{left} {operator} {right}" for operator in ("<", "<=", ">", ">=", "==", "!="))
    assert run(f"return {{{comparisons}}};").answer == expected


@table("operator", ["-", "*", "/", "%", "<", "<=", ">", ">="])
def test_operators_that_do_not_fit(operator: str) -> None:
    for left, right, why in (
        ("{1}", "5", f"{operator} cannot be applied to LIST and NUMBER"),
        ("5", "{1}", f"{operator} cannot be applied to NUMBER and LIST"),
        ("null", "5", f"the left side of {operator} is null"),
        ("5", "null", f"the right side of {operator} is null"),
        ("true", "5", f"{operator} cannot be applied to BOOLEAN and NUMBER"),
    ):
        with pytest.raises(DelugeRuntimeError, match=f"{re.escape(why)}$"):
            run(f"return {left} {operator} {right};")


@table(
    ("script", "expected"),
    [
        ("('05-Mar-2021' + 1000).toString()", "05-Mar-2021 00:00:01"),
        ("(1000 + '05-Mar-2021').toString()", "05-Mar-2021 00:00:01"),
        ("('05-Mar-2021' - 1000).toString()", "04-Mar-2021 23:59:59"),
        ("('05-Mar-2021' + 210000000000000).getYear()", 8675),
        ("'05-Mar-2021' + {1}", ERROR),
        ("{1} + '05-Mar-2021'", ERROR),
        ("'05-Mar-2021' + '05-Mar-2021'", ERROR),
        ("{1} + 5", ERROR),
        ("5 - '05-Mar-2021'", ERROR),
        ("'05-Mar-2021' < 5", ERROR),
        ("5 < '05-Mar-2021'", ERROR),
        ("'05-Mar-2021' < '06-Mar-2021'", True),
        ("null == 5", False),
        ("5 == null", False),
        ("null == null", True),
        ('null == ""', False),
        ('false == "False"', True),
        ('true == "true"', True),
        ('true == "false"', False),
        ('5 == "5.0"', True),
        ('"5" == 6', False),
        ("'05-Mar-2021' == \"05-Mar-2021\"", True),
        ("'05-Mar-2021' == \"06-Mar-2021\"", False),
        ("'05-Mar-2021' == \"31-Feb-2021\"", False),
        ('{1} == "1"', False),
        ("{1,2} == {1,2}", True),
        ("{1,2} == {2,1}", False),
        ('{"a":1} == {"a":1}', True),
        ("{1} == 1", False),
        ('try { throw "x"; } catch (e) { return {e == "x","x" == e,e == "y"}; }', [True, True, False]),
        ("try { throw 5; } catch (e) { return {e == 5,5 == e,e == 6}; }", [True, True, False]),
        ("try { x = 1 / 0; } catch (e) { return {e == e.message,e.message == e,e == 1}; }", [True, True, False]),
        ('try { throw "x"; } catch (e) { return e.length() + (e + "y").length(); }', 3),
        ("-7 % 3", -1),
        ("7 % -3", 1),
        ("7 % 7", 0),
        ("5.5 % 2", Decimal("1.5")),
        ("1 % 0", ERROR),
        ("1.5 % 0", ERROR),
        ("n % 3", ERROR),
        ("7 / 2", Decimal("3.5")),
        ("-8 / 2", -4),
        ("10 / 3", Decimal("3.333333333333333")),
        ("1.5 / 0.5", Decimal("3")),
        ("9223372036854775807 + 1", ERROR),
        ("-9223372036854775807 - 1", -(2**63)),
        ("-9223372036854775807 - 2", ERROR),
        ("4611686018427387904 * 2", ERROR),
        ("3037000499 * 3037000499", 3037000499**2),
        ("0.1 + 0.2", Decimal("0.3")),
        ("0.3 - 1", Decimal("-0.7")),
        ("1.5 * 2", Decimal("3.0")),
        ("null == {1}", False),
        ("{1} == null", False),
        ("null == true", False),
        ("(0 - 2).power(63)", -(2**63)),
        ("(0 - 2).power(65)", ERROR),
    ],
)
def test_operators(script: str, expected: Any) -> None:
    check(script, expected, n=Decimal("1e6000"))


@table(
    ("policy", "value", "script", "expected"),
    [
        ("integer_overflow", "wrap", "9223372036854775807 + 1", -(2**63)),
        ("integer_overflow", "wrap", "-9223372036854775807 - 2", 2**63 - 1),
        ("integer_overflow", "decimal", "9223372036854775807 + 1", Decimal(2**63)),
        ("integer_division", "truncate", "7 / 2", 3),
        ("integer_division", "truncate", "-7 / 2", -3),
        ("integer_division", "truncate", "1 / 2", 0),
        ("integer_division", "truncate", "-1 / 2", 0),
        ("integer_division", "truncate", "7.0 / 2", Decimal("3.5")),
        ("date_difference", "days", "'05-Mar-2021' - '01-Mar-2021'", 4),
        ("date_difference", "days", "'01-Mar-2021' - '05-Mar-2021'", -4),
        ("date_difference", "days", "('05-Mar-2021' + 2).getDay()", 7),
        ("null_in_concat", "null", '"a" + null', "anull"),
        ("null_in_concat", "empty", '"a" + null', "a"),
        ("null_in_concat", "empty", 'null + "a"', "a"),
        ("null_in_concat", "error", '"a" + null', ERROR),
        ("comparison_with_text", "different", '5 == "5"', False),
        ("comparison_with_text", "different", '"5" == "5"', True),
        ("comparison_with_text", "converted", '5 < "6"', True),
        ("comparison_with_text", "converted", '"6" < 5', False),
        ("comparison_with_text", "converted", "\"04-Mar-2021\" < '05-Mar-2021'", True),
        ("comparison_with_text", "converted", '5 < "x"', ERROR),
        ("comparison_with_text", "different", '5 < "6"', ERROR),
        ("condition_of_other_types", "truth", 'if(1) { return "y"; } return "n";', "y"),
        ("condition_of_other_types", "truth", 'if("") { return "y"; } return "n";', "n"),
        ("condition_of_other_types", "truth", 'if({}) { return "y"; } return "n";', "n"),
        ("condition_of_other_types", "truth", 'if({1}) { return "y"; } return "n";', "y"),
        ("if_null_of_empty_text", "replacement", 'ifnull("",5)', 5),
        ("if_null_of_empty_text", "replacement", "ifnull(0,5)", 0),
        ("suffix_without_match", "null", '"abc".getSuffix("z")', None),
        ("suffix_without_match", "empty", '"abc".getSuffix("z")', ""),
        ("suffix_without_match", "text", '"abc".getSuffix("z")', "abc"),
        ("suffix_without_match", "text", '"abc".getSuffixIgnoreCase("Z")', "abc"),
        ("split_by_empty_text", "leading_empty", '"ab".toList("").size()', 3),
        ("split_by_empty_text", "characters", '"ab".toList("").size()', 2),
        ("map_order", "sorted", '{"b":1,"a":2}.keys()', ["a", "b"]),
        ("map_order", "sorted", '{"b":1,"a":2}.toString()', '{"a":2,"b":1}'),
        ("list_sort", "in_place", "x = {2,1}; x.sort(); return x;", [1, 2]),
        ("list_sort", "in_place", "x = {2,1}; x.sort(false); return x;", [2, 1]),
        ("nested_list_text", "braces", "{{1,2},{3}}.toString()", "{1,2},{3}"),
        ("nested_list_text", "json", "{{1,2},{3}}.toString()", "[1,2],[3]"),
        ("nested_list_text", "braces", '{{1,{"a":2}},5}.toString()', '{1,{"a":2}},5'),
        ("decimal_text", "shortest", "1.50.toString()", "1.5"),
        ("decimal_text", "shortest", "2.0.toString()", "2"),
        ("decimal_text", "shortest", "0.00.toString()", "0"),
        ("decimal_text", "shortest", "100.toString()", "100"),
        ("integer_overflow", "wrap", "2.power(63)", -(2**63)),
        ("integer_overflow", "decimal", "2.power(20000) > 0", True),
        ("integer_overflow", "decimal", "2.power(20001)", ERROR),
    ],
)
def test_policies(policy: str, value: str, script: str, expected: Any) -> None:
    try:
        choices = Policies.named({policy: value})
    except ValueError as error:
        pytest.fail(str(error))
    whole = script if "return " in script else f"return {script};"
    if expected is ERROR:
        with pytest.raises(DelugeRuntimeError):
            run(whole, policies=choices)
        return
    answer = run(whole, policies=choices).answer
    assert answer == expected
    assert type(answer) is type(expected)


@table(
    ("script", "expected"),
    [
        ('"İABC".containsIgnoreCase("abc")', True),
        ('"aa".indexOf("a")', 0),
        ('"abab".indexOf("b")', 1),
        ('"ab".find("a",-1)', 0),
        ('"ab".find("b",1)', 1),
        ('"Abc".getPrefixIgnoreCase("a")', ""),
        ('"abc".getPrefix("c")', "ab"),
        ('"abc".getSuffix("a")', "bc"),
        ('"Abc".getSuffixIgnoreCase("a")', "bc"),
        ('"abc".subString(0,0)', ""),
        ('"abc".subString(1,-1)', "bc"),
        ('"abc".subString(0,-1)', "abc"),
        ('"abc".subString(3)', ""),
        ('"abc".subString(1,3)', "bc"),
        ('"abc".subString(1,1)', ""),
        ('"abc".left(0)', ""),
        ('"abc".left(1)', "a"),
        ('"abc".right(1)', "c"),
        ('"abc".removeLastOccurence("a")', "bc"),
        ('"aa".replaceAll("a","b",true)', "bb"),
        ('"a1".replaceAllIgnoreCase("[0-9]","x")', "ax"),
        ('"a1".replaceFirstIgnoreCase("[0-9]","x")', "ax"),
        ('"Aa".replaceFirst("[a]","x")', "Ax"),
        ('"aa".replaceFirst("[a]","x")', "xa"),
        ('"a.b.c".replaceFirstIgnoreCase("B","x")', "a.x.c"),
        ("s.textToHex()", "3f"),
        ('"é".textToHex()', "c3a9"),
        ('hexToText("ff")', "\ufffd"),
        ('hexToText("c3a9")', "é"),
        ('"a,b".getAsString(0)', "a"),
        ('"a,b".getAsString(1)', "b"),
        ('"ab".leftpad(0)', "ab"),
        ('"ab".replaceAll("b","x","true")', "ax"),
        ('"a.b".replaceAll(".","x","TRUE")', "axb"),
        ('"a.b".replaceAll(".","x","false")', "xxx"),
        ('"a".replaceAll("b","x","maybe")', ERROR),
        ('"a".replaceAll("b","x",1)', ERROR),
        ('"a".left({1})', ERROR),
        ('"a".contains({1})', ERROR),
        ('"5a".contains(5)', True),
        ('"atrue".endsWith(true)', True),
        ('"a".left(1.9)', "a"),
        ('"abc".left("1.9")', "a"),
        ('"abc".left(" 2 ")', "ab"),
        ('"abc".left("+2")', "ab"),
        ('"abc".left("1e0")', "a"),
        ('"abc".left("1e0000")', ERROR),
        ('"abc".left("9223372036854775808")', ERROR),
        ('"abc".left(9223372036854775807)', "abc"),
        ('".5".toDecimal()', Decimal("0.5")),
        ('"5.".toDecimal()', Decimal("5")),
        ('"-0".toLong()', 0),
        ('"9223372036854775807".toLong()', 2**63 - 1),
        ('"9223372036854775808".toLong()', ERROR),
        ('"-9223372036854775808".toDecimal()', Decimal(-(2**63))),
        ('("1" + zeros).toDecimal().toString().length()', 400),
        ('("11" + zeros).toDecimal()', ERROR),
        ('"1 2".toLong()', ERROR),
        ('"{\\"a\\":5}".toMap().get("a")', 5),
        ('"{\\"a\\":9223372036854775808}".toMap().get("a")', Decimal(2**63)),
        ('"{\\"a\\":-9223372036854775808}".toMap().get("a")', -(2**63)),
        ('"{\\"a\\":-9223372036854775809}".toMap().get("a")', Decimal(-(2**63) - 1)),
        ("'05-Mar-2021 11:59:59'.toString(\"h a\")", "11 AM"),
        ("'05-Mar-2021 12:00:00'.toString(\"h a\")", "12 PM"),
        ('"٣".toLong()', ERROR),
        ("{1}.contains(1) && {1}.addAll(Collection(2)) == null", True),
        ("x = {1}; x.addAll(Collection(2,3)); return x;", [1, 2, 3]),
        ("x = {1}; x.addAll(Collection()); return x;", [1]),
        ("x = {1}; x.addAll({}); return x;", [1]),
        ('x = {1}; x.addAll({"a":1}); return x;', ERROR),
        ('x = {1}; x.addAll(Collection("a":1)); return x;', ERROR),
        ('x = {1}; x.addAll("a"); return x;', ERROR),
        ('m = {"a":1}; m.putAll(Collection("b":2)); return m;', {"a": 1, "b": 2}),
        ('m = {"a":1}; m.putAll(Collection()); return m;', {"a": 1}),
        ('m = {"a":1}; m.putAll({}); return m;', {"a": 1}),
        ('m = {"a":1}; m.putAll({1}); return m;', ERROR),
        ('m = {"a":1}; m.putAll(Collection(1)); return m;', ERROR),
        ("Collection(1,2).intersect({2,3}).values()", [2]),
        ('Collection("a":1).intersect({"a":1}).keys()', ["a"]),
        ("Collection(1,2).intersect({}).values()", []),
        ("x = {}; x.add(2); return Collection(1,2).intersect(x).values();", [2]),
        ("Collection(1,2).intersect(5)", ERROR),
        ("Collection(1,2).intersect(null)", ERROR),
        ("{2,1}.largest()", 2),
        ('{"a":2,"b":3}.largest()', 3),
        ("5.getFileName()", ERROR),
        ("null.getFileName()", ERROR),
        ("daysBetween('01-Jan-2021',5)", ERROR),
        ("daysBetween('01-Jan-2021',\"02-Jan-2021\")", 1),
        ("daysBetween('01-Jan-2021',\"someday\")", ERROR),
        ('f.getFileName().length() + ("" + f).length()', 10),
        ('f.contains("txt")', True),
        ("isText(5)", False),
        ("isText(true)", None),
        ("isText('')", None),
        ("''.isText()", None),
        ("isText('x')", True),
        ('"".isText()', True),
        ("''.isEmpty() == null && ''.trim() == \"\"", True),
        ("isText(f)", False),
        ("isNumber(5)", True),
        ("isNumber(true)", False),
        ("isNumber({1})", None),
        ("isNumber(null)", None),
        ('isNumber("a")', False),
        ("isDate('05-Mar-2021')", True),
        ('isDate("05-Mar-2021")', True),
        ("isDate(5)", False),
        ("isDate({1})", None),
        ("isDate(null)", None),
        ("isFile(f)", True),
        ("isFile(5)", False),
        ("isValidObject(5)", True),
        ('isValidObject("")', False),
        ("isValidObject(null)", False),
        ("isValidObject({1})", True),
        ("isValidObject(List())", False),
        ("isValidObject({})", False),
        ("isBlank(5)", False),
        ("isBlank(List())", True),
        ("isBlank(Collection())", True),
        ("isBlank(Collection(1))", False),
        ("x = {}; x.add(1); return isBlank(x);", False),
        ("isEmpty(null)", None),
        ("isEmpty({1})", False),
        ("isNull(null)", True),
        ("isNull({})", False),
        ('isNull(" ")', False),
        ("5.equals(5.0)", True),
        ('"a".equals("b")', False),
        ("-{1}", ERROR),
        ("x = null; return -x;", ERROR),
        ("x = 2.5; return -x;", Decimal("-2.5")),
        ("-m", ERROR),
        ("if(null) { return 1; } return 2;", ERROR),
        ("if(5) { return 1; } return 2;", ERROR),
        ('"-9223372036854775808".toLong()', -(2**63)),
        ('"5".leftpad(1599).toLong()', 5),
        ('"5".leftpad(1600).toLong()', ERROR),
        ("x = zoho.currenttime; return x == x.toString();", True),
        ('"2021-03-005".toDate()', ERROR),
        ('"005-03-2021".toDate()', ERROR),
    ],
)
def test_texts_and_arguments(script: str, expected: Any) -> None:
    check(script, expected, s="\ud800", f=File("a.txt"), zeros="0" * 399, m=-(2**63))


@table(
    ("script", "why"),
    [
        ('"abc".subString(4)', "start index 4 is greater than the length of the text, 3"),
        ('"abc".subString(-1)', "start index -1 is negative"),
        ('"abc".subString(0,4)', "end index 4 is greater than the length of the text, 3"),
        ('"abc".subString(2,1)', "end index 1 is less than start index 2"),
        ("{1}.get(1)", "Given index 1 is greater than the list size"),
        ("{1}.get(-1)", "Given index -1 is negative"),
        ("List().average()", "the list is empty"),
        ('{"a"}.average()', "can not be cast to 'valid list and perform desired operations"),
        ("{5}.rank(6)", "can not be cast to 'valid list and perform desired operations"),
        ('{5}.rank(5,"up")', 'the order must be "asc" or "desc"'),
        ('"abc".left("x")', "a value of type NUMBER is expected, but this one is of type TEXT"),
        ('"abc".left(null)', "a value of type NUMBER is expected, but the value is null"),
        ("daysBetween('01-Jan-2021',{1})", "a value of type DATE-TIME is expected, but this one is of type LIST"),
        ('"a".trim().foo()', "foo"),
        ("daysBetween('01-Jan-2021',\"" + "x" * 61 + '")', "x" * 57 + "…"),
        ("daysBetween('01-Jan-2021',\"" + "x" * 60 + '")', '"' + "x" * 60 + '" is not a date-time'),
        ("1.leftpad(1,2)", "No. of arguments mismatches for the function"),
        ("1.leftpad()", "No. of arguments mismatches for the function"),
        ("null.trim()", "Value is empty and 'trim' function cannot be applied"),
        ("{1}.trim()", "'trim' function cannot be applied to a value of type LIST"),
    ],
)
def test_why_a_function_fails(script: str, why: str) -> None:
    with pytest.raises(DelugeRuntimeError, match=re.escape(why)):
        run(f"return {script};")


@table(
    ("script", "expected"),
    [
        ("{5,1,4,2,3}.median()", 3),
        ("{1,2,3,4,5,6}.median()", Decimal("3.5")),
        ("{7}.median()", 7),
        ("{1,2,4}.average()", Decimal("2.333333333333333")),
        ("{5,9,7}.nthLargest(1)", 9),
        ("{5,9,7}.nthLargest(3)", 5),
        ("{5,9,7}.nthLargest(0)", ERROR),
        ("{5,9,7}.nthSmallest(3)", 9),
        ("{5,9,7}.rank(5)", 3),
        ('{5,9,7}.rank(5,"ASC")', 1),
        ("{1,2,3}.percentile(0)", 1),
        ("{1,2,3}.percentile(100)", 3),
        ("{1,2,3}.percentile(-1)", ERROR),
        ("{1,2,3}.percentile(-0.5)", ERROR),
        ("{1,2,3}.percentile(101)", ERROR),
        ("{10,20,30}.percentile(25)", Decimal("15")),
        ("{10,20,30}.percentile(75)", Decimal("25")),
        ("'05-Mar-2021'.workDaysList('08-Mar-2021').toString()", "05-Mar-2021,08-Mar-2021"),
        ("'05-Mar-2021'.workDaysBetween('05-Mar-2021')", 1),
        ("'06-Mar-2021'.workDaysBetween('07-Mar-2021')", 0),
        ("'05-Mar-2021'.addBusinessDay(0).toString()", "05-Mar-2021"),
        ("'05-Mar-2021'.addBusinessDay(100001)", ERROR),
        ("'05-Mar-2021'.subBusinessDay(100001)", ERROR),
        ("'08-Mar-2021'.subBusinessDay(1).toString()", "05-Mar-2021"),
        ("'05-Mar-2021 10:00:00'.addBusinessHour(0).toString()", "05-Mar-2021 10:00:00"),
        ("'05-Mar-2021 09:00:00'.addBusinessHour(9).toString()", "05-Mar-2021 18:00:00"),
        ("'05-Mar-2021 09:00:00'.addBusinessHour(10).toString()", "08-Mar-2021 10:00:00"),
        ("'05-Mar-2021 20:00:00'.addBusinessHour(1).toString()", "08-Mar-2021 10:00:00"),
        ("'05-Mar-2021'.addBusinessHour(100000).getYear()", 2063),
        ("'05-Mar-2021'.addBusinessHour(100001)", ERROR),
        ('\'05-Mar-2021\'.addBusinessHour(1,List(),List(),{"start":0,"end":24}).toString()', "05-Mar-2021 01:00:00"),
        ('\'05-Mar-2021\'.addBusinessHour(1,List(),List(),{"start":-1,"end":24})', ERROR),
        ('\'05-Mar-2021\'.addBusinessHour(1,List(),List(),{"start":0,"end":25})', ERROR),
        ('\'05-Mar-2021\'.addBusinessHour(1,List(),List(),{"start":"9.5"}).toString()', "05-Mar-2021 10:30:00"),
        ("'05-Mar-2021'.addBusinessHour(1,List(),List(),{\"end\":9})", ERROR),
        ("'05-Mar-2021'.addBusinessDay(1,List(),{'06-Mar-2021'}).toString()", "07-Mar-2021"),
    ],
)
def test_statistics_and_work_days(script: str, expected: Any) -> None:
    check(script, expected)


def test_as_many_work_days_as_can_be_counted() -> None:
    """Run without the time limit, because measuring coverage makes this slower."""
    script = "return '05-Mar-2021'.addBusinessDay(100000).getYear();"
    assert run(script, policies={"computing_seconds": 0}).answer == 2404


XML = '<a x="1"><b n="1">one</b><b n="2">two<c/>2</b><d>5</d>end</a>'


@table(
    ("path", "expected"),
    [
        ("/a/b", '<b n="1">one</b>-|-<b n="2">two<c/>2</b>'),
        ("/a/b[1]", '<b n="1">one</b>'),
        ("/a/b[2]/text()", "two-|-2"),
        ("/a/b[0]", ""),
        ("/a/b[3]", ""),
        ("/a/b[last()]/@n", "<n>2</n>"),
        ("/a/b[position()=1]/@n", "<n>1</n>"),
        ("/a/b[ position() = 2 ]/@n", "<n>2</n>"),
        ("/a/b[@n='2']/c", "<c/>"),
        ('/a/b[@n="1"]/text()', "one"),
        ("/a/b[@n=1]/text()", "one"),
        ("/a/b[@n!='1']/@n", "<n>2</n>"),
        ("/a/b[c]/@n", "<n>2</n>"),
        ("/a/b[@z]", ""),
        ("/a/b[.='one']/@n", "<n>1</n>"),
        ("/a/b[text()='2']/@n", "<n>2</n>"),
        ("/a[d=5]/@x", "<x>1</x>"),
        ("/a[d=-5]/@x", ""),
        ("/a/b[1][2]", ""),
        ("/a/b[c][1]/@n", "<n>2</n>"),
        ("//c", "<c/>"),
        ("//b/c", "<c/>"),
        ("/a//c", "<c/>"),
        ("c", "<c/>"),
        ("b/c", "<c/>"),
        ("/c", ""),
        ("/a/*/@n", "<n>1</n>-|-<n>2</n>"),
        ("/a/b[2]/@*", "<n>2</n>"),
        ("/a/@x/y", ""),
        ("/a/@x/@y", ""),
        ("/a/d/..", XML),
        ("/a/b/../@x", "<x>1</x>"),
        ("/a/./d", "<d>5</d>"),
        ("/a/text()", "end"),
        ("/..", ""),
        ("count(//b)", "2"),
        ("count(/a/*)", "3"),
        ("count(//*)", "5"),
        ("string(/a/b[2])", "two2"),
        ("string(/a/@x)", "1"),
        ("string(/z)", ""),
        ("string(/a/b/text())", "one"),
        (" /a/d ", "<d>5</d>"),
        ("/" + "a" * 999, ""),
        ("/" + "a" * 1000, ERROR),
        ("", ERROR),
        ("/a b", ERROR),
        ("/a/", ERROR),
        ("/a[", ERROR),
        ("/a[b or c]", ERROR),
        ("/a()", ERROR),
        ("/text()", ""),
        ("count(", ERROR),
        (".", XML),
        ("..", ""),
        ("/a/..", XML),
        ("/a/b/text()[.='one']", "one"),
        ("/a/b/text()[.='other']", ""),
    ],
)
def test_xpath(path: str, expected: Any) -> None:
    check("x.executeXPath(p)", expected, x=XML, p=path)


@table(
    ("script", "expected"),
    [
        ('"<a>x&amp;y</a>".executeXPath("/a/text()")', "x&y"),
        ('"<a>x&amp;<b/></a>".executeXPath("/a")', "<a>x&amp;<b/></a>"),
        ('\'<a b="&lt;"/>\'.executeXPath("/a")'.replace("'<a b=\"&lt;\"/>'", "q"), '<a b="&lt;"/>'),
        ('"<!DOCTYPE a><a/>".executeXPath("/a")', ERROR),
        ('"<a>".executeXPath("/a")', ERROR),
        ('"{\\"a\\":{\\"b\\":1}}".executeXPath("/root/a/b/text()")', "1"),
        ('" [1,2]".executeXPath("/root/element/text()")', "1-|-2"),
        ('"<a/><b>1</b>".toXmlList()', ["<a/>", "<b>1</b>"]),
        ('"x".toXmlList()', ["x"]),
        ('"x-|-y".toXmlList()', ["x", "y"]),
        ('" <a/>".toXmlList()', ["<a/>"]),
        ("\"<?xml version='1.0'?><a/><b/>\".toXmlList()", ["<a/>", "<b/>"]),
        ('" <a/> ".toXml()', " <a/> "),
        ('"<a>".toXml()', ERROR),
        ("{1,2}.toXml()", "<root><element>1</element><element>2</element></root>"),
        ('{"a":{"b":null,"c":"<"}}.toXml()', "<root><a><b></b><c>&lt;</c></a></root>"),
        ('{"1a":1,"b c":2,"d.e-f_":3}.toXml()', "<root><_1a>1</_1a><_b_c>2</_b_c><d.e-f_>3</d.e-f_></root>"),
        ('{"a":{}}.toXml()', "<root><a></a></root>"),
        ('{"a":{{1,2},3}}.toXml()', "<root><a>1</a><a>2</a><a>3</a></root>"),
        ('{"a":Collection("k":1),"b":Collection(5)}.toXml()', "<root><a><k>1</k></a><b>5</b></root>"),
        ('"{a:b}".toXml()', "<root><a>b</a></root>"),
        ("5.toXml()", ERROR),
        ('(s + "<a/>").executeXPath("/a")', ERROR),
        ('t.executeXPath("/a")', '<a b="1" c="2"/>'),
        ('"[[[2]],1]".toXml()', "<root><element>2</element><element>1</element></root>"),
    ],
)
def test_xml(script: str, expected: Any) -> None:
    check(script, expected, q='<a b="&lt;"/>', s="\ud800", t='<a b="1" c="2"/>')


@table(("depth", "reads"), [(100, True), (101, False)])
def test_the_depth_of_xml(depth: int, reads: bool) -> None:
    document = "<a>" * depth + "</a>" * depth
    value: Any = "x"
    for _ in range(depth):
        value = {"a": value}
    for script in ('return x.executeXPath("count(//a)");', "return m.toXml().length();"):
        if script.endswith("length();") and depth > 100:
            continue  # a value that is nested this deep cannot be passed to a script
        if reads:
            run(script, {"x": document, "m": value})
        else:
            check(script, ERROR, x=document, m={})


@table(
    ("value", "printed"),
    [
        (Decimal("1e400"), "1" + "0" * 400),
        (Decimal("1e401"), "1E+401"),
        (Decimal("1e-400"), "0." + "0" * 399 + "1"),
        (Decimal("1e-401"), "1E-401"),
        (Decimal("0.00"), "0.00"),
        (Decimal("-0.0"), "0.0"),
        (Decimal("-1.50"), "-1.50"),
        (True, "true"),
        (False, "false"),
        ([True, None, 1, "a"], "true,null,1,a"),
        ([[1, 2], {"a": [1]}], '[1,2],{"a":[1]}'),
        ({"a": None, "b": True, "c": Decimal("1.50"), "d": "é\n"}, '{"a":null,"b":true,"c":1.50,"d":"é\\n"}'),
        ({"a": datetime(2021, 3, 5, 1, 2, 3, tzinfo=UTC)}, '{"a":"05-Mar-2021 01:02:03"}'),
        ({"a": File("f.txt")}, '{"a":"f.txt"}'),
        (Collection(), "{}"),
        (Collection([1, 2]), "1,2"),
        (Collection({"a": 1}), '{"a":1}'),
        ([Collection([1]), Collection({"a": 1}), Collection(), Braces()], '[1],{"a":1},{},{}'),
        (Braces(), "{}"),
        ([], ""),
        (datetime(987, 12, 5, 1, 2, 3, tzinfo=UTC), "05-Dec-0987 01:02:03"),
        (DateOnly(2021, 1, 31, tzinfo=UTC), "31-Jan-2021"),
    ],
)
def test_printing(value: Any, printed: str) -> None:
    assert text(value) == printed


def test_json_of_values() -> None:
    printer = Printer(Policies(), Budget(8_000, None))
    assert printer.json([{"a": [1, Decimal("1.50")]}, "é", None]) == '[{"a":[1,1.50]},"é",null]'


def nested(depth: int, *, in_lists: bool) -> Any:
    """Return a value that is nested ``depth`` levels deep."""
    value: Any = 1
    for _ in range(depth):
        value = [value] if in_lists else {"a": value}
    return value


@table("policy", ["json", "braces"])
def test_the_depth_of_what_is_printed(policy: str) -> None:
    choices = Policies.named({"nested_list_text": policy})
    assert text(nested(100, in_lists=False), choices).startswith('{"a":')
    assert text(nested(100, in_lists=True), choices)
    for in_lists in (True, False):
        with pytest.raises(ValueError, match="nested more than 100 deep"):
            text(nested(101, in_lists=in_lists), choices)


@table("in_lists", [True, False])
def test_the_depth_of_what_is_compared(in_lists: bool) -> None:
    deep = {"x": nested(100, in_lists=in_lists), "y": nested(100, in_lists=in_lists)}
    assert run("return x == y;", deep).answer is True
    with pytest.raises(DelugeRuntimeError, match="nested more than 100 deep"):
        run("return {x} == {y};", deep)


def test_the_depth_of_what_becomes_xml() -> None:
    lists = nested(99, in_lists=True)
    assert run('return {"a":x}.toXml();', {"x": lists}).answer == "<root><a>1</a></root>"
    assert run("return {x}.toXml();", {"x": lists}).answer == "<root><element>1</element></root>"
    for script in ('{"a":{x}}', "{{x}}", '{"a":{"b":x}}'):
        with pytest.raises(DelugeRuntimeError, match="nested more than 100 deep"):
            run(f"return {script}.toXml();", {"x": lists})


@table("in_lists", [True, False])
def test_the_depth_of_values_that_come_and_go(in_lists: bool) -> None:
    deep = nested(100, in_lists=in_lists)
    assert from_python(deep) == deep
    assert to_python(deep) == deep
    with pytest.raises(ValueError, match="nested more than 100 deep"):
        from_python(nested(101, in_lists=in_lists))
    with pytest.raises(ValueError, match="nested more than 100 deep"):
        to_python(nested(101, in_lists=in_lists))
    with pytest.raises(ValueError, match="nested more than 100 deep"):
        to_python(Collection([deep]))
    with pytest.raises(ValueError, match="nested more than 100 deep"):
        from_python(Collection([deep]))
    below = nested(99, in_lists=in_lists)
    braces = Braces()
    braces.content = below
    assert to_python(braces) == to_python(Caught("why", 1, below)) == below
    assert to_python(Collection([nested(98, in_lists=in_lists)])).content == [nested(98, in_lists=in_lists)]
    collection = Collection()
    collection.content = below
    assert from_python(collection).content == to_python(collection).content == below
    collection.content = deep
    for convert in (from_python, to_python):
        with pytest.raises(ValueError, match="nested more than 100 deep"):
            convert(collection)
    for value in (braces, Caught("why", 1, deep)):
        braces.content = deep
        with pytest.raises(ValueError, match="nested more than 100 deep"):
            to_python(value)
    braces.content = [deep]
    with pytest.raises(ValueError, match="nested more than 100 deep"):
        to_python(braces)


def test_decimals_have_34_digits() -> None:
    assert run("return 1 + d;", {"d": Decimal("1e-33")}).answer == Decimal("1." + "0" * 32 + "1")
    assert run("return 1 + d;", {"d": Decimal("1e-34")}).answer == 1
    two = run("return 2.power(20000);", policies={"integer_overflow": "decimal"}).answer
    assert two == Decimal("3.980276840337966592354307206191202e+6020")


DIGITS = (1, *(0,) * 32, 1)
"""The digits of a decimal with the maximum precision."""


@table(
    ("script", "expected", "given"),
    [
        ("x * 1", Decimal((0, DIGITS, -6176)), Decimal((0, DIGITS, -6176))),
        ("x * 1", Decimal("1e-6144"), Decimal((0, DIGITS, -6177))),
        ("x * 1", Decimal("9.9e6144"), Decimal("9.9e6144")),
        ("x * 10", ERROR, Decimal("1e6144")),
        ("x / 3", Decimal("3.33333333333333e-6144"), Decimal("1e-6143")),
        ("x / 3", Decimal("3.333333333333333e-6143"), Decimal("1e-6142")),
        ("x / 0.3", Decimal("6.666666666666667e6144"), Decimal("2e6144")),
        ("x / 0.3", ERROR, Decimal("2.9999999999999999999999e6144")),
    ],
)
def test_the_exponents_of_decimals(script: str, expected: Any, given: Decimal) -> None:
    check(script, expected, x=given)


@table(
    ("number", "printed", "kind"),
    [
        ("9223372036854775807", "9223372036854775807", int),
        ("9223372036854775808", "9223372036854775808", Decimal),
        ("-9223372036854775808", "-9223372036854775808", int),
        ("-9223372036854775809", "-9223372036854775809", Decimal),
        ("1.500", "1.5", Decimal),
        ("1.0", "1", int),
        ("123456789012345678901234567890.0", "123456789012345678901234567890", Decimal),
        ("1" * 40, "1" * 40, Decimal),
    ],
)
def test_rounded_numbers_that_are_whole(number: str, printed: str, kind: type) -> None:
    answer = run("return x.round(9);", {"x": Decimal(number)}).answer
    assert (text(answer), type(answer)) == (printed, kind)


class Flag(int):
    """A subclass of int."""


class Word(str):
    """A subclass of str."""

    __slots__ = ()


def test_values_of_python() -> None:
    zone = timezone(timedelta(hours=2))
    assert type(from_python(Word("a"))) is str
    assert type(from_python(Flag(1))) is int
    assert from_python(2**63 - 1) == 2**63 - 1
    assert from_python(-(2**63)) == -(2**63)
    assert from_python(0.1) == Decimal("0.1")
    assert from_python(datetime(2021, 3, 5), zone).tzinfo is zone
    assert from_python(datetime(2021, 3, 5, tzinfo=UTC), zone).tzinfo is UTC
    assert from_python(date(2021, 3, 5), zone) == DateOnly(2021, 3, 5, tzinfo=zone)
    assert type(from_python(date(2021, 3, 5))) is DateOnly
    assert from_python({1: "a"}) == {"1": "a"}
    assert from_python({1: "a"}, key_text=lambda key: f"<{key}>") == {"<1>": "a"}
    assert from_python((1, [2])) == [1, [2]]
    assert from_python(b"x").name == "file"
    assert from_python(b"x").type == "application/octet-stream"
    assert (File("a").content, File("a").charset) == (b"", "UTF-8")
    assert File("a", "x").type == "text/plain"
    assert File("a", "é", charset="iso-8859-1").content == b"\xe9"
    assert Collection([]) == Collection({}) == Collection()
    assert Collection([1]) != Collection([2])
    assert Collection([1]) != [1]
    assert (len(Collection()), len(Collection([1, 2])), len(Collection({"a": 1}))) == (0, 2, 1)
    assert (repr(Collection()), repr(Collection([1]))) == ("Collection()", "Collection([1])")
    assert File("a", b"x") == File("a", b"x")
    assert File("a", b"x") != File("a", b"y")
    assert File("a", b"x") != "a"
    values = ("", True, 1, Decimal(1), [], {}, None, Collection(), File("a"), Braces())
    names = ("TEXT", "BOOLEAN", "NUMBER", "DECIMAL", "LIST", "KEY-VALUE", "NULL", "COLLECTION", "FILE", "LIST")
    assert tuple(map(type_name, values)) == names
    assert type_name(Caught("why", 1)) == "TEXT"
    assert type_name(datetime(2021, 3, 5, tzinfo=UTC)) == type_name(DateOnly(2021, 3, 5)) == "DATE-TIME"


@table(
    ("script", "expected"),
    [
        ('{1,1.0,true,"1"}.distinct().size()', 3),
        ("{'05-Mar-2021','05-Mar-2021 00:00:00'}.distinct().size()", 1),
        ("{f,g,h}.distinct().size()", 2),
        ("{{1,2},{1,2},{2,1}}.distinct().size()", 2),
        ('{{"a":1.0},{"a":1}}.distinct().size()', 1),
        ("{{},List(),Map(),Collection()}.distinct().size()", 1),
        ("{null,null,false}.distinct().size()", 2),
        ("{true,1}.indexOf(1)", 1),
        ('zoho.currenttime.toString("SSS")', "000"),
    ],
)
def test_what_is_the_same(script: str, expected: Any) -> None:
    check(script, expected, f=File("a", b"x"), g=File("a", b"x"), h=File("a", b"y"))


@table(
    ("calls", "content"),
    [
        ("c.insert(1); c.add(2);", [1, 2]),
        ('c.insert("a":1); c.put("b",2);', {"a": 1, "b": 2}),
        ("d = c; d.insertAll({1});", [1]),
        ('c.insertAll({"a":1});', {"a": 1}),
        ('c.update("a",1);', {"a": 1}),
        ("c.clear(); c.insert(c.size());", [0]),
        ("c.delete(1);", {}),
    ],
)
def test_empty_braces_become_what_a_function_of_collections_makes_of_them(calls: str, content: Any) -> None:
    assert run(f"c = {{}}; {calls} return c;").answer == content
