"""The source lines of a loop's function, and what is known about its variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from .loop_analysis import Bounds

__all__ = ["Kind", "Place", "Source"]

Kind = type[int] | type[str] | type[bool] | None
"""The type of a value; None if it is unknown."""


class Place(NamedTuple):
    """The statement of the script that a Python line belongs to.

    Attributes:
        line: The line of the script.
        behind: How many statements after this one were counted already.
    """

    line: int
    behind: int


class _Line(NamedTuple):
    place: Place
    depth: int
    text: str
    stores: str = ""  # the variable that the line stores; the line is left out if no closure reads it
    values: bool = False  # whether all written variables follow as arguments
    end: str = ")"  # the text after these arguments
    loads: Iterable[str] | None = None  # the variables that are read from the frame here


class Source:
    """Collects the lines of a function. `python` completes them when all of them are known.

    Args:
        known: The variables that have a value when the loop begins, with their types (None if unknown).
        line: The line of the script at which the loop begins.

    Attributes:
        constants: The values of the function's global names.
        locals: For each variable of the script that the function uses, the name of its local variable.
        written: The variables among them that the function assigns.
        needed: The variables that must have a value when the loop begins, except those in ``known``.
        known: The variables that certainly have a value at the current place, with their types.
        bounds: The bounds that variables have wherever they are integers.
        place: The statement that the next lines belong to.
        places: The statement of each Python line, counted from 1. Complete after `python` was called.
    """

    def __init__(self, known: dict[str, Kind], line: int) -> None:
        self.constants: dict[str, Any] = {}
        self.locals: dict[str, str] = {}
        self.written: dict[str, None] = {}
        self.needed: set[str] = set()
        self.known = dict(known)
        self.bounds: dict[str, Bounds] = {}
        self.place = Place(line, 0)
        self.places = [self.place]
        self._lines: list[_Line] = []
        self._seen_by_closures: set[str] = set()
        self._temporaries = 0

    def add(self, depth: int, text: str) -> None:
        """Add a line."""
        self._lines.append(_Line(self.place, depth, text))

    def constant(self, value: Any) -> str:
        """Return a global name for a value."""
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return name

    def temporary(self) -> str:
        """Return a new name for an intermediate value."""
        self._temporaries += 1
        return f"t{self._temporaries}"

    def read(self, name: str) -> str:
        """Return the local variable for a script variable, and record that it is read here."""
        if name not in self.known:
            self.needed.add(name)
        return self._local(name)

    def assigned(self, name: str) -> str:
        """Return the local variable for a script variable, and record that it is assigned here."""
        self.written[name] = None
        return self._local(name)

    def set(self, name: str, kind: Kind = None) -> None:
        """Record that a variable has a value from here on, and its type (None if unknown)."""
        self.known[name] = kind

    def changed(self, name: str) -> None:
        """Record that a variable may have a value of any type from here on."""
        if name in self.known:
            self.known[name] = None

    def meet(self, ends: list[dict[str, Kind]]) -> None:
        """Merge what is known at the ends of the branches that continue here: keep what they have in common."""
        first, *others = ends
        self.known = {
            name: kind if all(other[name] is kind for other in others) else None
            for name, kind in first.items()
            if all(name in other for other in others)
        }

    def seen(self, names: Iterable[str]) -> None:
        """Record that closures read variables. Each assignment must then store them in the frame, too."""
        self._seen_by_closures.update(names)

    def store(self, depth: int, name: str) -> None:
        """Add the line that stores a variable in the frame, where closures read it."""
        self._lines.append(_Line(self.place, depth, f"frame[{name!r}] = {self._local(name)}", stores=name))

    def save(self, depth: int) -> None:
        """Add the line that writes all variables back to the frame, and the statement count to the budget."""
        self._lines.append(_Line(self.place, depth, f"save(frame, {self._executed()}", values=True))

    def look(self, depth: int) -> None:
        """Add the line that checks the limits before a statement, if a check is due."""
        executed, line = self._executed(), self.place.line
        text = f"if {executed} > budget.pause: look(frame, {executed}, {line}"
        self._lines.append(_Line(self.place, depth, text, values=True))

    def look_ahead(self, depth: int, executed: str) -> None:
        """Add an `if` line: true if a check is due before ``executed`` is reached, and `ahead` refuses to make it."""
        text = f"if {executed} > budget.pause and not ahead(frame, {self._executed()}"
        self._lines.append(_Line(self.place, depth, text, values=True, end="):"))

    def load(self, depth: int, names: Iterable[str]) -> None:
        """Add the lines that reload variables which closures may have assigned. ``names`` may still grow afterwards."""
        self._lines.append(_Line(self.place, depth, "", loads=names))

    def python(self) -> str:
        """Return the Python source."""
        values = "".join(f", {self.locals[name]}" for name in self.written)
        lines: list[str] = []
        for line in self._lines:
            indent = "    " * line.depth
            if line.loads is not None:
                lines.extend(f"{indent}{text}" for text in self._fetched(line.loads))
            elif line.values:
                lines.append(f"{indent}{line.text}{values}{line.end}")
            elif not line.stores or line.stores in self._seen_by_closures:
                lines.append(f"{indent}{line.text}")
            self.places.extend([line.place] * (len(lines) + 1 - len(self.places)))
        return "\n".join(lines)

    def _executed(self) -> str:
        """Return the Python expression for the number of executed statements, including the current one."""
        return f"n - {self.place.behind}" if self.place.behind else "n"

    def _fetched(self, names: Iterable[str]) -> Iterator[str]:
        for name in sorted(names):
            yield f"{self.locals[name]} = get({name!r}, missing)"

    def _local(self, name: str) -> str:
        return self.locals.setdefault(name, f"x{len(self.locals)}")
