"""Contains all the data models used in inputs/outputs"""

from .banner_output import BannerOutput
from .banner_status import BannerStatus
from .creator import Creator
from .deluge_handler import DelugeHandler
from .error import Error
from .execution_type import ExecutionType
from .form_error_output import FormErrorOutput
from .form_error_output_inputs import FormErrorOutputInputs
from .form_output import FormOutput
from .form_output_action import FormOutputAction
from .form_output_inputs_item import FormOutputInputsItem
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
from .message_output_bot import MessageOutputBot
from .message_output_buttons_item import MessageOutputButtonsItem
from .message_output_card import MessageOutputCard
from .message_output_slides_item import MessageOutputSlidesItem
from .message_type import MessageType
from .permission import Permission
from .scope import Scope
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
    "Creator",
    "DelugeHandler",
    "Error",
    "ExecutionType",
    "FormErrorOutput",
    "FormErrorOutputInputs",
    "FormOutput",
    "FormOutputAction",
    "FormOutputInputsItem",
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
    "MessageOutputBot",
    "MessageOutputButtonsItem",
    "MessageOutputCard",
    "MessageOutputSlidesItem",
    "MessageType",
    "Permission",
    "Scope",
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
