"""Formatting and parsing: dates, numbers, numbers in words, regular expressions, JSON and XML."""

from __future__ import annotations

import re
import string
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from deluge_checks import ERROR, check, table
from zoho_cliq_deluge import run
from zoho_cliq_deluge._values.zones import zone_named
from zoho_cliq_deluge.failures import DelugeRuntimeError

MORNING = datetime(2021, 3, 5, 4, 7, 9, 12_345, tzinfo=UTC)
MIDNIGHT = datetime(2021, 12, 31, tzinfo=UTC)
NOON = datetime(987, 1, 10, 12, 30, tzinfo=timezone(-timedelta(hours=3, minutes=30)))


@table(
    ("pattern", "morning", "midnight", "noon"),
    [
        ("y yy yyyy yyyyy", "2021 21 2021 02021", "2021 21 2021 02021", "987 87 0987 00987"),
        ("M MM MMM MMMM L LLL", "3 03 Mar March 3 Mar", "12 12 Dec December 12 Dec", "1 01 Jan January 1 Jan"),
        ("d dd", "5 05", "31 31", "10 10"),
        ("D DDD", "64 064", "365 365", "10 010"),
        ("E EEE EEEE u", "Fri Fri Friday 5", "Fri Fri Friday 5", "Wed Wed Wednesday 3"),
        ("H HH", "4 04", "0 00", "12 12"),
        ("k kk", "4 04", "24 24", "12 12"),
        ("K KK", "4 04", "0 00", "0 00"),
        ("h hh a", "4 04 AM", "12 12 AM", "12 12 PM"),
        ("m mm", "7 07", "0 00", "30 30"),
        ("s ss", "9 09", "0 00", "0 00"),
        ("S SSS", "12 012", "0 000", "0 000"),
        ("G", "AD", "AD", "AD"),
        ("w W", "10 1", "1 5", "2 2"),
        ("z Z X XX XXX", "UTC +0000 Z Z Z", "UTC +0000 Z Z Z", "GMT-03:30 -0330 -03 -0330 -03:30"),
        ("'o''clock' hh'h'", "o'clock 04h", "o'clock 12h", "o'clock 12h"),
        ("''yy", "'21", "'21", "'87"),
        ("yyyy-MM-dd'T'HH:mm", "2021-03-05T04:07", "2021-12-31T00:00", "0987-01-10T12:30"),
        ("yyyy~MM", "2021~03", "2021~12", "0987~01"),
        ("'o'''yy", "o'21", "o'21", "o'87"),
    ],
)
def test_letters_of_patterns(pattern: str, morning: str, midnight: str, noon: str) -> None:
    zone = {"timezone": "UTC"}
    for moment, expected in ((MORNING, morning), (MIDNIGHT, midnight), (NOON, noon)):
        assert run("return d.toString(p);", {"d": moment, "p": pattern}, policies=zone).answer == expected


@table(
    ("day", "weeks"),
    [("06-Mar-2021", "10 1"), ("07-Mar-2021", "11 2"), ("31-Mar-2021", "14 5"), ("01-Jan-2023", "1 1")],
)
def test_weeks_by_a_pattern(day: str, weeks: str) -> None:
    check("d.toString('w W')", weeks, d=day)


@table(
    ("day", "pattern", "printed"),
    [
        ("28-Dec-2019", "YYYY YY y", "2019 19 2019"),
        ("29-Dec-2019", "YYYY YY y", "2020 20 2019"),
        ("31-Dec-2022", "YYYY w", "2022 53"),
        ("01-Jan-2023", "YYYYY w", "02023 1"),
        ("01-Feb-2020", "F", "1"),
        ("07-Feb-2020", "F", "1"),
        ("08-Feb-2020", "F FF", "2 02"),
        ("29-Feb-2020", "F W D", "5 5 60"),
    ],
)
def test_the_week_based_year_and_the_week_of_a_weekday(day: str, pattern: str, printed: str) -> None:
    """Expect what Java's SimpleDateFormat prints."""
    check(f"'{day}'.toText(\"{pattern}\")", printed)


def test_milliseconds_by_a_pattern() -> None:
    check("d.toString('SSS')", "999", d=MORNING.replace(microsecond=999_999))


