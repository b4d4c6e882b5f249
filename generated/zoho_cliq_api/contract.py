"""What the document states about each operation, as data. Generated; do not edit.

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


def sample(schema: Any, schemas: Mapping[str, Any], depth: int = 0) -> Any:
    """Return a plain value that a schema takes, for a field that nothing else is known of.

    schemas: the document's schemas by name, for references.
    Patterns are not looked at.
    """
    if not isinstance(schema, Mapping) or depth > 20:
        return None
    if "$ref" in schema:
        return sample(schemas.get(schema["$ref"].rpartition("/")[2]), schemas, depth + 1)
    if "const" in schema or schema.get("enum"):
        return schema["const"] if "const" in schema else schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key) and "properties" not in schema:
            return sample(schema[key][0], schemas, depth + 1)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties", {})
        return {
            name: sample(properties.get(name), schemas, depth + 1)
            for name in schema.get("required", ())
        }
    if kind == "array":
        return [
            sample(schema.get("items"), schemas, depth + 1)
            for _ in range(schema.get("minItems", 0))
        ]
    if kind in ("integer", "number"):
        return schema.get("minimum", min(1, schema.get("maximum", 1)))
    if kind == "boolean":
        return False
    return "sample"[: schema.get("maxLength", 6)].ljust(schema.get("minLength", 0), "x")


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "create_message_action": Operation(
            name="create_message_action",
            method="POST",
            path="/messageactions",
            success=200,
            statuses=(200, 400, 401, 403, 404, 405, 406, 429, 500),
            threshold=Threshold(limit=30, window_seconds=60, lock_seconds=300),
            scopes=("ZohoCliq.MessageActions.CREATE",),
            error_codes=(
                "msgaction_creation_limit_exceeded",
                "msgaction_name_already_exists",
                "invalid_inputs",
            ),
            idempotent=False,
            parameters=(),
        ),
        "delete_message_action": Operation(
            name="delete_message_action",
            method="DELETE",
            path="/messageactions/{MESSAGE_ACTION_ID}",
            success=204,
            statuses=(204, 400, 401, 403, 404, 405, 406, 429, 500),
            threshold=Threshold(limit=10, window_seconds=60, lock_seconds=300),
            scopes=("ZohoCliq.MessageActions.DELETE",),
            error_codes=("msgaction_not_found",),
            idempotent=True,
            parameters=(
                PathParameter(name="MESSAGE_ACTION_ID", argument="action_id", sample="sample"),
            ),
        ),
        "get_message_action": Operation(
            name="get_message_action",
            method="GET",
            path="/messageactions/{MESSAGE_ACTION_ID}",
            success=200,
            statuses=(200, 400, 401, 403, 404, 405, 406, 429, 500),
            threshold=Threshold(limit=10, window_seconds=60, lock_seconds=300),
            scopes=("ZohoCliq.MessageActions.READ",),
            error_codes=("msgaction_not_found",),
            idempotent=True,
            parameters=(
                PathParameter(name="MESSAGE_ACTION_ID", argument="action_id", sample="sample"),
            ),
        ),
        "get_message_action_handler": Operation(
            name="get_message_action_handler",
            method="GET",
            path="/messageactions/{MESSAGE_ACTION_ID}/handlers/{HANDLER_TYPE}",
            success=200,
            statuses=(200, 400, 401, 403, 404, 405, 406, 429, 500),
            threshold=Threshold(limit=10, window_seconds=60, lock_seconds=300),
            scopes=("ZohoCliq.MessageActions.READ",),
            error_codes=("execution_handler_get_failed", "execution_handler_not_found"),
            idempotent=True,
            parameters=(
                PathParameter(name="MESSAGE_ACTION_ID", argument="action_id", sample="sample"),
                PathParameter(
                    name="HANDLER_TYPE", argument="handler_type", sample="execution_handler"
                ),
            ),
        ),
        "list_message_actions": Operation(
            name="list_message_actions",
            method="GET",
            path="/messageactions",
            success=200,
            statuses=(200, 400, 401, 403, 404, 405, 406, 429, 500),
            threshold=Threshold(limit=30, window_seconds=60, lock_seconds=300),
            scopes=("ZohoCliq.MessageActions.READ",),
            error_codes=(),
            idempotent=True,
            parameters=(),
        ),
        "update_message_action": Operation(
            name="update_message_action",
            method="PATCH",
            path="/messageactions/{MESSAGE_ACTION_ID}",
            success=200,
            statuses=(200, 400, 401, 403, 404, 405, 406, 429, 500),
            threshold=Threshold(limit=10, window_seconds=60, lock_seconds=300),
            scopes=("ZohoCliq.MessageActions.UPDATE",),
            error_codes=("msgaction_not_found", "msgaction_name_already_exists"),
            idempotent=True,
            parameters=(
                PathParameter(name="MESSAGE_ACTION_ID", argument="action_id", sample="sample"),
            ),
        ),
        "update_message_action_handler": Operation(
            name="update_message_action_handler",
            method="PATCH",
            path="/messageactions/{MESSAGE_ACTION_ID}/handlers/{HANDLER_TYPE}",
            success=200,
            statuses=(200, 400, 401, 403, 404, 405, 406, 429, 500),
            threshold=Threshold(limit=10, window_seconds=60, lock_seconds=300),
            scopes=("ZohoCliq.MessageActions.UPDATE",),
            error_codes=("execution_handler_update_failed", "execution_handler_not_found"),
            idempotent=True,
            parameters=(
                PathParameter(name="MESSAGE_ACTION_ID", argument="action_id", sample="sample"),
                PathParameter(
                    name="HANDLER_TYPE", argument="handler_type", sample="execution_handler"
                ),
            ),
        ),
    }
)

ERROR_CODES: Mapping[str, ErrorCode] = MappingProxyType(
    {
        "execution_handler_get_failed": ErrorCode(
            code="execution_handler_get_failed",
            class_name="HandlerGetFailed",
            family="server_error",
            documented=True,
        ),
        "execution_handler_not_found": ErrorCode(
            code="execution_handler_not_found",
            class_name="HandlerNotFound",
            family="not_found",
            documented=True,
        ),
        "execution_handler_update_failed": ErrorCode(
            code="execution_handler_update_failed",
            class_name="HandlerUpdateFailed",
            family="bad_request",
            documented=True,
        ),
        "extra_key_found": ErrorCode(
            code="extra_key_found",
            class_name="ExtraKeyFound",
            family="bad_request",
            documented=False,
        ),
        "input_pattern_mismatch": ErrorCode(
            code="input_pattern_mismatch",
            class_name="InputPatternMismatch",
            family="bad_request",
            documented=False,
        ),
        "invalid_inputs": ErrorCode(
            code="invalid_inputs", class_name="InvalidInputs", family="bad_request", documented=True
        ),
        "msgaction_creation_limit_exceeded": ErrorCode(
            code="msgaction_creation_limit_exceeded",
            class_name="MessageActionLimitExceeded",
            family="conflict",
            documented=True,
        ),
        "msgaction_name_already_exists": ErrorCode(
            code="msgaction_name_already_exists",
            class_name="MessageActionNameExists",
            family="conflict",
            documented=True,
        ),
        "msgaction_not_found": ErrorCode(
            code="msgaction_not_found",
            class_name="MessageActionNotFound",
            family="not_found",
            documented=True,
        ),
        "oauthtoken_scope_invalid": ErrorCode(
            code="oauthtoken_scope_invalid",
            class_name="ScopeInvalid",
            family="forbidden",
            documented=False,
        ),
        "operation_failed": ErrorCode(
            code="operation_failed",
            class_name="OperationFailed",
            family="server_error",
            documented=False,
        ),
        "param_missing": ErrorCode(
            code="param_missing",
            class_name="ParameterMissing",
            family="bad_request",
            documented=False,
        ),
        "request_limit_exceeded": ErrorCode(
            code="request_limit_exceeded",
            class_name="RequestLimitExceeded",
            family="rate_limited",
            documented=False,
        ),
        "request_method_invalid": ErrorCode(
            code="request_method_invalid",
            class_name="RequestMethodInvalid",
            family="method_not_allowed",
            documented=False,
        ),
        "request_url_invalid": ErrorCode(
            code="request_url_invalid",
            class_name="RequestUrlInvalid",
            family="not_found",
            documented=False,
        ),
    }
)

SERVERS: Mapping[str, Server] = MappingProxyType(
    {
        "us": Server(
            data_center="us",
            base_url="https://cliq.zoho.com/api/v3",
            accounts_url="https://accounts.zoho.com",
        ),
        "eu": Server(
            data_center="eu",
            base_url="https://cliq.zoho.eu/api/v3",
            accounts_url="https://accounts.zoho.eu",
        ),
        "in": Server(
            data_center="in",
            base_url="https://cliq.zoho.in/api/v3",
            accounts_url="https://accounts.zoho.in",
        ),
        "au": Server(
            data_center="au",
            base_url="https://cliq.zoho.com.au/api/v3",
            accounts_url="https://accounts.zoho.com.au",
        ),
        "jp": Server(
            data_center="jp",
            base_url="https://cliq.zoho.jp/api/v3",
            accounts_url="https://accounts.zoho.jp",
        ),
        "ca": Server(
            data_center="ca",
            base_url="https://cliq.zohocloud.ca/api/v3",
            accounts_url="https://accounts.zohocloud.ca",
        ),
        "sa": Server(
            data_center="sa",
            base_url="https://cliq.zoho.sa/api/v3",
            accounts_url="https://accounts.zoho.sa",
        ),
        "uk": Server(
            data_center="uk",
            base_url="https://cliq.zoho.uk/api/v3",
            accounts_url="https://accounts.zoho.uk",
        ),
        "cn": Server(
            data_center="cn",
            base_url="https://cliq.zoho.com.cn/api/v3",
            accounts_url="https://accounts.zoho.com.cn",
        ),
        "ae": Server(
            data_center="ae",
            base_url="https://cliq.zoho.ae/api/v3",
            accounts_url="https://accounts.zoho.ae",
        ),
    }
)
