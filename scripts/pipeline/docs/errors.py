"""The page of errors: for each code its operations, exception, cause and remedy; then the exceptions without a code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.compose import operations
from pipeline.documents import Json
from pipeline.error_classes import family_class

__all__ = ["page"]


def page(document: Json, explained: Mapping[str, Any]) -> str:
    """Return the Markdown of the page of errors.

    Args:
        document: the composed document.
        explained: the content of `docs/errors.toml`: cause and remedy by error code or family, and in `exceptions` by
            the name of an exception without a code. A code without an entry uses its family's.
    """
    lines = [
        "# Errors by code",
        "",
        "A refusal of the server has an error code, and each known code has an exception in "
        "[`zoho_cliq.errors`](../api/errors.md). Below the codes are the [exceptions without a code](#without-a-code), "
        "which the client raises itself.",
    ]
    found = list(operations(document))
    for code, entry in sorted(document["x-error-catalogue"].items()):
        family = str(entry["family"])
        where = [f"`{operation['operationId']}`" for _, _, operation in found if code in operation["x-error-codes"]]
        if entry.get("x-seen-in"):
            source = "Not documented for message actions; other resources of the API return it, so any operation may."
        else:
            source = f"Documented for {', '.join(where)}." if where else "Any operation may return it."
        lines += [
            "",
            f"## `{code}` {{#{code}}}",
            "",
            f"Exception: `{entry['class']}`, a `{family_class(family)}`. {source}",
            *_cause_and_remedy(explained.get(code) or explained[family]),
        ]
    lines += ["", "## Without a code"]
    for name, told in explained.get("exceptions", {}).items():
        lines += ["", f"### `{name}`", *_cause_and_remedy(told)]
    return "\n".join(lines) + "\n"


def _cause_and_remedy(told: Mapping[str, str]) -> list[str]:
    return ["", f"Cause: {told['cause']}", "", f"Remedy: {told['remedy']}"]
