"""Writes the classes per error code into zoho_cliq/errors.py, from `zoho_cliq_api.contract.ERROR_CODES`.

Run it after the catalogue has changed: `python wrapper/tests/error_classes.py`. A test fails while the two differ.
"""

from __future__ import annotations

from pathlib import Path

from zoho_cliq_api.contract import ERROR_CODES

ERRORS = Path(__file__).parent.parent / "zoho_cliq" / "errors.py"
START, END = "# <codes>\n", "# </codes>\n"


def class_of(family: str) -> str:
    """The class of a family: `not_found` is `NotFound`."""
    return "".join(word.title() for word in family.split("_"))


def rendered() -> str:
    """The part between the markers, markers included."""
    parts = [START]
    for entry in ERROR_CODES.values():
        known = "documented" if entry.documented else "seen at sibling resources"
        parts.append(
            f"\n\nclass {entry.class_name}({class_of(entry.family)}):\n"
            f'    """The server answered with the code `{entry.code}` ({known})."""\n'
        )
    parts.append("\n\nBY_CODE: dict[str, type[ApiError]] = {\n")
    parts += [f'    "{entry.code}": {entry.class_name},\n' for entry in ERROR_CODES.values()]
    return "".join(parts) + "}\n" + END


def replaced(text: str) -> str:
    """`text` with the part between the markers made anew."""
    head, rest = text.split(START, 1)
    _, tail = rest.split(END, 1)
    return head + rendered() + tail


if __name__ == "__main__":
    ERRORS.write_text(replaced(ERRORS.read_text("utf-8")), "utf-8")
