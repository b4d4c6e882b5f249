"""The page of error codes: the operations that return each code, its exception, its cause and its remedy."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.compose import operations
from pipeline.documents import Json

__all__ = ["page"]


def page(document: Json, explained: Mapping[str, Mapping[str, str]]) -> str:
    """Return the Markdown of the page of error codes.

    Args:
        document: the composed document.
        explained: cause and remedy by code or family, from `docs/errors.toml`. A code without an entry uses its
            family's.
    """
    lines = [
        "# Errors by code",
        "",
        "A refusal of the server has an error code; each known one has an exception of its own in "
        "[`zoho_cliq.errors`](../api/errors.md). What goes wrong before anything is sent is listed there, too.",
    ]
    found = list(operations(document))
    for code, entry in sorted(document["x-error-catalogue"].items()):
        family = str(entry["family"])
        told = explained.get(code) or explained[family]
        where = [f"`{operation['operationId']}`" for _, _, operation in found if code in operation["x-error-codes"]]
        source = "seen at sibling resources of the API" if entry.get("x-seen-in") else "documented"
        lines += [
            "",
            f"## `{code}` {{#{code}}}",
            "",
            f"Exception: `{entry['class']}`, a {family.replace('_', ' ')} error ({source}). "
            + (f"Operations: {', '.join(where)}." if where else "Any operation."),
            "",
            f"Cause: {told['cause']}",
            "",
            f"Remedy: {told['remedy']}",
        ]
    return "\n".join(lines) + "\n"
