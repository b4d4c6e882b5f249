"""The vendor's document in the pipeline's normal form: its facts, repaired, ordered, without a word of its prose.

The normal form keeps operations, ids, parameters, schemas, limits, status codes and scopes. Every object and every
enumeration is a named component, so that a change is seen where it is made. What the vendor says only in HTML becomes
`x-threshold`, `x-error-codes`, `x-default` and `x-max-bytes`. Each repair is reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from pipeline import prose
from pipeline.documents import Json
from pipeline.errors import PipelineError

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
OPENAPI_VERSION = "3.1.1"
ACCOUNTS = "https://accounts.zoho.com/oauth/v2"
_VENDOR_ID_LENGTH = 30

_SCALARS = frozenset(
    "type format const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern "
    "maxItems minItems uniqueItems maxProperties minProperties default readOnly writeOnly deprecated "
    "contentEncoding contentMediaType x-default x-max-bytes".split()
)
_ORDER = (
    "openapi info operationId summary description servers tags paths webhooks components title version name in type "
    "required enum const format pattern minLength maxLength minimum maximum items properties parameters requestBody "
    "responses security"
).split()
_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9._-]{0,99}$")
_SCOPE = re.compile(r"^[A-Za-z][A-Za-z0-9._-]*$")


class Normalized(NamedTuple):
    """A document in normal form, and what had to be repaired on the way."""

    document: Json
    repairs: tuple[str, ...]


def normalize(document: Json, name: str) -> Normalized:
    """The facts of `document` in normal form.

    `name` is used in messages. Raises PipelineError on what is not an OpenAPI 3.0 or 3.1 document, on a `$ref` that
    leads nowhere or out of the document, on names that cannot be names, and on a threshold in unknown words.
    """
    _check_kind(document, name)
    worker = _Normalizer(document, name)
    return Normalized(order(worker.run()), tuple(dict.fromkeys(worker.repairs)))


def _check_kind(document: Json, name: str) -> None:
    if not isinstance(document, dict):
        raise PipelineError(f"{name}: not an OpenAPI document: the top level is not a mapping")
    if "swagger" in document:
        raise PipelineError(f"{name}: Swagger {document['swagger']}; convert it to OpenAPI 3.0 or 3.1 first")
    version = document.get("openapi")
    if version is None:
        raise PipelineError(f"{name}: not an OpenAPI document: it has no `openapi` key")
    if not re.fullmatch(r"3\.[01]\.\d+", str(version)):
        raise PipelineError(f"{name}: OpenAPI {version}; versions 3.0 and 3.1 are understood")
    if not isinstance(document.get("paths"), dict) or not document["paths"]:
        raise PipelineError(f"{name}: not an OpenAPI document: it has no `paths`")


def pascal(text: str) -> str:
    """`message_types` → `MessageTypes`, `v3-msgaction-edit` → `V3MsgactionEdit`."""
    words = re.split(r"[^A-Za-z0-9]+", text)
    return "".join(
        (word.capitalize() if word.isupper() and len(words) > 1 else word[:1].upper() + word[1:])
        for word in words
        if word
    )


def component_name(vendor: str) -> str:
    """The readable name of a component: without the vendor's version prefix and its `_regex` ending."""
    stem = re.sub(r"_regex$", "", re.sub(r"^v\d+-", "", vendor))
    return pascal(stem) or pascal(vendor)


def singular(word: str) -> str:
    """`message_types` → `message_type`."""
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def order(node: Json, inside: str = "") -> Json:
    """The same data with its keys in canonical order: known keys first, all others by name."""
    if isinstance(node, list):
        return [order(value) for value in node]
    if not isinstance(node, dict):
        return node
    by_name = inside in (
        "properties",
        "schemas",
        "responses",
        "paths",
        "content",
        "scopes",
        "patternProperties",
        "$defs",
    )
    rank: Callable[[str], tuple[int, str]] = lambda key: (  # noqa: E731
        _ORDER.index(key) if key in _ORDER and not by_name else len(_ORDER),
        key,
    )
    return {key: order(node[key], key if not by_name else "") for key in sorted(node, key=rank)}


