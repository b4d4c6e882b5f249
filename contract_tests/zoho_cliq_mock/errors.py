"""Refusals: why a call is not carried out, and the answer that says so.

The store and the guards raise `Refusal`; `status_of` and `body_of` give the HTTP status and body that the policies in
force prescribe. The documented codes come from the composed document; the three that no document names are below.
"""

from __future__ import annotations

import orjson
from zoho_cliq_api.contract import ERROR_CODES

from zoho_cliq_mock.policies import Policies

# Generic errors for which neither the vendor's page nor a sibling names a code (policy of this mock).
TOKEN_INVALID = "oauthtoken_invalid"
ACCESS_DENIED = "access_denied"
NOT_ACCEPTABLE = "response_type_invalid"

_OWN_STATUS = {TOKEN_INVALID: 401, ACCESS_DENIED: 403, NOT_ACCEPTABLE: 406, "request_method_invalid": 405}
# A documented status for each family; 409 is none of the documented ones, so a conflict is 400.
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
    """A call that is not carried out: the error's code and a message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


def status_of(code: str, policies: Policies) -> int:
    """Return the status of an answer with this code under these policies."""
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
    """Return the JSON body of an error under these policies."""
    error = {"message": message}
    if policies.error_codes == "present":
        error["code"] = code
    return orjson.dumps({"error": error} if policies.error_shape == "nested" else error)