@table(
    ("day", "first", "week"),
    [
        ("01-Jan-2021", "Sunday", 1),
        ("02-Jan-2021", "Sunday", 1),
        ("03-Jan-2021", "Sunday", 2),
        ("03-Jan-2021", "Monday", 1),
        ("04-Jan-2021", "Monday", 2),
        ("25-Dec-2021", "Sunday", 52),
        ("26-Dec-2021", "Sunday", 1),
        ("26-Dec-2021", "Monday", 52),
        ("27-Dec-2021", "Monday", 1),
        ("31-Dec-2022", "Sunday", 53),
        ("24-Dec-2022", "Sunday", 52),
        ("01-Dec-2021", "Sunday", 49),
        ("01-Jan-2023", "Sunday", 1),
    ],
)
def test_weeks_of_the_year(day: str, first: str, week: int) -> None:
    check(f"'{day}'.getWeekOfYear(\"{first}\")", week)


@table(
    ("text", "printed"),
    [
        ("05-Mar-2021", "05-Mar-2021"),
        ("5 March, 2021", "05-Mar-2021"),
        ("Fri, 05-Mar-2021", "05-Mar-2021"),
        ("friday 5.mar.21", "05-Mar-2021"),
        ("5/Sept/2021", "05-Sep-2021"),
        ("5/sep/2021", "05-Sep-2021"),
        ("5/Sept/46", "05-Sep-2046"),
        ("5/Sept/47", "05-Sep-1947"),
        ("Mar 5, 2021", "05-Mar-2021"),
        ("2021 March 5", "05-Mar-2021"),
        ("2021-03-05", "05-Mar-2021"),
        ("05/03/2021", "03-May-2021"),
        ("05.03.21", "03-May-2021"),
        ("03/15/2021", "15-Mar-2021"),
        ("45-03-05", "05-Mar-2045"),
        ("2021-03-05 10:20:30", "05-Mar-2021 10:20:30"),
        ("2021-03-05T10:20", "05-Mar-2021 10:20:00"),
        ("2021-03-05, 10:20:30.5", "05-Mar-2021 10:20:30"),
        ("2021-03-05 3:04 pm", "05-Mar-2021 15:04:00"),
        ("2021-03-05 3:04AM", "05-Mar-2021 03:04:00"),
        ("2021-03-05 12:00 am", "05-Mar-2021 00:00:00"),
        ("2021-03-05 12:30 PM", "05-Mar-2021 12:30:00"),
        ("2021-03-05T10:20:30Z", "05-Mar-2021 10:20:30"),
        ("2021-03-05T10:20:30+0530", "05-Mar-2021 04:50:30"),
        ("2021-03-05T10:20:30 -01:00", "05-Mar-2021 11:20:30"),
        ("2021-03-05 23:59:59", "05-Mar-2021 23:59:59"),
        ("2021-03-05 24:10:10", "05-Mar-2021 00:00:00"),
        ("2021-03-05 10:60:10", "05-Mar-2021 10:00:00"),
        ("2021-03-05 10:59:60", "05-Mar-2021 10:59:00"),
        ("  2021-03-05  ", "05-Mar-2021"),
        ("2021-03-05" + " " * 90, "05-Mar-2021"),
        ("2021-03-05" + " " * 91, ERROR),
        ("0001-01-01T00:00:00+05:00", ERROR),
        ("31-Feb-2021", ERROR),
        ("32/13/2021", ERROR),
        ("5-Marchy-2021", ERROR),
        ("2021-03-05-06", ERROR),
        ("2021/03-05", ERROR),
        ("202-03-05", ERROR),
        ("05-03-202", ERROR),
    ],
)
def test_dates_without_a_pattern(text: str, printed: Any) -> None:
    check('x = d.toTime(); if(d.contains(":")) { return x.toString(); } return d.toDate().toString();', printed, d=text)


@table("month", range(1, 13))
def test_names_of_months(month: int) -> None:
    short, long = datetime(2021, month, 9).strftime("%b"), datetime(2021, month, 9).strftime("%B")
    for name in (short, long, short.upper(), long.lower()):
        assert run(f"return '9-{name}-2021'.getMonth();").answer == month
    assert (
        run("return d.toString('MMM MMMM');", {"d": datetime(2021, month, 9, tzinfo=UTC)}).answer == f"{short} {long}"
    )
    check("d.toDate()", ERROR, d=f"9-{long[:-1] if len(long) > 4 else long}x-2021")


def test_dates_by_the_order_of_the_policy() -> None:
    script = 'return "05/03/2021".toDate().getMonth() * 100 + "15/03/2021".toDate().getMonth();'
    assert run(script).answer == 503
    assert run(script, policies={"date_order": "day_first"}).answer == 303


