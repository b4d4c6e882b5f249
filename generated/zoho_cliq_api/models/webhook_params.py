from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    ClassVar,
    TypeVar,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset, plain_fields

T = TypeVar("T", bound="WebhookParams")


@_attrs_define(weakref_slot=False)
class WebhookParams:
    """The context, as far as the handler's permissions go.

    Attributes:
        access (WebhookAccess | Unset): Who chose the action and where.
        attachments (list[WebhookAttachment] | Unset): Files of the message.
        chat (WebhookChat | Unset): The chat that the message stands in.
        environment (WebhookEnvironment | Unset): The data centre that the event comes from.
        location (WebhookLocation | Unset): Where the person is.
        mentions (list[WebhookMention] | Unset): People and teams that the message mentions.
        message (WebhookMessage | Unset): A message. Its id may contain a space.
        messages (WebhookMessages | Unset): All chosen messages.
        user (WebhookUser | Unset): A person.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "access": "access",
        "attachments": "attachments",
        "chat": "chat",
        "environment": "environment",
        "location": "location",
        "mentions": "mentions",
        "message": "message",
        "messages": "messages",
        "user": "user",
    }
    """The attribute of each field."""

    access: WebhookAccess | Unset = UNSET
    attachments: list[WebhookAttachment] | Unset = UNSET
    chat: WebhookChat | Unset = UNSET
    environment: WebhookEnvironment | Unset = UNSET
    location: WebhookLocation | Unset = UNSET
    mentions: list[WebhookMention] | Unset = UNSET
    message: WebhookMessage | Unset = UNSET
    messages: WebhookMessages | Unset = UNSET
    user: WebhookUser | Unset = UNSET
    _additional_properties: dict[str, Any] | None = _attrs_field(
        init=False, default=None, eq=lambda more: more or None, repr=False
    )

    @property
    def additional_properties(self) -> dict[str, Any]:
        if self._additional_properties is None:
            self._additional_properties = {}
        return self._additional_properties

    @additional_properties.setter
    def additional_properties(self, more: dict[str, Any]) -> None:
        self._additional_properties = more

    def to_dict(self) -> dict[str, Any]:
        return plain_fields(self, self._additional_properties or {})

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        _access = src_dict.get("access", UNSET)
        access: WebhookAccess | Unset
        if isinstance(_access, Unset):
            access = UNSET
        else:
            access = WebhookAccess.from_dict(_access)

        _attachments = src_dict.get("attachments", UNSET)
        attachments: list[WebhookAttachment] | Unset = UNSET
        if _attachments is not UNSET:
            attachments = list(map(WebhookAttachment.from_dict, _attachments))

        _chat = src_dict.get("chat", UNSET)
        chat: WebhookChat | Unset
        if isinstance(_chat, Unset):
            chat = UNSET
        else:
            chat = WebhookChat.from_dict(_chat)

        _environment = src_dict.get("environment", UNSET)
        environment: WebhookEnvironment | Unset
        if isinstance(_environment, Unset):
            environment = UNSET
        else:
            environment = WebhookEnvironment.from_dict(_environment)

        _location = src_dict.get("location", UNSET)
        location: WebhookLocation | Unset
        if isinstance(_location, Unset):
            location = UNSET
        else:
            location = WebhookLocation.from_dict(_location)

        _mentions = src_dict.get("mentions", UNSET)
        mentions: list[WebhookMention] | Unset = UNSET
        if _mentions is not UNSET:
            mentions = list(map(WebhookMention.from_dict, _mentions))

        _message = src_dict.get("message", UNSET)
        message: WebhookMessage | Unset
        if isinstance(_message, Unset):
            message = UNSET
        else:
            message = WebhookMessage.from_dict(_message)

        _messages = src_dict.get("messages", UNSET)
        messages: WebhookMessages | Unset
        if isinstance(_messages, Unset):
            messages = UNSET
        else:
            messages = WebhookMessages.from_dict(_messages)

        _user = src_dict.get("user", UNSET)
        user: WebhookUser | Unset
        if isinstance(_user, Unset):
            user = UNSET
        else:
            user = WebhookUser.from_dict(_user)

        webhook_params = cls(
            access,
            attachments,
            chat,
            environment,
            location,
            mentions,
            message,
            messages,
            user,
        )

        if len(src_dict) != 0 + (access is not UNSET) + (attachments is not UNSET) + (
            chat is not UNSET
        ) + (environment is not UNSET) + (location is not UNSET) + (mentions is not UNSET) + (
            message is not UNSET
        ) + (messages is not UNSET) + (user is not UNSET):
            webhook_params.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
        return webhook_params

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties


# Models may refer to each other in a circle, so these stand below the class.
from ..models.webhook_access import WebhookAccess
from ..models.webhook_attachment import WebhookAttachment
from ..models.webhook_chat import WebhookChat
from ..models.webhook_environment import WebhookEnvironment
from ..models.webhook_location import WebhookLocation
from ..models.webhook_mention import WebhookMention
from ..models.webhook_message import WebhookMessage
from ..models.webhook_messages import WebhookMessages
from ..models.webhook_user import WebhookUser