class _Normalizer:
    def __init__(self, document: dict[str, Any], name: str) -> None:
        self.document = document
        self.name = name
        self.repairs: list[str] = []
        self.components: dict[str, Json] = {}
        self.names: dict[str, str] = {}
        self.enums: dict[tuple[Any, ...], str] = {}
        self.errors_carry_code = False

    def fail(self, where: str, what: str) -> PipelineError:
        return PipelineError(f"{self.name}: {where}: {what}")

    def repaired(self, where: str, what: str) -> None:
        self.repairs.append(f"{where}: {what}")

    def mapping(self, node: Json, where: str) -> dict[str, Any]:
        if not isinstance(node, dict):
            raise self.fail(where, "a mapping is expected here")
        return node

    def sequence(self, node: Json, where: str) -> list[Any]:
        if not isinstance(node, list):
            raise self.fail(where, "a list is expected here")
        return node

    # --- document -------------------------------------------------------------------------------------------------

    def run(self) -> Json:
        info = self.mapping(self.document.get("info", {}), "info")
        components = self.mapping(self.document.get("components") or {}, "components")
        schemas = self.mapping(components.get("schemas") or {}, "components.schemas")
        self.name_components(schemas)
        for vendor in sorted(schemas, key=lambda key: self.names[key]):
            self.component(vendor, self.mapping(schemas[vendor], f"components.schemas.{vendor}"))
        paths = {
            path: self.path(path, self.mapping(item, f"paths.{path}"))
            for path, item in sorted(self.document["paths"].items())
        }
        self.complete_error_schema()
        self.check_ids(paths)
        result: dict[str, Any] = {
            "openapi": OPENAPI_VERSION,
            "info": {"title": prose.plain(str(info.get("title", self.name))), "version": str(info.get("version", "0"))},
            "servers": [{"url": str(server["url"])} for server in self.document.get("servers", []) if "url" in server],
            "paths": paths,
            "components": {"schemas": self.components},
        }
        tags = [{"name": str(tag["name"])} for tag in self.document.get("tags", []) if "name" in tag]
        if tags:
            result["tags"] = tags
        if self.document.get("security"):
            result["security"] = self.security(self.document["security"], "security")
        schemes = self.mapping(components.get("securitySchemes") or {}, "components.securitySchemes")
        if schemes:
            result["components"]["securitySchemes"] = {
                key: self.security_scheme(key, self.mapping(scheme, key)) for key, scheme in sorted(schemes.items())
            }
        return result

    def name_components(self, schemas: Mapping[str, Json]) -> None:
        taken: dict[str, str] = {}
        for vendor in sorted(schemas):
            if not _NAME.match(vendor):
                raise self.fail("components.schemas", f"{vendor!r} cannot be the name of a schema")
            readable = component_name(vendor)
            if readable in taken or not readable.isidentifier():
                readable = pascal(vendor)
            count = 2
            while readable in taken:
                readable, count = f"{pascal(vendor)}{count}", count + 1
                self.repaired(f"components.schemas.{vendor}", f"its name clashes; it is called {readable}")
            taken[readable] = vendor
            self.names[vendor] = readable

    def component(self, vendor: str, schema: dict[str, Any]) -> None:
        name = self.names[vendor]
        where = f"components.schemas.{vendor}"
        if "$ref" in schema:
            self.components[name] = {"$ref": self.reference(schema["$ref"], where)}
            return
        self.components[name] = self.body(schema, name, where)
        enum = self.components[name].get("enum")
        if enum:
            self.enums.setdefault(self.enum_key(self.components[name]), name)

    # --- paths ----------------------------------------------------------------------------------------------------

    def path(self, path: str, item: dict[str, Any]) -> Json:
        if not path.startswith("/"):
            raise self.fail("paths", f"{path!r} does not start with a slash")
        shared = self.sequence(item.get("parameters", []), f"paths.{path}.parameters")
        return {
            method: self.operation(path, method, self.mapping(item[method], f"paths.{path}.{method}"), shared)
            for method in METHODS
            if method in item
        }

    def operation(self, path: str, method: str, operation: dict[str, Any], shared: list[Any]) -> Json:
        where = f"{method.upper()} {path}"
        facts = prose.operation_facts(str(operation.get("description", "")), f"{self.name}: {where}")
        result: dict[str, Any] = {"operationId": self.operation_id(operation, method, path, where)}
        if operation.get("tags"):
            result["tags"] = [str(tag) for tag in operation["tags"]]
        parameters = self.parameters(path, [*shared, *operation.get("parameters", [])], where)
        if parameters:
            result["parameters"] = parameters
        owner = pascal(result["operationId"])
        if operation.get("requestBody"):
            request = self.resolve(self.mapping(operation["requestBody"], where), where)
            result["requestBody"] = {
                "required": request.get("required", False) is True,
                "content": self.content(request.get("content"), f"{owner}Body", f"{where} request body"),
            }
        self.errors_carry_code |= facts.errors_carry_code
        responses = self.mapping(operation.get("responses") or {}, f"{where} responses")
        if not responses:
            raise self.fail(where, "has no responses")
        result["responses"] = {
            str(status): self.response(str(status), self.mapping(response, where), owner, where)
            for status, response in sorted(responses.items(), key=lambda pair: str(pair[0]))
        }
        if "security" in operation:
            result["security"] = self.security(operation["security"], where)
        if facts.threshold:
            result["x-threshold"] = facts.threshold._asdict()
        if facts.threshold or facts.error_codes:
            result["x-error-codes"] = list(facts.error_codes)
        if operation.get("deprecated") is True:
            result["deprecated"] = True
        return result

    def operation_id(self, operation: dict[str, Any], method: str, path: str, where: str) -> str:
        given = operation.get("operationId")
        slug = re.sub(r"[^a-z0-9]+", "_", prose.plain(str(operation.get("summary", ""))).lower()).strip("_")
        if not given:
            made = re.sub(r"[^a-z0-9]+", "_", f"{method}{path}".lower()).strip("_")
            self.repaired(where, f"has no operation id; it is called {made}")
            return made
        given = str(given)
        if len(given) == _VENDOR_ID_LENGTH and slug.startswith(given.rstrip("_").lower()) and slug != given:
            self.repaired(where, f"operation id cut at {_VENDOR_ID_LENGTH} characters; completed to {slug}")
            return slug
        if not _NAME.match(given):
            raise self.fail(where, f"{given!r} cannot be an operation id")
        return given

    def check_ids(self, paths: dict[str, Any]) -> None:
        seen: dict[str, str] = {}
        for path, item in paths.items():
            for method, operation in item.items():
                name, where = operation["operationId"], f"{method.upper()} {path}"
                if name in seen:
                    raise self.fail(where, f"operation id {name!r} already names {seen[name]}")
                seen[name] = where

    def parameters(self, path: str, given: list[Any], where: str) -> list[Json]:
        found: dict[tuple[str, str], Json] = {}
        for raw in given:
            parameter = self.resolve(self.mapping(raw, f"{where} parameters"), where)
            name, place = str(parameter.get("name", "")), str(parameter.get("in", ""))
            if not name or place not in ("query", "path", "header", "cookie"):
                raise self.fail(where, f"a parameter has no usable name or place: {name!r} in {place!r}")
            schema = self.mapping(parameter.get("schema", {}), f"{where} parameter {name}")
            built = self.schema(schema, pascal(name), f"{where} parameter {name}")
            self.lift(built, str(parameter.get("description", "")))
            required = place == "path" or parameter.get("required") is True
            found[place, name] = {"name": name, "in": place, "required": required, "schema": built}
            for key in ("style", "explode", "deprecated"):
                if key in parameter:
                    found[place, name][key] = parameter[key]
        declared = {name for place, name in found if place == "path"}
        templated = re.findall(r"\{([^{}]+)\}", path)
        for name in templated:
            if name not in declared:
                self.repaired(where, f"path parameter {name} is not declared; declared as a string")
                found["path", name] = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in declared - set(templated):
            self.repaired(where, f"path parameter {name} does not stand in the path; left out")
            del found["path", name]
        return [found[key] for key in sorted(found, key=lambda key: (key[0] != "path", key[1]))]

    def response(self, status: str, raw: dict[str, Any], owner: str, where: str) -> Json:
        if not re.fullmatch(r"[1-5](\d\d|XX)|default", status):
            raise self.fail(where, f"{status!r} is not a status code")
        response = self.resolve(raw, where)
        phrase = HTTPStatus(int(status)).phrase if status.isdigit() and int(status) in _PHRASES else "Answer"
        result: dict[str, Any] = {"description": phrase}
        content = response.get("content")
        if content:
            if status[0] in "45" or status == "default":
                result["content"] = self.error_content(content, owner, f"{where} {status}")
            else:
                result["content"] = self.content(content, f"{owner}Response", f"{where} {status}")
        return result

    def content(self, content: Json, name: str, where: str) -> Json:
        return {
            media: {"schema": self.schema(self.mapping(entry.get("schema", {}), where), name, where)}
            for media, entry in sorted(self.mapping(content, where).items())
        }

    def error_content(self, content: Json, owner: str, where: str) -> Json:
        """Inline error bodies of the shape {message} or {message, code} are one shared schema."""
        built = {}
        for media, entry in sorted(self.mapping(content, where).items()):
            schema = self.mapping(self.mapping(entry, where).get("schema", {}), where)
            if "$ref" not in schema and set(schema.get("properties", {})) in ({"message"}, {"message", "code"}):
                if "Error" not in self.components:
                    self.components["Error"] = {"type": "object", "properties": {"message": {"type": "string"}}}
                    self.repaired("error responses", "one shared schema in place of a copy in every response")
                if "code" in schema["properties"]:
                    self.errors_carry_code = True
                built[media] = {"schema": {"$ref": "#/components/schemas/Error"}}
            else:
                built[media] = {"schema": self.schema(schema, f"{owner}Error", where)}
        return built

    def complete_error_schema(self) -> None:
        error = self.components.get("Error")
        if error and self.errors_carry_code and "code" not in error.get("properties", {}):
            error["properties"]["code"] = {"type": "string"}
            self.repaired("error responses", "`code`, which only the prose mentions, is part of the schema")

    # --- security -------------------------------------------------------------------------------------------------

    def security(self, requirements: Json, where: str) -> Json:
        return [
            {
                str(scheme): sorted(self.scope(scope, where) for scope in scopes)
                for scheme, scopes in requirement.items()
            }
            for requirement in self.sequence(requirements, f"{where} security")
        ]

    def scope(self, scope: Any, where: str) -> str:
        if not _SCOPE.match(str(scope)):
            raise self.fail(where, f"{scope!r} cannot be an OAuth scope")
        return str(scope)

    def security_scheme(self, key: str, scheme: dict[str, Any]) -> Json:
        result: dict[str, Any] = {
            field: scheme[field]
            for field in ("type", "name", "in", "scheme", "bearerFormat", "openIdConnectUrl")
            if field in scheme
        }
        if "flows" in scheme:
            result["flows"] = {}
            for flow, details in sorted(scheme["flows"].items()):
                urls = {
                    field: details[field]
                    for field in ("authorizationUrl", "tokenUrl", "refreshUrl")
                    if details.get(field)
                }
                if not urls:
                    self.repaired(
                        f"securitySchemes.{key}", f"flow {flow!r} has no URL; it is the authorization-code flow"
                    )
                    flow = "authorizationCode"
                    urls = {"authorizationUrl": f"{ACCOUNTS}/auth", "tokenUrl": f"{ACCOUNTS}/token"}
                scopes = {self.scope(scope, key): "" for scope in sorted(details.get("scopes", {}))}
                result["flows"][flow] = {**urls, "scopes": scopes}
        return result

    # --- schemas --------------------------------------------------------------------------------------------------

    def resolve(self, node: dict[str, Any], where: str) -> dict[str, Any]:
        """Follows a reference to a parameter, request body or response."""
        for _ in range(20):
            if "$ref" not in node:
                return node
            node = self.mapping(self.pointer(node["$ref"], where), where)
        raise self.fail(where, f"$ref {node['$ref']!r} leads in a circle")

    def pointer(self, reference: Any, where: str) -> Json:
        if not isinstance(reference, str) or not reference.startswith("#/"):
            raise self.fail(where, f"$ref {reference!r} leads out of the document; bundle the document first")
        node: Json = self.document
        for part in reference[2:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(node, dict) or key not in node:
                raise self.fail(where, f"$ref {reference!r} leads nowhere")
            node = node[key]
        return node

    def reference(self, reference: Any, where: str) -> str:
        self.pointer(reference, where)
        parts = str(reference).split("/")
        if parts[:3] != ["#", "components", "schemas"] or len(parts) != 4:
            raise self.fail(where, f"$ref {reference!r} does not name a component schema")
        return f"#/components/schemas/{self.names[parts[3]]}"

    def schema(self, schema: dict[str, Any], name: str, where: str) -> Json:
        """A schema in place: a reference, a scalar, an array, or a reference to a component made of it."""
        if "$ref" in schema:
            if set(schema) - {"$ref"}:
                self.repaired("references", "words beside $ref are left out")
            return {"$ref": self.reference(schema["$ref"], where)}
        built = self.body(schema, name, where)
        if "enum" in built:
            return {"$ref": f"#/components/schemas/{self.register_enum(built, name)}"}
        if "properties" in built:
            return {"$ref": f"#/components/schemas/{self.register(built, name)}"}
        return built

    def body(self, schema: dict[str, Any], name: str, where: str) -> dict[str, Any]:
        """The facts of one schema; what stands inside it is in normal form too."""
        result: dict[str, Any] = {key: schema[key] for key in sorted(schema) if key in _SCALARS}
        self.nullable(schema, result)
        if "enum" in schema:
            result["enum"] = sorted(
                self.sequence(schema["enum"], where), key=lambda value: (str(type(value)), str(value))
            )
        if schema.get("required"):
            result["required"] = sorted(map(str, self.sequence(schema["required"], where)))
        properties = self.mapping(schema.get("properties") or {}, where)
        if properties:
            result["properties"] = {
                key: self.property(key, self.mapping(value, f"{where}.{key}"), name, f"{where}.{key}")
                for key, value in sorted(properties.items())
            }
        if result.get("type") == "array" or "items" in schema:
            if "items" not in schema:
                self.repaired(where, "an array without items; its items may be anything")
            result["items"] = self.schema(self.mapping(schema.get("items", {}), where), f"{name}Item", f"{where} items")
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            result["additionalProperties"] = self.schema(extra, f"{name}Value", f"{where} values")
        elif extra is not None:
            result["additionalProperties"] = extra
        for key in ("allOf", "anyOf", "oneOf"):
            if key in schema:
                options = self.sequence(schema[key], where)
                result[key] = [
                    self.schema(self.mapping(option, where), f"{name}{index}", f"{where} {key}[{index}]")
                    for index, option in enumerate(options, 1)
                ]
        self.lift(result, str(schema.get("description", "")))
        return result

    def nullable(self, schema: dict[str, Any], result: dict[str, Any]) -> None:
        """OpenAPI 3.0's ways of saying null and exclusive bounds, in the words of 3.1."""
        if schema.get("nullable") is True and isinstance(result.get("type"), str):
            result["type"] = [result["type"], "null"]
        for bound in ("Minimum", "Maximum"):
            exclusive, plain = f"exclusive{bound}", bound.lower()
            if isinstance(result.get(exclusive), bool) and result.pop(exclusive) and plain in result:
                result[exclusive] = result.pop(plain)

    def property(self, key: str, schema: dict[str, Any], owner: str, where: str) -> Json:
        target = schema.get("items") if isinstance(schema.get("items"), dict) else None
        if target and "enum" in target and "$ref" not in target:
            built = self.body({**schema, "items": {}}, key, where)
            items = self.body(target, pascal(singular(key)), where)
            built["items"] = {"$ref": f"#/components/schemas/{self.register_enum(items, pascal(singular(key)), owner)}"}
            return built
        if "enum" in schema and "$ref" not in schema:
            built = self.body(schema, pascal(key), where)
            return {"$ref": f"#/components/schemas/{self.register_enum(built, pascal(key), owner)}"}
        return self.schema(schema, f"{owner}{pascal(key)}", where)

    def lift(self, built: dict[str, Any], description: str) -> None:
        """Adds limits that stand only in words, where the schema is silent."""
        if not description or "$ref" in built:
            return
        facts = prose.value_facts(description)
        if built.get("type") == "integer":
            if facts.maximum is not None:
                built.setdefault("maximum", facts.maximum)
            default = built.pop("default", facts.default)
            if default is not None:
                built["x-default"] = default
        if built.get("type") == "string":
            if facts.max_length is not None:
                built.setdefault("maxLength", facts.max_length)
            if facts.max_bytes is not None:
                built.setdefault("x-max-bytes", facts.max_bytes)
                built.setdefault("maxLength", facts.max_bytes)

    def register(self, schema: dict[str, Any], name: str) -> str:
        chosen, count = name, 2
        while (chosen in self.components and self.components[chosen] != schema) or chosen in self.names.values():
            chosen, count = f"{name}{count}", count + 1
        self.components[chosen] = schema
        return chosen

    def enum_key(self, schema: dict[str, Any]) -> tuple[Any, ...]:
        return (str(schema.get("type")), *schema["enum"])

    def register_enum(self, schema: dict[str, Any], name: str, owner: str = "") -> str:
        """Equal enumerations are one component, named after the property that holds them."""
        key = self.enum_key(schema)
        if key not in self.enums:
            taken = name in self.components or name in self.names.values()
            self.enums[key] = self.register(schema, f"{owner}{name}" if taken and owner else name)
        return self.enums[key]


_PHRASES = {status.value for status in HTTPStatus}