@table(
    ("text", "pattern", "printed"),
    [
        ("5 3 2021", "d M yyyy", "05-Mar-2021 00:00:00"),
        ("5 mar 21", "d MMM yy", "05-Mar-2021 00:00:00"),
        ("Friday, 5 March 2021", "EEEE, d LLLL yyyy", "05-Mar-2021 00:00:00"),
        ("2021", "yyyy", "01-Jan-2021 00:00:00"),
        ("03", "MM", "01-Mar-1970 00:00:00"),
        ("07", "dd", "07-Jan-1970 00:00:00"),
        ("10:20", "HH:mm", "01-Jan-1970 10:20:00"),
        ("10h20", "HH'h'mm", "01-Jan-1970 10:20:00"),
        ("3 PM", "h a", "01-Jan-1970 15:00:00"),
        ("12 am", "K a", "01-Jan-1970 00:00:00"),
        ("2021-03-05 10:20:30.250", "yyyy-MM-dd kk:mm:ss.SSS", "05-Mar-2021 10:20:30"),
        ("2021-03-05 10:20 +0200", "yyyy-MM-dd HH:mm Z", "05-Mar-2021 08:20:00"),
        ("2021-03-05 10:20 +02", "yyyy-MM-dd HH:mm X", "05-Mar-2021 08:20:00"),
        ("2021-03-05 10:20 EST", "yyyy-MM-dd HH:mm z", "05-Mar-2021 15:20:00"),
        ("2021-03-05 10:20", "yyyy-MM-dd", "05-Mar-2021 10:20:00"),
        ("2021-03-05   10:20", "yyyy-MM-dd HH:mm", "05-Mar-2021 10:20:00"),
        ("5*3*2021", "d*M*yyyy", "05-Mar-2021 00:00:00"),
        ("5-Foo-2021", "d-MMM-yyyy", ERROR),
        ("5", "d d", ERROR),
        ("5", "w", ERROR),
        ("5", "'d", ERROR),
        ("5", "q", ERROR),
        ("2021-02-31", "yyyy-MM-dd", ERROR),
        ("1" + " " * 99, "d", "01-Jan-1970 00:00:00"),
        ("1" + " " * 100, "d", ERROR),
        ("1" + "." * 98, "d" + "." * 98 + "''", ERROR),
        ("1" + "." * 99, "d" + "." * 99, "01-Jan-1970 00:00:00"),
        ("1" + "." * 98, "d" + "." * 100, ERROR),
        ("2021", "YYYY", "01-Jan-2021 00:00:00"),
        ("5 3 2021", "d L yyyy", "05-Mar-2021 00:00:00"),
        ("05:10", "mm:ss", "01-Jan-1970 00:05:10"),
        ("07", "ss", "01-Jan-1970 00:00:07"),
        ("2021-03-05 AM", "yyyy-MM-dd a", "05-Mar-2021 00:00:00"),
        ("2021-03-05 +0530", "yyyy-MM-dd Z", "04-Mar-2021 18:30:00"),
    ],
)
def test_dates_by_a_pattern(text: str, pattern: str, printed: Any) -> None:
    check("d.toTime(p).toString()", printed, d=text, p=pattern)


@table(("length", "writes"), [(100, True), (101, False)])
def test_a_pattern_of_dates_has_a_greatest_length(length: int, writes: bool) -> None:
    answer = run("return d.toString(p);", {"d": MORNING, "p": "d" + "-" * (length - 1)}).answer
    assert answer == ("5" + "-" * (length - 1) if writes else None)


@table(
    ("name", "place"),
    [
        ("ACT", "Australia/Darwin"), ("AET", "Australia/Sydney"), ("AGT", "America/Argentina/Buenos_Aires"),
        ("ART", "Africa/Cairo"), ("AST", "America/Anchorage"), ("BET", "America/Sao_Paulo"), ("BST", "Asia/Dhaka"),
        ("CAT", "Africa/Harare"), ("CNT", "America/St_Johns"), ("CST", "America/Chicago"), ("CTT", "Asia/Shanghai"),
        ("EAT", "Africa/Addis_Ababa"), ("ECT", "Europe/Paris"), ("IET", "America/Indiana/Indianapolis"),
        ("IST", "Asia/Kolkata"), ("JST", "Asia/Tokyo"), ("MIT", "Pacific/Apia"), ("NET", "Asia/Yerevan"),
        ("NST", "Pacific/Auckland"), ("PLT", "Asia/Karachi"), ("PNT", "America/Phoenix"),
        ("PRT", "America/Puerto_Rico"), ("PST", "America/Los_Angeles"), ("SST", "Pacific/Guadalcanal"),
        ("VST", "Asia/Ho_Chi_Minh"),
    ],
)  # fmt: skip
def test_zones_of_three_letters(name: str, place: str) -> None:
    for moment in (MORNING, MORNING + timedelta(days=120)):
        script = 'return d.toString("dd HH:mm Z",z);'
        expected = run(script, {"d": moment, "z": place}).answer
        assert run(script, {"d": moment, "z": name}).answer == expected
        if place != "Africa/Harare":
            assert expected != run(script, {"d": moment, "z": "Nowhere"}).answer


