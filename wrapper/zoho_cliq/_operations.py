"""Build the call of any operation of a generated package from its table and its composed document.

Arguments are checked and placed where the document declares them: in the path, the query, the headers or the body. The
schema of the response decides how a successful answer is read. Nothing here is specific to message actions, and only
the public modules `contract`, `shapes` and `types` of the generated package are used.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from zoho_cliq_api.contract import Operation
from zoho_cliq_api.types import Unset

from ._bodies import as_json, as_multipart, is_file
from ._engine import Call
from ._environment import path_variable, setting
from ._schema.drift import Drift
from ._schema.reading import Note, Reader, Shapes, Undecodable, parsed_json
from ._schema.validation import Rules, Schema
from ._scripts import log_findings
from ._types import RawResponse
from .errors import ConfigurationError, DecodeError, ValidationError

OWN = "zoho_cliq_api"
EMPTY: Mapping[str, Any] = MappingProxyType({})
_JSON = re.compile(r"application/(?:[a-z0-9.+-]*\+)?json")
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_DELIMITERS = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}


class Parameter(NamedTuple):
    """A parameter as the document declares it.

    `field` is its name as an argument. For a path parameter that a method of the client takes by name, it is the name
    that the method uses (`x-argument` in the document), whatever the vendor calls it.
    """

    field: str
    name: str
    place: str
    required: bool
    schema: Schema
    named: bool
    """Whether an argument of the client's method supplies it. Then it is not one of the method's fields."""
    delimiter: str | None
    """The separator of the values of a list. None repeats the parameter for each value."""


class Prepared(NamedTuple):
    """All that is known of one operation before a call."""

    operation: Operation
    parameters: tuple[Parameter, ...]
    media: str | None
    """The media type of the body, or None if the operation has no body."""
    body: Schema
    properties: Mapping[str, Schema]
    """The fields of the body, if it is an object."""
    body_required: bool
    answer: Schema | None
    """The schema of a successful answer, or None if it has no content."""
    answer_is_json: bool
    responses: str
    """The JSONPath of the operation's responses in the document."""


@cache
def _document(package: str) -> Any:
    """Return the composed document of a package. It is cached and must not be changed."""
    return importlib.import_module(f"{package}.contract").document()


