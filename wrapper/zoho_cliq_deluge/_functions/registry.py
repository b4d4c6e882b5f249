"""The table of built-in functions, by lower-case name and then by the type of the receiver."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from .._values.budget import text_size
from .._values.context import Context
from .._values.conversion import (
    as_boolean,
    as_collection,
    as_integer,
    as_list,
    as_map,
    as_moment,
    as_number,
    as_text,
)
from .._values.types import Braces, Caught, Collection, DateOnly, File, Value, type_name
from ..failures import Failure

__all__ = ["FUNCTIONS", "Builtin", "Function", "builtin"]

_SMALL = 100
_WORK_PER_ITEM = 40

Converter = Callable[[Context, Value], Any]
Implementation = TypeVar("Implementation", bound=Callable[..., Any])

_CONVERTERS: dict[Any, Converter] = {
    str: as_text,
    int: as_integer,
    bool: as_boolean,
    datetime: as_moment,
    list: as_list,
    dict: as_map,
    Collection: as_collection,
    Decimal: as_number,
}
_TYPES: dict[Any, tuple[type, ...]] = {
    str: (str,),
    Decimal: (int, Decimal),
    datetime: (datetime, DateOnly),
    list: (list,),
    dict: (dict,),
    Collection: (Collection,),
    File: (File,),
}
_ALL_TYPES: tuple[type, ...] = (
    str,
    bool,
    int,
    Decimal,
    datetime,
    DateOnly,
    list,
    dict,
    Collection,
    File,
    Braces,
    Caught,
    type(None),
)


def _plain(annotation: Any) -> Any:
    """Return an annotation's type: list for ``list[Any]``, int for ``int | None``, Decimal for ``int | Decimal``."""
    parts = [part for part in typing.get_args(annotation) if part is not type(None)]
    origin = typing.get_origin(annotation)
    if origin in (list, dict):
        return origin
    if set(parts) == {int, Decimal}:
        return Decimal
    return _plain(parts[0]) if len(parts) == 1 else annotation


@dataclass(frozen=True, slots=True)
class Function:
    """The implementation of a function for one type of receiver."""

    call: Callable[..., Value]
    converters: tuple[Converter | None, ...]
    minimum: int
    maximum: int | None
    receiver: Converter | None
    converts: bool

    def __call__(self, context: Context, receiver: Value, arguments: list[Value]) -> Value:
        """Convert the arguments, call the function, and charge the budget.

        Raises:
            ArityFailure: if there are too few or too many arguments.
        """
        given = len(arguments)
        if given < self.minimum or (self.maximum is not None and given > self.maximum):
            raise ArityFailure()
        if self.converts:
            for number, converter in enumerate(self.converters[:given]):
                if converter is not None:
                    arguments[number] = converter(context, arguments[number])
        kind = type(receiver)
        if kind is str or (kind is list and len(receiver) > _SMALL):
            self._account(context, receiver, arguments)
        result = self.call(context, receiver, *arguments)
        if type(result) is str and len(result) > _SMALL:
            context.budget.charge(text_size(len(result), result))
        return result

    @staticmethod
    def _account(context: Context, receiver: Value, arguments: list[Value]) -> None:
        """Charge the budget for the work on long texts and lists."""
        if type(receiver) is list:
            context.budget.work(_WORK_PER_ITEM * len(receiver))
            return
        size = len(receiver) + sum(len(argument) for argument in arguments if type(argument) is str)
        if size > _SMALL:
            context.budget.work(size)


class ArityFailure(Failure):
    """A function was called with too few or too many arguments."""

    def __init__(self) -> None:
        super().__init__("No. of arguments mismatches for the function")


@dataclass(slots=True)
class Builtin:
    """All implementations of a function name.

    Attributes:
        name: The name as documented.
        by_type: The implementation for each type of receiver.
    """

    name: str
    by_type: dict[type, Function] = field(default_factory=dict)
    others: list[Function] = field(default_factory=list)

    def arity(self) -> tuple[int, int | None]:
        """Return the minimum and maximum number of arguments after the receiver; a maximum of None means any number."""
        most = [function.maximum for function in self.others]
        return (
            min(function.minimum for function in self.others),
            None if None in most else max(number for number in most if number is not None),
        )

    def find(self, context: Context, receiver: Value) -> tuple[Function, Value]:
        """Return the implementation for a receiver, and the receiver converted for it.

        Raises:
            Failure: if no function of this name takes such a receiver.
        """
        function = self.by_type.get(type(receiver))
        if function is not None:
            return function, receiver
        if receiver is None:
            raise Failure(f"Value is empty and '{self.name}' function cannot be applied")
        if isinstance(receiver, Caught):
            return self.find(context, receiver.message if receiver.value is None else receiver.value)
        if isinstance(receiver, Braces) and receiver.content is not None:
            return self.find(context, receiver.content)
        if isinstance(receiver, Braces) and list in self.by_type and dict in self.by_type:
            return self.by_type[dict], {}  # both fit, so the braces stay undecided
        for candidate in self.others:
            if candidate.receiver is not None and not isinstance(receiver, Collection):
                try:
                    return candidate, candidate.receiver(context, receiver)
                except Failure:
                    continue
        raise Failure(f"'{self.name}' function cannot be applied to a value of type {type_name(receiver)}")


FUNCTIONS: dict[str, Builtin] = {}
"""All built-in functions, by lower-case name."""


def builtin(*names: str) -> Callable[[Implementation], Implementation]:
    """Return a decorator that registers a function under ``names``.

    The annotation of the function's second parameter is the type of the receivers that it accepts. The arguments are
    converted to the annotated types of the other parameters. ``Value`` accepts any value without conversion.
    """

    def register(implementation: Implementation) -> Implementation:
        hints = typing.get_type_hints(implementation)
        parameters = list(inspect.signature(implementation).parameters.values())[1:]
        receiver, *arguments = parameters
        repeated = any(each.kind is inspect.Parameter.VAR_POSITIONAL for each in arguments)
        kind = _plain(hints[receiver.name])
        converters = [
            _CONVERTERS.get(_plain(hints[each.name]))
            for each in arguments
            if each.kind is not inspect.Parameter.VAR_POSITIONAL
        ]
        function = Function(
            call=implementation,
            converters=tuple(converters),
            minimum=sum(each.default is inspect.Parameter.empty for each in arguments) - repeated,
            maximum=None if repeated else len(arguments),
            receiver=_CONVERTERS.get(kind),
            converts=any(converters),
        )
        for name in names:
            entry = FUNCTIONS.setdefault(name.lower(), Builtin(name))
            entry.others.append(function)
            if kind in _TYPES:
                entry.by_type |= dict.fromkeys(_TYPES[kind], function)
            else:
                entry.by_type = dict.fromkeys(_ALL_TYPES, function) | entry.by_type
        return implementation

    return register
