"""The conditions under which a request must or may be refused for what it contains, whatever the state of the server.

`read` turns an exchange into a `Request` with its conditions. Limits, values, error codes and scopes come from the
composed document. If the vendor's documents do not say whether a request is refused, the condition is a *may*: the
server may refuse or accept it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from zoho_cliq_api.contract import ERROR_CODES, OPERATIONS

from ..trace import Exchange
from .document import BODIES, HANDLER, LARGEST_LIMIT, LONG, SCHEMAS, SHORT, SMALLEST_LIMIT, resolved, takes_null
from .routes import match

SCRIPT_REFUSED_BYTES: int = SCHEMAS["HandlerUpdate"]["properties"]["script"]["x-max-bytes"]
SCRIPT_SURE_BYTES = SCRIPT_REFUSED_BYTES // 1024 * 1000  # a KB may be 1,000 bytes, too

BAD = frozenset({400, 422})
MALFORMED = frozenset({400, 413, 415, 422})
NOT_FOUND = frozenset({400, 404, 409, 410, 422})
HIDDEN = NOT_FOUND | {403}
FORBIDDEN = frozenset({401, 403})
DOMAIN = frozenset({400, 403, 404, 409, 410, 422})

_family = {code: entry.family for code, entry in ERROR_CODES.items()}
_GENERIC = frozenset(code for code, entry in ERROR_CODES.items() if not entry.documented)
_BAD_CODES = frozenset(code for code in _GENERIC if _family[code] == "bad_request") | {"invalid_inputs"}


@dataclass(frozen=True, slots=True)
class Condition:
    """A reason to refuse a request.

    Args:
        fact: the fact that says so.
        why: the reason, as text for a report.
        must: whether the server has to refuse the request; if false, it may.
        statuses: the acceptable statuses.
        codes: the acceptable error codes. None in it stands for no code and for any code that is not in the document.
    """

    fact: str
    why: str
    must: bool
    statuses: frozenset[int]
    codes: frozenset[str | None]

    def fits(self, status: int, code: str | None) -> bool:
        """Return whether an error with this status and code is acceptable under this condition."""
        return status in self.statuses and self.fits_code(code)

    def fits_code(self, code: str | None) -> bool:
        """Return whether the error code is acceptable under this condition, whatever the status."""
        return code in self.codes or (code not in ERROR_CODES and None in self.codes)


@dataclass(slots=True)
class Request:
    """A request as the oracle reads it.

    Args:
        operation: the short name of an operation that the suite models, or None.
        place: collection, item or handler; None for another path.
        identifier: the id of the action in the path, decoded, or empty.
        handler: the type of the handler in the path, decoded, or empty.
        query: the query parameters.
        body: the JSON object; None if there is none or it cannot be read.
        conditions: the reasons to refuse the request.
        loose: the fields of the body that a server may store with another value, or not at all.
        unmodelled: whether the document has the operation, but the suite does not model it.
        methods: the methods of the path.
        values: the values of the path parameters, by argument.
    """

    operation: str | None
    place: str | None
    identifier: str = ""
    handler: str = ""
    query: list[tuple[str, str]] = field(default_factory=list)
    body: dict[str, Any] | None = None
    conditions: list[Condition] = field(default_factory=list)
    loose: set[str] = field(default_factory=set)
    unmodelled: bool = False
    methods: frozenset[str] = frozenset()
    values: Mapping[str, str] = field(default_factory=dict)

    def parameter(self, name: str) -> str | None:
        """Return the first value of a query parameter, or None if it is missing, empty or the text `null`."""
        found = [value for key, value in self.query if key == name]
        return found[0] if found and found[0] not in ("", "null") else None


def codes_of(operation: str, *more: str | None) -> frozenset[str | None]:
    """Return the acceptable error codes for a wrong body of the operation.

    Args:
        operation: the short name.
        more: further acceptable codes; None for no code.
    """
    own = {"execution_handler_update_failed"} if operation == "update_handler" else set()
    generic: set[str | None] = set() if operation == "create" else {None}
    return frozenset(_BAD_CODES | own | generic | set(more))


def operation_of(method: str, target: str) -> str | None:
    """Return the short name of the operation of a request, or None.

    Args:
        method: the HTTP method.
        target: the path below the base URL, with or without a query.
    """
    return _route(method, _segments(_split(target))).operation


def action_of(target: str) -> str:
    """Return the id of the action in a path below the base URL, or an empty text."""
    found = match(_segments(_split(target)))
    return found[1].get("action_id", "") if found else ""


def _split(target: str) -> SplitResult:
    return urlsplit(target if "//" not in target else target.replace("//", "/%2F/"))


def _segments(split: SplitResult) -> list[str]:
    return [unquote(part) for part in split.path.split("/")[1:]]


def read(exchange: Exchange) -> Request:
    """Find the operation of a request, and collect every condition that follows from the request alone."""
    split = _split(exchange.target)
    request = _route(exchange.method, _segments(split))
    request.query = parse_qsl(split.query, keep_blank_values=True, errors="replace")
    request.conditions += [*_accept(exchange), *_query(request)]
    if request.operation in BODIES:
        _read_body(exchange, request)
    if request.place in ("item", "handler") and not is_id(request.identifier):
        request.conditions.append(
            Condition(
                "protocol.id",
                f"{request.identifier!r} is not an id",
                True,
                HIDDEN | BAD,
                _not_found_codes(request.operation),
            )
        )
    if request.place == "handler" and request.operation and request.handler != HANDLER:
        code = "execution_handler_not_found"
        codes: frozenset[str | None] = frozenset({code})
        request.conditions.append(
            Condition(
                f"{request.operation}.{code}", f"there is no handler {request.handler!r}", True, NOT_FOUND | BAD, codes
            )
        )
    return request


def is_id(text: str) -> bool:
    """Return whether the text is an id: it has the documented pattern and fits into 63 bits."""
    return re.fullmatch(SCHEMAS["Identifier"]["pattern"], text) is not None and int(text) < 2**63


def _not_found_codes(operation: str | None) -> frozenset[str | None]:
    handler = set(OPERATIONS[LONG[operation]].error_codes) if operation and operation.endswith("_handler") else set()
    return frozenset({"msgaction_not_found", "request_url_invalid", None, *_BAD_CODES, *handler})


def _route(method: str, segments: list[str]) -> Request:
    found = match(segments)
    if found is None:
        tidied = [segment for segment in segments if segment.strip("/")]  # without a slash at the end or a double one
        similar = tidied not in ([], segments) and match(tidied) is not None
        request = Request(None, None)
        codes: frozenset[str | None] = frozenset({None, "request_url_invalid", "request_method_invalid"})
        statuses = frozenset({404, 400, 405, 301, 307, 308}) if similar else frozenset({404, 400})
        request.conditions.append(Condition("protocol.path", "the path does not exist", not similar, statuses, codes))
        return request
    route, values = found
    name = route.operations.get(method)
    if name is not None and name not in SHORT:
        return Request(None, None, unmodelled=True)
    operation = SHORT[name] if name else None
    request = Request(operation, route.place, values.get("action_id", ""), values.get("handler_type", ""))
    request.methods, request.values = frozenset(route.operations), values
    if operation is None:
        free = method in ("HEAD", "OPTIONS")
        codes = frozenset({None, "request_method_invalid", "request_url_invalid"})
        statuses = frozenset({405, 501}) if not method.isalpha() else frozenset({405, 400})
        request.conditions.append(
            Condition("protocol.method", f"the path does not support {method}", not free, statuses, codes)
        )
    return request


def _accept(exchange: Exchange) -> Iterator[Condition]:
    """Yield the condition that the Accept header makes: a 406 if it does not allow JSON, or is hard to read."""
    headers = [value for name, value in exchange.headers if name.lower() == "accept"]
    given = ",".join(headers)
    if not given.strip():
        return
    if len(headers) > 1:
        yield Condition(
            "protocol.accept", "the request has several Accept headers", False, frozenset({406}), frozenset({None})
        )
        return
    ranges = [part.strip().lower() for part in given.split(",")]
    names = {part.split(";")[0].strip() for part in ranges}
    if names & {"*/*", "application/*", "application/json"}:
        if any(re.search(r"q=0(\.0*)?$", part) for part in ranges):
            yield Condition(
                "protocol.accept",
                "the Accept header excludes media ranges with q=0",
                False,
                frozenset({406}),
                frozenset({None}),
            )
        return
    simple = all(re.fullmatch(r"[a-z]+/[a-z0-9.+-]+(;\s*q=(1(\.0+)?|0?\.[0-9]+))?", part) for part in ranges)
    yield Condition(
        "protocol.accept", f"Accept {given!r} does not allow JSON", simple, frozenset({406}), frozenset({None})
    )


def _query(request: Request) -> Iterator[Condition]:
    if request.operation != "list":
        if request.query:
            yield Condition("protocol.query", "the query has unknown parameters", False, BAD, codes_of("list"))
        return
    names = [name for name, _ in request.query]
    if set(names) - {"limit", "next_token", "sync_token"} or len(names) != len(set(names)):
        yield Condition("protocol.query", "the query has unknown or repeated parameters", False, BAD, codes_of("list"))
    for name, value in request.query:
        if name == "limit":
            if is_limit(value):
                continue
            number = re.fullmatch("[ +-]?[0-9]+([.][0-9]*)?[ ]?", value) is not None or value in ("", "null")
            plain = re.fullmatch("[ -~]+", value) is not None
            yield Condition("list.limit.type", f"limit is {value!r}", plain and not number, BAD, codes_of("list"))
        elif name.endswith("_token") and value in ("", "null"):
            yield Condition("list.token", f"{name} is {value!r}", False, BAD, codes_of("list"))


def is_limit(text: str) -> bool:
    """Return whether the text is a documented page size."""
    return re.fullmatch("[0-9]{1,9}", text) is not None and SMALLEST_LIMIT <= int(text) <= LARGEST_LIMIT


def plain(text: str) -> bool:
    """Return whether the text has only characters that a server has no reason to refuse or to change."""
    return (
        text == text.strip()
        and text != ""
        and unicodedata.is_normalized("NFC", text)
        and all((char.isalnum() and char < "\u3000") or char in " -_.,:" for char in text)
        and all(unicodedata.category(char) in ("Lu", "Ll", "Nd", "Pd", "Pc", "Po", "Zs") for char in text)
    )


def kept(text: str) -> bool:
    """Return whether a server that accepts the text has no reason to change it.

    Such a text is printable and in form NFC, without combining marks, markup and superfluous spaces.
    """
    return (
        text == " ".join(text.split()) != ""
        and unicodedata.is_normalized("NFC", text)
        and text.isprintable()
        and not any(unicodedata.combining(char) for char in text)
        and not set(text) & set("<>")
    )


_URL = r"https://[a-z0-9][a-z0-9.-]*\.[a-z]{2,}(/[A-Za-z0-9/_.~-]*(\?[A-Za-z0-9_.~=&+%-]*)?)?"
_PNG = "iVBORw0KGgo"  # the first bytes of a PNG, a format that every server takes, in base64
_KEPT_URL = r"https?://[a-z0-9][a-z0-9.-]*\.[a-z]{2,}(:[1-9][0-9]{1,4})?/[A-Za-z0-9/_.~%-]*(\?[A-Za-z0-9/_.~=&+%-]*)?"


def simple_length(text: str) -> bool:
    """Return whether all ways of counting its characters agree: no combining marks, nothing outside the basic plane."""
    return all(char < "\U00010000" and not unicodedata.combining(char) for char in text)


def _read_body(exchange: Exchange, request: Request) -> None:
    operation = request.operation or ""
    conflict = frozenset({409} if operation == "update_handler" else ())
    kind = exchange.header("content-type")
    essence = (kind or "").split(";")[0].strip().lower()
    if essence != "application/json":
        request.conditions.append(
            Condition(
                "protocol.content-type",
                f"Content-Type is {kind!r}",
                False,
                MALFORMED | {406} | conflict,
                codes_of(operation, None),
            )
        )
    body = exchange.body
    malformed = MALFORMED | conflict
    if not body or not body.strip():
        must = operation == "create"
        request.conditions.append(
            Condition("protocol.malformed", "the body is empty", must, malformed, codes_of(operation, None))
        )
        request.body = {}
        return
    try:
        parsed = json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        # RFC 8259, section 9: a parser may also accept other encodings, and NaN and Infinity.
        free = body[:2] in (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb") or b"\x00" in body[:4] or str(error) == NO_NUMBER
        request.conditions.append(
            Condition(
                "protocol.malformed",
                f"the body is not valid JSON: {error}"[:200],
                not free,
                malformed,
                codes_of(operation, None),
            )
        )
        return
    if not isinstance(parsed, dict):
        request.conditions.append(
            Condition(
                f"{operation}.object", "the body is not a JSON object", True, malformed, codes_of(operation, None)
            )
        )
        return
    if body.count(b'"') and _repeats_keys(body):
        request.conditions.append(
            Condition(
                "protocol.malformed", "the body has a key twice", False, BAD | conflict, codes_of(operation, None)
            )
        )
        request.loose |= set(parsed)
    request.body = parsed
    for fact, why, must, loose in faults(operation, parsed):
        statuses = BAD | ({413} if fact == "script.max" else set()) | conflict
        request.conditions.append(Condition(f"{operation}.{fact}", why, must, statuses, codes_of(operation)))
        if loose:
            request.loose.add(loose)


NO_NUMBER = "NaN and Infinity are not valid JSON"


def _refuse(constant: str) -> Any:
    raise ValueError(NO_NUMBER)


def _repeats_keys(body: bytes) -> bool:
    """Return whether an object in the JSON has a key twice."""
    repeated = False

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        found = dict(items)
        repeated = repeated or len(found) != len(items)
        return found

    json.loads(body, object_pairs_hook=pairs)
    return repeated


Fault = tuple[str, str, bool, str]  # end of the fact's name, why, must be refused, fields that become loose (or "")


def faults(operation: str, body: dict[str, Any]) -> Iterator[Fault]:
    """Yield each reason for which a server must or may refuse a body.

    Args:
        operation: a short name out of `BODIES`.
        body: the JSON object.
    """
    schema = SCHEMAS[BODIES[operation]]
    for name in schema.get("required", ()):
        if name not in body:
            yield f"{name}.required", f"{name} is missing", True, ""
    for name, value in body.items():
        known = schema["properties"].get(name)
        if known is None:
            yield "unknown-key", f"{name!r} is not documented", False, ""
        elif value is None and takes_null(known):
            continue
        elif value is None:
            must = name in schema.get("required", ())
            yield (f"{name}.required" if must else "null"), f"{name} is null", must, name
        else:
            yield from _field(name, value, resolved(known))
    if operation == "update_handler" and len(schema["properties"].keys() & body) != 1:
        yield "one-field", "the body must have exactly one of script and permissions", False, "script permissions"
    elif operation != "update_handler" and not body:
        yield "empty", "the body has no fields", False, ""
    if operation == "create":
        yield from _rules_of_create(body)
    elif body.get("scope") == "team" and body.get("team_ids") is None:
        yield "team_ids.required", "scope is team, but team_ids is missing", False, ""


def _rules_of_create(body: dict[str, Any]) -> Iterator[Fault]:
    if body.get("execution_type") == "webhook" and body.get("execution_url") is None:
        yield "execution_url.required", "execution_type is webhook, but execution_url is missing", True, ""
    if body.get("execution_type") != "webhook" and "execution_url" in body:
        yield "execution_url.stray", "execution_url is given for a Deluge action", False, "execution_url"
    if body.get("scope") == "team" and body.get("team_ids") is None:
        yield "team_ids.required", "scope is team, but team_ids is missing", True, ""
    if body.get("scope") != "team" and "team_ids" in body:
        yield "team_ids.stray", "team_ids is given, but scope is not team", False, "team_ids"


TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
}


def _field(name: str, value: Any, schema: Mapping[str, Any]) -> Iterator[Fault]:
    if schema.get("type") not in TYPES:
        return
    if not isinstance(value, TYPES[schema["type"]]) or (isinstance(value, bool) and schema["type"] != "boolean"):
        yield f"{name}.type", f"{name} is {type(value).__name__}, not {schema['type']}", True, name
    elif isinstance(value, str):
        yield from _string(name, value, schema)
    elif isinstance(value, list):
        yield from _array(name, value, schema)


def _string(name: str, value: str, schema: Mapping[str, Any]) -> Iterator[Fault]:
    if "enum" in schema:
        if value not in schema["enum"]:
            similar = value.strip().lower() in schema["enum"]
            yield f"{name}.values", f"{name} is {value[:60]!r}", not similar, name
        return
    if name == "script":
        size = len(value.encode("utf-8", "surrogatepass"))
        if size > SCRIPT_SURE_BYTES:
            yield "script.max", f"script has {size} bytes", size > SCRIPT_REFUSED_BYTES, name
        if value == "" or re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", value):
            yield "script.characters", "script is empty, or has control characters or lone surrogates", False, name
        elif max(value) > "\uffff":
            yield "script.characters", "script has characters outside the basic plane", False, ""
        elif not value.rstrip().endswith((";", "}")):
            yield "script.statement", "script does not end with a statement, so it may not compile", False, ""
        return
    longest = schema.get("maxLength")
    if longest is not None and (len(value) > longest or (len(value) * 2 > longest and not simple_length(value))):
        surely = len(value) > longest and simple_length(value) and len(value.strip()) > longest
        yield f"{name}.max", f"{name} has {len(value)} characters", surely, name if len(value) > longest else ""
    if name == "execution_url":
        doubtful, open_ = not re.fullmatch(_URL, value), not re.fullmatch(_KEPT_URL, value)
    elif name == "image":
        doubtful = open_ = not value.startswith(_PNG) or not re.fullmatch(schema["pattern"], value)
    else:
        doubtful, open_ = not plain(value), not kept(value)
    if doubtful:
        yield f"{name}.characters", f"{name} is {value[:60]!r}", False, name if open_ else ""


def _array(name: str, value: list[Any], schema: Mapping[str, Any]) -> Iterator[Fault]:
    items = resolved(schema.get("items", {}))
    allowed = items.get("enum")
    if allowed is not None:
        bad = [item for item in value if item not in allowed]
        similar = all(isinstance(item, str) and item.strip().lower() in allowed for item in bad)
        if bad:
            yield f"{name}.values", f"{name} contains {str(bad[0])[:60]!r}", not similar, name
    elif items.get("type") == "integer":
        for item in value:
            if isinstance(item, float) and item.is_integer():
                yield f"{name}.type", f"{name} contains {item!r}", False, name
            elif isinstance(item, bool) or not isinstance(item, int):
                yield f"{name}.type", f"{name} contains {str(item)[:60]!r}", True, name
            elif not items.get("minimum", item) <= item <= items.get("maximum", item):
                yield f"{name}.range", f"{name} contains {str(item)[:60]}", False, name
    unique = len({str(item) for item in value})
    if len(value) > schema.get("maxItems", len(value)):
        yield f"{name}.max", f"{name} has {len(value)} items", unique > schema["maxItems"], name
    if unique < len(value):
        yield f"{name}.repeated", f"{name} contains an item twice", False, name
    if len(value) < schema.get("minItems", 1):
        yield f"{name}.min", f"{name} has {len(value)} items", name == "message_types", name
