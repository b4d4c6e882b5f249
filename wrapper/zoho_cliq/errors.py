"""The exceptions of this package, as one tree. Imports only the standard library.

    CliqError
    ├── ConfigurationError        the client is set up wrongly
    │   └── ClientClosed          the client, or its httpx client, is closed; nothing was sent
    ├── StateError                the shared state cannot be used; nothing was sent
    ├── ValidationError           refused before sending; names the field
    ├── WouldWait                 the wait exceeds `max_wait`; nothing was sent
    ├── PaginationLoop            the server returned a page token twice
    ├── NotYourAction             `ensure` found an action of this name that another user created
    ├── IncompletePass            a result was asked for before the listing was read to its end
    ├── TransportError            no usable answer came
    │   ├── SlotExpired           the call was delayed until its slot expired; nothing was sent
    │   ├── ResponseTooLarge      the answer is larger than 16 MiB
    │   └── OutcomeUnknown        bytes were sent and no answer came: the change may have been made
    ├── AuthError                 no access token could be fetched, or it was rejected
    ├── DecodeError               an answer came that cannot be read; carries the body
    └── ApiError                  the server refused: status, code, message, body
        ├── BadRequest 400, Unauthorized 401 (an AuthError too), Forbidden 403, NotFound 404,
        │   MethodNotAllowed 405, NotAcceptable 406, Conflict 409, RateLimited 429 (`retry_after`), ServerError 5xx
        ├── UnexpectedStatus      any other status, redirects among them
        └── one class for each error code that is known, below the class of its family

The class of an answer is decided by its error code first and by its status second, because the API is known to throttle
with status 400 and to report a missing handler with 400. Every exception can be pickled; none shows a token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from zoho_cliq_api.models import Creator

    from ._types import RawResponse


class CliqError(Exception):
    """The base of everything that this package raises.

    `operation` is the operation's id as in `zoho_cliq_api.contract.OPERATIONS`, or None outside of a call.
    `resume_token` is set where a listing failed: `list().resume(token)` goes on with the page that failed.
    """

    def __init__(self, message: str, *, operation: str | None = None) -> None:
        super().__init__(message)
        self.operation = operation
        self.resume_token: str | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)

    def __str__(self) -> str:
        message = str(self.args[0]) if self.args else ""
        return f"{self.operation}: {message}" if self.operation else message


def _rebuild(cls: type[CliqError], args: tuple[Any, ...], state: dict[str, Any]) -> CliqError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(CliqError):
    """The client is set up wrongly: an unknown data center, a state that cannot be opened, a missing variable."""


class ClientClosed(ConfigurationError):
    """The client, or the httpx client that it was given, is closed; nothing was sent."""


class StateError(CliqError):
    """The shared state, a file or a Redis server, cannot be read or written; nothing was sent."""


class ValidationError(CliqError):
    """The arguments break a rule of the API; nothing was sent.

    `field` is the path of the argument at fault, such as `team_ids[2]`.
    """

    def __init__(self, message: str, *, field: str, operation: str | None = None) -> None:
        super().__init__(f"{field}: {message}", operation=operation)
        self.field = field


class WouldWait(CliqError):
    """The call would wait for longer than `max_wait` allows; nothing was sent.

    `seconds` is the minimum length of the next wait. `reason` is `threshold`, `lock`, `token`, or `state` if other
    processes block the state file. `waited` is how long the call has waited so far, and `max_wait` how long it may wait
    in total. All are in seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        seconds: float,
        reason: str,
        waited: float = 0.0,
        max_wait: float = 0.0,
        operation: str | None = None,
    ) -> None:
        super().__init__(message, operation=operation)
        self.seconds = seconds
        self.reason = reason
        self.waited = waited
        self.max_wait = max_wait


class NotYourAction(CliqError):
    """`ensure` found an action of the given name that another user created, and did not change it.

    `action_id` is the id of the action; `creator` is the user, with `id` and `name`.
    """

    def __init__(self, message: str, *, action_id: str, creator: Creator, operation: str | None = None) -> None:
        super().__init__(message, operation=operation)
        self.action_id = action_id
        self.creator = creator


class PaginationLoop(CliqError):
    """The server returned a page token for the second time in one listing; following it would never end."""


class IncompletePass(CliqError):
    """A result of a listing was read before the listing had been iterated to its end."""


class TransportError(CliqError):
    """No usable answer came: no connection, a timeout, or a broken connection.

    `sent` says whether any byte of the request may have been sent.
    """

    def __init__(self, message: str, *, sent: bool, operation: str | None = None) -> None:
        super().__init__(message, operation=operation)
        self.sent = sent


class SlotExpired(TransportError):
    """The slot of the call expired before sending, for the third time. Nothing was sent, and no slot is occupied.

    A slot expires if the call is delayed by more than 5 seconds between its reservation and sending: by middleware, a
    busy event loop, or a slow or stopped machine.
    """

    def __init__(self, message: str, *, sent: bool = False, operation: str | None = None) -> None:
        super().__init__(message, sent=sent, operation=operation)


class ResponseTooLarge(TransportError):
    """The body of the answer, as received or decoded, is larger than 16 MiB. It was not read to its end.

    After a change it is the `__cause__` of an `OutcomeUnknown`.
    """

    def __init__(self, message: str, *, sent: bool = True, operation: str | None = None) -> None:
        super().__init__(message, sent=sent, operation=operation)


class OutcomeUnknown(TransportError):
    """A change was sent and no answer came: it may have been made or not. Check before sending it again."""

    def __init__(self, message: str, *, sent: bool = True, operation: str | None = None) -> None:
        super().__init__(message, sent=sent, operation=operation)


