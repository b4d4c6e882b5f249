from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    ClassVar,
    TypeVar,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.card_theme import CardTheme
from ..types import UNSET, Unset, plain_fields

T = TypeVar("T", bound="Card")


@_attrs_define(weakref_slot=False)
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

    FIELD_NAMES: ClassVar[Mapping[str, str]] = {
        "theme": "theme",
        "title": "title",
        "buttons": "buttons",
        "options": "options",
        "sections": "sections",
        "thumbnail": "thumbnail",
    }
    """The attribute of each field."""

    theme: CardTheme
    title: str
    buttons: list[CardButton] | Unset = UNSET
    options: list[CardOption] | Unset = UNSET
    sections: list[CardSection] | Unset = UNSET
    thumbnail: str | Unset = UNSET
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
        theme = CardTheme(src_dict["theme"])

        title = src_dict["title"]

        _buttons = src_dict.get("buttons", UNSET)
        buttons: list[CardButton] | Unset = UNSET
        if _buttons is not UNSET:
            buttons = list(map(CardButton.from_dict, _buttons))

        _options = src_dict.get("options", UNSET)
        options: list[CardOption] | Unset = UNSET
        if _options is not UNSET:
            options = list(map(CardOption.from_dict, _options))

        _sections = src_dict.get("sections", UNSET)
        sections: list[CardSection] | Unset = UNSET
        if _sections is not UNSET:
            sections = list(map(CardSection.from_dict, _sections))

        thumbnail = src_dict.get("thumbnail", UNSET)

        card = cls(
            theme,
            title,
            buttons,
            options,
            sections,
            thumbnail,
        )

        if len(src_dict) != 2 + (buttons is not UNSET) + (options is not UNSET) + (
            sections is not UNSET
        ) + (thumbnail is not UNSET):
            card.additional_properties = {
                key: value for key, value in src_dict.items() if key not in cls.FIELD_NAMES
            }
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


# Models may refer to each other in a circle, so these stand below the class.
from ..models.card_button import CardButton
from ..models.card_option import CardOption
from ..models.card_section import CardSection
