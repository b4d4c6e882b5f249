"""Built-in functions at the values where their results change: first and last index, empty and one, each side."""

from __future__ import annotations

import io
import random
import zipfile
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from deluge_checks import ERROR, check, table
from zoho_cliq_deluge import run
from zoho_cliq_deluge._functions.library import arity
from zoho_cliq_deluge._values.types import File
from zoho_cliq_deluge.failures import DelugeRuntimeError


@table(
    ("script", "expected"),
    [
        ('c = Collection("a":1); c.insert(2); return c;', ERROR),
        ('c = Collection(1); c.insert("a":2); return c;', ERROR),
        ("c = Collection(); c.insert(1); c.insert(2); return c.values();", [1, 2]),
        ('Collection("x":1,"y":1).getKey(1)', "x"),
        ('Collection("x":1,"y":1).getLastKey(1)', "y"),
        ('Collection("x":1,"y":1,"z":2).getLastKey(1)', "y"),
        ("Collection(5,6,5).getKey(5)", 0),
        ("Collection(5,6,5).getLastKey(5)", 2),
        ("c = Collection(5,6,5); c.delete(5); return c.values();", [6, 5]),
        ("c = Collection(5,6,5); c.delete(6); return c.values();", [5, 5]),
        ("c = Collection(5,6,5); c.delete(9); return c.values();", [5, 6, 5]),
        ('c = Collection("x":1,"y":2); c.delete(2); return c.keys();', ["x"]),
        ('c = Collection("x":1,"y":2); c.delete(9); return c.keys();', ["x", "y"]),
        ("c = Collection(); c.delete(9); return c.size();", 0),
        ("c = Collection(1,2,1,3); c.deleteAll({1,3}); return c.values();", [2]),
        ('c = Collection("x":1,"y":2,"z":1); c.deleteAll({1}); return c.keys();', ["y"]),
        ("c = Collection(); c.deleteAll({1}); return c.size();", 0),
        ('c = Collection("x":1,"y":2); c.deleteKey("x"); return c.keys();', ["y"]),
        ('c = Collection("x":1,"y":2); c.deleteKey("w"); return c.keys();', ["x", "y"]),
        ("c = Collection(7,8,9); c.deleteKey(1); return c.values();", [7, 9]),
        ('c = Collection("x":1,"y":2,"z":3); c.deleteKeys({"x","z"}); return c.keys();', ["y"]),
        ("c = Collection(7,8,9); c.deleteKeys({0,2}); return c.values();", [8]),
        ("Collection(7,8).containsKey(0)", True),
        ("Collection(7,8).containsKey(1)", True),
        ("Collection(7,8).containsKey(2)", False),
        ("Collection(7,8).containsKey(-1)", False),
        ('Collection("x":1).containsKey("x")', True),
        ('Collection("x":1).containsKey("z")', False),
        ('Collection().containsKey("z")', False),
        ("Collection(5,6).containsValue(5)", True),
        ("Collection(5,6).containsValue(6)", True),
        ("Collection(5,6).containsValue(9)", False),
        ('Collection("a":1).intersect(Collection(1)).values()', [1]),
        ('Collection("a":1,"b":2).intersect(Collection("a":1,"b":3)).keys()', ["a"]),
        ("Collection(1,2,3).duplicate().values()", [1, 2, 3]),
        ("Collection(1,2,3).duplicate(0).values()", [1, 2, 3]),
        ("Collection(1,2,3).duplicate(1,2).values()", [2]),
        ("Collection(1,2,3).duplicate(1,1).values()", []),
        ("Collection(1,2,3).duplicate(3).values()", []),
        ("Collection(1,2,3).duplicate(0,3).values()", [1, 2, 3]),
        ("Collection(1,2,3).duplicate(0,4)", ERROR),
        ("Collection(1,2,3).duplicate(-1)", ERROR),
        ("Collection(1,2,3).duplicate(2,1)", ERROR),
        ('Collection("a":1,"b":2).duplicate(1).keys()', ["b"]),
        ("Collection().duplicate().size()", 0),
        ("c = Collection(1,2); c.update(1,9); return c.values();", [1, 9]),
        ('c = Collection("a":1); c.update("b",2); return c.keys();', ["a", "b"]),
        ("c = Collection(1,2); d = c.duplicate(); d.insert(3); return c.size();", 2),
    ],
)
def test_collections(script: str, expected: Any) -> None:
    check(script, expected)