@table(
    ("name", "printed"),
    [
        ("MST", "-0700 MST"), ("HST", "-1000 HST"), ("EST", "-0500 EST"), ("UT", "+0000 UTC"), ("Z", "+0000 UTC"),
        ("UTC", "+0000 UTC"), ("GMT", "+0000 UTC"), ("GMT+23:59", "+2359 GMT+23:59"), ("GMT+24", "+0000 UTC"),
        ("GMT+5:60", "+0000 UTC"), ("GMT-0:30", "-0030 GMT-00:30"), ("-0800", "-0800 GMT-08:00"),
        ("GMT+9", "+0900 GMT+09:00"), ("UTC+8", "+0000 UTC"), ("Europe/" + "x" * 57, "+0000 UTC"),
        ("Europe/" + "x" * 100, "+0000 UTC"),
    ],
)  # fmt: skip
def test_zones_of_offsets(name: str, printed: str) -> None:
    assert run('return d.toString("Z z",z);', {"d": MORNING, "z": name}).answer == printed


@table(("name", "hours"), [("EST", -5), ("MST", -7), ("HST", -10), ("GMT", 0), ("UTC", 0), ("UT", 0), ("Z", 0)])
def test_zones_that_are_offsets_for_all_time(name: str, hours: int) -> None:
    look_up = zone_named.__wrapped__  # without the cache
    assert look_up(name) == timezone(timedelta(hours=hours))


@table(
    ("number", "pattern", "printed"),
    [
        ("5", "0", "5"),
        ("5", "000", "005"),
        ("0", "0", "0"),
        ("0", "#", "0"),
        ("0.5", "#.0", ".5"),
        ("0.5", "0.0", "0.5"),
        ("0", "#.0", ".0"),
        ("0.5", "#.#", "0.5"),
        ("0.5", "#.##%", "50%"),
        ("0.05", ".##", ".05"),
        ("0.5", ".0", ".5"),
        ("0.5", "#", "0"),
        ("1.5", "0", "2"),
        ("2.5", "0", "2"),
        ("99.99", "0.0", "100.0"),
        ("1.25", "0.###", "1.25"),
        ("1.2", "0.00##", "1.20"),
        ("1.20345", "0.00##", "1.2034"),
        ("0.256", "0.0%", "25.6%"),
        ("0.256", "%0", "%26"),
        ("-5", "0.0", "-5.0"),
        ("-0.4", "0", "0"),
        ("-0.5", "0.0", "-0.5"),
        ("1234567", "#,##0", "1,234,567"),
        ("123456", "#,##0", "123,456"),
        ("123", "#,##0", "123"),
        ("1234", "#,#0", "12,34"),
        ("1234", "#,", "1234"),
        ("1234", "0", "1234"),
        ("5", "'a'0'b'", "a5b"),
        ("5", "$0 only", "$5 only"),
        ("5", "0;(0)", "5"),
        ("-5", "0;(0)", "(5)"),
        ("-1234.5", "$#,##0.00;'minus' $#", "minus $1,234.50"),
        ("-5", "-0;+0", "+5"),
        ("-0.5", "0.0;(0.0)", "(0.5)"),
        ("-5", "0;0;0", ERROR),
        ("-5", "0;.", ERROR),
        ("-5", ";0", ERROR),
        ("1.5", "0" * 100, "2".rjust(100, "0")),
        ("1.5", "0" * 101, ERROR),
        ("1e400", "0", "1" + "0" * 400),
        ("1e401", "0", ERROR),
        ("5", "abc", ERROR),
        ("5", "0.0.0", ERROR),
        ("1e-50", "0.0", "0.0"),
        ("1.25", "0.0;", "1.2"),
    ],
)
def test_numbers_by_a_pattern(number: str, pattern: str, printed: Any) -> None:
    check("n.text(p)", printed, n=Decimal(number), p=pattern)