class Operations:
    """Builds the calls of the operations of one generated package.

    Args:
        package: the package's name, such as `zoho_cliq_api`. Thresholds of another package are counted as
            `package.operation`.
        path_parameters: values for path parameters that no method of the client takes by name. A call's own value has
            precedence.

    Raise ConfigurationError if `scripts/regenerate` did not make the package, or if a value is invalid.
    """

    def __init__(self, package: str = OWN, path_parameters: Mapping[str, Any] = EMPTY) -> None:
        try:
            self.table: Mapping[str, Operation] = importlib.import_module(f"{package}.contract").OPERATIONS
            shapes = importlib.import_module(f"{package}.shapes")
            unset = importlib.import_module(f"{package}.types").UNSET
            answers = Shapes(shapes.EXACT, shapes.MODELS, shapes.ENUMS, unset)
        except (ImportError, AttributeError) as error:
            raise ConfigurationError(
                f"{package} was not made by `scripts/regenerate --package`, or by an older version of it ({error})"
            ) from error
        self.package = package
        self.document = _document(package)
        self.rules = Rules(self.document.get("components", {}).get("schemas", {}), exact=True)
        self.drift = Drift()
        self._unset = (Unset, type(unset))
        self._reader = Reader(self.rules, answers)
        self._prepared: dict[str, Prepared] = {}
        if not isinstance(path_parameters, Mapping):
            raise ConfigurationError(
                f"path_parameters must be a mapping of names to values, not a {type(path_parameters).__name__}"
            )
        self._in_paths = {name: self._for_path(name, value) for name, value in path_parameters.items()}

    def prepared(self, name: str) -> Prepared:
        """Return what is known of an operation.

        Raise ConfigurationError if the document has no operation of that name.
        """
        if name not in self._prepared:
            if name not in self.table:
                hint = _suggestion(name, self.table) or f"; it has {', '.join(sorted(self.table))}"
                raise ConfigurationError(f"{self.package} has no operation {name!r}{hint}")
            self._prepared[name] = self._made(self.table[name])
        return self._prepared[name]

    def count_as(self, name: str) -> str:
        """Return the name under which the calls of an operation are counted."""
        return name if self.package == OWN else f"{self.package}.{name}"

    def call(
        self,
        name: str,
        fields: Mapping[str, Any],
        body: Any = None,
        pick: Callable[[Any, RawResponse], Any] | None = None,
    ) -> Call[Any]:
        """Return the call of an operation.

        Args:
            name: the operation's id.
            fields: the arguments by name; each goes where the document declares it. `UNSET` counts as not given.
            body: the whole body, instead of its fields.
            pick: makes the result of the call from the parsed answer and the response. Default: None, the parsed
                answer.

        Raise ValidationError, before anything is sent, if an argument breaks a rule of the document.
        """
        known = self.prepared(name)
        operation = known.operation
        given = {field: value for field, value in fields.items() if not isinstance(value, self._unset)}
        path, query, headers = operation.path, {}, {}
        for parameter in known.parameters:
            if parameter.field in given:
                value = given.pop(parameter.field)
            elif parameter.place == "path":
                value = self._left_out(parameter, name)
            elif parameter.required:
                raise ValidationError("is required", field=parameter.field, operation=name)
            else:
                continue
            self.rules.check(value, parameter.schema, field=parameter.field, operation=name)
            if parameter.place == "path":
                path = path.replace(f"{{{parameter.name}}}", _segment(value, parameter.field, name))
            elif parameter.place == "query":
                query.update(_query(parameter, value))
            else:
                headers[parameter.name] = _header(value, parameter.field, name)
        content = self._content(known, given, body, headers)

        def read(response: RawResponse, strict: bool) -> Any:
            answer = self._read(known, response, strict)
            return answer if pick is None else pick(answer, response)

        return Call(
            operation if self.package == OWN else operation._replace(name=self.count_as(name)),
            path,
            read,
            query,
            content,
            headers,
        )

    def _left_out(self, parameter: Parameter, operation: str) -> Any:
        """Return the value of a path parameter that the call omits, from the client's settings or the environment.

        Only parameters of the client's own document that no method takes by name have such values. The environment is
        read at this point, so that a client whose calls are complete never reads it. Raise ValidationError if there is
        no value.
        """
        field, words = parameter.field, "is required"
        if self.package == OWN and not parameter.named:
            if field in self._in_paths:
                return self._in_paths[field]
            variable = path_variable(field)
            if (text := setting(variable)) is not None:
                return self._for_path(field, text, variable)
            words = f"is required; give it, set {variable}, or make the client with path_parameters={{{field!r}: …}}"
        raise ValidationError(words, field=field, operation=operation)

    def _for_path(self, field: str, value: Any, source: str = "path_parameters") -> Any:
        """Return a value for a path parameter, converted to the type in the document.

        Raise ConfigurationError if the document has no such parameter or does not accept the value.
        """
        known = {
            each.field: (each, name)
            for name in self.table
            for each in self.prepared(name).parameters
            if each.place == "path" and not each.named
        }
        if field not in known:
            there = f"choose one of {', '.join(sorted(known))}" if known else "there are none to set"
            raise ConfigurationError(f"{source}: {field} is not a path parameter that can be set here; {there}")
        parameter, operation = known[field]
        if isinstance(value, str) and self.rules.resolve(parameter.schema).get("type") != "string":
            with contextlib.suppress(ValueError, RecursionError):
                value = json.loads(value)
        try:
            self.rules.check(value, parameter.schema, field=field, operation=operation)
        except ValidationError as error:
            raise ConfigurationError(f"{source}: {error}") from None
        return value

    def _content(self, known: Prepared, given: dict[str, Any], body: Any, headers: dict[str, str]) -> bytes | None:
        """Return the bytes of the body, or None. Put its media type into `headers`."""
        name = known.operation.name
        for field in given:
            if body is not None and (field in known.properties or _is_open(known)):
                raise ValidationError("give it within body, or give no body", field=field, operation=name)
            if field not in known.properties and not _is_open(known):
                hint = _suggestion(field, [*known.properties, *(parameter.field for parameter in known.parameters)])
                raise ValidationError(f"is not a field of this operation{hint}", field=field, operation=name)
        if known.media is None or (body is None and not given and not known.body_required):
            if body is not None:
                raise ValidationError("this operation takes no body", field="body", operation=name)
            return None
        if isinstance(body, (bytes, bytearray)):
            headers["Content-Type"] = known.media
            return bytes(body)
        plain = as_json(given if body is None else body, known.properties, name)
        files = plain if known.media == _MULTIPART and isinstance(plain, dict) else {}
        checked = {**plain, **{key: "" for key, value in files.items() if is_file(value)}} if files else plain
        self.rules.check(checked, known.body, field="" if body is None else "body", operation=name)
        log_findings(checked, known.properties, name)
        if _JSON.fullmatch(known.media):
            headers["Content-Type"] = known.media
            return json.dumps(plain).encode()
        if known.media == _FORM and isinstance(plain, dict):
            headers["Content-Type"] = _FORM
            return urlencode({key: _text(value) for key, value in plain.items()}).encode()
        if known.media == _MULTIPART and isinstance(plain, dict):
            headers["Content-Type"], content = as_multipart(plain, name)
            return content
        raise ValidationError(f"in Python, pass body=… as bytes of {known.media}", field="body", operation=name)

    def _read(self, known: Prepared, response: RawResponse, strict: bool) -> Any:
        """Return the content of a successful answer: a model, bytes if it is not JSON, or None if it has no content."""
        if response.status != known.operation.success:
            self.drift.add([Note("status", known.responses, "", str(response.status))])
        if known.answer is None or (response.status == 204 and not response.body):
            if response.body.strip():
                parsed_json(response)  # an HTML page with status 200 is not a success: raise DecodeError
            return None
        if not known.answer_is_json:
            return response.body
        try:
            model, notes = self._reader.read(response, known.answer, strict)
        except (Undecodable, DecodeError) as error:
            self.drift.add(getattr(error, "notes", []))
            done = "" if known.operation.method == "GET" else "; the server has carried out the change"
            reason = (
                f"the answer ({response.status}) cannot be read: {error}" if isinstance(error, Undecodable) else error
            )
            raise DecodeError(f"{reason}{done}", status=response.status, body=response.body) from error
        if notes:
            self.drift.add(notes)
        return model

    def _made(self, operation: Operation) -> Prepared:
        entry = self.document["paths"][operation.path][operation.method.lower()]
        content = entry.get("requestBody", {}).get("content", {})
        media = next((kind for kind in content if _JSON.fullmatch(kind)), next(iter(content), None))
        body = content[media]["schema"] if media else {}
        answers = entry["responses"].get(str(operation.success), {}).get("content", {})
        kind = next((kind for kind in answers if _JSON.fullmatch(kind.partition(";")[0])), None)
        return Prepared(
            operation,
            # Cookie parameters are left out: the client sends no cookies.
            tuple(_parameter(each) for each in entry.get("parameters", ()) if each["in"] != "cookie"),
            media,
            body,
            self._properties(body),
            bool(entry.get("requestBody", {}).get("required")),
            answers[kind]["schema"] if kind else next((part["schema"] for part in answers.values()), None),
            kind is not None,
            f"$.paths['{operation.path}'].{operation.method.lower()}.responses",
        )

    def _properties(self, schema: Schema, seen: frozenset[str] = frozenset()) -> dict[str, Schema]:
        """Return the fields of an object, including those of the parts of its `allOf`."""
        reference = str(schema.get("$ref", ""))
        if reference and reference in seen:
            return {}
        resolved = self.rules.resolve(schema)
        found: dict[str, Schema] = dict(resolved.get("properties", {}))
        for part in resolved.get("allOf", ()):
            found |= self._properties(part, seen | {reference})
        return found


