"""The lines of the function that a loop becomes, and what is known of the variables in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from .loop_analysis import Bounds

__all__ = ["Kind", "Place", "Source"]

Kind = type[int] | type[str] | type[bool] | None
"""The type that a value surely has; None if that is not known."""


class Place(NamedTuple):
    """What a line of Python belongs to.

    Attributes:
        line: The line of the script.
        behind: How many statements were counted that come after the one that the line executes.
    """

    line: int
    behind: int


class _Line(NamedTuple):
    place: Place
    depth: int
    text: str
    stores: str = ""  # the variable for whose sake the line is there: left out if no closure reads it
    values: bool = False  # whether all variables that are given back follow
    end: str = ")"  # what follows them
    loads: Iterable[str] | None = None  # the variables that are fetched here


class Source:
    """Lines, with what can be said about them only when all are known.

    Args:
        known: The variables that have a value when the loop begins, and the types that are known of them.
        line: The line of the script at which the loop stands.

    Attributes:
        constants: What the function finds under its global names.
        locals: The script's variables that are local variables of the function, and their names there.
        written: Those among them that the function assigns.
        needed: The variables that must have a value when the loop begins, without those that are known.
        known: The variables that surely have a value at the place where lines are being added, and their types.
        bounds: Between what variables lie wherever they are integers.
        place: What the lines that are being added belong to.
        places: For each line of Python, counted from 1, what it belongs to. Complete once `python` was called.
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
        """Return the name under which the function finds a value."""
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return name

    def temporary(self) -> str:
        """Return a new name for an intermediate value."""
        self._temporaries += 1
        return f"t{self._temporaries}"

    def read(self, name: str) -> str:
        """Return the local variable of a variable that is read here."""
        if name not in self.known:
            self.needed.add(name)
        return self._local(name)

    def assigned(self, name: str) -> str:
        """Return the local variable of a variable that is assigned here."""
        self.written[name] = None
        return self._local(name)

    def set(self, name: str, kind: Kind = None) -> None:
        """Note that a variable has a value from here on, and its type if it is known."""
        self.known[name] = kind

    def changed(self, name: str) -> None:
        """Note that a variable may have another value from here on, of any type."""
        if name in self.known:
            self.known[name] = None

    def meet(self, ends: list[dict[str, Kind]]) -> None:
        """Keep what is known at all of some ends, from which the lines to come are reached."""
        first, *others = ends
        self.known = {
            name: kind if all(other[name] is kind for other in others) else None
            for name, kind in first.items()
            if all(name in other for other in others)
        }

    def seen(self, names: Iterable[str]) -> None:
        """Note that closures read variables, which must always stand where closures look for them, too."""
        self._seen_by_closures.update(names)

    def store(self, depth: int, name: str) -> None:
        """Add the line that gives a variable to the closures that read it."""
        self._lines.append(_Line(self.place, depth, f"frame[{name!r}] = {self._local(name)}", stores=name))

    def save(self, depth: int) -> None:
        """Add the line that gives back all variables and the count."""
        self._lines.append(_Line(self.place, depth, f"save(frame, {self._executed()}", values=True))

    def look(self, depth: int) -> None:
        """Add the line that checks the limits before a statement, if they have to be checked now."""
        executed, line = self._executed(), self.place.line
        text = f"if {executed} > budget.pause: look(frame, {executed}, {line}"
        self._lines.append(_Line(self.place, depth, text, values=True))

    def look_ahead(self, depth: int, executed: str) -> None:
        """Add the condition that the limits must be checked before ``executed`` is reached, and were not."""
        text = f"if {executed} > budget.pause and not ahead(frame, {self._executed()}"
        self._lines.append(_Line(self.place, depth, text, values=True, end="):"))

    def load(self, depth: int, names: Iterable[str]) -> None:
        """Add the lines that fetch variables which closures may have assigned; ``names`` may still grow."""
        self._lines.append(_Line(self.place, depth, "", loads=names))

    def python(self) -> str:
        """Return the lines of Python."""
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
        """Return what gives the number of executed statements, with the one that is executed here."""
        return f"n - {self.place.behind}" if self.place.behind else "n"

    def _fetched(self, names: Iterable[str]) -> Iterator[str]:
        for name in sorted(names):
            yield f"{self.locals[name]} = get({name!r}, missing)"

    def _local(self, name: str) -> str:
        return self.locals.setdefault(name, f"x{len(self.locals)}")