def test_a_collection_takes_its_greatest_size() -> None:
    assert run("return given.toCollection().size();", {"given": [0] * 50_000}).answer == 50_000
    with pytest.raises(DelugeRuntimeError, match="at most 50,000"):
        run("return given.toCollection().size();", {"given": [0] * 50_001})


def test_a_list_takes_its_greatest_size() -> None:
    small = {"memory": 80_000}
    for size, script in ((624, "x.add(1);"), (623, "x.addAll({1,2});")):
        assert run(f"{script} return x.size();", {"x": [0] * size}, policies=small).answer == 625
        with pytest.raises(DelugeRuntimeError, match="more than 625 elements"):
            run(script, {"x": [0] * (size + 1)}, policies=small)


@table(
    ("script", "expected"),
    [
        ("{1}.notContains(9)", True),
        ("{1,2}.lastIndexOf(2)", 1),
        ("{1,2,3}.lastIndexOf(2)", 1),
        ("{1}.lastIndexOf(1)", 0),
        ("List().lastIndexOf(1)", -1),
        ("{1,2}.indexOf(1)", 0),
        ("{1,2}.get(0)", 1),
        ("{1,2}.get(-1)", ERROR),
        ("{1,2}.subList(0)", [1, 2]),
        ("{1,2}.subList(0,2)", [1, 2]),
        ("{1,2}.subList(0,0)", []),
        ("{1,2}.subList(1,1)", []),
        ("List(5)", [5]),
        ("List({3,4})", [3, 4]),
        ('List("a,b","c")', ["a,b", "c"]),
        ("x = {1,2}; y = List(x); y.add(3); return x.size();", 2),
        ('{"a":1}.notContains("a")', False),
        ('{"a":1}.notContains(1)', False),
        ('{"a":1}.notContains("b")', True),
        ('m = {"a":1}; m.putAll({"b":2}); return m;', {"a": 1, "b": 2}),
    ],
)
def test_lists_and_maps(script: str, expected: Any) -> None:
    check(script, expected)