def test_an_integer_with_a_pattern_is_a_number_or_milliseconds() -> None:
    assert run('return 5.toString("0" + ".00");').answer == "5.00"
    assert run('return 5.toString("#");').answer == "5"
    assert run('return 5.toString(".0");').answer == "5.0"
    assert run('return 5.toString(".#");').answer == "5"
    assert run('return 5.toString("yyyy");').answer == "1970"
    assert run("return 5.toString(p);", {"p": "0" * 100}).answer == "5".rjust(100, "0")


def words() -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    for part in (Path(__file__).parent / "numbers_in_words.txt").read_text("utf-8").strip().split("\n\n")[1:]:
        language, *lines = part.split("\n")
        found[language] = {int(number): text for number, _, text in (line.partition(" ") for line in lines)}
    return found


@table("language", ["en-us", "en-gb", "en-in", "de", "fr", "it", "es", "ja", "ko", "zh"])
def test_numbers_in_words(language: str) -> None:
    table = words()[language]
    assert len(table) > 60
    for number, text in table.items():
        assert run("return n.toWords(l);", {"n": number, "l": language.upper()}).answer == text


@table(
    ("language", "text"),
    [
        ("en-us", "minus twenty point zero five"), ("en-gb", "minus twenty point zero five"),
        ("en-in", "minus twenty point zero five"), ("de", "minus zwanzig Komma null fünf"),
        ("fr", "moins vingt virgule zéro cinq"), ("it", "meno venti virgola zero cinque"),
        ("es", "menos veinte coma cero cinco"), ("ja", "マイナス二十・〇五"), ("ko", "마이너스 이십점영오"),
        ("zh", "负二十点零五"),
    ],
)  # fmt: skip
def test_decimals_in_words(language: str, text: str) -> None:
    check("n.toWords(l)", text, n=Decimal("-20.0500"), l=language)


@table(
    ("number", "text"),
    [
        ("0.5", "zero point five"),
        ("-0.5", "minus zero point five"),
        ("1e-40", "zero point" + " zero" * 39 + " one"),
        ("1e-41", ERROR),
        ("999999999999999999", "nine hundred ninety-nine quadrillion"),
        ("1e18", ERROR),
        ("-1e18", ERROR),
    ],
)
def test_limits_of_numbers_in_words(number: str, text: Any) -> None:
    if text is ERROR:
        check("n.toWords()", ERROR, n=Decimal(number))
        return
    assert run("return n.toWords();", {"n": Decimal(number)}).answer.startswith(text)


ASCII = "".join(map(chr, range(128)))
# Letters and digits outside ASCII, and every kind of space.
WIDE = "".join(
    map(chr, [*range(0x250), *range(0x600, 0x700), 0x1680, 0x180E, *range(0x1FFE, 0x2070), *range(0x2FFE, 0x3010)])
)


@table(
    ("name", "members"),
    [
        (r"\d", string.digits),
        (r"\w", string.ascii_letters + string.digits + "_"),
        (r"\s", "\t\n\x0b\f\r "),
        (
            r"\h",
            "\t \xa0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
        ),
        (r"\v", "\n\x0b\f\r\x85\u2028\u2029"),
        (r"\p{Lower}", string.ascii_lowercase),
        (r"\p{Upper}", string.ascii_uppercase),
        (r"\p{ASCII}", ASCII),
        (r"\p{Alpha}", string.ascii_letters),
        (r"\p{Digit}", string.digits),
        (r"\p{Alnum}", string.ascii_letters + string.digits),
        (r"\p{Punct}", string.punctuation),
        (r"\p{Graph}", string.ascii_letters + string.digits + string.punctuation),
        (r"\p{Print}", string.ascii_letters + string.digits + string.punctuation + " "),
        (r"\p{Blank}", " \t"),
        (r"\p{Cntrl}", "".join(map(chr, [*range(32), 127]))),
        (r"\p{XDigit}", string.hexdigits),
        (r"\p{Space}", "\t\n\x0b\f\r "),
    ],
)
def test_classes_of_regular_expressions(name: str, members: str) -> None:
    inside = [letter for letter in WIDE if letter in members]
    others = [letter for letter in WIDE if letter not in members]
    negated = name[0] + name[1].upper() + name[2:]
    script = 'return t.replaceAll(p,"");'
    for pattern in (name, f"[{name}]", f"[^{negated}]"):
        assert run(script, {"t": WIDE, "p": pattern}).answer == "".join(others), pattern
    for pattern in (negated, f"[{negated}]", f"[^{name}]"):
        assert run(script, {"t": WIDE, "p": pattern}).answer == "".join(inside), pattern


