"""Contains some shared types for properties"""

from collections.abc import Mapping, MutableMapping
from datetime import date
from enum import Enum
from http import HTTPStatus
from typing import IO, Any, BinaryIO, Generic, Literal, Self, TypeVar
from uuid import UUID

from attrs import define


class Unset:
    """The type of `UNSET`, which stands for a field that is not there. There is one instance."""

    def __new__(cls) -> Self:
        found: Self | None = globals().get("UNSET")
        return super().__new__(cls) if found is None else found

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        return "UNSET"


UNSET: Unset = Unset()

# The types that `httpx.Client(files=)` can accept, copied from that library.
FileContent = IO[bytes] | bytes | str
FileTypes = (
    # (filename, file (or bytes), content_type)
    tuple[str | None, FileContent, str | None]
    # (filename, file (or bytes), content_type, headers)
    | tuple[str | None, FileContent, str | None, Mapping[str, str]]
)
RequestFiles = list[tuple[str, FileTypes]]


@define
class File:
    """Contains information for file uploads"""

    payload: BinaryIO
    file_name: str | None = None
    mime_type: str | None = None

    def to_tuple(self) -> FileTypes:
        """Return a tuple representation that httpx will accept for multipart/form-data"""
        return self.file_name, self.payload, self.mime_type


T = TypeVar("T")


def plain(value: Any) -> Any:
    """Return a model's value as JSON or a form has it."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, File):
        return value.to_tuple()
    return value.to_dict() if hasattr(value, "to_dict") else value


def plain_fields(model: Any, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model as a dictionary: its fields that are set, and `more`."""
    found = {name: plain(value) for name, value in more.items()}
    for name, attribute in model.FIELD_NAMES.items():
        value = getattr(model, attribute)
        if value is not UNSET:
            found[name] = plain(value)
    return found


@define
class Response(Generic[T]):
    """A response from an endpoint"""

    status_code: HTTPStatus
    content: bytes
    headers: MutableMapping[str, str]
    parsed: T | None


__all__ = ["UNSET", "File", "FileTypes", "RequestFiles", "Response", "Unset"]
