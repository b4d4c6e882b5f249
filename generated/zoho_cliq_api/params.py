"""The fields of each operation's body and query, as typed dictionaries. Generated; do not edit.

`…Body` and `…Query` have the fields of body and query. `…Fields` has what a method takes besides the arguments that it
names: the body, and the parameters that the document gained. `Required` fields must be given; no field may be None
unless its type says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Literal, Required, TypedDict

from .models.execution_type import ExecutionType
from .models.message_type import MessageType
from .models.permission import Permission
from .models.scope import Scope


class CreateMessageActionBody(TypedDict, total=False):
    """The fields of the body of `create_message_action`."""

    execution_type: ExecutionType | Literal["deluge", "webhook"]
    """How the handler runs: `deluge`, a script at Zoho; `webhook`, a request to a server of yours."""
    execution_url: str
    """Where Cliq sends the event when the action is chosen. Needed by, and only for, webhook
    actions. At most 225 characters.
    """
    hint: Required[str]
    """A line of explanation below the name. At most 128 characters."""
    image: str | bytes | PathLike[str]
    """The icon beside the name, as base64 text (RFC 4648, section 4). It is never returned."""
    message_types: Sequence[MessageType | Literal["attachment", "link", "text"]]
    """The kinds of message that the action is offered on. At most 3 items."""
    multi_selectable: bool
    """Whether the action can be chosen for several messages at once."""
    name: Required[str]
    """The text of the menu entry. At most 30 characters."""
    scope: Scope | Literal["organization", "personal", "team"]
    """Who sees the action: everyone in the `organization`, the members of some `team`s, or for
    `personal` the creator and those the creator adds.
    """
    team_ids: Sequence[int]
    """The teams that see the action. Needed where the scope is `team`. At most 4 items."""


class CreateMessageActionFields(TypedDict, total=False):
    """The fields of the method of `create_message_action`."""

    execution_type: ExecutionType | Literal["deluge", "webhook"]
    """How the handler runs: `deluge`, a script at Zoho; `webhook`, a request to a server of yours."""
    execution_url: str
    """Where Cliq sends the event when the action is chosen. Needed by, and only for, webhook
    actions. At most 225 characters.
    """
    hint: Required[str]
    """A line of explanation below the name. At most 128 characters."""
    image: str | bytes | PathLike[str]
    """The icon beside the name, as base64 text (RFC 4648, section 4). It is never returned."""
    message_types: Sequence[MessageType | Literal["attachment", "link", "text"]]
    """The kinds of message that the action is offered on. At most 3 items."""
    multi_selectable: bool
    """Whether the action can be chosen for several messages at once."""
    name: Required[str]
    """The text of the menu entry. At most 30 characters."""
    scope: Scope | Literal["organization", "personal", "team"]
    """Who sees the action: everyone in the `organization`, the members of some `team`s, or for
    `personal` the creator and those the creator adds.
    """
    team_ids: Sequence[int]
    """The teams that see the action. Needed where the scope is `team`. At most 4 items."""


class DeleteMessageActionFields(TypedDict, total=False):
    """The fields of the method of `delete_message_action`."""


class GetMessageActionFields(TypedDict, total=False):
    """The fields of the method of `get_message_action`."""


class GetMessageActionHandlerFields(TypedDict, total=False):
    """The fields of the method of `get_message_action_handler`."""


class ListMessageActionsQuery(TypedDict, total=False):
    """The query of `list_message_actions`."""

    limit: int
    """How many actions a page holds at most. 20 where it is left out. At least 1. At most 100."""
    next_token: str
    """The `next_token` of the page before. Leave it out for the first page."""
    sync_token: str
    """The `sync_token` of an earlier listing. Leave it out to list everything."""


class ListMessageActionsFields(TypedDict, total=False):
    """The fields of the method of `list_message_actions`."""


class UpdateMessageActionBody(TypedDict, total=False):
    """The fields of the body of `update_message_action`."""

    execution_url: str
    """Where Cliq sends the event when the action is chosen. Needed by, and only for, webhook
    actions. At most 225 characters.
    """
    hint: str
    """A line of explanation below the name. At most 128 characters."""
    image: str | bytes | PathLike[str]
    """The icon beside the name, as base64 text (RFC 4648, section 4). It is never returned."""
    message_types: Sequence[MessageType | Literal["attachment", "link", "text"]]
    """The kinds of message that the action is offered on. At most 3 items."""
    multi_selectable: bool
    """Whether the action can be chosen for several messages at once."""
    name: str
    """The text of the menu entry. At most 30 characters."""
    scope: Scope | Literal["organization", "personal", "team"]
    """Who sees the action: everyone in the `organization`, the members of some `team`s, or for
    `personal` the creator and those the creator adds.
    """
    team_ids: Sequence[int]
    """The teams that see the action. Needed where the scope is `team`. At most 4 items."""


class UpdateMessageActionFields(TypedDict, total=False):
    """The fields of the method of `update_message_action`."""

    execution_url: str
    """Where Cliq sends the event when the action is chosen. Needed by, and only for, webhook
    actions. At most 225 characters.
    """
    hint: str
    """A line of explanation below the name. At most 128 characters."""
    image: str | bytes | PathLike[str]
    """The icon beside the name, as base64 text (RFC 4648, section 4). It is never returned."""
    message_types: Sequence[MessageType | Literal["attachment", "link", "text"]]
    """The kinds of message that the action is offered on. At most 3 items."""
    multi_selectable: bool
    """Whether the action can be chosen for several messages at once."""
    name: str
    """The text of the menu entry. At most 30 characters."""
    scope: Scope | Literal["organization", "personal", "team"]
    """Who sees the action: everyone in the `organization`, the members of some `team`s, or for
    `personal` the creator and those the creator adds.
    """
    team_ids: Sequence[int]
    """The teams that see the action. Needed where the scope is `team`. At most 4 items."""


class UpdateMessageActionHandlerBody(TypedDict, total=False):
    """The fields of the body of `update_message_action_handler`."""

    permissions: Sequence[
        Permission | Literal["attachments", "chat", "location", "message", "user"]
    ]
    """What is sent to the server. Only for webhook actions. At most 5 items."""
    script: str | PathLike[str]
    """The Deluge source, at most 250 KB of UTF-8. Only for Deluge actions."""


class UpdateMessageActionHandlerFields(TypedDict, total=False):
    """The fields of the method of `update_message_action_handler`."""

    permissions: Sequence[
        Permission | Literal["attachments", "chat", "location", "message", "user"]
    ]
    """What is sent to the server. Only for webhook actions. At most 5 items."""
    script: str | PathLike[str]
    """The Deluge source, at most 250 KB of UTF-8. Only for Deluge actions."""
