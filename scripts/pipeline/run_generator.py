"""Runs openapi-python-client with two of its gaps closed; `generate` starts it as a process of its own.

Names that the generated code uses itself (`to_dict`, `cls`, `d`, …) are no names for properties, and the local names of
a request function (`params`, `headers`, …) none for its parameters. Relies on nothing of the pipeline.
"""

from __future__ import annotations

from typing import Any

from openapi_python_client import cli, strings
from openapi_python_client.parser import openapi

IN_MODELS = frozenset(
    "additional_keys additional_properties cast cls d field_dict from_dict isoparse prop prop_dict prop_name src_dict "
    "to_dict to_multipart".split()
)
IN_REQUESTS = frozenset("body cookies errors headers httpx kwargs params quote response".split())

strings.RESERVED_WORDS |= IN_MODELS
_sort_parameters = openapi.Endpoint.sort_parameters


def _with_free_names(*, endpoint: openapi.Endpoint) -> Any:
    for _, parameter in endpoint.iter_all_parameters():
        if parameter.python_name in IN_REQUESTS:
            renamed = strings.PythonIdentifier(f"{parameter.python_name}_parameter", prefix="field_")
            object.__setattr__(parameter, "python_name", renamed)
    return _sort_parameters(endpoint=endpoint)


openapi.Endpoint.sort_parameters = staticmethod(_with_free_names)  # type: ignore[method-assign]

if __name__ == "__main__":
    cli.app()
