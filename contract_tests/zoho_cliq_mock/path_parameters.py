"""Path parameters that the mock does not use, such as one that is new in the document. Today there are none.

Their values are checked against the document. The log says once for each of them that nothing else depends on it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import cache

import jsonschema_rs
from zoho_cliq_api.contract import OPERATIONS, Operation, document

from zoho_cliq_mock.errors import Refusal

ACTION_ID, HANDLER_TYPE = "action_id", "handler_type"
"""The arguments of the client that give the parameters which the mock knows."""
_UNKNOWN = {
    name: tuple(each for each in operation.parameters if each.argument not in (ACTION_ID, HANDLER_TYPE))
    for name, operation in OPERATIONS.items()
}
_log = logging.getLogger("zoho_cliq_mock")


def check_path(operation: Operation, parameters: Mapping[str, str]) -> None:
    """Raise `Refusal` if the value of a path parameter is not what the document allows.

    Args:
        operation: the operation that is called.
        parameters: the values of its path parameters, by argument name.
    """
    for each in _UNKNOWN.get(operation.name, ()):
        text = parameters[each.argument]
        number = int(text) if re.fullmatch("-?[0-9]{1,18}", text, re.ASCII) else text
        allowed = _validator(operation.name, each.name, each.argument)
        if not (text and (allowed.is_valid(text) or allowed.is_valid(number))):
            raise Refusal("invalid_inputs", f"{each.argument}: is not a value that the document allows in the path")


@cache
def _validator(name: str, parameter: str, argument: str) -> jsonschema_rs.Draft202012Validator:
    whole, operation = document(), OPERATIONS[name]
    declared = whole["paths"][operation.path][operation.method.lower()]["parameters"]
    schema = next(each["schema"] for each in declared if (each["in"], each["name"]) == ("path", parameter))
    _log.warning("%s: the mock validates the path parameter %s, but does not use it", name, argument)
    return jsonschema_rs.Draft202012Validator({**schema, "components": whole["components"]})
