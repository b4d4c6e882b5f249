"""Built-in functions at their boundary values, by the type of the receiver."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from deluge_checks import ERROR, check, table
from zoho_cliq_deluge import run
from zoho_cliq_deluge._functions.library import CONSTRUCTORS, FUNCTIONS, arity
from zoho_cliq_deluge._values.types import Collection, File
from zoho_cliq_deluge.failures import DelugeRuntimeError


@table(
    ("expression", "expected"),
    [
        ('"Rome".contains("om")', True),
        ('"Rome".contains("OM")', False),
        ('"Rome".containsIgnoreCase("OM")', True),
        ('"Rome".notContains("x")', True),
        ('"Rome".startsWith("Ro") && "Rome".endsWith("me")', True),
        ('"Rome".startsWithIgnoreCase("rO") && "Rome".endsWithIgnoreCase("ME")', True),
        ('"Rome".equals("rome")', False),
        ('"Rome".equalsIgnoreCase("rOME")', True),
        ('"Rome".indexOf("m")', 2),
        ('"Rome Rome".find("R",1)', 5),
        ('"İx".containsIgnoreCase("X")', True),
        ('"İxAND".getSuffixIgnoreCase("x")', "AND"),
        ('"abc".getPrefix("")', ""),
        ('"abc".getPrefixIgnoreCase("Z")', None),
        ('"abc".getSuffixIgnoreCase("Z")', None),
        ('"abc".getOccurenceCount("")', 0),
        ('"abc".subString(-1)', ERROR),
        ('"abc".left(9)', "abc"),
        ('"abc".left(-1)', ERROR),
        ('"abc".right(2)', "bc"),
        ('"abc".right(0)', ""),
        ('"abc".right(-1)', ERROR),
        ('"abc".repeat(-1)', ""),
        ('"abc".remove("")', "abc"),
        ('"abcb".remove("b")', "ac"),
        ('"abcb".removeFirstOccurence("b")', "acb"),
        ('"abcb".removeLastOccurence("b")', "abc"),
        ('"abc".removeLastOccurence("x")', "abc"),
        ('"abc".removeFirstOccurence("")', "abc"),
        ('" a ".ltrim() + "|" + " a ".rtrim() + "|" + " a ".trim()', "a | a|a"),
        ('"aB".upper() + "aB".lower() + "aB".toUpperCase() + "aB".toLowerCase()', "ABabABab"),
        ('"o\'NEIL smith-jones".proper()', "O'neil Smith-jones"),
        ('"a".concat(5)', "a5"),
        ('hexToText("xyz")', ERROR),
        ('"a,b".getAsString(2)', ERROR),
        ('"a,b".getAsString(-1)', ERROR),
        ("123.length()", 3),
        ("true.length()", 4),
        ("'05-Mar-2021 10:00:00'.getPrefix(\" \")", "05-Mar-2021"),
        ('"abc".contains(null)', ERROR),
        ('"abc".left("2")', "ab"),
        ('"abc".left("x")', ERROR),
        ('"a".CONTAINS("a")', True),
        ('"abc".isEmpty()', False),
    ],
)
def test_text(expression: str, expected: Any) -> None:
    check(expression, expected)


@table(
    ("text", "pattern", "replacement", "expected"),
    [
        ("a1b2", r"(\d)", "<$1>", "a<1>b<2>"),
        ("John Smith", r"(?<first>\w+) (?<last>\w+)", "${last} ${first}", "Smith John"),
        ("abc", "(b)", "$12", "ab2c"),
        ("abc", "b", r"\$\\", "a$\\c"),
        ("USD 5", "USD", "$", "$ 5"),
        ("abc", "", "-", "-a-b-c-"),
        ("a b\tc", r"\s+", "", "abc"),
        ("aéb", r"\w", "", "é"),
        ("aéb", r"\W", "", "ab"),
        ("aéb", r"\p{L}", "", ""),
        ("aéB", r"\p{Lower}", "", "éB"),
        ("a1!", r"\P{Punct}", "", "!"),
        ("abcde", "[a-e&&[^bd]]", "", "bd"),
        ("a.b", r"\Q.\E", "-", "a-b"),
        ("a.b", r"\Q.", "-", "a-"[:1] + ".b"[:0] + "-b"),
        ("a-b_c", r"[\w&&[^_]]", "", "-_"),
        ("aXb", "(?i)x", "-", "a-b"),
        ("a\nb", "(?s)a.b", "", ""),
        ("a\nb", "a$", "", "a\nb"),
        ("a\nb", "(?m)a$", "", "\nb"),
        ("aaa", "a{2}", "b", "ba"),
        ("aaa", "a{1,}+", "b", "b"),
        ("aaa", "(?>a+)a", "b", "aaa"),
        ("aab", r"(a)\1", "x", "xb"),
        ("aab", r"(?<n>a)\k<n>", "x", "xb"),
        ("A", r"\x41", "x", "x"),
        ("A", r"\u0041", "x", "x"),
        ("A", r"\x{41}", "x", "x"),
        ("A", r"\0101", "x", "x"),
        ("\t", r"\cI", "x", "x"),
        ("a|b", "[|]", "-", "a-b"),
        ("a~b-", "[~~-]", "", "ab"),
        ("a]b", "[]]", "-", "a-b"),
        ("a]b", "[^]]", "", "]"),
        ("a b", r"\h", "-", "a-b"),
        ("a b", r"\H", "-", "- -"),
        ("ab", r"(?:a)(?=b)", "-", "-b"),
        ("ab", r"(?<=a)b", "-", "a-"),
        ("ab", r"(?<!a)b", "-", "ab"),
        ("a\n", r"a\Z", "-", "-\n"),
        ("a\n", r"a\z", "-", "a\n"),
        ("\x1b", r"\e", "-", "-"),
        ("é", r"\p{IsAlphabetic}", "-", "-"),
        ("ab", "(?i:A)b", "-", "-"),
        ("ab", "(?u)a", "-", "-b"),
        ("ab", "(?:a|b)", "-", "--"),
    ],
)
def test_regular_expressions_are_javas(text: str, pattern: str, replacement: str, expected: str) -> None:
    answer = run("return t.replaceAll(p,r);", {"t": text, "p": pattern, "r": replacement}).answer
    assert answer == expected


@table(
    "pattern",
    [
        "(",
        ")",
        "[",
        "a{",
        "{name}",
        "*a",
        "a{3,2}",
        "{2}",
        "\\",
        "\\y",
        "(?P<n>a)",
        "(?R)",
        "(?(1)a)",
        "\\p{",
        "\\k",
        "\\x4",
        "\\u12",
        "[\\b]",
        "\\x{110000}",
        "(?<n>a)(?<n>b)",
        "(" * 60,
        "[" * 60,
        "a{999999}",
        "(?",
        "[a&&",
        "\\p{NoSuchProperty}",
        "a" * 10_001,
    ],
)
def test_wrong_regular_expressions(pattern: str) -> None:
    with pytest.raises(DelugeRuntimeError, match="the regular expression"):
        run("return t.matches(p);", {"t": "a", "p": pattern})


@table(("replacement", "why"), [("$2", "no group 2"), ("${x}", 'no group "x"')])
def test_wrong_replacements(replacement: str, why: str) -> None:
    with pytest.raises(DelugeRuntimeError, match=why):
        run('return "a".replaceAll("(a)",r);', {"r": replacement})


@table(
    ("expression", "expected"),
    [
        ('"a.A".replaceAllIgnoreCase("A","$",true)', "$.$"),
        ('"a.A".replaceFirstIgnoreCase("A","x")', "x.A"),
        ('"a.A".replaceFirstIgnoreCase(".","x",true)', "axA"),
        ('"a.a".replaceFirst(".","x")', "x.a"),
        ('"a.a".replaceFirst(".","x",true)', "axa"),
        ('"aa".replaceFirst("a","b")', "ba"),
        ('"straße".replaceAllIgnoreCase("SS","x")', "straße"),
    ],
)
def test_replacing(expression: str, expected: str) -> None:
    check(expression, expected)


@table(
    ("expression", "expected"),
    [
        ("abs(-5)", 5),
        ("(-1.50).abs()", Decimal("1.50")),
        ("ceil(-1.5)", -1),
        ("floor(-1.5)", -2),
        ("5.ceil() + 5.floor()", 10),
        ("2.5.round()", 3),
        ("1.005.round(2)", Decimal("1.01")),
        ("1.5.round(10)", Decimal("1.5")),
        ("0.04.round(1)", 0),
        ("0.00000004.round(1)", 0),
        ("(0.00000001 - 0.00000001).round(2)", 0),
        ("0.000009.truncate(0)", 0),
        ("5.5.truncate()", 5),
        ("frac(5)", Decimal("0.0")),
        ("signum(0)", Decimal("0.0")),
        ("2.power(-1)", Decimal("0.5")),
        ("power(0 - 8, 0.5)", None),
        ("power(0, -1)", ERROR),
        ("2.power(63)", ERROR),
        ("0.power(0)", 1),
        ("exp(99999)", ERROR),
        ("asin(2)", None),
        ("cosh(99999)", ERROR),
        ('"1e999".toDecimal().sqrt()', ERROR),
        ("2.min(1.5)", Decimal("1.5")),
        ("isEven(3.5)", False),
        ("isOdd(-3)", True),
        ("isOdd(4)", False),
        ('isOdd("1e30".toDecimal())', False),
        ('isEven("1e30".toDecimal())', True),
        ("(-1).toHex()", "ffffffffffffffff"),
        ('"1e30".toDecimal().toHex()', None),
        ('"12.5".round(0)', 13),
        ("randomNumber(5,5)", ERROR),
        ("randomNumber(0 - 1)", ERROR),
        ("List().average()", ERROR),
        ('{1,"x"}.largest()', ERROR),
        ('Collection("a":3,"b":9).largest()', 9),
        ("{1,2}.smallest()", 1),
        ("{3,1,2}.nthLargest(1)", 3),
        ("{3,1,2}.nthLargest(0)", ERROR),
        ('{1}.rank(1,"up")', ERROR),
        ("{1,2}.percentile(101)", ERROR),
        ("{10,20}.percentile(50)", Decimal(15)),
        ("{2,4}.median()", Decimal(3)),
    ],
)
def test_numbers(expression: str, expected: Any) -> None:
    check(expression, expected)


@table(
    ("number", "language", "words"),
    [
        ("0", "en-us", "zero"),
        ("100", "en-us", "one hundred"),
        ("1000001", "en-gb", "one million and one"),
        ("1215", "en-gb", "one thousand two hundred and fifteen"),
        ("1215", "en-us", "one thousand two hundred fifteen"),
        ("2500000", "en-in", "twenty-five lakh"),
        ("10000000", "en-in", "one crore"),
        ("-0.5", "en-us", "minus zero point five"),
        ("0", "de", "null"),
        ("1", "de", "eins"),
        ("21", "de", "einundzwanzig"),
        ("101", "de", "einhunderteins"),
        ("1001", "de", "eintausendeins"),
        ("1000000", "de", "eine Million"),
        ("2000021", "de", "zwei Millionen einundzwanzig"),
        ("3.14", "de", "drei Komma eins vier"),
        ("0", "fr", "zéro"),
        ("71", "fr", "soixante et onze"),
        ("80", "fr", "quatre-vingts"),
        ("81", "fr", "quatre-vingt-un"),
        ("99", "fr", "quatre-vingt-dix-neuf"),
        ("21", "fr", "vingt et un"),
        ("30", "fr", "trente"),
        ("200", "fr", "deux cents"),
        ("201", "fr", "deux cent un"),
        ("1000", "fr", "mille"),
        ("2000000", "fr", "deux millions"),
        ("80000", "fr", "quatre-vingt mille"),
        ("0", "it", "zero"),
        ("23", "it", "ventitré"),
        ("28", "it", "ventotto"),
        ("180", "it", "centottanta"),
        ("1000", "it", "mille"),
        ("2001", "it", "duemilauno"),
        ("1000000", "it", "un milione"),
        ("3000000", "it", "tre milioni"),
        ("0", "es", "cero"),
        ("21", "es", "veintiuno"),
        ("31", "es", "treinta y uno"),
        ("100", "es", "cien"),
        ("121", "es", "ciento veintiuno"),
        ("21000", "es", "veintiún mil"),
        ("1001000", "es", "un millón mil"),
        ("31000000", "es", "treinta y un millones"),
        ("0", "ja", "〇"),
        ("1234", "ja", "千二百三十四"),
        ("10000", "ja", "一万"),
        ("0", "ko", "영"),
        ("11", "ko", "십일"),
        ("10000", "ko", "만"),
        ("0", "zh", "零"),
        ("12", "zh", "十二"),
        ("112", "zh", "一百一十二"),
        ("1005", "zh", "一千零五"),
        ("100050", "zh", "十万零五十"),
        ("100000001", "zh", "一亿零一"),
        ("1099", "en-gb", "one thousand and ninety-nine"),
        ("1100", "en-gb", "one thousand one hundred"),
        ("10999", "zh", "一万零九百九十九"),
        ("11000", "zh", "一万一千"),
    ],
)
def test_numbers_in_words(number: str, language: str, words: str) -> None:
    assert run("return n.toWords(l);", {"n": Decimal(number), "l": language}).answer == words


@table(("number", "language"), [("1", "xx"), ("1e18", "de"), ("1e-41", "de")])
def test_numbers_without_words(number: str, language: str) -> None:
    with pytest.raises(DelugeRuntimeError):
        run("return n.toWords(l);", {"n": Decimal(number), "l": language})


@table(
    ("number", "pattern", "printed"),
    [
        ("1234.5", "0.00", "1234.50"),
        ("1234.5", "#,##0", "1,234"),
        ("0.125", "#.##", "0.12"),
        ("0.5", "0%", "50%"),
        ("-5", "0.0", "-5.0"),
        ("5", "000", "005"),
        ("5", "'No. '0", "No. 5"),
        ("1234567", "#,###", "1,234,567"),
        ("0.5", "0;(0)", "0"),
    ],
)
def test_patterns_of_numbers(number: str, pattern: str, printed: str) -> None:
    assert run("return n.text(p);", {"n": Decimal(number), "p": pattern}).answer == printed


@table("pattern", ["", "abc", "0" * 101, "0.0.0"])
def test_wrong_patterns_of_numbers(pattern: str) -> None:
    with pytest.raises(DelugeRuntimeError, match="is not a format of numbers"):
        run("return 1.5.text(p);", {"p": pattern})


@table(
    "text",
    [
        "05-Mar-2021",
        "5-Mar-21",
        "05-March-2021",
        "05 Mar 2021",
        "05 Mar, 2021",
        "05/Mar/2021",
        "05.Mar.2021",
        "Mar 05, 2021",
        "March 5 2021",
        "Mar-05-2021",
        "2021-Mar-05",
        "2021-03-05",
        "2021/03/05",
        "2021.03.05",
        "2021 03 05",
        "03/05/2021",
        "03-05-2021",
        "03.05.2021",
        "03/05/21",
        "Fri,Mar 05,2021",
        "Friday, 05 Mar 2021",
        "2021-03-05T00:00:00",
        "2021-03-05T00:00:00Z",
        "2021-03-05T02:00:00+02:00",
        "2021-03-05 00:00:00.123",
        "05-Mar-2021 12:00 AM",
        "05-Mar-2021, 00:00:00",
    ],
)
def test_dates_are_read_in_many_formats(text: str) -> None:
    assert run("return t.toDate().toString();", {"t": text}).answer == "05-Mar-2021"


def test_two_digits_of_a_year() -> None:
    assert run("return '01-Jan-46'.getYear() + \",\" + '01-Jan-47'.getYear();").answer == "2046,1947"
    assert run('return "47-08-15".toDate().toString();').answer == "15-Aug-1947"


@table("text", ["", "hello", "05-Foo-2021", "1/2", "99", "2021-13-45", "1" * 200, "05-Mar-2021 x"])
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(DelugeRuntimeError):
        run("return t.toDate();", {"t": text})


@table(
    ("text", "pattern", "zone", "printed"),
    [
        ("05.03.2021 07:08", "dd.MM.yyyy HH:mm", "", "05-Mar-2021 07:08:00"),
        ("Mar 5 21 7:08 PM", "MMM d yy h:mm a", "", "05-Mar-2021 19:08:00"),
        ("5/3/2021 10:11:12", "d/M/yyyy", "", "05-Mar-2021 10:11:12"),
        ("2021-03-05 10:00:00 +0200", "yyyy-MM-dd HH:mm:ss Z", "", "05-Mar-2021 08:00:00"),
        ("2021-03-05T10:00:00", "yyyy-MM-dd'T'HH:mm:ss", "IST", "05-Mar-2021 04:30:00"),
        ("10:30", "HH:mm", "", "01-Jan-1970 10:30:00"),
        ("Friday 2021 March 5", "EEEE yyyy MMMM d", "", "05-Mar-2021 00:00:00"),
        ("2021-03-05", "yyyy-MM-dd", "Asia/Tokyo", "05-Mar-2021 00:00:00"),
    ],
)
def test_dates_by_a_pattern(text: str, pattern: str, zone: str, printed: str) -> None:
    call = "toTime(p,z)" if zone else "toTime(p)"
    assert run(f"return t.{call}.toString();", {"t": text, "p": pattern, "z": zone}).answer == printed


@table("pattern", ["yyyy-MM-dd", "b", "yyyy yyyy", "'open", "D", "y" * 101])
def test_what_does_not_follow_a_pattern(pattern: str) -> None:
    with pytest.raises(DelugeRuntimeError, match="is not a date-time of the format"):
        run('return "05 Foo 2021".toTime(p);', {"p": pattern})


@table(
    ("pattern", "printed"),
    [
        ("yyyy-MM-dd HH:mm:ss.SSS", "2021-03-05 14:07:09.004"),
        ("y yy yyyyy M MMM MMMM d", "2021 21 02021 3 Mar March 5"),
        ("E EEEE u", "Fri Friday 5"),
        ("h hh K k a", "2 02 2 14 PM"),
        ("D w W", "64 10 1"),
        ("G Z X XX XXX z", "AD +0000 Z Z Z UTC"),
        ("'on' d''", "on 5'"),
        ("'o''clock'", "o'clock"),
        ("'open", None),
        ("dd b", None),
    ],
)
def test_patterns_write_date_times(pattern: str, printed: str | None) -> None:
    moment = datetime(2021, 3, 5, 14, 7, 9, 4000, tzinfo=UTC)
    assert run("return d.toString(p);", {"d": moment, "p": pattern}).answer == printed


@table(
    ("zone", "printed"),
    [
        ("Asia/Kolkata", "19:37 +0530 +05 +0530 +05:30 IST"),
        ("GMT+5:30", "19:37 +0530 +05 +0530 +05:30 GMT+05:30"),
        ("GMT-8", "06:07 -0800 -08 -0800 -08:00 GMT-08:00"),
        ("EST", "09:07 -0500 -05 -0500 -05:00 EST"),
        ("SST", "01:07 +1100 +11 +1100 +11:00 GMT+11:00"),
        ("Nowhere", "14:07 +0000 Z Z Z UTC"),
        ("../../etc/passwd", "14:07 +0000 Z Z Z UTC"),
        ("Europe", "14:07 +0000 Z Z Z UTC"),
        ("GMT+99", "14:07 +0000 Z Z Z UTC"),
    ],
)
def test_zones(zone: str, printed: str) -> None:
    moment = datetime(2021, 3, 5, 14, 7, 9, tzinfo=UTC)
    script = 'return d.toString("HH:mm Z X XX XXX z",z);'
    assert run(script, {"d": moment, "z": zone}).answer == printed


@table(
    ("expression", "expected"),
    [
        ("'05-Mar-2021'.subYear(1).subMonth(1).subWeek(1).subDay(1).toString()", "28-Jan-2020 00:00:00"),
        ("'05-Mar-2021'.addHour(1).addMinutes(2).addSeconds(3).toString()", "05-Mar-2021 01:02:03"),
        ("'05-Mar-2021'.subHour(1).subMinutes(2).subSeconds(3).toString()", "04-Mar-2021 22:57:57"),
        ("'05-Mar-2021'.addWeek(1).addYear(-1).toString()", "12-Mar-2020 00:00:00"),
        (
            "'05-Mar-2021 06:00:00'.hour() * 100 + '05-Mar-2021 06:07:08'.minute() + second('05-Mar-2021 06:07:08')",
            615,
        ),
        (
            "'11-Mar-2021'.getDate() + '21-Mar-2021'.getDate() + '3-Mar-2021'.getDate()",
            "11th March 202121st March 20213rd March 2021",
        ),
        ("'05-Mar-2021'.nextWeekDay(\"someday\")", ERROR),
        ("'05-Mar-2021'.workday(-3).toString()", "05-Mar-2021"),
        ('\'05-Mar-2021\'.addBusinessDay(1,{"Mon","Tue","Wed","Thu","Fri","Sat","Sun"})', ERROR),
        ("'05-Mar-2021'.workDaysList('08-Mar-2021').size()", 2),
        ("'08-Mar-2021'.workDaysBetween('05-Mar-2021')", -2),
        ("'05-Mar-2021'.workDaysBetween('08-Mar-2021')", 2),
        ("'05-Mar-2021 16:00:00'.addBusinessHour(3).toString()", "08-Mar-2021 10:00:00"),
        (
            '\'06-Mar-2021\'.addBusinessHour(1.5,{"Sunday"},List(),{"start":8,"end":12}).toString()',
            "06-Mar-2021 09:30:00",
        ),
        ("'05-Mar-2021'.addBusinessHour(-1)", ERROR),
        ('\'05-Mar-2021\'.addBusinessHour(1,List(),List(),{"start":9,"end":9})', ERROR),
        ("monthsBetween('02-Mar-2021','01-Jan-2021')", -2),
        ("yearsBetween('01-Jan-2021','01-Jan-2019')", -2),
        ("yearsDiff('01-Jan-2021','02-Jan-2019')", -1),
        ("daysBetween('02-Jan-2021 10:00:00','01-Jan-2021 12:00:00')", 0),
        ("timeBetween('02-Jan-2021','01-Jan-2021')", ERROR),
        ("timeBetween('01-Jan-2021','01-Jan-2021 00:00:05')", "00:00:05"),
        ("timeBetween('01-Jan-2021','01-Jan-2021 05:00:00')", "05"),
        ("unixEpoch(5)", ERROR),
        ('unixEpoch("soon")', "soon"),
        ("'02-Jan-1970'.unixEpoch()", 86400000),
        ("'02-Jan-1970'.unixEpoch(\"GMT-1\")", 90000000),
        ('0.toDateTimeString("yyyy")', "1970"),
        ("'02-Jan-1970'.toDateTimeString(\"d\")", "2"),
        ('"05-Mar-2021".getDay()', 5),
        ("5.getDay()", ERROR),
        ("0.toDate().toString()", "01-Jan-1970"),
        ("1500.toTime().toString()", "01-Jan-1970 00:00:01"),
        ("9999999999999999.toTime()", ERROR),
        ("'05-Mar-2021'.toTime().toString()", "05-Mar-2021 00:00:00"),
        ("'05-Mar-2021' + 9999999999999999", ERROR),
        ("'31-Dec-9999'.addDay(1)", ERROR),
        ("'31-Dec-9999'.addMonth(1)", ERROR),
        ("'31-Dec-9999'.addHour(24)", ERROR),
    ],
)
def test_date_times(expression: str, expected: Any) -> None:
    check(expression, expected)


def test_hours_are_of_real_time_and_days_of_the_clock() -> None:
    zone = {"timezone": "Europe/Berlin"}
    spring = "'28-Mar-2021'"
    assert run(f"return {spring}.addHour(24).toString();", policies=zone).answer == "29-Mar-2021 01:00:00"
    assert run(f"return {spring}.addDay(1).toString();", policies=zone).answer == "29-Mar-2021 00:00:00"
    assert run(f"return hoursBetween({spring},'29-Mar-2021');", policies=zone).answer == 23
    assert run(f"return daysBetween({spring},'29-Mar-2021');", policies=zone).answer == 1


@table(
    ("script", "expected"),
    [
        ("x = {1,2}; x.addAll({3}); return x;", [1, 2, 3]),
        ("x = {1,2}; return x.remove(0);", 1),
        ("x = {1,2}; x.remove(2); return x;", ERROR),
        ("x = {1,2,1}; x.removeElement(1); return x;", [2, 1]),
        ("x = {1,2,1}; x.removeElement(5); return x;", [1, 2, 1]),
        ('x = {1,2,1,"1"}; x.removeAll({1}); return x;', [2, "1"]),
        ("x = {1}; x.clear(); return x.isEmpty();", True),
        ("return {1,2,1}.lastIndexOf(1);", 2),
        ("return {1,2,1}.lastIndexOf(9);", -1),
        ("return {1,2}.notContains(1);", False),
        ("return {1,2,2}.intersect({2,3});", [2]),
        ("return {1,2}.subList(2);", []),
        ("return {1,2}.subList(1,3);", ERROR),
        ("return {1,2}.subList(-1);", ERROR),
        ("return {1,2}.subList(2,1);", ERROR),
        ("return {true,false}.sort();", [False, True]),
        ("return {'02-Jan-2021','01-Jan-2021'}.sort().get(0).getDay();", 1),
        ("return {1,1.5,1}.sort(false);", [Decimal("1.5"), 1, 1]),
        ("return {true,1}.sort();", None),
        ("return {1,1.0,true}.distinct();", [1, True]),
        ('return {{"a":1,"b":2},{"b":2,"a":1}}.distinct().size();', 1),
        ('return {1,2}.toString(" - ");', "1 - 2"),
        ("return {1,2}.toList();", [1, 2]),
        ("return {1,2}.toJSONList();", [1, 2]),
        ('return "1,2".toListString().toString();', "1,2"),
        ("return List(1,2).size() + List({3}).size();", 3),
        ("return {f} .contains(f);", True),
    ],
)
def test_lists(script: str, expected: Any) -> None:
    if expected is ERROR:
        with pytest.raises(DelugeRuntimeError):
            run(script)
        return
    assert run(script, {"f": File("a")}).answer == expected


@table(
    ("script", "expected"),
    [
        ('m = {"a":1}; m.put(5,2); return m;', {"a": 1, "5": 2}),
        ('m = {5:1}; return {m.get(5), m.get("5"), m.containsKey(5)};', [1, 1, True]),
        ('m = {"a":1}; m.remove("a"); m.remove("b"); return m.size();', 0),
        ('m = {"a":1}; m.clear(); return m;', {}),
        (
            'm = {"a":"x"}; return {m.containValue("x"), m.containsValue("X"), m.contains("a"), m.notContains("x")};',
            [True, False, True, False],
        ),
        ('m = {"a":1}; m.putAll({"a":2,"b":3}); return m.values();', [2, 3]),
        ('return {"a":1}.getJSON("a");', 1),
        ('return "{\'a\':1}".getJSON("b");', None),
        ('return "[1]".getJSON("a");', ERROR),
        ('return {"a":1}.toMap().toString() + {"a":1}.toJSONList().size();', '{"a":1}1'),
        ('return "[1]".toMap();', ERROR),
        ("return {1}.toMap();", ERROR),
        ('return Collection("x","y").toMap();', {"0": "x", "1": "y"}),
        ('return Collection("k":1).toMap();', {"k": 1}),
        ('return "{\\"a\\":1},{\\"a\\":2}".toJSONList().size();', 2),
        ('return isValidObject({}) || isValidObject("") || isValidObject(null);', False),
        ("return isValidObject(5) && isValidObject({1});", True),
        ("return isFile(5);", False),
        ("return isDate('01-Jan-2021') && !isDate(5) && isDate(\"01-Jan-2021\");", True),
        ("return isDate(null) == null && isText(null) == null && isNumber(null) == null;", True),
        ('return isText(5) || isNumber(true) || isNumber("x");', False),
        ("return isBlank(5);", False),
        ("return null.isNull() && !5.isNull();", True),
    ],
)
def test_maps_and_questions(script: str, expected: Any) -> None:
    if expected is ERROR:
        with pytest.raises(DelugeRuntimeError):
            run(script)
        return
    assert run(script).answer == expected


@table(
    ("text", "value"),
    [
        ("{a:1, b:x y, 'c':\"d\"}", {"a": 1, "b": "x y", "c": "d"}),
        ("{a=1}", {"a": 1}),
        ("{a:{}, b:[], c:[1,{d:null}]}", {"a": {}, "b": [], "c": [1, {"d": None}]}),
        ("{a:true, b:1.50, c:https://x.y/z}", {"a": True, "b": Decimal("1.50"), "c": "https://x.y/z"}),
        ("{'it\\'s':'a \"b\" \\\\'}", {"it's": 'a "b" \\'}),
        ('{"a":1,"a":2}', {"a": 2}),
        ('{"n":12345678901234567890}', {"n": Decimal("12345678901234567890")}),
    ],
)
def test_json_without_quotes(text: str, value: object) -> None:
    assert run("return t.toMap();", {"t": text}).answer == value


@table(
    "text", ["", "{", "{a", "{a:", "{a:1", "{a:1}x", "{:1}", "{a:1,}", "[", "{'a:1}", "{a:NaN", '{"\\x":1}', "{a b}"]
)
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(DelugeRuntimeError):
        run("return t.toMap();", {"t": text})


@table(
    ("script", "expected"),
    [
        ("c = Collection(); c.insertAll({1,2}); return c.values();", [1, 2]),
        ('c = Collection(); c.insertAll({"a":1}); return c.keys();', ["a"]),
        ("c = Collection(1); c.insertAll(5);", ERROR),
        ("c = Collection(1); c.insertAll(null); return c.size();", 1),
        ("c = Collection(1,2); return c.get(2);", ERROR),
        ('c = Collection(1,2); return c.get("a");', ERROR),
        ('return Collection().get("a");', None),
        ("c = Collection(7,8); return c.keys();", [0, 1]),
        ('c = Collection("a":1); c.update("b",2); return c.size();', 2),
        ("c = Collection(1); c.update(3,2);", ERROR),
        ('c = Collection("a":1,"b":1); c.delete(1); return c.keys();', ["b"]),
        ('c = Collection("a":1); c.delete(9); c.deleteKey("z"); return c.size();', 1),
        ("c = Collection(5,6,7); c.deleteKeys({0,2}); return c.values();", [6]),
        ("c = Collection(5); c.deleteKey(1);", ERROR),
        ("c = Collection(5,6,5); return c.getLastKey(5);", 2),
        (
            "c = Collection(5,6); return {c.containsKey(1), c.containsKey(2), c.containsValue(6), c.notContains(6)};",
            [True, False, True, False],
        ),
        ("c = Collection(3,1,2); c.sort(); return c.values();", [1, 2, 3]),
        ("c = Collection(3,1,2); c.sort(false); return c.values();", [3, 2, 1]),
        ('c = Collection("a":2,"b":1); c.sort(); return c.keys();', ["b", "a"]),
        ('c = Collection(1,"a"); c.sort(); return c.values();', [1, "a"]),
        ('c = Collection("b":1,"a":2); c.sortKey(); return c.keys();', ["a", "b"]),
        ("c = Collection(1,2); c.sortKey(); return c.values();", [1, 2]),
        ("return Collection(1,2).intersect(Collection(2,3)).values();", [2]),
        ('return Collection("a":1,"b":2).intersect(Collection("a":1,"b":3)).keys();', ["a"]),
        ("return Collection(1,2,3).duplicate(1,3).values();", [2, 3]),
        ('return Collection("a":1,"b":2).duplicate(1).keys();', ["b"]),
        ("return Collection(1).duplicate(0,2);", ERROR),
        ('c = Collection(1); c.clear(); c.insert("a":1); return c.get("a");', 1),
        ("return Collection(1,2).toList();", [1, 2]),
        ('return {1,2}.toCollection().size() + {"a":1}.toCollection().size();', 3),
        ("return Collection(1) == Collection(1);", True),
        ("return Collection(1).add(2);", ERROR),
    ],
)
def test_collections(script: str, expected: Any) -> None:
    if expected is ERROR:
        with pytest.raises(DelugeRuntimeError):
            run(script)
        return
    assert run(script).answer == expected


def test_a_collection_has_a_greatest_size() -> None:
    with pytest.raises(DelugeRuntimeError, match="at most 50,000 elements"):
        run("c.insert(1);", {"c": Collection([0] * 50_000)})
    with pytest.raises(DelugeRuntimeError, match="at most 50,000 elements"):
        run("c.insertAll({1});", {"c": Collection([0] * 50_000)})


@table(
    ("script", "expected"),
    [
        ("return f.getFileName() + f.getFileType() + f.getFileSize();", "a.txttext/plain5"),
        ('f.setFileName("b"); f.setFileType("x/y"); return f + f.getFileType();', "bx/y"),
        ('f.setCharset("UTF-16LE"); return f.getFileContent().length();', 3),
        ('f.setCharset("rot13");', ERROR),
        ("return f.compress().extract().get(0).getFileContent();", "hello"),
        ('return f.compress("z.zip").getFileName();', "z.zip"),
        ("return f.extract();", ERROR),
        ("return f.convertToPDF();", ERROR),
        ('return Collection(1,2).toFile("a.csv").getFileType();', "text/csv"),
        (
            'return "x".toFile("a").getFileType() + "x".toFile("a.b").getFileType();',
            "text/plainapplication/octet-stream",
        ),
        ("return 5.getFileName();", ERROR),
        ("return isFile(f) && f.isFile();", True),
    ],
)
def test_files(script: str, expected: Any) -> None:
    if expected is ERROR:
        with pytest.raises(DelugeRuntimeError):
            run(script, {"f": File("a.txt", "hello")})
        return
    assert run(script, {"f": File("a.txt", "hello")}).answer == expected


@table(
    ("expression", "expected"),
    [
        ('"100".toLong() + "99.9".toLong() + 5.7.toLong()', 204),
        ('"0x1F".toLong()', 31),
        ('"0xZZ".toLong()', ERROR),
        ('"".toLong()', ERROR),
        ("true.toLong()", 1),
        ('"1e30".toLong()', ERROR),
        ('"1.50".toDecimal()', Decimal("1.50")),
        ('"".toDecimal()', ERROR),
        ("null.toString()", ERROR),
        ("true.toString()", "true"),
        ('true.toString("x")', "true"),
        ('1.5.toString("0.00")', "1.50"),
        ('5.toString("000")', "005"),
        ('"05-Mar-2021".toString("yyyy")', "2021"),
        ('"soon".toString("yyyy")', ERROR),
        ('"5".text("0.0")', "5.0"),
        ('{1}.text("0.0")', ERROR),
        ('Collection(1,2).toString("-")', "1-2"),
        ('{"a":1}.toString("-")', '{"a":1}'),
    ],
)
def test_conversions(expression: str, expected: Any) -> None:
    check(expression, expected)


@table(
    ("expression", "expected"),
    [
        ('zoho.encryption.sha1("a")', "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
        ('zoho.encryption.md5("a","base64")', "DMF1ucDxtqgxw5niaXcmYQ=="),
        ('zoho.encryption.md5("a","binary").length()', 16),
        ('zoho.encryption.md5("a","x")', ERROR),
        ("zoho.encryption.md5(null)", ERROR),
        ('zoho.encryption.hmacsha1("k","v","base64").length()', 28),
        ('zoho.encryption.base64Encode("é")', "w6k="),
        ('zoho.encryption.base64Decode("w6k")', "é"),
        ('zoho.encryption.base64Decode("AGEAcA==","UTF-16BE")', "ap"),
        ('zoho.encryption.base64Decode("w6k=","x")', ERROR),
        ('zoho.encryption.base64Decode("é")', ERROR),
        ("zoho.encryption.base64Encode(5)", "NQ=="),
        ("zoho.encryption.base64Encode(null)", ERROR),
        ('zoho.encryption.base64Encode("a".toFile("x"))', "YQ=="),
        ('zoho.encryption.base64DecodeToFile("YQ==","x.txt").getFileContent()', "a"),
        ('zoho.encryption.base32Decode(zoho.encryption.base32Encode("hello"))', "hello"),
        ('zoho.encryption.base32Decode("1")', ERROR),
        ('zoho.encryption.urlDecode("a%20b+c")', "a b c"),
        ("zoho.encryption.urlDecode(5)", None),
        ('zoho.encryption.urlEncode("a/b?c=é")', "a%2Fb%3Fc%3D%C3%A9"),
        ("zoho.encryption.htmlDecode(zoho.encryption.htmlEncode(\"<a & 'b'>\"))", "<a & 'b'>"),
        ('zoho.encryption.htmlEncode("<")', "&lt;"),
        ('zoho.encryption.aesEncode("passkey","Confidential details","short")', ERROR),
        ('zoho.encryption.aesEncode("k".repeat(33),"x")', ERROR),
        ('zoho.encryption.aesDecode("k","YQ==")', ERROR),
        (
            'zoho.encryption.aesDecode("other",zoho.encryption.aesEncode("k","x","0123456789abcdef"),"0123456789abcdef")',
            ERROR,
        ),
        ('zoho.encryption.aesEncode128("k","x",null,201)', ERROR),
        (
            'zoho.encryption.aesDecode("passkey","yf/u6N0HjKWXFFHIEKzG23+CM+BoL4RBPNb4mc0G3hw5q6xPe9KSpUd62Z5sjjSE")',
            "This is a secret",
        ),
    ],
)
def test_encodings(expression: str, expected: Any) -> None:
    check(expression, expected)


SHOP = '<shop><item id="1"><name>A</name></item><item id="2"><name>B</name><name>C</name></item></shop>'


@table(
    ("path", "expected"),
    [
        ("/shop/item/name/text()", "A-|-B-|-C"),
        ("//name[1]", "<name>A</name>-|-<name>B</name>"),
        ("/shop/item[@id='2']/name[last()]/text()", "C"),
        ('/shop/item[@id="1"]/@id', "<id>1</id>"),
        ("/shop/item[@id!=1]/name[position()=1]/text()", "B"),
        ("/shop/item[name='A']/@*", "<id>1</id>"),
        ("/shop/item[name]/@id/text()", ""),
        ("/shop/*/name[.='B']/../@id", "<id>2</id>"),
        ("/shop/item[0]", ""),
        ("/shop/./item[2]/name[2]", "<name>C</name>"),
        ("name[text()='C']", "<name>C</name>"),
        ("count(//name)", "3"),
        ("string(/shop/item/@id)", "1"),
        ("string(/none)", ""),
        ("", ERROR),
        ("/shop[", ERROR),
        ("/shop/last()", ERROR),
        ("/shop[position()>1]", ERROR),
        ("/shop item", ERROR),
        ("/a" * 600, ERROR),
    ],
)
def test_xpath(path: str, expected: Any) -> None:
    check("x.executeXPath(p)", expected, x=SHOP, p=path)


@table(
    ("expression", "expected"),
    [
        ('"<a>".executeXPath("/a")', ERROR),
        ('"<a><b/></a>".executeXPath("/a")', "<a><b/></a>"),
        ('"{\\"a\\":[1,2]}".executeXPath("/root/a[2]")', "<a>2</a>"),
        ('"<a>1</a><a>2</a>".toXmlList()', ["<a>1</a>", "<a>2</a>"]),
        ('"a-|-b".toXmlList()', ["a", "b"]),
        ('"a".toXmlList()', ["a"]),
        ('"<a>1</a>".toXml()', "<a>1</a>"),
        ('"[1,[2]]".toXml()', "<root><element>1</element><element>2</element></root>"),
        ('{"a b":"<","n":null,"m":{"x":{}}}.toXml()', "<root><_a_b>&lt;</_a_b><n></n><m><x></x></m></root>"),
        ("5.toXml()", ERROR),
    ],
)
def test_xml(expression: str, expected: Any) -> None:
    check(expression, expected)


LISTED = Path(__file__).parents[4] / "shared" / "deluge" / "functions.tsv"


@pytest.mark.skipif(not LISTED.exists(), reason="the list of functions does not lie beside the project")
def test_every_listed_function_exists() -> None:
    missing = []
    for row in LISTED.read_text("utf-8").splitlines()[1:]:
        names, _, aliases = row.split("\t")[0], None, row.split("\t")[5]
        for name in [*names.split(" / "), *aliases.split(",")]:
            plain = name.split("(")[0].strip().lower()
            known = plain in FUNCTIONS or plain in CONSTRUCTORS or plain.startswith("zoho.current")
            if plain and not known and not plain.startswith(("{", "today", "now")):
                missing.append(plain)
    assert missing == []


def test_arities() -> None:
    assert arity("subString") == (2, 3)
    assert arity("CONTAINS") == (2, 2)
    assert arity("insert") == (2, None)
    assert arity("Map") == (0, 1)
    assert arity("nothing") is None


def test_every_function_is_documented() -> None:
    undocumented = {
        entry.name
        for entry in FUNCTIONS.values()
        for function in entry.others
        if not function.call.__doc__ and function.call.__name__ not in ("compute", "compute_keyed")
    }
    assert undocumented == set()


@table(
    ("ending", "kind"),
    [
        ("txt", "text/plain"),
        ("csv", "text/csv"),
        ("html", "text/html"),
        ("htm", "text/html"),
        ("json", "application/json"),
        ("xml", "application/xml"),
        ("pdf", "application/pdf"),
        ("png", "image/png"),
        ("jpg", "image/jpeg"),
        ("jpeg", "image/jpeg"),
        ("gif", "image/gif"),
        ("zip", "application/zip"),
        ("ics", "text/calendar"),
        ("md", "text/markdown"),
        ("unknown", "application/octet-stream"),
    ],
)
def test_media_type_of_a_file_name(ending: str, kind: str) -> None:
    check(f'"x".toFile("a.b.{ending.upper()}").getFileType()', kind)


@table(
    ("expression", "expected"),
    [
        ("'01-Jan-9999'.addMonth(11).toString()", "01-Dec-9999 00:00:00"),
        ("'01-Jan-9999'.addMonth(12)", ERROR),
        ("'01-Dec-0001'.addMonth(-11).toString()", "01-Jan-0001 00:00:00"),
        ("'01-Dec-0001'.addMonth(-12)", ERROR),
        ("'31-Jan-9998'.addYear(1).toString()", "31-Jan-9999 00:00:00"),
        ("'31-Jan-9999'.addYear(1)", ERROR),
    ],
)
def test_the_first_and_the_last_year(expression: str, expected: Any) -> None:
    check(expression, expected)
