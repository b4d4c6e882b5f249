"""Documented results: a table in this file, and the collected facts if they are next to the checkout."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from deluge_checks import table
from zoho_cliq_deluge import run
from zoho_cliq_deluge._syntax.syntax_errors import DelugeSyntaxError
from zoho_cliq_deluge._values.printing import text
from zoho_cliq_deluge.failures import DelugeRuntimeError

ERROR = object()

RESULTS: list[tuple[str, Any]] = [
    # Text
    ('"Rome,Oslo".subString(0,4)', "Rome"),
    ('"Rome".subString(2,2)', ""),
    ('"Rome".mid(1,-5)', "ome"),
    ('"Rome".subText(3,1)', ERROR),
    ('"Rome".subString(5)', ERROR),
    ('"Rome".subString(0,5)', ERROR),
    ('"a-b-c".getPrefix("-")', "a"),
    ('"a-b-c".getSuffix("-")', "b-c"),
    ('"abc".getPrefix("-")', None),
    ('"A and B".getPrefixIgnoreCase("AND")', "A "),
    ('"A and B".getSuffixIgnoreCase("AND")', " B"),
    ('"ab".leftpad(5)', "   ab"),
    ('"ab".rightpad(4)', "ab  "),
    ('"ab".leftpad(-4)', "ab"),
    ('"abab".replaceAll("b","x")', "axax"),
    ('"a1b22".replaceAll("[0-9]+","#")', "a#b#"),
    ('"a.b".replaceAll(".","-",true)', "a-b"),
    ('"AbAB".replaceAllIgnoreCase("ab","x")', "xx"),
    ('"ab ab".replaceFirst("ab","x")', "x ab"),
    ('"AB12".matches("[A-Z]{2}[0-9]{2}")', True),
    ('"xAB12".matches("[A-Z]{2}[0-9]{2}")', False),
    ('"banana".getOccurenceCount("an")', 2),
    ('"banana".lastIndexOf("a")', 5),
    ('"banana".find("x")', -1),
    ('reverse("abc")', "cba"),
    ("reverse({1,2,13})", "31,2,1"),
    ('"big sur".proper()', "Big Sur"),
    ('"a1 b2".removeAllAlpha()', "1 2"),
    ('"a1 b2".removeAllAlphaNumeric()', " "),
    ('"a1 b2".getAlpha()', "ab"),
    ('"a1 b2".getAlphaNumeric()', "a1b2"),
    ('"é".isAscii()', False),
    ('"".isAscii()', True),
    ('textToHex("Hi")', "4869"),
    ('hexToText("4869")', "Hi"),
    ('"1,2,3".getAsString(1)', "2"),
    ("'05-Mar-2021'.text(\"EEEE\")", "Friday"),
    ('"05-Mar-2021".text("d MMM")', "5 Mar"),
    ('"1234567.891".text("$#,##0.00")', "$1,234,567.89"),
    # Numbers
    ("-7.5.round(0)", -8),
    ("7.5.round(0)", 8),
    ("7.249.round(1)", Decimal("7.2")),
    ("1250.round(-2)", 1300),
    ("12.round(-3)", 0),
    ("-12.99.truncate(0)", -12),
    ("1999.truncate(-3)", 1000),
    ("frac(-2.25)", Decimal("-0.25")),
    ("signum(-3)", Decimal("-1.0")),
    ("2.power(10)", 1024),
    ("power(2,0.5).round(6)", Decimal("1.414214")),
    ("16.sqrt()", Decimal("4.0")),
    ("(0 - 4).sqrt()", None),
    ("log(0)", None),
    ("255.toHex()", "ff"),
    ("min(2,3)", 2),
    ("0.atan2(0 - 1)", Decimal("3.141592653589793")),
    ("2.max(3.5)", Decimal("3.5")),
    ("isEven(0)", True),
    ("7.isOdd()", True),
    ("{4,1,3}.median()", 3),
    ('{"4","1"}.average()', Decimal("2.5")),
    ("Collection(5,9,7).rank(9)", 1),
    ('Collection(5,9,7).rank(9,"asc")', 3),
    ("Collection(5,9,7).rank(8)", ERROR),
    ("{5,9,7}.nthSmallest(4)", ERROR),
    ("Collection(10,20,30,40,50).percentile(25)", 20),
    ("1.5+2.5.round(0)", Decimal("4.5")),
    ("(1.5+2.5).round(0)", 4),
    # Date-times, as they print
    ("'31-Jan-2020'.addMonth(1).toString()", "29-Feb-2020 00:00:00"),
    ("'29-Feb-2020'.addYear(1).toString()", "28-Feb-2021 00:00:00"),
    ("'05-Mar-2021'.eomonth(0).toString()", "31-Mar-2021"),
    ("'31-Mar-2021'.edate(-1).toString()", "28-Feb-2021"),
    ("'03-Mar-2021 10:00:00'.toStartOfWeek().toString()", "28-Feb-2021 00:00:00"),
    ("'03-Mar-2021'.nextWeekDay(\"Wednesday\").toString()", "10-Mar-2021"),
    ("'03-Mar-2021'.previousWeekDay(\"Wednesday\").toString()", "24-Feb-2021"),
    ("'05-Mar-2021'.addBusinessDay(1).toString()", "08-Mar-2021"),
    ("'08-Mar-2021'.subBusinessDay(1).toString()", "05-Mar-2021"),
    ("'05-Mar-2021'.workday(2,{\"Sunday\"},{'06-Mar-2021'}).toString()", "09-Mar-2021"),
    ("'03-Mar-2021'.getDayOfWeek()", 4),
    ("'31-Dec-2020'.getDayOfYear()", 366),
    ("'31-Dec-2020'.getWeekOfYear()", 1),
    ("'03-Jan-2021'.getWeekOfYear()", 2),
    ("'02-May-2021'.getDate()", "2nd May 2021"),
    ("daysBetween('01-Jan-2021','01-Mar-2021')", 59),
    ("monthsBetween('01-Jan-2021','02-Mar-2021')", 2),
    ("monthsDiff('31-Jan-2021','28-Feb-2021')", 0),
    ("monthsDiff('15-Mar-2021','10-Jan-2021')", -2),
    ("yearsDiff('02-Mar-2020','01-Mar-2022')", 1),
    ("hoursBetween('01-Jan-2021 10:00:00','01-Jan-2021 07:30:00')", -2),
    ("timeBetween('01-Jan-2021 10:00:00','02-Jan-2021 12:30:00')", "26:30"),
    ("'01-Jan-2021 24:30:10'.addDay(0).toString()", "01-Jan-2021 00:00:00"),
    ("'01-Jan-2021 10:61:10'.addDay(0).toString()", "01-Jan-2021 10:00:00"),
    ("'31-Feb-2021'.addDay(1)", ERROR),
    ("'02-Jan-1970'.toLong()", 86_400_000),
    ("'01-Jan-2021' - '31-Dec-2020'", 86_400_000),
    ('"2021-03-05".toDate().toString("E, d MMM yy")', "Fri, 5 Mar 21"),
    ("'05-Mar-2021'.toString(\"yyyy b\")", None),
    ('0.toString("yyyy-MM-dd HH:mm","IST")', "1970-01-01 05:30"),
    ('"03-Feb-2020 03:48:12".unixEpoch("Nowhere")', 1580701692000),
    # Lists, maps, collections
    ('{1,"1",1}.distinct()', [1, "1"]),
    ('{"b","C","a"}.sort()', ["C", "a", "b"]),
    ('{"b",1}.sort()', None),
    ('{1,2,3}.contains("2")', False),
    ("{1,2,{3,4}}.contains({3,4})", True),
    ("{1,2}.get(2)", ERROR),
    ("{1,2,3}.subList(1)", [2, 3]),
    ('"a//b".toList("/")', ["a", "", "b"]),
    ('"a,b".toList()', ["a,b"]),
    ('"a,b".toListString()', ["a", "b"]),
    ('List("a,b")', ["a", "b"]),
    ('"abc".toList("").size()', 4),
    ('{"a":1}.get("A")', None),
    ('{"a":1}.containKey("A")', False),
    ("{1:2}.keys()", ["1"]),
    ("\"{a:b, c:[1,'x']}\".toMap()", {"a": "b", "c": [1, "x"]}),
    ('"nope".toMap()', ERROR),
    ('"{\\"a\\":{\\"b\\":7}}".getJSON("a").get("b")', 7),
    ('Collection("x","y").getKey("y")', 1),
    ('Collection("x","y").getKey("z")', -1),
    ('Collection("x":1).getKey(2)', None),
    ('"{a, b}".toCollection().values()', ["a", "b"]),
    ("Collection(2,1,2).distinct()", [2, 1]),
    ('Collection("a":2,"b":2).distinct()', [2]),
    # Null, blank, empty
    ('isNull("")', True),
    ("isBlank(null)", False),
    ('isBlank(" ")', True),
    ('isEmpty("")', None),
    ('isEmpty(" ")', True),
    ("isEmpty({})", True),
    ('isText("12")', False),
    ('isText("")', True),
    ("isText({1})", None),
    ('isNumber("1.5")', True),
    ('isDate("no")', ERROR),
    ("ifnull(null,5)", 5),
    ('ifnull("",5)', ""),
    # Encodings
    ('encodeUrl("a b")', "a+b"),
    ('zoho.encryption.urlEncode("a b")', "a%20b"),
    ('zoho.encryption.md5("a")', "0cc175b9c0f1b6a831c399e269772661"),
    (
        'zoho.encryption.hmacsha256("Jefe","what do ya want for nothing?")',
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    ('zoho.encryption.base64Decode(zoho.encryption.base64Encode("é"))', "é"),
    ('zoho.encryption.aesDecode("key",zoho.encryption.aesEncode("key","secret"))', "secret"),
    (
        'zoho.encryption.aesDecode128("k",zoho.encryption.aesEncode128("k","v","0123456789abcdef"),"0123456789abcdef")',
        "v",
    ),
    # XML
    ('{"a":{1,2}}.toXml()', "<root><a>1</a><a>2</a></root>"),
    ('"<a b=\\"c\\"/>".executeXPath("/a/@b")', "<b>c</b>"),
    ('"<a><b>1</b><b>2</b></a>".executeXPath("/a/b[2]/text()")', "2"),
    # Operators
    ('"n" + 5 + true', "n5true"),
    ("10 / 4", Decimal("2.5")),
    ("10 / 5", 2),
    ("7 % 3", 1),
    ("1 / 0", ERROR),
    ('"a" == "A"', False),
    ("5 == 5.0", True),
]


@table(("expression", "expected"), RESULTS)
def test_an_expression_has_its_documented_result(expression: str, expected: Any) -> None:
    script = f"return {expression};"
    if expected is ERROR:
        with pytest.raises(DelugeRuntimeError):
            run(script)
        return
    answer = run(script).answer
    assert answer == expected
    assert isinstance(answer, bool) == isinstance(expected, bool)


def _agrees(answer: Any, expected: Any) -> bool:
    if isinstance(answer, bool) or isinstance(expected, bool):
        return answer is expected
    if isinstance(answer, int | Decimal) and isinstance(expected, int | float):
        return abs(Decimal(answer) - Decimal(repr(expected))) <= Decimal("1e-12")
    if isinstance(answer, list) and isinstance(expected, list):
        return len(answer) == len(expected) and all(map(_agrees, answer, expected))
    if isinstance(answer, dict) and isinstance(expected, dict):
        return answer.keys() == expected.keys() and all(_agrees(answer[key], expected[key]) for key in answer)
    return type(answer) is type(expected) and answer == expected


COLLECTED = Path(__file__).parents[4] / "shared" / "deluge" / "facts.jsonl"
NOT_AT_RUN_TIME = {"error.brace"}  # an error when saving: the parser has its own message


@pytest.mark.skipif(not COLLECTED.exists(), reason="the collected facts do not lie beside the project")
def test_collected_facts() -> None:
    wrong = []
    for line in COLLECTED.read_text("utf-8").splitlines():
        fact = json.loads(line)
        if fact["product"] == "creator" or fact["id"] in NOT_AT_RUN_TIME:
            continue
        zone = "Etc/GMT+8" if "UTC-8" in fact.get("setting", "") else "UTC"
        try:
            answer = run(fact["script"], policies={"timezone": zone}).answer
        except (DelugeRuntimeError, DelugeSyntaxError) as error:
            good = fact["type"] == "error" and (fact["result"] is None or fact["result"] in str(error))
        else:
            good = fact["type"] != "error" and (
                text(answer) == fact["result"] if fact["type"] == "datetime" else _agrees(answer, fact["result"])
            )
        if not good:
            wrong.append(fact["id"])
    assert wrong == []
