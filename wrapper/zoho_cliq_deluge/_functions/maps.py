"""Functions of maps."""

from __future__ import annotations

from .._values.context import Context
from .._values.json import read_json
from .._values.types import Value
from ..failures import Failure
from .registry import builtin

__all__: list[str] = []

_SLOT = 120


@builtin("put")
def put(context: Context, values: dict[str, Value], key: Value, value: Value) -> None:
    """Set the value of a key."""
    context.budget.charge(_SLOT)
    values[context.printer.key(key)] = value


@builtin("putAll")
def put_all(context: Context, values: dict[str, Value], others: dict[str, Value]) -> None:
    """Set the values of all keys of another map."""
    context.budget.charge(_SLOT * len(others))
    values.update(others)


@builtin("get", "getJSON")
def get(context: Context, values: dict[str, Value], key: Value) -> Value:
    """Return the value of a key; null if there is no such key."""
    return values.get(key if type(key) is str else context.printer.key(key))


@builtin("getJSON")
def get_json(context: Context, text: str, key: Value) -> Value:
    """Return the value of a key of a JSON text; null if there is no such key."""
    value = read_json(context, text)
    if not isinstance(value, dict):
        raise Failure("the JSON text is a list, and has no keys")
    return value.get(context.printer.key(key))


@builtin("containKey", "containsKey")
def contain_key(context: Context, values: dict[str, Value], key: Value) -> Value:
    """Return whether there is such a key."""
    return context.printer.key(key) in values


@builtin("containValue", "containsValue")
def contain_value(context: Context, values: dict[str, Value], value: Value) -> Value:
    """Return whether a key has a value of the same type and content."""
    wanted = context.identity(value)
    return any(context.identity(each) == wanted for each in values.values())


@builtin("contains")
def contains(context: Context, values: dict[str, Value], key: Value) -> Value:
    """Return whether there is such a key."""
    return context.printer.key(key) in values


@builtin("notContains")
def not_contains(context: Context, values: dict[str, Value], searched: Value) -> Value:
    """Return whether neither a key nor a value equals ``searched``."""
    return not (context.printer.key(searched) in values or contain_value(context, values, searched))


@builtin("keys")
def keys(context: Context, values: dict[str, Value]) -> Value:
    """Return the keys."""
    context.budget.charge(8 * len(values))
    return sorted(values) if context.policies.map_order == "sorted" else list(values)


@builtin("values")
def all_values(context: Context, values: dict[str, Value]) -> Value:
    """Return the values in the order of their keys."""
    return [values[key] for key in keys(context, values)]


@builtin("size")
def size(context: Context, values: dict[str, Value]) -> Value:
    """Return the number of keys."""
    return len(values)


@builtin("remove")
def remove(context: Context, values: dict[str, Value], key: Value) -> None:
    """Remove a key if it exists."""
    values.pop(context.printer.key(key), None)


@builtin("clear")
def clear(context: Context, values: dict[str, Value]) -> None:
    """Remove all keys."""
    values.clear()