@table(
    ("pattern", "why"),
    [
        ("(?a:b)", "a group cannot begin like this in Java"),
        ("(?P<n>a)", "a group cannot begin like this in Java"),
        ("(?<n>a)(?<n>b)", "two groups have the same name"),
        ("(" * 50, "its groups are nested too deeply"),
        (")", "a ) without its ("),
        ("a)", "a ) without its ("),
        ("a{x", "a { must be written \\{ where it is no repetition"),
        ("{2}", "there is nothing to repeat"),
        ("a{3,2}", "a repetition ends before it begins"),
        ("a\\", "a \\ at the end"),
        ("\\k", "\\k needs the name of a group"),
        ("\\y", "\\y means nothing in Java"),
        ("[\\B]", "\\B means nothing in Java"),
        ("\\u12", "\\u needs the code of a character"),
        ("\\x{110000}", "there is no such character"),
        ("\\p{", "\\p needs the name of a property"),
        ("[a", "a [ without its ]"),
        ("[" * 51 + "a" + "]" * 51, "its classes are nested too deeply"),
        ("a{20001}", "its repetitions are too large"),
        ("(a{200}){101}", "its repetitions are too large"),
        ("a{200}{101}", "its repetitions are too large"),
        ("a{2}{10001}", "its repetitions are too large"),
        ("(?:a{199}b){101}", "its repetitions are too large"),
        ("a" * 10_001, "more than 10,000 characters"),
        ("(?<1>a)", "a group cannot begin like this in Java"),
        ("(a{20001}", "its repetitions are too large"),
        ("(a){10001}", "its repetitions are too large"),
        ("b{19999}a{0}c", "its repetitions are too large"),
        ("(?:\\Qaaaa\\E){5000}", "its repetitions are too large"),
        ("[\\Qa", "near position 4: a [ without its ]"),
    ],
)
def test_what_is_wrong_with_a_regular_expression(pattern: str, why: str) -> None:
    for text in ("", "a"):
        with pytest.raises(DelugeRuntimeError, match=f"{re.escape(why)}$"):
            run("return t.matches(p);", {"t": text, "p": pattern})


@table(
    ("text", "pattern"),
    [
        ("a" * 20_000, "a{20000}"),
        ("a", "(" * 49 + "a" + ")" * 49),
        ("a", "[" * 50 + "a" + "]" * 50),
        ("a" * 9_997 + "b", "a" * 9_997 + "[b]"),
        ("aa", "a{0,2}"),
        ("a", "a{1}"),
        ("", "a{0}"),
        ("aaa", "a{2,}"),
        ("ab", "(?<first>a)(?<second>b)"),
        ("abab", "(?<n>ab)\\k<n>"),
        ("é", "\\p{L}"),
        ("é", "\\p{IsL}"),
        ("é", "\\pL"),
        ("A", "\\p{javaUpperCase}".replace("javaUpperCase", "Lu")),
        ("α", "\\p{InGreek}".replace("InGreek", "IsGreek")),
        ("1", "\\P{L}"),
        ("\x01", "\\cA"),
        ("\n", "\\012"),
        ("\x07", "\\07"),
        ("ÿ", "\\0377"),
        ("\U0001f600", "\\x{1F600}"),
        ("é", "\\u00e9"),
        ("A", "(?i)a"),
        ("a.b", "a\\Q.\\Eb"),
        ("a]b", "a[\\Q]\\E]b"),
        ("^", "[\\^]"),
        ("-", "[a-]"),
        ("&", "[&]"),
        ("~", "[~~]"),
        ("|", "[||]"),
        ("c", "[a-z&&[^ab]]"),
        ("a\tb\nc\rd\fe\x07", "a\\tb\\nc\\rd\\fe\\a"),
        ("\t\n\r\f\x07", "[\\t][\\n][\\r][\\f][\\a]"),
        ("\x1b", "[\\e]"),
        ("x", "(?s-i:x)"),
        ("x", "(?du:x)"),
        ("x", "(?-i)x"),
        ("xy", "(?=x)x(?!z)y(?<=y)(?<!x)"),
        ("xy", "(?>x)y"),
        ("a", "(?)a"),
        ("a" * 10_000, "(a){10000}"),
        ("b" * 19_999, "b{19999}a{0}"),
        ("~~", "~{2}"),
        ("~", "\\~"),
        ("za", "za\\z"),
        ("abb", "\\Qab\\E{2}"),
        ("..", "\\Q.\\E{2}"),
        ("a-", "(?:\\Qa\\E-)"),
        ("11" + "2", "(1)\\1\\Q2\\E"),
        ("a", "[^])]"),
        ("É", "\\p{javaUpperCase}"),
        ("\u03e2", "\\p{InGreek}"),
        (",", "[+--]"),
    ],
)
def test_regular_expressions_that_match(text: str, pattern: str) -> None:
    check("t.matches(p)", True, t=text, p=pattern)


