"""Checks answers and reads events by the component schemas of the API's document.

`refuse_faults` finds what is wrong with an answer before it is sent; `fit` keeps of an event what can be read. Relies
on `zoho_cliq_api.contract` for the document and on `validation` for the rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from zoho_cliq_api import contract

from .._schema.validation import Rules, has_type
from .errors import AnswerInvalid

Schema = Mapping[str, Any]


@cache
def schemas() -> Mapping[str, Schema]:
    """Return the component schemas of the document, by name."""
    found: Mapping[str, Schema] = contract.document()["components"]["schemas"]
    return found


def refuse_faults(name: str, value: object) -> None:
    """Raise `AnswerInvalid` with the first thing that is wrong with `value` by the schema `name`."""
    for field, fault in _rules().faults(value, schemas()[name]):
        raise AnswerInvalid(fault, field=field or "answer")


@cache
def _rules() -> Rules:
    return Rules(schemas())


class _Misfit(Exception):
    """A value that the schema's type cannot hold."""


def fit(name: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of `value` that the object schema `name` can hold, and keys that the schema does not know.

    Nulls, wrong types and missing parts never raise. Numbers are converted to strings and strings to numbers if the
    schema wants the other type; whole floats become `int` for integers.
    """
    return _fitted_object(schemas()[name], value)


def _fitted(schema: Schema, value: Any) -> Any:
    schema = _rules().resolve(schema)
    kind = schema.get("type")
    if kind == "object":
        return _fitted_object(schema, value)
    if kind == "array":
        if not has_type(value, "array"):
            raise _Misfit
        return list(_fitted_items(schema.get("items", {}), value))
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)  # JSON takes 1.0 for an integer, Python does not
    if kind is None or has_type(value, kind):
        return value
    if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if kind in ("integer", "number") and isinstance(value, str):
        return _number(kind, value)
    raise _Misfit


def _number(kind: str, text: str) -> int | float:
    if len(text) <= 30 and re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    if kind == "number" and len(text) <= 30 and re.fullmatch(r"-?[0-9]+\.[0-9]+", text):
        return float(text)
    raise _Misfit


def _fitted_items(schema: Schema, items: Sequence[Any]) -> Iterator[Any]:
    for item in items:
        try:
            yield _fitted(schema, item)
        except _Misfit:
            continue


def _fitted_object(schema: Schema, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _Misfit
    properties: Mapping[str, Schema] = schema.get("properties", {})
    fitted = {}
    for name, item in value.items():
        if name not in properties:
            fitted[name] = item
            continue
        try:
            fitted[name] = _fitted(properties[name], item)
        except _Misfit:
            continue
    return fitted
