from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.execution_type import ExecutionType
from ..models.message_type import MessageType
from ..models.scope import Scope
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.creator import Creator
    from ..models.handler_reference import HandlerReference


T = TypeVar("T", bound="MessageAction")


@_attrs_define
class MessageAction:
    """A message action as the server returns it.

    Attributes:
        creator (Creator): Who created the action.
        execution_type (ExecutionType | str):
        handlers (list[HandlerReference]):
        hint (str):
        id (str): A number of up to 19 digits, as a string.
        message_types (list[MessageType | str]):
        multi_selectable (bool):
        name (str):
        scope (Scope | str):
        status (str): The state of the action. `enabled` is the only value known.
        type_ (str): The origin of the action. `custom` is the only value known.
        execution_url (str | Unset): Where events go, for webhook actions.
        team_ids (list[int] | Unset): The teams that see the action, where the scope is `team`.
    """

    creator: Creator
    execution_type: ExecutionType | str
    handlers: list[HandlerReference]
    hint: str
    id: str
    message_types: list[MessageType | str]
    multi_selectable: bool
    name: str
    scope: Scope | str
    status: str
    type_: str
    execution_url: str | Unset = UNSET
    team_ids: list[int] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        creator = self.creator.to_dict()

        execution_type: str
        if isinstance(self.execution_type, ExecutionType):
            execution_type = self.execution_type.value
        else:
            execution_type = self.execution_type

        handlers = []
        for handlers_item_data in self.handlers:
            handlers_item = handlers_item_data.to_dict()
            handlers.append(handlers_item)

        hint = self.hint

        id = self.id

        message_types = []
        for message_types_item_data in self.message_types:
            message_types_item: str
            if isinstance(message_types_item_data, MessageType):
                message_types_item = message_types_item_data.value
            else:
                message_types_item = message_types_item_data
            message_types.append(message_types_item)

        multi_selectable = self.multi_selectable

        name = self.name

        scope: str
        if isinstance(self.scope, Scope):
            scope = self.scope.value
        else:
            scope = self.scope

        status = self.status

        type_ = self.type_

        execution_url = self.execution_url

        team_ids: list[int] | Unset = UNSET
        if not isinstance(self.team_ids, Unset):
            team_ids = self.team_ids

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "creator": creator,
                "execution_type": execution_type,
                "handlers": handlers,
                "hint": hint,
                "id": id,
                "message_types": message_types,
                "multi_selectable": multi_selectable,
                "name": name,
                "scope": scope,
                "status": status,
                "type": type_,
            }
        )
        if execution_url is not UNSET:
            field_dict["execution_url"] = execution_url
        if team_ids is not UNSET:
            field_dict["team_ids"] = team_ids

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.creator import Creator  # noqa: PLC0415
        from ..models.handler_reference import HandlerReference  # noqa: PLC0415

        d = dict(src_dict)
        creator = Creator.from_dict(d.pop("creator"))

        def _parse_execution_type(data: object) -> ExecutionType | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                execution_type_type_0 = ExecutionType(data)

                return execution_type_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ExecutionType | str, data)

        execution_type = _parse_execution_type(d.pop("execution_type"))

        handlers = []
        _handlers = d.pop("handlers")
        for handlers_item_data in _handlers:
            handlers_item = HandlerReference.from_dict(handlers_item_data)

            handlers.append(handlers_item)

        hint = d.pop("hint")

        id = d.pop("id")

        message_types = []
        _message_types = d.pop("message_types")
        for message_types_item_data in _message_types:

            def _parse_message_types_item(data: object) -> MessageType | str:
                try:
                    if not isinstance(data, str):
                        raise TypeError()
                    message_types_item_type_0 = MessageType(data)

                    return message_types_item_type_0
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                return cast(MessageType | str, data)

            message_types_item = _parse_message_types_item(message_types_item_data)

            message_types.append(message_types_item)

        multi_selectable = d.pop("multi_selectable")

        name = d.pop("name")

        def _parse_scope(data: object) -> Scope | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                scope_type_0 = Scope(data)

                return scope_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Scope | str, data)

        scope = _parse_scope(d.pop("scope"))

        status = d.pop("status")

        type_ = d.pop("type")

        execution_url = d.pop("execution_url", UNSET)

        team_ids = cast(list[int], d.pop("team_ids", UNSET))

        message_action = cls(
            creator=creator,
            execution_type=execution_type,
            handlers=handlers,
            hint=hint,
            id=id,
            message_types=message_types,
            multi_selectable=multi_selectable,
            name=name,
            scope=scope,
            status=status,
            type_=type_,
            execution_url=execution_url,
            team_ids=team_ids,
        )

        message_action.additional_properties = d
        return message_action

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