@table(
    ("script", "expected"),
    [
        ('"abc".replaceAll("(a)(b)","$2$1")', "bac"),
        ('"abc".replaceAll("(a)(z)?","[$2]")', "[]bc"),
        ('"abc".replaceAll("a","$0$0")', "aabc"),
        ('"abc".replaceAll("(?<x>a)","<${x}>")', "<a>bc"),
        ('"abc".replaceAll("[a]","${")', "${bc"),
        ('"abc".replaceAll("[a]","$")', "$bc"),
        ('"abc".replaceAll("[a]","x$y")', "x$ybc"),
        ('"aXbx".replaceFirst("[xX]","-")', "a-bx"),
        ('"aXbx".replaceFirst("x","-")', "aXb-"),
        ('"axbx".replaceFirst("x","-",true)', "a-bx"),
        ('"a.b.".replaceFirst(".","-",true)', "a-b."),
        ('"aXbx".replaceFirstIgnoreCase("x","-")', "a-bx"),
        ('"aXbx".replaceAllIgnoreCase("x","-")', "a-b-"),
        ('"a.B.".replaceAllIgnoreCase(".","$",true)', "a$B$"),
        ('"a.B.".replaceFirstIgnoreCase(".","$1",true)', "a$1B."),
        ('"aaa".replaceAll("aa","a")', "aa"),
        ('"aaa".replaceAll("","-",true)', "-a-a-a-"),
        ('"abc".matches("ab")', False),
        ('"abc".matches("bc")', False),
        ('"AB".matches("ab")', False),
        ('"straße".replaceAllIgnoreCase("SS","x")', "straße"),
        ('"~b".replaceAll("[!-~&&b]","")', "~"),
        ('"x|y".replaceAll("[x||y]","")', ""),
        ('"abc".replaceAll("b",r)', "axc"),
        ('"abc".replaceAll("b",e)', "a\\c"),
    ],
)
def test_replacing(script: str, expected: Any) -> None:
    check(script, expected, r="\\x", e="\\")


@table(
    ("text", "pattern"),
    [
        ("~", "[]x]"), ("&", "[!-z&&b]"), ("|", "[^||]"), ("(", "[\\Qx\\E]"), ("é", "\\p{javaUpperCase}"),
        ("\u03e2", "\\p{IsGreek}"), ("abab", "\\Qab\\E{2}"), (".", "[+--]"), ("aa", "a\\z"),
    ],
)  # fmt: skip
def test_regular_expressions_that_do_not_match(text: str, pattern: str) -> None:
    check("t.matches(p)", False, t=text, p=pattern)


def test_what_is_left_of_a_group_that_is_not_closed() -> None:
    with pytest.raises(DelugeRuntimeError, match="the regular expression is wrong: missing \\)"):
        run('return "a".matches("(a");')


def test_groups_of_two_digits() -> None:
    pattern = "".join(f"({letter})" for letter in "abcdefghijkl")
    assert run('return t.replaceAll(p,"$12$11$10$1x");', {"t": "abcdefghijkl", "p": pattern}).answer == "lkjax"
    assert run('return t.replaceAll(p,"$13");', {"t": "abcdefghijkl", "p": pattern}).answer == "a3"
    assert run('return t.replaceAll(p,"$123");', {"t": "abcdefghijkl", "p": pattern}).answer == "l3"


