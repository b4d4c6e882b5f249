"""The resource `message_actions`: methods, listings that cross pages, incremental changes."""

from .changes import AsyncChanges, Changes
from .pager import AsyncPager, Page, Pager, UnreadableAction
from .resource import AsyncMessageActions, Handler, MessageActions

__all__ = [
    "AsyncChanges",
    "AsyncMessageActions",
    "AsyncPager",
    "Changes",
    "Handler",
    "MessageActions",
    "Page",
    "Pager",
    "UnreadableAction",
]
