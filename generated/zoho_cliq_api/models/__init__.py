"""Contains all the data models used in inputs/outputs"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .banner_output import BannerOutput
    from .banner_status import BannerStatus
    from .bot_identity import BotIdentity
    from .button import Button
    from .button_action import ButtonAction
    from .button_action_data import ButtonActionData
    from .button_action_type import ButtonActionType
    from .button_colour import ButtonColour
    from .card import Card
    from .card_button import CardButton
    from .card_field import CardField
    from .card_option import CardOption
    from .card_section import CardSection
    from .card_theme import CardTheme
    from .creator import Creator
    from .deluge_handler import DelugeHandler
    from .error import Error
    from .execution_type import ExecutionType
    from .form_action import FormAction
    from .form_error_output import FormErrorOutput
    from .form_error_output_inputs import FormErrorOutputInputs
    from .form_input import FormInput
    from .form_input_data_source import FormInputDataSource
    from .form_input_type import FormInputType
    from .form_option import FormOption
    from .form_output import FormOutput
    from .handler_reference import HandlerReference
    from .handler_response import HandlerResponse
    from .handler_type import HandlerType
    from .handler_update import HandlerUpdate
    from .message_action import MessageAction
    from .message_action_create import MessageActionCreate
    from .message_action_list import MessageActionList
    from .message_action_response import MessageActionResponse
    from .message_action_update import MessageActionUpdate
    from .message_output import MessageOutput
    from .message_type import MessageType
    from .permission import Permission
    from .scope import Scope
    from .slide import Slide
    from .slide_type import SlideType
    from .unset_handler import UnsetHandler
    from .webhook_access import WebhookAccess
    from .webhook_answer import WebhookAnswer
    from .webhook_attachment import WebhookAttachment
    from .webhook_chat import WebhookChat
    from .webhook_environment import WebhookEnvironment
    from .webhook_event import WebhookEvent
    from .webhook_event_handler import WebhookEventHandler
    from .webhook_handler import WebhookHandler
    from .webhook_location import WebhookLocation
    from .webhook_mention import WebhookMention
    from .webhook_message import WebhookMessage
    from .webhook_messages import WebhookMessages
    from .webhook_organization import WebhookOrganization
    from .webhook_params import WebhookParams
    from .webhook_user import WebhookUser

__all__ = (
    "BannerOutput",
    "BannerStatus",
    "BotIdentity",
    "Button",
    "ButtonAction",
    "ButtonActionData",
    "ButtonActionType",
    "ButtonColour",
    "Card",
    "CardButton",
    "CardField",
    "CardOption",
    "CardSection",
    "CardTheme",
    "Creator",
    "DelugeHandler",
    "Error",
    "ExecutionType",
    "FormAction",
    "FormErrorOutput",
    "FormErrorOutputInputs",
    "FormInput",
    "FormInputDataSource",
    "FormInputType",
    "FormOption",
    "FormOutput",
    "HandlerReference",
    "HandlerResponse",
    "HandlerType",
    "HandlerUpdate",
    "MessageAction",
    "MessageActionCreate",
    "MessageActionList",
    "MessageActionResponse",
    "MessageActionUpdate",
    "MessageOutput",
    "MessageType",
    "Permission",
    "Scope",
    "Slide",
    "SlideType",
    "UnsetHandler",
    "WebhookAccess",
    "WebhookAnswer",
    "WebhookAttachment",
    "WebhookChat",
    "WebhookEnvironment",
    "WebhookEvent",
    "WebhookEventHandler",
    "WebhookHandler",
    "WebhookLocation",
    "WebhookMention",
    "WebhookMessage",
    "WebhookMessages",
    "WebhookOrganization",
    "WebhookParams",
    "WebhookUser",
)

_MODULES = {
    "BannerOutput": ".banner_output",
    "BannerStatus": ".banner_status",
    "BotIdentity": ".bot_identity",
    "Button": ".button",
    "ButtonAction": ".button_action",
    "ButtonActionData": ".button_action_data",
    "ButtonActionType": ".button_action_type",
    "ButtonColour": ".button_colour",
    "Card": ".card",
    "CardButton": ".card_button",
    "CardField": ".card_field",
    "CardOption": ".card_option",
    "CardSection": ".card_section",
    "CardTheme": ".card_theme",
    "Creator": ".creator",
    "DelugeHandler": ".deluge_handler",
    "Error": ".error",
    "ExecutionType": ".execution_type",
    "FormAction": ".form_action",
    "FormErrorOutput": ".form_error_output",
    "FormErrorOutputInputs": ".form_error_output_inputs",
    "FormInput": ".form_input",
    "FormInputDataSource": ".form_input_data_source",
    "FormInputType": ".form_input_type",
    "FormOption": ".form_option",
    "FormOutput": ".form_output",
    "HandlerReference": ".handler_reference",
    "HandlerResponse": ".handler_response",
    "HandlerType": ".handler_type",
    "HandlerUpdate": ".handler_update",
    "MessageAction": ".message_action",
    "MessageActionCreate": ".message_action_create",
    "MessageActionList": ".message_action_list",
    "MessageActionResponse": ".message_action_response",
    "MessageActionUpdate": ".message_action_update",
    "MessageOutput": ".message_output",
    "MessageType": ".message_type",
    "Permission": ".permission",
    "Scope": ".scope",
    "Slide": ".slide",
    "SlideType": ".slide_type",
    "UnsetHandler": ".unset_handler",
    "WebhookAccess": ".webhook_access",
    "WebhookAnswer": ".webhook_answer",
    "WebhookAttachment": ".webhook_attachment",
    "WebhookChat": ".webhook_chat",
    "WebhookEnvironment": ".webhook_environment",
    "WebhookEvent": ".webhook_event",
    "WebhookEventHandler": ".webhook_event_handler",
    "WebhookHandler": ".webhook_handler",
    "WebhookLocation": ".webhook_location",
    "WebhookMention": ".webhook_mention",
    "WebhookMessage": ".webhook_message",
    "WebhookMessages": ".webhook_messages",
    "WebhookOrganization": ".webhook_organization",
    "WebhookParams": ".webhook_params",
    "WebhookUser": ".webhook_user",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
