"""Emit the exception classes of the error catalogue into the marked part of `zoho_cliq/errors.py`.

The rest of that module, the base classes and one class for each family, is written by hand.
"""

from __future__ import annotations

from pipeline.contract import table
from pipeline.documents import Json
from pipeline.errors import PipelineError

START, END = "# <codes>\n", "# </codes>\n"


def family_class(family: str) -> str:
    """Return the class name of a family: `not_found` becomes `NotFound`."""
    return "".join(word.title() for word in family.split("_"))


def emit(document: Json) -> str:
    """Return the classes for a composed document, markers included."""
    documented = {code for row in table(document) for code in row["error_codes"]}
    catalogue = sorted(document.get("x-error-catalogue", {}).items())
    parts = [START]
    for code, meaning in catalogue:
        known = "documented" if code in documented else "seen at sibling resources"
        parts.append(
            f"\n\nclass {meaning['class']}({family_class(meaning['family'])}):\n"
            f'    """The server answered with the code `{code}` ({known})."""\n'
        )
    parts.append("\n\nBY_CODE: dict[str, type[ApiError]] = {\n")
    parts += [f'    "{code}": {meaning["class"]},\n' for code, meaning in catalogue]
    return "".join(parts) + "}\n" + END


def replaced(text: str, document: Json, name: str) -> str:
    """Return the module `text` with its marked part generated again from a composed document.

    Raise PipelineError if the markers are missing, or the module has no class for a family.
    """
    if text.count(START) != 1 or text.count(END) != 1 or text.index(END) < text.index(START):
        raise PipelineError(
            f"{name}: needs the lines {START.strip()!r} and {END.strip()!r}, once each and in this order"
        )
    head, rest = text.split(START)
    tail = rest.split(END)[1]
    for code, meaning in sorted(document.get("x-error-catalogue", {}).items()):
        if f"class {family_class(meaning['family'])}(" not in head:
            raise PipelineError(f"x-error-catalogue.{code}: {name} has no class for the family {meaning['family']!r}")
    return head + emit(document) + tail
