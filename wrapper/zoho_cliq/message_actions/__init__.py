"""The resource `message_actions`: methods, listings that cross pages, incremental changes."""

from .calls import Handler
from .changes import AsyncChanges, Changes
from .ensure import Ensured
from .pager import AsyncPager, Page, Pager, UnreadableAction
from .resource import (
    AsyncMessageActions,
    AsyncMessageActionsWithRawResponse,
    MessageActions,
    MessageActionsWithRawResponse,
)

__all__ = [
    "AsyncChanges",
    "AsyncMessageActions",
    "AsyncMessageActionsWithRawResponse",
    "AsyncPager",
    "Changes",
    "Ensured",
    "Handler",
    "MessageActions",
    "MessageActionsWithRawResponse",
    "Page",
    "Pager",
    "UnreadableAction",
]
