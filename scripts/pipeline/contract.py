"""Emit `contract.py`: the document's facts about operations as a typed, frozen Python table.

The emitted module needs only the standard library, so a mock server or a conformance suite can use it without importing
an HTTP client.
"""

from __future__ import annotations

import inspect
import re
from typing import Any
from urllib.parse import quote

from pipeline.compose import operations
from pipeline.documents import Json
from pipeline.params import field_name
from pipeline.samples import sample

IDEMPOTENT = frozenset({"get", "head", "put", "delete", "options", "trace"})
"""Methods that RFC 9110, section 9.2.2, calls idempotent."""

_HEAD = '''"""What the document states about each operation, as data. Generated; do not edit.

`OPERATIONS` has one entry per operation id, `ERROR_CODES` one per documented error code, `SERVERS` one per data centre.
`document()` gives the whole composed OpenAPI document, `sample()` a value for one of its schemas. Nothing here needs an
HTTP client.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Threshold(NamedTuple):
    """How many calls one user may make in a window, and how long the user is refused after more."""

    limit: int
    window_seconds: int
    lock_seconds: int


class PathParameter(NamedTuple):
    """A parameter of a path: the vendor's name of it, the client's argument that gives it, and a value that it takes.

    `argument` is the parameter's name in lower case where no method names it.
    """

    name: str
    argument: str
    sample: str


class Operation(NamedTuple):
    """One operation of the API.

    `scopes` are OAuth scopes, any one of which is enough. `error_codes` are those that the vendor documents for the
    operation; others may come. `statuses` are all documented statuses, `success` the one of a good answer.
    `idempotent` says whether repeating the call cannot change its result. `threshold` is None where none is documented.
    `parameters` are those of the path, in its order.
    """

    name: str
    method: str
    path: str
    success: int
    statuses: tuple[int, ...]
    threshold: Threshold | None
    scopes: tuple[str, ...]
    error_codes: tuple[str, ...]
    idempotent: bool
    parameters: tuple[PathParameter, ...]

    def at(self, **arguments: str) -> str:
        """Return the path with values, percent-encoded already, in place of its parameters.

        arguments: values by the arguments of the client; a parameter that is not given has its sample, and what the
        path has no parameter for is left out.
        """
        path = self.path
        for name, argument, sample in self.parameters:
            path = path.replace(f"{{{name}}}", arguments.get(argument, sample))
        return path


class ErrorCode(NamedTuple):
    """An error code: its class of exception, the family of that class, and whether the vendor documents it."""

    code: str
    class_name: str
    family: str
    documented: bool


class Server(NamedTuple):
    """A data centre: its short name, the API's base URL, and the accounts host that issues tokens."""

    data_center: str
    base_url: str
    accounts_url: str


def document() -> dict[str, Any]:
    """The composed OpenAPI document; a new copy at every call."""
    import json
    from importlib.resources import files

    text = files(__name__.rpartition(".")[0]).joinpath("openapi.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded

'''


def emit(document: Json) -> str:
    """Return the source of `contract.py` for a composed document (unformatted)."""
    lines = [_HEAD]
    lines.append(f"{inspect.getsource(sample)}\n")
    lines.append("OPERATIONS: Mapping[str, Operation] = MappingProxyType({")
    lines += [f"    {entry['name']!r}: {_call('Operation', entry)}," for entry in table(document)]
    lines.append("})\n")
    lines.append("ERROR_CODES: Mapping[str, ErrorCode] = MappingProxyType({")
    documented = {code for entry in table(document) for code in entry["error_codes"]}
    for code, meaning in sorted(document.get("x-error-catalogue", {}).items()):
        entry = {
            "code": code,
            "class_name": meaning["class"],
            "family": meaning["family"],
            "documented": code in documented,
        }
        lines.append(f"    {code!r}: {_call('ErrorCode', entry)},")
    lines.append("})\n")
    lines.append("SERVERS: Mapping[str, Server] = MappingProxyType({")
    for center, server in data_centers(document).items():
        entry = {
            "data_center": center,
            "base_url": server["url"],
            "accounts_url": server.get("x-accounts-url", ""),
        }
        lines.append(f"    {center!r}: {_call('Server', entry)},")
    lines.append("})")
    return "\n".join(lines) + "\n"


def data_centers(document: Json) -> dict[str, Json]:
    """Return the servers by their data centers.

    Of servers without one, only the first counts, and only where no server has one: it is that of the United States.
    """
    servers = document.get("servers", [])
    named = {server["x-data-center"]: server for server in servers if "x-data-center" in server}
    return named or ({"us": servers[0]} if servers else {})


def table(document: Json) -> list[dict[str, Any]]:
    """Return one row per operation, ordered by name."""
    rows = []
    for path, method, operation in operations(document):
        statuses = tuple(sorted(int(status) for status in operation["responses"] if status.isdigit()))
        requirements = operation.get("security", document.get("security", []))
        rows.append(
            {
                "name": operation["operationId"],
                "method": method.upper(),
                "path": path,
                "success": next((status for status in statuses if 200 <= status < 300), 200),
                "statuses": statuses,
                "threshold": operation.get("x-threshold"),
                "scopes": tuple(
                    scope for requirement in requirements for scopes in requirement.values() for scope in scopes
                ),
                "error_codes": tuple(operation.get("x-error-codes", [])),
                "idempotent": operation.get("x-idempotent", method in IDEMPOTENT),
                "parameters": path_parameters(document, path, operation),
            }
        )
    return sorted(rows, key=lambda row: str(row["name"]))


def path_parameters(document: Json, path: str, operation: Json) -> list[dict[str, str]]:
    """Return a row for each parameter in a path, in the order of the path."""
    declared = {each["name"]: each for each in operation.get("parameters", []) if each["in"] == "path"}
    rows = []
    for name in re.findall(r"\{([^{}]*)\}", path):
        each = declared.get(name, {})
        value = sample(each.get("schema"), document.get("components", {}).get("schemas", {}))
        text = quote(str(value), safe="") if isinstance(value, str | int) and value != "" else "sample"
        rows.append({"name": name, "argument": each.get("x-argument", field_name(name)), "sample": text})
    return rows


def _call(name: str, fields: dict[str, Any]) -> str:
    return f"{name}({', '.join(f'{key}={_value(key, value)}' for key, value in fields.items())})"


def _value(key: str, value: Any) -> str:
    if key == "threshold" and value is not None:
        return _call("Threshold", {field: value[field] for field in ("limit", "window_seconds", "lock_seconds")})
    if key == "parameters":
        rows = [f"{_call('PathParameter', row)}," for row in value]
        return f"({' '.join(rows)})"
    return repr(value)
