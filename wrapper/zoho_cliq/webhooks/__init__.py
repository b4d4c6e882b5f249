"""Receive the events of webhook message actions and answer them.

    from zoho_cliq.webhooks import Receiver, text

    receiver = Receiver(secret="…")

    @receiver.action("Create Ticket")
    def create_ticket(event):
        return text(f"Filed: {event.text}")

    app = receiver.asgi()  # or receiver.wsgi()

See README.md beside this file for the frameworks, deferred answers and what is checked.
"""

from .answers import (
    Answer,
    AnswerLimits,
    Output,
    banner,
    button,
    card,
    form,
    form_error,
    form_input,
    text,
)
from .errors import (
    AnswerInvalid,
    DeferredAnswerFailed,
    EventRefused,
    ResponseUrlRefused,
    SecretMismatch,
    SignatureMismatch,
    StaleEvent,
    UnreadableEvent,
    WebhookError,
)
from .events import Event, parse_event
from .receiver import Receiver
from .replies import Reply
from .verification import execution_url, new_secret, verify_secret, verify_signature

__all__ = [
    "Answer",
    "AnswerInvalid",
    "AnswerLimits",
    "DeferredAnswerFailed",
    "Event",
    "EventRefused",
    "Output",
    "Receiver",
    "Reply",
    "ResponseUrlRefused",
    "SecretMismatch",
    "SignatureMismatch",
    "StaleEvent",
    "UnreadableEvent",
    "WebhookError",
    "banner",
    "button",
    "card",
    "execution_url",
    "form",
    "form_error",
    "form_input",
    "new_secret",
    "parse_event",
    "text",
    "verify_secret",
    "verify_signature",
]
