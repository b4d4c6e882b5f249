"""The vendor's document in the pipeline's normal form: its facts, repaired and ordered, without its prose.

The normal form keeps operations, ids, parameters, schemas, limits, status codes and scopes. Every object and every
enumeration is a named component, so that a change appears where it was made. Facts that the vendor states only in HTML
become `x-threshold`, `x-error-codes`, `x-default` and `x-max-bytes`. Each repair is reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from pipeline import names, prose
from pipeline.documents import Json
from pipeline.errors import PipelineError
from pipeline.reader import Reader
from pipeline.schemas import Schemas

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
OPENAPI_VERSION = "3.1.1"
ACCOUNTS = "https://accounts.zoho.com/oauth/v2"
_VENDOR_ID_LENGTH = 30
MAX_PARAMETERS = 200
MAX_MEDIA_TYPES = 50
MAX_SERVERS = 100
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_SILENT_HEADERS = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that OpenAPI tells readers to ignore."""
_ORDER = (
    "openapi info operationId summary description servers tags paths webhooks components title version name in type "
    "required enum const format pattern minLength maxLength minimum maximum items properties parameters requestBody "
    "responses security"
).split()
_BY_NAME = frozenset("properties schemas responses paths content scopes patternProperties $defs".split())


class Normalized(NamedTuple):
    """A document in normal form, and the repairs that were needed."""

    document: Json
    repairs: tuple[str, ...]


def normalize(document: Json, name: str, lenient: bool = False) -> Normalized:
    """Return `document` in normal form, with the repairs.

    Args:
        document: an OpenAPI 3.0 or 3.1 document as plain data.
        name: the document's name in messages.
        lenient: whether to omit and report prose that is not understood. Default: False, raise PipelineError.

    Raise PipelineError for another kind of document, a `$ref` that leads nowhere or outside the document, an unusable
    name, and a threshold in unknown words.
    """
    _check_kind(document, name)
    reader = Reader(document, name)
    result = _Normalizer(reader, lenient).run()
    return Normalized(order(result), tuple(dict.fromkeys(reader.repairs)))


def _check_kind(document: Json, name: str) -> None:
    if not isinstance(document, dict):
        raise PipelineError(f"{name}: not an OpenAPI document: the top level is not a mapping")
    if "swagger" in document:
        raise PipelineError(f"{name}: Swagger {str(document['swagger'])[:20]}; convert it to OpenAPI 3.0 or 3.1 first")
    version = document.get("openapi")
    if version is None:
        raise PipelineError(f"{name}: not an OpenAPI document: it has no `openapi` key")
    if not re.fullmatch(r"3\.[01](\.\d+)?", str(version)):
        raise PipelineError(f"{name}: OpenAPI {str(version)[:20]}; versions 3.0 and 3.1 are understood")
    if not isinstance(document.get("paths"), dict) or not document["paths"]:
        raise PipelineError(f"{name}: not an OpenAPI document: it has no `paths`")


def order(node: Json, inside: str = "") -> Json:
    """Return the same data with its keys in canonical order: known keys first, all others by name."""
    if isinstance(node, list):
        return [order(value) for value in node]
    if not isinstance(node, dict):
        return node
    by_name = inside in _BY_NAME
    rank: Callable[[str], tuple[int, str]] = lambda key: (  # noqa: E731
        _ORDER.index(key) if key in _ORDER and not by_name else len(_ORDER),
        key,
    )
    return {key: order(node[key], key if not by_name else "") for key in sorted(node, key=rank)}


