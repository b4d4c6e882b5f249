from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.message_output_bot import MessageOutputBot
    from ..models.message_output_buttons_item import MessageOutputButtonsItem
    from ..models.message_output_card import MessageOutputCard
    from ..models.message_output_slides_item import MessageOutputSlidesItem


T = TypeVar("T", bound="MessageOutput")


@_attrs_define
class MessageOutput:
    """A message in the chat.

    Attributes:
        text (str): The text.
        bot (MessageOutputBot | Unset): Whose name the message carries.
        buttons (list[MessageOutputButtonsItem] | Unset): Buttons below the message.
        card (MessageOutputCard | Unset): How the message is framed.
        slides (list[MessageOutputSlidesItem] | Unset): Parts below the text.
    """

    text: str
    bot: MessageOutputBot | Unset = UNSET
    buttons: list[MessageOutputButtonsItem] | Unset = UNSET
    card: MessageOutputCard | Unset = UNSET
    slides: list[MessageOutputSlidesItem] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        text = self.text

        bot: dict[str, Any] | Unset = UNSET
        if not isinstance(self.bot, Unset):
            bot = self.bot.to_dict()

        buttons: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.buttons, Unset):
            buttons = []
            for buttons_item_data in self.buttons:
                buttons_item = buttons_item_data.to_dict()
                buttons.append(buttons_item)

        card: dict[str, Any] | Unset = UNSET
        if not isinstance(self.card, Unset):
            card = self.card.to_dict()

        slides: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.slides, Unset):
            slides = []
            for slides_item_data in self.slides:
                slides_item = slides_item_data.to_dict()
                slides.append(slides_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "text": text,
            }
        )
        if bot is not UNSET:
            field_dict["bot"] = bot
        if buttons is not UNSET:
            field_dict["buttons"] = buttons
        if card is not UNSET:
            field_dict["card"] = card
        if slides is not UNSET:
            field_dict["slides"] = slides

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.message_output_bot import MessageOutputBot  # noqa: PLC0415
        from ..models.message_output_buttons_item import MessageOutputButtonsItem  # noqa: PLC0415
        from ..models.message_output_card import MessageOutputCard  # noqa: PLC0415
        from ..models.message_output_slides_item import MessageOutputSlidesItem  # noqa: PLC0415

        d = dict(src_dict)
        text = d.pop("text")

        _bot = d.pop("bot", UNSET)
        bot: MessageOutputBot | Unset
        if isinstance(_bot, Unset):
            bot = UNSET
        else:
            bot = MessageOutputBot.from_dict(_bot)

        _buttons = d.pop("buttons", UNSET)
        buttons: list[MessageOutputButtonsItem] | Unset = UNSET
        if _buttons is not UNSET:
            buttons = []
            for buttons_item_data in _buttons:
                buttons_item = MessageOutputButtonsItem.from_dict(buttons_item_data)

                buttons.append(buttons_item)

        _card = d.pop("card", UNSET)
        card: MessageOutputCard | Unset
        if isinstance(_card, Unset):
            card = UNSET
        else:
            card = MessageOutputCard.from_dict(_card)

        _slides = d.pop("slides", UNSET)
        slides: list[MessageOutputSlidesItem] | Unset = UNSET
        if _slides is not UNSET:
            slides = []
            for slides_item_data in _slides:
                slides_item = MessageOutputSlidesItem.from_dict(slides_item_data)

                slides.append(slides_item)

        message_output = cls(
            text=text,
            bot=bot,
            buttons=buttons,
            card=card,
            slides=slides,
        )

        message_output.additional_properties = d
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
