"""What can go wrong on the receiving side. Everything here is a `CliqError`.

    WebhookError
    ├── EventRefused          not let in: `status` is the HTTP status of the refusal
    │   ├── SecretMismatch    403
    │   ├── SignatureMismatch 403
    │   ├── StaleEvent        403
    │   └── UnreadableEvent   400
    ├── AnswerInvalid         an answer breaks a limit, a ValidationError too; `field` names the part
    ├── ResponseUrlRefused    a deferred answer would go to a host that is not Cliq's
    └── DeferredAnswerFailed  Cliq did not take a deferred answer

No message contains a secret, a signature, a response URL or the body.
"""

from __future__ import annotations

from ..errors import CliqError, ValidationError


class WebhookError(CliqError):
    """Base of what is raised for events and answers. Mistakes in the set-up are `ConfigurationError`."""


class EventRefused(WebhookError):
    """An event that is not let in. `status` is the HTTP status to refuse it with."""

    status = 400


class SecretMismatch(EventRefused):
    """The secret in the URL is missing or wrong."""

    status = 403


class SignatureMismatch(EventRefused):
    """The signature is missing or was not made with the expected key over this body."""

    status = 403


class StaleEvent(EventRefused):
    """The event's time stamp lies outside the replay window."""

    status = 403


class UnreadableEvent(EventRefused):
    """The body is not an event."""


class AnswerInvalid(ValidationError, WebhookError):
    """An answer that Cliq would not show. `field` names the part, as `card.title` or `inputs[2].name`."""


class ResponseUrlRefused(WebhookError):
    """The event has no `response_url`, or one whose host is neither Cliq's nor in `response_hosts`."""


class DeferredAnswerFailed(WebhookError):
    """A deferred answer was not taken. `status` is the HTTP status, or None where no reply came.

    Without a reply, `sent` says whether the answer may have arrived all the same.
    """

    def __init__(self, message: str, *, status: int | None = None, sent: bool = True) -> None:
        super().__init__(message)
        self.status = status
        self.sent = sent
