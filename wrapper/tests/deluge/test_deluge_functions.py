"""Built-in functions with receivers and arguments of other types, and with values that are too large."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from deluge_checks import table
from zoho_cliq_deluge import run
from zoho_cliq_deluge._functions.registry import FUNCTIONS, builtin
from zoho_cliq_deluge._values.context import Context
from zoho_cliq_deluge._values.types import Collection, File, Value
from zoho_cliq_deluge.failures import DelugeRuntimeError


@table(
    ("calls", "content"),
    [
        ("c.insertAll(Collection(8,9));", [1, 2, 3, 8, 9]),
        ("c.insertAll({});", [1, 2, 3]),
        ("c.insertAll(null);", [1, 2, 3]),
        ("c.deleteKey(1);", [1, 3]),
        ("c.deleteKeys({0,2});", [2]),
        ("c.deleteAll({1,9});", [2, 3]),
        ('c = Collection(); c.insertAll(Collection("k":7));', {"k": 7}),
        ('c = Collection("a":1,"b":2); c.deleteKey("a"); c.deleteKey("z");', {"b": 2}),
        ('c = Collection("a":1,"b":2); c.deleteKeys({"a","z"});', {"b": 2}),
        ('c = Collection("a":1,"b":2); c.deleteAll({2});', {"a": 1}),
        ('c = Collection(); c.deleteKey("a"); c.deleteKeys({"a"}); c.deleteAll({1});', None),
    ],
)
def test_elements_come_into_a_collection_and_go(calls: str, content: Any) -> None:
    expected = Collection()
    expected.content = content
    assert run(f"c = Collection(1,2,3); {calls} return c;").answer == expected


def test_the_content_of_a_file_in_base64() -> None:
    script = "return zoho.encryption.base64EncodeFile(f);"
    assert run(script, {"f": File("a.txt", "hi")}).answer == "aGk="
    with pytest.raises(DelugeRuntimeError, match="cannot be applied to a value of type NUMBER"):
        run(script, {"f": 5})


@table(("left", "right"), [("true", '"a"'), ('"a"', "true")])
def test_a_boolean_and_a_text_have_no_order(left: str, right: str) -> None:
    with pytest.raises(DelugeRuntimeError, match=r"< cannot be applied to (BOOLEAN and TEXT|TEXT and BOOLEAN)"):
        run(f"return {left} < {right};")


def test_a_replacement_by_an_expression_that_takes_too_long_is_an_error() -> None:
    text = "a" * 60 + "b"
    with pytest.raises(DelugeRuntimeError, match="the regular expression takes too long on this text"):
        run('return t.replaceAll("(a|aa)+$","x");', {"t": text}, policies={"computing_seconds": 0.1})


def test_only_arguments_with_a_type_are_converted() -> None:
    def shown(context: Context, receiver: str, anything: Value, count: int = 0) -> Value:
        return f"{receiver} {anything!r} {count!r}"

    # The annotations are resolved where the function is defined.
    shown.__annotations__ = {"receiver": str, "anything": Any, "count": int, "return": Any}
    with mock.patch.dict(FUNCTIONS):
        builtin("shown")(shown)
        assert run('return "a".shown("5","5");').answer == "a '5' 5"
        assert run('return "a".shown("5");').answer == "a '5' 0"
