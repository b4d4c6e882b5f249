"""Run openapi-python-client with some of its gaps closed; `generate` starts this module as a separate process.

Names that the generated code itself uses are not given to properties (`to_dict`, `cls`, `d`, …) or to the parameters of
a request function (`params`, `headers`, …). This module imports nothing of the pipeline.
"""

from __future__ import annotations

from typing import Any

from openapi_python_client import cli, strings
from openapi_python_client.parser import openapi
from openapi_python_client.parser.properties import model_property

IN_MODELS = frozenset(
    "additional_keys additional_properties cast cls d field_dict from_dict isoparse prop prop_dict prop_name src_dict "
    "to_dict to_multipart".split()
)
CAPITALIZED = frozenset(
    "Any BinaryIO Enum File FileTypes Generator Literal Mapping T TYPE_CHECKING TextIO TypeVar UNSET UUID Unset".split()
)
"""Module names used by the models; a property can equal one only if the generator keeps the document's capitals."""
IN_REQUESTS = frozenset("body cookies errors headers httpx kwargs params quote response".split())

strings.RESERVED_WORDS |= IN_MODELS
_resolve_naming_conflict = model_property._resolve_naming_conflict


def _with_distinct_names(first: Any, second: Any, config: Any) -> Any:
    """Give two properties that have the same Python name different names.

    The generator spells both as the document does. A name with capitals could then equal a class name, so it gets an
    underscore.
    """
    error = _resolve_naming_conflict(first, second, config)
    for changed in (first, second):
        name = changed.python_name
        if name in CAPITALIZED or name[:1].isupper():
            object.__setattr__(changed, "python_name", strings.PythonIdentifier(f"{name}_", "field_", True))
    return error


model_property._resolve_naming_conflict = _with_distinct_names
_sort_parameters = openapi.Endpoint.sort_parameters


def _with_free_names(*, endpoint: openapi.Endpoint) -> Any:
    for _, parameter in endpoint.iter_all_parameters():
        if parameter.python_name in IN_REQUESTS:
            renamed = strings.PythonIdentifier(f"{parameter.python_name}_parameter", prefix="field_")
            object.__setattr__(parameter, "python_name", renamed)
    return _sort_parameters(endpoint=endpoint)


openapi.Endpoint.sort_parameters = staticmethod(_with_free_names)  # type: ignore[method-assign]

if __name__ == "__main__":
    cli.app.pretty_exceptions_enable = False  # plain tracebacks end with the error message, which `generate` reports
    cli.app()
