"""Which operation a request is for, and where to send the calls of each: the paths of the document, both ways.

Operations are called by short names here, such as `update_handler`. A parameter that a path has beside an action's id
and the kind of its handler has one value in all calls of the suite, a sample; its facts are nobody's yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from zoho_cliq_api.contract import OPERATIONS

from .document import HANDLER, LONG, PLACES, SHORT

ARGUMENTS = ("action_id", "handler_type")


class Route(NamedTuple):
    """A path: its segments (None for a parameter), the parameters' arguments, its operations by method, and its place
    (collection, item or handler; None where the suite models none of its operations)."""

    path: str
    segments: tuple[str | None, ...]
    arguments: tuple[str, ...]
    operations: Mapping[str, str]
    place: str | None

    def values(self, segments: Sequence[str]) -> dict[str, str] | None:
        """Return the parameters' values, by argument, where the segments are of this path."""
        if len(segments) != len(self.segments):
            return None
        pairs = list(zip(self.segments, segments, strict=True))
        if any(known != given if known is not None else not given for known, given in pairs):
            return None
        return dict(zip(self.arguments, (given for known, given in pairs if known is None), strict=True))


def _routes() -> list[Route]:
    """Return all paths. As OpenAPI demands, a fixed segment goes before a parameter at its place."""
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
    """Return the route of a path, given as its segments, and the values of its parameters by argument."""
    for route in ROUTES:
        if (values := route.values(segments)) is not None:
            return route, values
    return None


def method(operation: str) -> str:
    """Return the method of an operation."""
    return OPERATIONS[LONG[operation]].method


def at(operation: str, identifier: str = "", handler: str = HANDLER) -> str:
    """Return the path of an operation. identifier, handler: percent-encoded already."""
    return OPERATIONS[LONG[operation]].at(action_id=identifier, handler_type=handler)


def unmodelled_parameters() -> list[str]:
    """Return `operation.parameter` for each parameter of a path that no fact is about."""
    return [
        f"{name}.{each.argument}"
        for name in LONG.values()
        for each in OPERATIONS[name].parameters
        if each.argument not in ARGUMENTS
    ]
