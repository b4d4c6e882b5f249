"""Find the operation of a path, and the path of an operation, by the paths of the document.

Operations have short names here, such as `update_handler`. `ARGUMENTS` are the path parameters that the suite knows.
The profile gives the value of any other, and the suite has no facts about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from zoho_cliq_api.contract import OPERATIONS

from .document import HANDLER, LONG, PLACES, SHORT

ARGUMENTS = ("action_id", "handler_type")
NO_OTHERS: Mapping[str, str] = MappingProxyType({})
SAMPLES: Mapping[str, str] = {
    each.argument: each.sample
    for operation in OPERATIONS.values()
    for each in operation.parameters
    if each.argument not in ARGUMENTS
}
"""A value for each other path parameter, by argument: what the document's schema takes. Today there are none."""


class Route(NamedTuple):
    """A path of the document.

    Args:
        path: the path as the document has it, with parameters in braces.
        segments: its parts; None for a parameter.
        arguments: the names of the parameters as arguments of Python.
        operations: its operations, by method.
        place: collection, item or handler; None if the suite models none of its operations.
    """

    path: str
    segments: tuple[str | None, ...]
    arguments: tuple[str, ...]
    operations: Mapping[str, str]
    place: str | None

    def values(self, segments: Sequence[str]) -> dict[str, str] | None:
        """Return the values of the parameters by argument, or None if the segments do not match this path."""
        if len(segments) != len(self.segments):
            return None
        pairs = list(zip(self.segments, segments, strict=True))
        if any(known != given if known is not None else not given for known, given in pairs):
            return None
        return dict(zip(self.arguments, (given for known, given in pairs if known is None), strict=True))


def _routes() -> list[Route]:
    """Return all paths, those with a fixed segment before those with a parameter in its place, as OpenAPI demands."""
    by_path: dict[str, dict[str, str]] = {}
    for operation in OPERATIONS.values():
        by_path.setdefault(operation.path, {})[operation.method] = operation.name
    found = []
    for path, operations in by_path.items():
        segments = tuple(None if part.startswith("{") else part for part in path.split("/")[1:])
        arguments = tuple(each.argument for each in OPERATIONS[next(iter(operations.values()))].parameters)
        places = (
            place for place, shorts in PLACES.items() for name in operations.values() if SHORT.get(name) in shorts
        )
        found.append(Route(path, segments, arguments, operations, next(places, None)))
    return sorted(found, key=lambda route: [segment is None for segment in route.segments])


ROUTES = _routes()


def match(segments: Sequence[str]) -> tuple[Route, dict[str, str]] | None:
    """Return the route that matches the segments of a path, and the values of its parameters by argument, or None."""
    for route in ROUTES:
        if (values := route.values(segments)) is not None:
            return route, values
    return None


def method(operation: str) -> str:
    """Return the HTTP method of an operation, which is given by its short name."""
    return OPERATIONS[LONG[operation]].method


def at(operation: str, identifier: str = "", handler: str = HANDLER, others: Mapping[str, str] = NO_OTHERS) -> str:
    """Return the path of an operation below the base URL.

    Args:
        operation: the short name.
        identifier: the id of the action, percent-encoded.
        handler: the type of the handler, percent-encoded.
        others: the values of other path parameters by argument, percent-encoded. One that is missing has its sample.
    """
    return OPERATIONS[LONG[operation]].at(**{**others, "action_id": identifier, "handler_type": handler})


def variable(argument: str) -> str:
    """Return the name of the environment variable that gives a path parameter, as for the client."""
    return f"ZOHO_CLIQ_PATH_{argument.upper()}"


def belongs(segments: Sequence[str], others: Mapping[str, str]) -> bool:
    """Return whether a path is one of the API's, or misspells one after the first fixed segment's beginning.

    Args:
        segments: the segments of the path below the base URL.
        others: the values that path parameters must have, by argument. One that is missing may have any value.
    """
    return any(_begins(route, segments, others) for route in ROUTES)


def _begins(route: Route, segments: Sequence[str], others: Mapping[str, str]) -> bool:
    arguments = iter(route.arguments)
    for known, given in zip(route.segments, segments, strict=False):
        if known is not None:
            return given.startswith(known.removesuffix("s"))
        argument = next(arguments)
        if given != others.get(argument, given) or not given:
            return False
    return False


def unmodelled_parameters() -> list[str]:
    """Return `operation.parameter` for each path parameter that no fact is about."""
    return [
        f"{name}.{each.argument}"
        for name in LONG.values()
        for each in OPERATIONS[name].parameters
        if each.argument not in ARGUMENTS
    ]
