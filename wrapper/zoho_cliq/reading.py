"""Reads answers: tolerant of what is new, exact about what was promised. Relies on the composed document's schemas.

What the document does not know never stops a call: unknown fields are kept in `additional_properties`, unknown enum
values stay strings, a null counts as absent. A value of the wrong type, or a promised field that is missing, is a
`DecodeError`: a model never holds what its types rule out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .errors import DecodeError
from .exchange import RawResponse


@dataclass(frozen=True, slots=True)
class Answer:
    """What a generated `_parse_response` looks at: a status and a body that is already JSON."""

    status_code: int
    value: Any

    def json(self) -> Any:
        """The body."""
        return self.value


def parsed_json(response: RawResponse) -> Any:
    """The body as JSON, or DecodeError."""
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError) as error:
        kind = response.headers.get("content-type", "no content type")
        raise DecodeError(
            f"the answer ({response.status}, {kind}) is not JSON", status=response.status, body=response.body
        ) from error
