from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.card_theme import CardTheme
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.card_button import CardButton
    from ..models.card_option import CardOption
    from ..models.card_section import CardSection


T = TypeVar("T", bound="Card")


@_attrs_define
class Card:
    """How the message is framed. A poll has options; a prompt has at least one button.

    Attributes:
        theme (CardTheme): How the card looks.
        title (str): The heading.
        buttons (list[CardButton] | Unset): Buttons in the card.
        options (list[CardOption] | Unset): The choices of a poll.
        sections (list[CardSection] | Unset): Groups of fields.
        thumbnail (str | Unset): The address of a picture in the heading.
    """

    theme: CardTheme
    title: str
    buttons: list[CardButton] | Unset = UNSET
    options: list[CardOption] | Unset = UNSET
    sections: list[CardSection] | Unset = UNSET
    thumbnail: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        theme = self.theme.value

        title = self.title

        buttons: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.buttons, Unset):
            buttons = []
            for buttons_item_data in self.buttons:
                buttons_item = buttons_item_data.to_dict()
                buttons.append(buttons_item)

        options: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.options, Unset):
            options = []
            for options_item_data in self.options:
                options_item = options_item_data.to_dict()
                options.append(options_item)

        sections: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.sections, Unset):
            sections = []
            for sections_item_data in self.sections:
                sections_item = sections_item_data.to_dict()
                sections.append(sections_item)

        thumbnail = self.thumbnail

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "theme": theme,
                "title": title,
            }
        )
        if buttons is not UNSET:
            field_dict["buttons"] = buttons
        if options is not UNSET:
            field_dict["options"] = options
        if sections is not UNSET:
            field_dict["sections"] = sections
        if thumbnail is not UNSET:
            field_dict["thumbnail"] = thumbnail

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.card_button import CardButton  # noqa: PLC0415
        from ..models.card_option import CardOption  # noqa: PLC0415
        from ..models.card_section import CardSection  # noqa: PLC0415

        d = dict(src_dict)
        theme = CardTheme(d.pop("theme"))

        title = d.pop("title")

        _buttons = d.pop("buttons", UNSET)
        buttons: list[CardButton] | Unset = UNSET
        if _buttons is not UNSET:
            buttons = []
            for buttons_item_data in _buttons:
                buttons_item = CardButton.from_dict(buttons_item_data)

                buttons.append(buttons_item)

        _options = d.pop("options", UNSET)
        options: list[CardOption] | Unset = UNSET
        if _options is not UNSET:
            options = []
            for options_item_data in _options:
                options_item = CardOption.from_dict(options_item_data)

                options.append(options_item)

        _sections = d.pop("sections", UNSET)
        sections: list[CardSection] | Unset = UNSET
        if _sections is not UNSET:
            sections = []
            for sections_item_data in _sections:
                sections_item = CardSection.from_dict(sections_item_data)

                sections.append(sections_item)

        thumbnail = d.pop("thumbnail", UNSET)

        card = cls(
            theme=theme,
            title=title,
            buttons=buttons,
            options=options,
            sections=sections,
            thumbnail=thumbnail,
        )

        card.additional_properties = d
        return card

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