@table(
    ("text", "value"),
    [
        ('{"a":1}', {"a": 1}),
        (' {"a" : [1, 2.5, "x", true, false, null]} ', {"a": [1, Decimal("2.5"), "x", True, False, None]}),
        ("{a:b}", {"a": "b"}),
        ('{"a":b}', {"a": "b"}),
        ("{a=b}", {"a": "b"}),
        ("{'a':'b'}", {"a": "b"}),
        ("{'it\\'s':\"x\"}", {"it's": "x"}),
        ("{'say \"hi\"':1}", {'say "hi"': 1}),
        ('{a:"x\\"y"}', {"a": 'x"y'}),
        ('{a:"x\\\\"}', {"a": "x\\"}),
        ("{a : b c , d:e}", {"a": "b c", "d": "e"}),
        ("{a:{b:{}},c:[]}", {"a": {"b": {}}, "c": []}),
        ("{a:[1,[2]],b:[ ]}", {"a": [1, [2]], "b": []}),
        ("{a:true,b:null,c:1.50}", {"a": True, "b": None, "c": Decimal("1.50")}),
        ("{1:x,true:y}", {"1": "x", "true": "y"}),
        ("{a:http://x.y/z}", {"a": "http://x.y/z"}),
        ("{a:10:20}", {"a": "10:20"}),
        ('{"n":9223372036854775807}', {"n": 2**63 - 1}),
        ("{}", {}),
        ("{ }", {}),
        ("{'' : x}", {"": "x"}),
        ("{a:1,a:2}", {"a": 2}),
        ("{a:'x~'}", {"a": "x~"}),
        ("{a:'it\\''}", {"a": "it'"}),
        ("{a:'x\ny'}", {"a": "x\ny"}),
        ('{"a":NaN}', {"a": "NaN"}),
    ],
)
def test_json_is_read(text: str, value: object) -> None:
    check("t.toMap()", value, t=text)


@table(
    "text",
    [
        "{a}", "{a:}", "{a:b", "{a:b,}", "{a:b}c", "{a:'b}", '{a:"b\\"}', "{a:[1,}", "{a:[1", "{,}", "{a b}", "{:b}",
        "{a:b,,c:d}", "{a:[,]}", "", "a", "[1]", '{"a":NaN}]', "{a:'b'c}", "{a::}".replace("::", ":{]"),
        '{"a":"\\x"}', "{a:1" + "0" * 500 + "}"[:1] + "{",
        "{a:',b:c}", "{'a';b}", "{a:'b';c:d}",
    ],
)  # fmt: skip
def test_what_is_no_json_map(text: str) -> None:
    check("t.toMap()", ERROR, t=text)


def test_numbers_of_json_have_a_greatest_length() -> None:
    assert run("return t.toMap();", {"t": '{"a":1' + "0" * 399 + "}"}).answer == {"a": 10**399}
    with pytest.raises(DelugeRuntimeError, match="a number in the JSON text is too long"):
        run("return t.toMap();", {"t": '{"a":1' + "0" * 400 + "}"})


def test_json_that_is_nested_too_deeply() -> None:
    text = '{"a":' + "[" * 20_000 + "]" * 20_000 + "}"
    with pytest.raises(DelugeRuntimeError, match="the JSON text is nested too deeply"):
        run("return t.toMap();", {"t": text})


@table(("depth", "reads"), [(100, True), (101, False)])
def test_the_depth_of_json_without_quotes(depth: int, reads: bool) -> None:
    for opening, closing, script in (("[", "]", "x = t.toJSONList();"), ("{a:", "}", "x = t.toMap();")):
        text = opening * depth + "a" + closing * depth
        check(f"{script} return true;", True if reads else ERROR, t=text)


@table(
    ("script", "expected"),
    [
        ('"{a,b}".toCollection().values()', ["a", "b"]),
        ('"{a:b,c:d}".toCollection().keys()', ["a", "c"]),
        ('"{a,b:c}".toCollection().values()', ["a", "b:c"]),
        ('"{a}".toCollection().values()', ["a"]),
        ('"{}".toCollection().size()', 0),
        ('"[1,2]".toCollection().values()', [1, 2]),
        ('"[1,2]".toJSONList()', [1, 2]),
        ('"{\\"a\\":1},{\\"a\\":2}".toJSONList().size()', 2),
        ('{"a":1}.toJSONList().size()', 1),
        ('"{a:b}".toCollection().keys()', ["a"]),
        ('"5".toJSONList()', ERROR),
        ('t.toMap().get("a")', "x\ny"),
    ],
)
def test_collections_and_lists_of_json(script: str, expected: Any) -> None:
    check(script, expected, t='{"a":"x\ny","b":' + "[" * 102 + "]" * 102 + "}")
