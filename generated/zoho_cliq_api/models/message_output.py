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

T = TypeVar("T", bound="MessageOutput")


@_attrs_define(weakref_slot=False)
class MessageOutput:
    """A message in the chat.

    Attributes:
        text (str): The text.
        bot (BotIdentity | Unset): Whose name the message carries.
        buttons (list[Button] | Unset): Buttons below the message.
        card (Card | Unset): How the message is framed. A poll has options; a prompt has at least one button.
        slides (list[Slide] | Unset): Parts below the text.
    """

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "text": "text",
        "bot": "bot",
        "buttons": "buttons",
        "card": "card",
        "slides": "slides",
    }
    """The attribute of each field."""

    text: str
    bot: BotIdentity | Unset = UNSET
    buttons: list[Button] | Unset = UNSET
    card: Card | Unset = UNSET
    slides: list[Slide] | Unset = UNSET
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
        text = src_dict["text"]

        _bot = src_dict.get("bot", UNSET)
        bot: BotIdentity | Unset
        if isinstance(_bot, Unset):
            bot = UNSET
        else:
            bot = BotIdentity.from_dict(_bot)

        _buttons = src_dict.get("buttons", UNSET)
        buttons: list[Button] | Unset = UNSET
        if _buttons is not UNSET:
            buttons = list(map(Button.from_dict, _buttons))

        _card = src_dict.get("card", UNSET)
        card: Card | Unset
        if isinstance(_card, Unset):
            card = UNSET
        else:
            card = Card.from_dict(_card)

        _slides = src_dict.get("slides", UNSET)
        slides: list[Slide] | Unset = UNSET
        if _slides is not UNSET:
            slides = list(map(Slide.from_dict, _slides))

        message_output = cls(
            text,
            bot,
            buttons,
            card,
            slides,
        )

        if len(src_dict) != 1 + (bot is not UNSET) + (buttons is not UNSET) + (
            card is not UNSET
        ) + (slides is not UNSET):
            message_output.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
        return message_output

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
from ..models.bot_identity import BotIdentity
from ..models.button import Button
from ..models.card import Card
from ..models.slide import Slide
