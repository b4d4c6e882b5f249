"""Names: which names of a document are accepted, how readable names are made from them, and when two clash."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Set

_WORD = re.compile(r"[^A-Za-z0-9]+")
_PLAIN = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9._ ()/:-]{0,149}$")
_FIELD = re.compile(r"^[^\"'`\\{}<>\x00-\x1f\x7f]{1,150}$")
_PATH = re.compile(r"^(?:/(?:[A-Za-z0-9._~!$&()*+,;=:@%-]|\{[A-Za-z0-9_.-]+\})*)+$")
_TYPE = "[A-Za-z0-9*][A-Za-z0-9!#$&^_.+*-]*"
_MEDIA = re.compile(rf"^{_TYPE}/{_TYPE}(?:\s*;\s*[A-Za-z0-9-]+=[A-Za-z0-9-]+)*$")
_SCOPE = re.compile(r"^[A-Za-z][A-Za-z0-9._:/-]*$")
RESERVED_CLASSES = frozenset(
    "Any AuthenticatedClient BinaryIO BytesIO Client Enum File FileTypes Generator HTTPStatus IntEnum Literal Mapping "
    "MutableMapping RequestFiles Response Self StrEnum T TextIO TypeVar UNSET UUID UnexpectedStatus Unset".split()
)
"""Names that the generated modules use themselves."""
RESERVED_ERRORS = frozenset(
    "Any ApiError AuthError BadRequest CliqError ClientClosed ConfigurationError Conflict DecodeError Forbidden "
    "IncompletePass MethodNotAllowed NotAcceptable NotFound NotYourAction OutcomeUnknown PaginationLoop RateLimited "
    "ResponseTooLarge ServerError SlotExpired StateError TransportError Unauthorized UnexpectedStatus ValidationError "
    "WouldWait".split()
)
"""Names that the client's module of exceptions defines by hand."""


def plain(name: str) -> bool:
    """Return whether a component or operation may have this name: it cannot be code or lead out of a folder."""
    return bool(_PLAIN.match(name)) and ".." not in name


def field(name: str) -> bool:
    """Return whether a property or parameter may have this name."""
    return bool(_FIELD.match(name))


def path(text: str) -> bool:
    """Return whether this is a valid path without `.` or `..` segments."""
    return bool(_PATH.match(text)) and not {".", ".."} & set(text.split("/"))


def media_type(text: str) -> bool:
    """Return whether this can be a media type."""
    return bool(_MEDIA.match(text))


def scope(text: str) -> bool:
    """Return whether this can be an OAuth scope."""
    return bool(_SCOPE.match(text))


def title(text: str) -> str:
    """Return a title for people: letters, digits and simple punctuation, at most 100 characters."""
    return " ".join(re.sub(r"[^\w .,:&/()-]+", " ", text).split())[:100]


def slug(text: str) -> str:
    """Return the text as lower-case words joined by underscores."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def pascal(text: str) -> str:
    """Return a class name: `message_types` becomes `MessageTypes`, `v3-msgaction-edit` becomes `V3MsgactionEdit`."""
    words = _WORD.split(text)
    return "".join(
        (word.capitalize() if word.isupper() and len(words) > 1 else word[:1].upper() + word[1:])
        for word in words
        if word
    )


def error_class(code: str, taken: Set[str]) -> str:
    """Return a class name for an error code: `colour_not_found` becomes `ColourNotFound`.

    If the name is in `taken`, built into Python or a keyword, `Error` is added, and a number if that is taken, too.
    """
    name, count = pascal(code), 2
    if name in taken or keyword.iskeyword(name) or hasattr(builtins, name):
        name = f"{name}Error"
    stem = name
    while name in taken or hasattr(builtins, name):
        name, count = f"{stem}{count}", count + 1
    return name


def component(vendor: str) -> str:
    """Return the readable name of a component, without the vendor's version prefix and `_regex` suffix."""
    stem = re.sub(r"_regex$", "", re.sub(r"^v\d+-", "", vendor))
    return pascal(stem) or pascal(vendor)


def singular(word: str) -> str:
    """Return the singular of a word: `message_types` becomes `message_type`."""
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def module(name: str) -> str:
    """Return a key that is equal for two names if the generator would write both to the same module."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
