"""Refusals: the reason why a call is not carried out, and the error response for it.

The store and the guards of `app` raise `Refusal`. `status_of` and `body_of` turn its code into the HTTP status and body
that the policies in force prescribe. The documented codes come from the composed document; three further codes, which
no document names, are defined below.
"""

from __future__ import annotations

import orjson
from zoho_cliq_api.contract import ERROR_CODES

from zoho_cliq_mock.policies import Policies

# Codes chosen by this mock: neither the vendor's page nor a sibling API names one for these errors.
TOKEN_INVALID = "oauthtoken_invalid"
ACCESS_DENIED = "access_denied"
NOT_ACCEPTABLE = "response_type_invalid"

_OWN_STATUS = {TOKEN_INVALID: 401, ACCESS_DENIED: 403, NOT_ACCEPTABLE: 406, "request_method_invalid": 405}
# The documented status of each family. 409 is not documented, so a conflict is 400.
_FAMILY_STATUS = {
    "bad_request": 400,
    "conflict": 400,
    "not_found": 404,
    "server_error": 500,
    "forbidden": 403,
    "method_not_allowed": 405,
    "rate_limited": 429,
}


class Refusal(Exception):
    """A call that is refused.

    Args:
        code: the error code, as in the body of the response.
        message: what is wrong, for people.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


def status_of(code: str, policies: Policies) -> int:
    """Return the HTTP status for an error code under these policies."""
    if code in _OWN_STATUS:
        return _OWN_STATUS[code]
    if code == "request_limit_exceeded":
        return int(policies.throttle_status)
    if code == "oauthtoken_scope_invalid":
        return int(policies.scope_status)
    known = ERROR_CODES.get(code)
    if known is None:
        return 500
    if policies.domain_errors == "400" and known.documented:
        return 400
    return _FAMILY_STATUS[known.family]


def body_of(code: str, message: str, policies: Policies) -> bytes:
    """Return the JSON body for an error under these policies.

    Args:
        code: the error code.
        message: what is wrong, for people.
        policies: the policies in force.
    """
    error = {"message": message}
    if policies.error_codes == "present":
        error["code"] = code
    return orjson.dumps({"error": error} if policies.error_shape == "nested" else error)