class _Normalizer:
    def __init__(self, reader: Reader, lenient: bool) -> None:
        self.reader = reader
        self.lenient = lenient
        self.document = reader.document
        self.errors_carry_code = False
        self.components = reader.mapping(self.document.get("components"), "components")
        given = reader.mapping(self.components.get("schemas"), "components.schemas")
        self.schemas = Schemas(reader, given)

    def run(self) -> Json:
        info = self.reader.mapping(self.document.get("info"), "info")
        title = prose.plain(str(info.get("title", "")), f"{self.reader.name}: info.title")
        paths: dict[str, Any] = {}
        for path, item in sorted(self.document["paths"].items()):
            if not path.startswith("x-"):
                self.add_path(paths, path, self.reader.mapping(item, f"paths.{path[:60]}"))
        self.complete_error_schema()
        self.schemas.finish()
        self.distinct_ids(paths)
        result: dict[str, Any] = {
            "openapi": OPENAPI_VERSION,
            "info": {
                "title": names.title(title) or "API",
                "version": names.title(str(info.get("version", "0"))),
            },
            "servers": self.servers(),
            "paths": {path: item for path, item in paths.items() if item},
            "components": {"schemas": self.schemas.components},
        }
        if not result["paths"]:
            raise PipelineError(f"{self.reader.name}: not an OpenAPI document: none of its paths has an operation")
        tags = [
            {"name": self.tag(self.reader.mapping(tag, "tags").get("name", ""))}
            for tag in self.reader.sequence(self.document.get("tags"), "tags")
        ]
        if tags:
            result["tags"] = list({tag["name"]: tag for tag in tags}.values())
        if self.document.get("security"):
            result["security"] = self.security(self.document["security"], "the document")
        schemes = self.reader.mapping(self.components.get("securitySchemes"), "components.securitySchemes")
        if schemes:
            result["components"]["securitySchemes"] = {
                key: self.security_scheme(key, self.reader.mapping(scheme, f"securitySchemes.{key}"))
                for key, scheme in sorted(schemes.items())
            }
        return result

    def servers(self) -> list[Json]:
        found = []
        for given in self.reader.sequence(self.document.get("servers"), "servers"):
            server = self.reader.mapping(given, "servers")
            for url in self.urls(server) if server.get("url") else ():
                if re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?", url):
                    found.append({"url": url})
                else:
                    self.reader.repaired("servers", "a server that is not a plain URL; left out")
        return list({server["url"]: server for server in found}.values())

    def urls(self, server: dict[str, Any]) -> list[str]:
        """Return the URLs of a server, one for each combination of the values of its variables, the defaults first."""
        found = [str(server["url"])]
        variables = self.reader.mapping(server.get("variables"), "servers.variables")
        for name, given in variables.items():
            variable = self.reader.mapping(given, f"servers.variables.{name}")
            values = [variable.get("default", ""), *self.reader.sequence(variable.get("enum"), "servers.variables")]
            distinct = dict.fromkeys(map(str, values))
            found = [url.replace(f"{{{name}}}", value) for url in found for value in distinct][:MAX_SERVERS]
        return found

    def tag(self, name: Any) -> str:
        return names.title(prose.plain(str(name), f"{self.reader.name}: tags")) or "default"

    # --- paths ----------------------------------------------------------------------------------------------------

    def add_path(self, paths: dict[str, Any], given: str, raw: dict[str, Any]) -> None:
        """Add the operations of a path to `paths`.

        If a path contains a query, its pairs become parameters with one value each, and the query is removed. It is
        kept only for a method that the path without query also has, because OpenAPI allows one operation per path and
        method.
        """
        if not given.startswith("/"):
            raise self.reader.fail("paths", f"{given[:60]!r} does not start with a slash")
        path, mark, query = given.partition("?")
        if not names.path(path):
            raise self.reader.fail("paths", f"{given[:60]!r} cannot be a path")
        item = self.reader.resolve(raw, f"paths.{given}")
        shared = self.reader.sequence(item.get("parameters"), f"paths.{given}.parameters")
        for method in METHODS:
            if method not in item:
                continue
            operation = self.reader.mapping(item[method], f"{method.upper()} {given}")
            own = self.reader.sequence(operation.get("parameters"), f"{method.upper()} {given} parameters")
            parameters = [*shared, *own, *self.constants(query, f"{method.upper()} {given}")]
            target = paths.setdefault(given if method in paths.get(path, {}) else path, {})
            target[method] = self.operation(given, method, operation, parameters)
        if mark:
            self.reader.repaired(f"paths.{given}", "a query in the path; its pairs are parameters with one value")

    def constants(self, query: str, where: str) -> list[Json]:
        """Return parameters for the pairs of a query in a path.

        A pair whose value is `{name}` becomes a required parameter.
        """
        found: dict[str, Json] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            if name in found:
                raise self.reader.fail(where, f"{name[:60]!r} occurs twice in the query of the path; remove one")
            schema = {"type": "string"} if re.fullmatch(r"\{[^{}]+\}", value) else {"type": "string", "const": value}
            found[name] = {"name": name, "in": "query", "required": True, "schema": schema}
        return list(found.values())

    def operation(self, path: str, method: str, operation: dict[str, Any], given: list[Any]) -> Json:
        """Return the normal form of one operation; `given` are the parameters of its path and its own."""
        where = f"{method.upper()} {path}"
        complaints: list[str] = []
        facts = prose.operation_facts(
            str(operation.get("description", "")),
            f"{self.reader.name}: {where}",
            complaints if self.lenient else None,
        )
        for complaint in complaints:
            self.reader.repaired(where, f"{complaint}; left out")
        result: dict[str, Any] = {"operationId": self.operation_id(operation, method, path, where)}
        tags = [self.tag(tag) for tag in self.reader.sequence(operation.get("tags"), f"{where} tags")]
        if tags:
            result["tags"] = tags
        parameters = self.parameters(path.partition("?")[0], given, where)
        if parameters:
            result["parameters"] = parameters
        owner = names.pascal(result["operationId"])
        if operation.get("requestBody"):
            request = self.reader.resolve(self.reader.mapping(operation["requestBody"], where), where)
            result["requestBody"] = {
                "required": request.get("required", False) is True,
                "content": self.content(request.get("content"), f"{owner}Body", f"{where} request body"),
            }
            if not result["requestBody"]["content"]:
                self.reader.repaired(where, "a request body without content; left out")
                del result["requestBody"]
        self.errors_carry_code |= facts.errors_carry_code
        responses = self.reader.mapping(operation.get("responses"), f"{where} responses")
        statuses = [status for status in responses if not str(status).startswith("x-")]
        if not statuses:
            raise self.reader.fail(where, "has no responses")
        result["responses"] = {
            status.upper() if status != "default" else status: self.response(
                status, self.reader.mapping(responses[status], f"{where} {status}"), owner, where
            )
            for status in sorted(statuses)
        }
        if "security" in operation:
            result["security"] = self.security(operation["security"], where)
        if facts.threshold:
            result["x-threshold"] = facts.threshold._asdict()
        if facts.threshold or facts.error_codes:
            result["x-error-codes"] = list(facts.error_codes)
        if operation.get("deprecated") is True:
            result["deprecated"] = True
        for key in ("callbacks", "servers"):
            if operation.get(key):
                self.reader.repaired(where, f"left out: {key}")
        return result

    def operation_id(self, operation: dict[str, Any], method: str, path: str, where: str) -> str:
        given = operation.get("operationId")
        slug = names.slug(prose.plain(str(operation.get("summary", "")), f"{self.reader.name}: {where}"))
        if not given:
            made = names.slug(f"{method}{path}")
            self.reader.repaired(where, f"has no operation id; it becomes {made}")
            return made
        given = str(given)
        if len(given) == _VENDOR_ID_LENGTH and slug.startswith(given.rstrip("_").lower()) and slug != given:
            self.reader.repaired(
                where, f"operation id cut at {_VENDOR_ID_LENGTH} characters; completed to {slug[:100]}"
            )
            return slug[:100].rstrip("_")
        if not names.plain(given):
            raise self.reader.fail(where, f"{given[:60]!r} cannot be an operation id")
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9._-]*", given):
            made = names.slug(given) if names.slug(given)[:1].isalpha() else f"operation_{names.slug(given)}"
            self.reader.repaired(where, f"operation id {given!r} is not a valid name; it becomes {made}")
            return made
        return given

    def distinct_ids(self, paths: dict[str, Any]) -> None:
        """Give another id to each operation whose id, or module name, is already taken."""
        seen: set[str] = set()
        for path, item in paths.items():
            for method, operation in item.items():
                name, count = operation["operationId"], 2
                while names.module(operation["operationId"]) in seen:
                    operation["operationId"] = f"{name}_{count}"
                    count += 1
                if operation["operationId"] != name:
                    self.reader.repaired(
                        f"{method.upper()} {path}",
                        f"operation id {name} is taken; it becomes {operation['operationId']}",
                    )
                seen.add(names.module(operation["operationId"]))

    def parameters(self, path: str, given: list[Any], where: str) -> list[Json]:
        found: dict[tuple[str, str], Json] = {}
        if len(given) > MAX_PARAMETERS:
            raise self.reader.fail(where, f"{len(given):,} parameters; at most {MAX_PARAMETERS} are read")
        for raw in given:
            parameter = self.reader.resolve(self.reader.mapping(raw, f"{where} parameters"), where)
            name, place = str(parameter.get("name", "")), str(parameter.get("in", ""))
            if not name or place not in ("query", "path", "header", "cookie"):
                raise self.reader.fail(
                    where, f"a parameter has no usable name or place: {name[:60]!r} in {place[:60]!r}"
                )
            if not names.field(name):
                raise self.reader.fail(where, f"{name[:60]!r} cannot be the name of a parameter")
            if place == "header" and name.lower() in _SILENT_HEADERS:
                self.reader.repaired(where, f"header parameter {name} is set by the client itself; left out")
                continue
            found[place, name] = self.parameter(name, place, parameter, where)
        declared = {name for place, name in found if place == "path"}
        templated = re.findall(r"\{([^{}]+)\}", path)
        for name in templated:
            if name not in declared:
                self.reader.repaired(where, f"path parameter {name} is not declared; declared as a string")
                found["path", name] = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in declared - set(templated):
            self.reader.repaired(where, f"path parameter {name} is not in the path; left out")
            del found["path", name]
        return [found[key] for key in sorted(found, key=lambda key: (key[0] != "path", key[1], key[0]))]

    def parameter(self, name: str, place: str, parameter: dict[str, Any], where: str) -> Json:
        schema: Json = parameter.get("schema")
        if schema is None and parameter.get("content"):
            self.reader.repaired(where, f"parameter {name} has a media type; it is taken as text")
            schema = {"type": "string"}
        elif schema is None and "type" in parameter:
            self.reader.repaired(where, f"parameter {name} has no schema; its own type is taken")
            schema = {key: value for key, value in parameter.items() if key not in ("name", "in", "required", "style")}
        built = self.schemas.schema(schema, names.pascal(name) or "Parameter", f"{where} parameter {name}")
        self.schemas.lift(built, str(parameter.get("description", "")), f"{where} parameter {name}")
        required = place == "path" or parameter.get("required") is True
        result: dict[str, Any] = {"name": name, "in": place, "required": required, "schema": built}
        for key, kind in (("style", str), ("explode", bool), ("deprecated", bool)):
            if isinstance(parameter.get(key), kind):
                result[key] = parameter[key]
        return result

    def response(self, status: str, raw: dict[str, Any], owner: str, where: str) -> Json:
        if not re.fullmatch(r"[1-5](\d\d|XX|xx)|default", status):
            raise self.reader.fail(where, f"{status[:60]!r} is not a status code")
        response = self.reader.resolve(raw, where)
        phrase = _PHRASES.get(int(status), "Answer") if status.isdigit() else "Answer"
        result: dict[str, Any] = {"description": phrase}
        content = self.reader.mapping(response.get("content"), f"{where} {status}")
        if content:
            if status[0] in "45" or status == "default":
                result["content"] = self.error_content(content, owner, f"{where} {status}")
            else:
                result["content"] = self.content(content, f"{owner}Response", f"{where} {status}")
        return result

    def media(self, content: Json, where: str) -> list[tuple[str, Json]]:
        """Return pairs of media type and schema."""
        found = []
        entries = self.reader.mapping(content, where)
        if len(entries) > MAX_MEDIA_TYPES:
            raise self.reader.fail(where, f"{len(entries):,} media types; at most {MAX_MEDIA_TYPES} are read")
        for media, entry in sorted(entries.items()):
            if not names.media_type(media):
                raise self.reader.fail(where, f"{media[:60]!r} cannot be a media type")
            found.append((media, self.reader.mapping(entry, where).get("schema")))
        return found

    def content(self, content: Json, name: str, where: str) -> Json:
        return {
            media: {"schema": self.schemas.schema(schema, name, where)} for media, schema in self.media(content, where)
        }

    def error_content(self, content: Json, owner: str, where: str) -> Json:
        """Replace inline error bodies of the shape {message} or {message, code} by one shared schema."""
        built = {}
        for media, given in self.media(content, where):
            schema = self.reader.mapping(given, where) if given is not True else {}
            properties = schema.get("properties")
            if (
                "$ref" not in schema
                and isinstance(properties, dict)
                and set(properties) in ({"message"}, {"message", "code"})
            ):
                if "Error" not in self.schemas.components:
                    self.schemas.components["Error"] = {"type": "object", "properties": {"message": {"type": "string"}}}
                    self.schemas.modules.add("error")
                    self.reader.repaired("error responses", "one shared schema in place of a copy in every response")
                if "code" in properties:
                    self.errors_carry_code = True
                built[media] = {"schema": {"$ref": "#/components/schemas/Error"}}
            else:
                built[media] = {"schema": self.schemas.schema(schema, f"{owner}Error", where)}
        return built

    def complete_error_schema(self) -> None:
        error = self.schemas.components.get("Error")
        properties = error.get("properties", {}) if error and self.errors_carry_code else {}
        if "message" in properties and "code" not in properties:
            properties["code"] = {"type": "string"}
            self.reader.repaired("error responses", "`code`, which only the prose mentions, is part of the schema")

    # --- security -------------------------------------------------------------------------------------------------

    def security(self, requirements: Json, where: str) -> Json:
        return [
            {
                str(scheme): sorted(self.scope(scope, where) for scope in self.reader.sequence(scopes, where))
                for scheme, scopes in self.reader.mapping(requirement, f"{where} security").items()
            }
            for requirement in self.reader.sequence(requirements, f"{where} security")
        ]

    def scope(self, scope: Any, where: str) -> str:
        if not names.scope(str(scope)):
            raise self.reader.fail(where, f"{str(scope)[:60]!r} cannot be an OAuth scope")
        return str(scope)

    def security_scheme(self, key: str, given: dict[str, Any]) -> Json:
        where = f"securitySchemes.{key}"
        scheme = self.reader.resolve(given, where)
        result: dict[str, Any] = {
            field: scheme[field]
            for field in ("type", "name", "in", "scheme", "bearerFormat", "openIdConnectUrl")
            if field in scheme
        }
        if "flows" not in scheme:
            return result
        result["flows"] = {}
        for flow, details in sorted(self.reader.mapping(scheme["flows"], where).items()):
            details = self.reader.mapping(details, f"{where}.{flow}")
            urls = {name: details[name] for name in ("authorizationUrl", "tokenUrl", "refreshUrl") if details.get(name)}
            if not urls:
                self.reader.repaired(where, f"flow {flow!r} has no URL; it is the authorization-code flow")
                flow = "authorizationCode"
                urls = {"authorizationUrl": f"{ACCOUNTS}/auth", "tokenUrl": f"{ACCOUNTS}/token"}
            scopes = self.reader.mapping(details.get("scopes"), f"{where}.{flow}.scopes")
            result["flows"][flow] = {**urls, "scopes": {self.scope(scope, key): "" for scope in sorted(scopes)}}
        return result