@table(
    ("expression", "expected"),
    [
        ("monthsDiff('15-Jan-2021','15-Jan-2021')", 0),
        ("monthsDiff('15-Dec-2019','15-Jan-2021')", 13),
        ("monthsDiff('15-Jan-2021','15-Mar-2021')", 2),
        ("monthsDiff('15-Jan-2021','14-Mar-2021')", 1),
        ("monthsDiff('15-Jan-2021 10:00:00','15-Mar-2021 09:00:00')", 1),
        ("monthsBetween('01-Jan-2021','31-Jan-2021')", 1),
        ("monthsBetween('01-Jan-2021','30-Jan-2021')", 0),
        ("monthsBetween('01-Jan-2021','01-Mar-2021')", 1),
        ("monthsBetween('31-Jan-2021','01-Jan-2021')", -1),
        ("monthsBetween('30-Jan-2021','01-Jan-2021')", 0),
        ("monthsBetween('01-Mar-2021','01-Jan-2021')", -1),
        ("monthsBetween('02-Jan-2021','01-Jan-2021')", 0),
        ("yearsBetween('01-Jan-2021','01-Jan-2022')", 1),
        ("yearsBetween('01-Jan-2021','31-Dec-2021')", 0),
        ("yearsBetween('01-Jan-2021','01-Jan-2023')", 2),
        ("yearsBetween('01-Jan-2021','30-Dec-2022')", 1),
        ("yearsBetween('01-Jan-2022','01-Jan-2021')", -1),
        ("yearsBetween('01-Jan-2023','01-Jan-2021')", -2),
        ("yearsBetween('30-Dec-2022','01-Jan-2021')", -1),
        ("yearsBetween('02-Jan-2021','01-Jan-2021')", 0),
        ("yearsDiff('01-Jan-2021','01-Jan-2022')", 1),
        ("yearsDiff('01-Jan-2021','01-Jan-2023')", 2),
        ("yearsDiff('01-Jan-2021','01-Dec-2021')", 0),
        ("yearsDiff('01-Jan-2022','01-Jan-2021')", -1),
        ("yearsDiff('01-Jan-2023','01-Jan-2021')", -2),
        ("yearsDiff('01-Dec-2021','01-Jan-2021')", 0),
        ("yearsDiff('01-Feb-2021','01-Jan-2021')", 0),
        ("hoursBetween('01-Jan-2021','01-Jan-2021')", 0),
        ("hoursBetween('01-Jan-2021 00:00:00','01-Jan-2021 01:59:59')", 1),
        ("yearFraction('01-Jan-2021','01-Jan-2022')", Decimal("1.0")),
        ("timeBetween('01-Jan-2021','01-Jan-2021')", "00"),
        ("timeBetween('01-Jan-2021','01-Jan-2021 01:01:01')", "01:01:01"),
        ("timeBetween('01-Jan-2021','01-Jan-2021 00:59:00')", "00:59"),
        ("'05-Mar-2021 10:00:00'.toStartOfMonth().toString()", "01-Mar-2021 00:00:00"),
        ("'01-Mar-2021 10:00:00'.toStartOfMonth().toString()", "01-Mar-2021 00:00:00"),
        ("'28-Feb-2021'.toStartOfWeek().toString()", "28-Feb-2021 00:00:00"),
        ("'27-Feb-2021'.toStartOfWeek().toString()", "21-Feb-2021 00:00:00"),
        ("'03-Mar-2021'.nextWeekDay(\"wed\").toString()", "10-Mar-2021"),
        ("'03-Mar-2021'.nextWeekDay(\" THURSDAY \").toString()", "04-Mar-2021"),
        ("'03-Mar-2021'.previousWeekDay(\"Tue\").toString()", "02-Mar-2021"),
        ("'03-Mar-2021'.nextWeekDay(\"we\")", ERROR),
        ("'31-Jan-2021'.eomonth(1).toString()", "28-Feb-2021"),
        ("'05-Mar-2021'.addMonth(9999999)", ERROR),
        ("'05-Mar-2021'.subMonth(9999999)", ERROR),
        ("'05-Dec-0001'.subMonth(11).getMonth()", 1),
        ("'05-Jan-0001'.subMonth(1)", ERROR),
        *((f"'{day:02d}-Jan-2021'.getDate()", f"{text} January 2021") for day, text in [
            (1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (9, "9th"), (10, "10th"), (11, "11th"), (12, "12th"),
            (13, "13th"), (14, "14th"), (19, "19th"), (20, "20th"), (21, "21st"), (22, "22nd"), (23, "23rd"),
            (24, "24th"), (30, "30th"), (31, "31st"),
        ]),
        ("220000000000000.toTime().getYear()", 8941),
        ("(0 - 60000000000000).toTime().getYear()", 68),
        ("9000000000000000.toTime()", ERROR),
    ],
)  # fmt: skip
def test_date_times(expression: str, expected: Any) -> None:
    check(expression, expected)


@table(
    ("expression", "expected"),
    [
        ('"0x0000000000000001".toLong()', 1),
        ('"0x00000000000000010".toLong()', ERROR),
        ('"0XfF".toLong()', 255),
        ('"0xZZ".toLong()', ERROR),
        ("true.toLong()", 1),
        ('"12.9".toLong()', 12),
        ('"1e2".toLong()', 100),
        ("null.toString()", ERROR),
        ('{1,2}.toString("")', "12"),
        ('5.5.toString("0.00")', "5.50"),
        ('5.toString("0.00")', "5.00"),
        ('true.toString("0.00")', "true"),
        ('"a,b".toList(",")', ["a", "b"]),
        ('"ab".toList(",")', ["ab"]),
        ('"é".toFile("a.txt").getFileSize()', 2),
        ('s.toFile("a.txt").getFileSize()', 3),
        ("zoho.encryption.base64Encode(s)", "7aCA"),
        ('"x".toFile("A.PDF").getFileType()', "application/pdf"),
        ('zoho.encryption.base64Decode("YQBiAA==","UTF-16LE")', "ab"),
        ('zoho.encryption.base64Decode("AGEAYg==","utf-16be")', "ab"),
        ('zoho.encryption.base64Decode("YQ==","latin")', ERROR),
        ('zoho.encryption.base64Decode("/w==")', "\ufffd"),
        ('zoho.encryption.base64Decode("YQ")', "a"),
        ('zoho.encryption.base64Decode("YWJjZGVmZw")', "abcdefg"),
        ('zoho.encryption.base64Decode("YWJj\\nZGVm")', "abcdef"),
        ('zoho.encryption.base64Decode("é")', ERROR),
        ('zoho.encryption.base32Encode("a")', "ME======"),
        ('zoho.encryption.base32Decode("ME")', "a"),
        ('zoho.encryption.base32Decode("me======")', "a"),
        ('zoho.encryption.base32Decode("1")', ERROR),
        ('zoho.encryption.md5("a","base64")', "DMF1ucDxtqgxw5niaXcmYQ=="),
        ('zoho.encryption.md5("a","BINARY").length()', 16),
        ('zoho.encryption.md5("a","octal")', ERROR),
        ('zoho.encryption.hmacmd5("k","t")', ERROR),
        ('zoho.encryption.hmacsha1("Jefe","what do ya want for nothing?")', "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        ('zoho.encryption.hmacsha1("Jefe","what do ya want for nothing?","base64")', "7/zfauXrL6LSdBbV8YTfnCWafHk="),
        ('zoho.encryption.sha512("abc").left(16)', "ddaf35a193617aba"),
        ('zoho.encryption.sha1("abc")', "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("encodeUrl(s)", "%3F"),
        ("zoho.encryption.urlEncode(s)", "%3F"),
        ('encodeUrl("a*-._~/é")', "a*-._~%2F%C3%A9"),
        ('zoho.encryption.urlEncode("a*-._~/é")', "a*-._~%2F%C3%A9"),
        ("zoho.encryption.urlDecode(5)", None),
    ],
)
def test_conversions_and_encodings(expression: str, expected: Any) -> None:
    check(expression, expected, s="\ud800")


def test_md5_has_no_form_with_a_key() -> None:
    check('zoho.encryption.md5("a")', "0cc175b9c0f1b6a831c399e269772661")
    assert arity("zoho.encryption.md5") == (1, 2)
    assert arity("zoho.encryption.hmacsha1") == (2, 3)
    assert arity("zoho.encryption.hmacmd5") is None


@table("text", ["abc", "0xZZ", "1,5", ""])
@table("function", ["toLong", "toDecimal"])
def test_what_is_no_number_is_named(function: str, text: str) -> None:
    with pytest.raises(DelugeRuntimeError, match=f'"{text}" is not a number'):
        run(f"return t.{function}();", {"t": text})


@table("bits", ["", "128"])
@table("vector", ["", ',"0123456789abcdef"'])
@table("length", [0, 1, 14, 15, 16, 17, 31, 32])
def test_texts_of_any_length_are_decrypted(bits: str, vector: str, length: int) -> None:
    script = f'return zoho.encryption.aesDecode{bits}("key",zoho.encryption.aesEncode{bits}("key",t{vector}){vector});'
    assert run(script, {"t": "x" * length}).answer == "x" * length


@table(("bits", "size"), [("", 32), ("128", 16)])
def test_a_key_has_a_greatest_length(bits: str, size: int) -> None:
    script = f'return zoho.encryption.aesDecode{bits}(k,zoho.encryption.aesEncode{bits}(k,"text"));'
    assert run(script, {"k": "k" * size}).answer == "text"
    with pytest.raises(DelugeRuntimeError, match=f"more than {size} bytes"):
        run(script, {"k": "k" * (size + 1)})


# In CBC, a change of the vector's last character changes the last byte of the first block: the padding byte, 15.
@table(("last", "padding"), [("?", 0), (".", 17), ("=", 2), ("\u0010", 47)])
def test_a_wrong_padding_is_refused(last: str, padding: int) -> None:
    assert 15 ^ ord("0") ^ ord(last) == padding
    encrypted = 'zoho.encryption.aesEncode("key","a","000000000000000" + "0")'
    with pytest.raises(DelugeRuntimeError, match="cannot be decrypted with this key"):
        run(f'return zoho.encryption.aesDecode("key",{encrypted},"000000000000000" + c);', {"c": last})


def test_iterations_change_nothing() -> None:
    vector = '"0123456789abcdef"'
    once = run(f'return zoho.encryption.aesEncode128("k","t",{vector});').answer
    assert run(f'return zoho.encryption.aesEncode128("k","t",{vector},201);').answer == once
    assert run(f'return zoho.encryption.aesDecode128("k",c,{vector},201);', {"c": once}).answer == "t"
    check('zoho.encryption.aesEncode128("k","t",null,1)', ERROR)


def archive(names: list[str]) -> File:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as written:
        for name in names:
            written.writestr(name, "x")
    return File("a.zip", target.getvalue())


def test_files() -> None:
    assert run('f.setParamName("upload"); return f;', {"f": File("a")}).answer.param_name == "upload"
    assert run("return f.compress().extract().get(0).getFileName();", {"f": File("a")}).answer == "a"
    assert run("return f.compress().extract().get(0).getFileName();", {"f": File("")}).answer == "file"
    assert run("return f.compress().getFileType();", {"f": File("a")}).answer == "application/zip"
    assert run("return f.compress().getFileName();", {"f": File("a")}).answer == "a.zip"
    assert run('return f.compress("b.zip").getFileName();', {"f": File("a")}).answer == "b.zip"
    assert run("return f.extract().size();", {"f": archive(["d/", "d/a.txt", "b.json"])}).answer == 2
    assert (
        run("return f.extract().get(1).getFileType();", {"f": archive(["a.txt", "b.json"])}).answer
        == "application/json"
    )
    for name in ("utf-8", "UTF-16", "utf-16le", "utf-16be", "iso-8859-1", "us-ascii", "windows-1252"):
        assert run(f'f.setCharset("{name}"); return f;', {"f": File("a")}).answer.charset == name
    content = File("a", "é".encode("utf-16-be"))
    assert run('f.setCharset("UTF-16BE"); return f.getFileContent();', {"f": content}).answer == "é"


def test_an_archive_has_a_greatest_number_of_files() -> None:
    names = [f"{number}.txt" for number in range(1000)]
    assert run("return f.extract().size();", {"f": archive(names)}).answer == 1000
    with pytest.raises(DelugeRuntimeError, match="more than 1,000 files"):
        run("return f.extract().size();", {"f": archive([*names, "last"])})


@table(
    ("name", "least", "most"),
    [
        ("Map", 0, 1), ("list", 0, None), ("Collection", 0, None), ("if", 3, 3), ("randomNumber", 0, 2),
        ("getUrl", 1, 3), ("postUrl", 2, 4), ("invokeUrl", 1, 5), ("trim", 1, 1), ("round", 1, 2), ("workday", 2, 4),
    ],
)  # fmt: skip
def test_numbers_of_arguments(name: str, least: int, most: int | None) -> None:
    assert arity(name) == (least, most)


@table(
    ("expression", "expected"),
    [
        ("5.round(-1)", 10),
        ("4.round(-1)", 0),
        ("5.round(-2)", 0),
        ("50.round(-2)", 100),
        ("49.round(-2)", 0),
        ("99.5.round(0)", 100),
        ("9.99.round(1)", 10),
        ("1.005.round(2)", Decimal("1.01")),
        ("1.5.round(3)", Decimal("1.5")),
        ("1.25.round(500)", Decimal("1.25")),
        ("5.round(-1000)", 0),
        ("0.round(-1)", 0),
        ("0.5.round(-1)", 0),
        ("7.5.round()", 8),
        ("7.5.truncate()", 7),
        ("-7.59.truncate(1)", Decimal("-7.5")),
        ("frac(3).toString()", "0.0"),
        ("frac(3.25)", Decimal("0.25")),
        ("signum(1)", Decimal("1.0")),
        ("signum(0)", Decimal("0.0")),
        ("signum(-1)", Decimal("-1.0")),
        ("signum(5).toString() + signum(0).toString() + signum(-5).toString()", "1.00.0-1.0"),
        ("2.power(62)", 2**62),
        ("2.power(63)", ERROR),
        ("1.power(100000)", 1),
        ("(0-1).power(99999)", -1),
        ("0.power(5)", 0),
        ("0.power(0)", 1),
        ("3.power(1000000000)", ERROR),
        ("2.power(1000000000)", ERROR),
        ("2.power(-1)", Decimal("0.5")),
        ("(0-2).power(0.5)", None),
        ("0.power(-1)", ERROR),
        ("0.sqrt()", Decimal("0.0")),
        ("0.25.sqrt()", Decimal("0.5")),
        ("(0-0.5).sqrt()", None),
        ("log(0.5).round(6)", Decimal("-0.693147")),
        ("log(-0.5)", None),
        ("log10(100)", Decimal("2.0")),
        ("log10(0.1)", Decimal("-1.0")),
        ("log10(0)", None),
        ("log10(-0.5)", None),
        ("max(2,2.0).toString() + min(2,2.0).toString()", "22"),
        ("max(2,3) * 10 + min(2,3)", 32),
        ("3.isEven()", False),
        ("4.isEven()", True),
        ("6.isEven()", True),
        ("3.isOdd()", True),
        ("(0-3).isOdd()", True),
        ("(0-3.0).isOdd()", True),
        ("4.isOdd()", False),
        ("3.5.isOdd()", False),
        ("2.5.isEven()", False),
        ("d.toHex()", None),
        ("(0-1).toHex()", "ffffffffffffffff"),
        ("9223372036854775807.toHex()", "7fffffffffffffff"),
        ("(-d).toHex()", "8000000000000000"),
        ("(-d - 1).toHex()", None),
        ("(-d).toLong()", -(2**63)),
        ("(-d - 1).toLong()", ERROR),
        ("abs(-9223372036854775807)", 9223372036854775807),
        ("randomNumber(1)", 0),
        ("randomNumber(4,3)", ERROR),
        ("randomNumber(7,8)", 7),
        ("7.ceil() + 7.floor()", 14),
        ("7.1.ceil() * 10 + 7.9.floor()", 87),
        ("exp(1000)", ERROR),
        ("cosh(1000)", ERROR),
        ("asin(2)", None),
    ],
)
def test_numbers(expression: str, expected: Any) -> None:
    check(expression, expected, d=Decimal(2**63))


def test_the_ends_of_random_numbers() -> None:
    assert {run("return randomNumber(1);", seed=seed).answer for seed in range(20)} == {0}
    assert {run("return randomNumber(3,5);", seed=seed).answer for seed in range(20)} == {3, 4}
    with mock.patch.object(random.Random, "randrange", lambda _, start, end: [start, end]):
        assert run("return randomNumber();").answer == [0, 2_000_000_000]


LONG = Decimal("1.23456789012345678901234567890123")


@table(
    ("script", "expected", "given"),
    [
        ("x - 1", Decimal("0.23456789012345678901234567890123"), LONG),
        ("1 - x", Decimal("-0.23456789012345678901234567890123"), LONG),
        ("x * 3", Decimal("3.70370367037037036703703703670369"), LONG),
        ("3 * x", Decimal("3.70370367037037036703703703670369"), LONG),
        ("x % 1", Decimal("0.23456789012345678901234567890123"), LONG),
        ("x % 3", -1, -1),
        ("x % 3", 0, -3),
        ("x + 0", -(2**63), -(2**63)),
        ("x - 1", -(2**63), -(2**63) + 1),
        ('x.toMap().get("a")', False, "{'a':false}"),
        ('x.toMap().get("a")', True, "{'a':true}"),
        ("x.toMap()", {"a'b": "c\\"}, "{'a\\'b':'c\\\\'}"),
        ("x.toMap()", ERROR, "{'a"),
        ("x.toMap()", ERROR, "{'a\\'"),
        ('x.replaceAll("[a-]","")', "bc", "abc-"),
        ('x.replaceAll("[\\\\-^]","_")', "a_b_c", "a-b^c"),
        ('x.replaceAll("[\\\\]]","_")', "a_b", "a]b"),
        ('x.replaceAll("[|~&]","_")', "x_y_z_", "x&y|z~"),
        ('x.replaceAll("[--]","_")', "x__y", "x--y"),
        ('x.replaceAll("[a-z&&[x]]","_")', "_&&y", "x&&y"),
        ('x.replaceAll("\\\\x{10FFFF}","_")', "a_", "a\U0010ffff"),
        ('x.replaceAll("\\\\x{110000}","_")', ERROR, "a"),
        ("Collection(1,2).containsValue(x)", False, 3),
        ('Collection("a":1).containsValue(x)', False, 3),
    ],
)
def test_numbers_texts_and_patterns_at_their_ends(script: str, expected: Any, given: Any) -> None:
    check(script, expected, x=given)


def test_the_name_of_each_day() -> None:
    names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    for day, name in enumerate(names, 1):
        check(f"'0{day}-Mar-2021'.toString('EEEE')", name)
        check(f"'0{day}-Mar-2021'.toString('EEE')", name[:3])