def _suggestion(name: str, names: Iterable[str]) -> str:
    """Return "; did you mean …?" with the closest of `names`, or an empty text if none is close."""
    from difflib import get_close_matches  # here, as only a mistake needs it

    close = get_close_matches(name, list(names), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def field_name(name: str) -> str:
    """Return a parameter's name as an argument: `message_action_id` for `MESSAGE_ACTION_ID`."""
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()


def _parameter(entry: Mapping[str, Any]) -> Parameter:
    style = entry.get("style", "form" if entry["in"] == "query" else "simple")
    repeated = entry["in"] == "query" and entry.get("explode", style == "form") and style in ("form", "deepObject")
    own = entry.get("x-argument") if entry["in"] == "path" else None
    return Parameter(
        own or field_name(entry["name"]),
        entry["name"],
        entry["in"],
        bool(entry.get("required")),
        entry.get("schema", {}),
        "x-argument" in entry,
        None if repeated else _DELIMITERS.get(style, ","),
    )


def _is_open(known: Prepared) -> bool:
    """Return whether the document does not say which fields the body may have."""
    return known.media is not None and not known.properties


def _text(value: Any) -> str:
    """Return a value as text for a path, a query or a form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)


def _segment(value: Any, field: str, operation: str) -> str:
    text = ",".join(map(_text, value)) if isinstance(value, (list, tuple)) else _text(value)
    if text in ("", ".", ".."):
        raise ValidationError(f"must be a segment of a path, not {text!r}", field=field, operation=operation)
    return text if text.isascii() and text.isalnum() else quote(text, safe="")


def _header(value: Any, field: str, operation: str) -> str:
    text = ",".join(map(_text, value)) if isinstance(value, (list, tuple)) else _text(value)
    if not re.fullmatch(r"[\x20-\x7e]*", text):
        raise ValidationError("must be printable ASCII, as it goes into a header", field=field, operation=operation)
    return text


def _query(parameter: Parameter, value: Any) -> dict[str, str | Sequence[str]]:
    if isinstance(value, dict):
        return {f"{parameter.name}[{key}]": _text(part) for key, part in value.items()}
    if not isinstance(value, (list, tuple)):
        return {parameter.name: _text(value)}
    texts = [_text(part) for part in value]
    return {parameter.name: texts if parameter.delimiter is None else parameter.delimiter.join(texts)}
