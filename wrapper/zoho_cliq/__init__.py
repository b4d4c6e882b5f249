"""Client for the message actions of Zoho Cliq.

    from zoho_cliq import Cliq

    with Cliq("an access token", data_center="eu") as cliq:
        for action in cliq.message_actions.list():
            print(action.id, action.name)

Importing this package loads almost nothing; each public name is imported when it is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers treat it like typing.TYPE_CHECKING; importing typing would cost time
if TYPE_CHECKING:
    __version__: str
    """The version of this package."""

    from zoho_cliq_api.models import (
        Creator,
        DelugeHandler,
        ExecutionType,
        HandlerReference,
        HandlerType,
        MessageAction,
        MessageType,
        Permission,
        Scope,
        UnsetHandler,
        WebhookHandler,
    )
    from zoho_cliq_api.types import UNSET, Unset

    from . import errors
    from ._auth.auth import OAuth, StaticToken
    from ._raw import ApiResponse
    from ._types import RawResponse, Request, Wait
    from .bulk import AsyncBulk, Bulk, BulkProgress
    from .client import AsyncCliq, AsyncMiddleware, Cliq, Middleware
    from .errors import CliqError
    from .message_actions import AsyncChanges, AsyncPager, Changes, Ensured, Page, Pager, UnreadableAction
    from .state import Budget

# The module that defines each public name. A sub-package adds a line here for each name that it makes public.
_HOMES = {
    "ApiResponse": "zoho_cliq._raw",
    "AsyncBulk": "zoho_cliq.bulk",
    "AsyncChanges": "zoho_cliq.message_actions",
    "AsyncCliq": "zoho_cliq.client",
    "AsyncMiddleware": "zoho_cliq.client",
    "AsyncPager": "zoho_cliq.message_actions",
    "Budget": "zoho_cliq.state",
    "Bulk": "zoho_cliq.bulk",
    "BulkProgress": "zoho_cliq.bulk",
    "Changes": "zoho_cliq.message_actions",
    "Cliq": "zoho_cliq.client",
    "CliqError": "zoho_cliq.errors",
    "Creator": "zoho_cliq_api.models",
    "DelugeHandler": "zoho_cliq_api.models",
    "Ensured": "zoho_cliq.message_actions",
    "ExecutionType": "zoho_cliq_api.models",
    "HandlerReference": "zoho_cliq_api.models",
    "HandlerType": "zoho_cliq_api.models",
    "MessageAction": "zoho_cliq_api.models",
    "MessageType": "zoho_cliq_api.models",
    "Middleware": "zoho_cliq.client",
    "OAuth": "zoho_cliq._auth.auth",
    "Page": "zoho_cliq.message_actions",
    "Pager": "zoho_cliq.message_actions",
    "Permission": "zoho_cliq_api.models",
    "RawResponse": "zoho_cliq._types",
    "Request": "zoho_cliq._types",
    "Scope": "zoho_cliq_api.models",
    "StaticToken": "zoho_cliq._auth.auth",
    "UNSET": "zoho_cliq_api.types",
    "UnreadableAction": "zoho_cliq.message_actions",
    "Unset": "zoho_cliq_api.types",
    "UnsetHandler": "zoho_cliq_api.models",
    "Wait": "zoho_cliq._types",
    "WebhookHandler": "zoho_cliq_api.models",
    "__version__": "zoho_cliq._version",
}

__all__ = [
    "UNSET",
    "ApiResponse",
    "AsyncBulk",
    "AsyncChanges",
    "AsyncCliq",
    "AsyncMiddleware",
    "AsyncPager",
    "Budget",
    "Bulk",
    "BulkProgress",
    "Changes",
    "Cliq",
    "CliqError",
    "Creator",
    "DelugeHandler",
    "Ensured",
    "ExecutionType",
    "HandlerReference",
    "HandlerType",
    "MessageAction",
    "MessageType",
    "Middleware",
    "OAuth",
    "Page",
    "Pager",
    "Permission",
    "RawResponse",
    "Request",
    "Scope",
    "StaticToken",
    "UnreadableAction",
    "Unset",
    "UnsetHandler",
    "Wait",
    "WebhookHandler",
    "errors",
]


if not TYPE_CHECKING:  # hidden from type checkers, so that they report a misspelt name

    def __getattr__(name: str) -> object:
        import importlib

        if name in _HOMES:
            value = getattr(importlib.import_module(_HOMES[name]), name)
            globals()[name] = value
            return value
        if name == "errors":
            return importlib.import_module("zoho_cliq.errors")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