class AuthError(CliqError):
    """No access token could be fetched, or the server rejected the one that was sent.

    `code` is the error code of the accounts server, such as `invalid_code`, or None.
    """

    code: str | None = None


class DecodeError(CliqError):
    """An answer cannot be read as a result of the operation. `status` is its status, `body` the body as received."""

    def __init__(self, message: str, *, status: int, body: bytes, operation: str | None = None) -> None:
        super().__init__(message, operation=operation)
        self.status = status
        self.body = body


class ApiError(CliqError):
    """The server refused the call.

    `status` is the HTTP status, `code` the error code or None, `message` the server's explanation, and `body` the body
    as received. `response` is the whole answer with headers, attempts and seconds waited.
    """

    family: ClassVar[str | None] = None

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None = None,
        operation: str | None = None,
        response: RawResponse | None = None,
    ) -> None:
        shown = f"{status} {code}: {message}" if code else f"{status}: {message}"
        super().__init__(shown, operation=operation)
        self.status = status
        self.code = code
        self.message = message
        self.response = response

    @property
    def body(self) -> bytes:
        """The body as received; empty if there was none."""
        return self.response.body if self.response else b""


class BadRequest(ApiError):
    """The server rejected the request as invalid (400)."""

    family = "bad_request"


class Unauthorized(ApiError, AuthError):
    """The server does not accept the access token (401)."""

    family = "unauthorized"


class Forbidden(ApiError):
    """The scopes of the access token, or the rights of the user, are not sufficient (403)."""

    family = "forbidden"


class NotFound(ApiError):
    """The resource does not exist (404)."""

    family = "not_found"


class MethodNotAllowed(ApiError):
    """The path does not support the method (405)."""

    family = "method_not_allowed"


class NotAcceptable(ApiError):
    """The server cannot answer in an accepted format (406)."""

    family = "not_acceptable"


class Conflict(ApiError):
    """The call conflicts with the state of the server (409).

    If a name is taken and the client looked for the action that has it, `existing_id` is the id of that action, and
    `differing` names the fields that differ from what was sent. Otherwise they are None and empty.
    """

    family = "conflict"
    existing_id: str | None = None
    differing: tuple[str, ...] = ()


class RateLimited(ApiError):
    """The threshold was exceeded, and the user is locked out (429).

    `retry_after` is the time in seconds until the lock ends.
    """

    family = "rate_limited"
    retry_after: float = 0.0


class ServerError(ApiError):
    """The server failed (any 5xx)."""

    family = "server_error"


class UnexpectedStatus(ApiError):
    """The server answered with a status that the API does not document, such as a redirect."""


# One class for each code of the error catalogue. `scripts/regenerate` writes the part between the markers.
# <codes>


class HandlerGetFailed(ServerError):
    """The server answered with the code `execution_handler_get_failed` (documented)."""


class HandlerNotFound(NotFound):
    """The server answered with the code `execution_handler_not_found` (documented)."""


class HandlerUpdateFailed(BadRequest):
    """The server answered with the code `execution_handler_update_failed` (documented)."""


class ExtraKeyFound(BadRequest):
    """The server answered with the code `extra_key_found` (seen at sibling resources)."""


class InputPatternMismatch(BadRequest):
    """The server answered with the code `input_pattern_mismatch` (seen at sibling resources)."""


class InvalidInputs(BadRequest):
    """The server answered with the code `invalid_inputs` (documented)."""


class MessageActionLimitExceeded(Conflict):
    """The server answered with the code `msgaction_creation_limit_exceeded` (documented)."""


class MessageActionNameExists(Conflict):
    """The server answered with the code `msgaction_name_already_exists` (documented)."""


class MessageActionNotFound(NotFound):
    """The server answered with the code `msgaction_not_found` (documented)."""


class ScopeInvalid(Forbidden):
    """The server answered with the code `oauthtoken_scope_invalid` (seen at sibling resources)."""


class OperationFailed(ServerError):
    """The server answered with the code `operation_failed` (seen at sibling resources)."""


class ParameterMissing(BadRequest):
    """The server answered with the code `param_missing` (seen at sibling resources)."""


class RequestLimitExceeded(RateLimited):
    """The server answered with the code `request_limit_exceeded` (seen at sibling resources)."""


class RequestMethodInvalid(MethodNotAllowed):
    """The server answered with the code `request_method_invalid` (seen at sibling resources)."""


class RequestUrlInvalid(NotFound):
    """The server answered with the code `request_url_invalid` (seen at sibling resources)."""


BY_CODE: dict[str, type[ApiError]] = {
    "execution_handler_get_failed": HandlerGetFailed,
    "execution_handler_not_found": HandlerNotFound,
    "execution_handler_update_failed": HandlerUpdateFailed,
    "extra_key_found": ExtraKeyFound,
    "input_pattern_mismatch": InputPatternMismatch,
    "invalid_inputs": InvalidInputs,
    "msgaction_creation_limit_exceeded": MessageActionLimitExceeded,
    "msgaction_name_already_exists": MessageActionNameExists,
    "msgaction_not_found": MessageActionNotFound,
    "oauthtoken_scope_invalid": ScopeInvalid,
    "operation_failed": OperationFailed,
    "param_missing": ParameterMissing,
    "request_limit_exceeded": RequestLimitExceeded,
    "request_method_invalid": RequestMethodInvalid,
    "request_url_invalid": RequestUrlInvalid,
}
# </codes>
