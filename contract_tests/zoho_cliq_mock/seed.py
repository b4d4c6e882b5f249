"""Seeds: the JSON description of a directory and its first actions, with one clear message for each mistake.

`DEMO` is the seed of a mock that is started without one. The README describes the sections.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from zoho_cliq_mock.chats import check_chats
from zoho_cliq_mock.directory import SCOPES, Client, Directory, Grant, Permit, SeedError, User, make_user, read_scopes

DEMO: dict[str, Any] = {
    "organizations": [{"id": "48210", "name": "Demo"}, {"id": "48999", "name": "Elsewhere"}],
    "users": [
        {"key": "owner", "id": "70021945", "name": "Ada", "organization": "48210"},
        {"key": "colleague", "id": "70021946", "name": "Grace", "organization": "48210"},
        {"key": "outsider", "id": "70031001", "name": "Edsger", "organization": "48999"},
    ],
    "teams": [
        {"id": 100001, "name": "Support", "organization": "48210", "members": ["owner"]},
        {"id": 100002, "name": "Operations", "organization": "48210", "members": ["owner", "colleague"]},
        {"id": 100003, "name": "Sales", "organization": "48210", "members": ["owner"]},
        {"id": 100004, "name": "Research", "organization": "48210", "members": ["owner"]},
    ],
    "tokens": [
        {"token": "1000.owner", "user": "owner", "scopes": list(SCOPES)},
        *(
            {
                "token": f"1000.owner-{operation.lower()}",
                "user": "owner",
                "scopes": [operation] if operation in SCOPES else [],
            }
            for operation in dict.fromkeys(("CREATE", "READ", "UPDATE", "DELETE", *SCOPES))
        ),
        {"token": "1000.colleague", "user": "colleague", "scopes": list(SCOPES)},
        {"token": "1000.outsider", "user": "outsider", "scopes": list(SCOPES)},
    ],
    "clients": [{"client_id": "1000.DEMO", "client_secret": "demo-secret"}],
    "refresh_tokens": [
        {"token": "1000.owner-refresh", "client_id": "1000.DEMO", "user": "owner", "scopes": list(SCOPES)}
    ],
    "actions": [],
}


def read_seed(seed: object) -> Directory:
    """Return the directory that a seed describes. Raise `SeedError`, which names the entry and the mistake."""
    if not isinstance(seed, Mapping):
        raise SeedError(f"the seed must be an object, not a {type(seed).__name__}; read a JSON file with json.load")
    for name in seed:
        if name not in _SECTIONS:
            raise SeedError(f"{name}: unknown section; known sections: {', '.join(_SECTIONS)}")
        try:
            _check_value(name, seed[name])
        except RecursionError:
            raise SeedError(f"{name}: is nested too deeply") from None
    sections = {name: list(_entries(seed, name)) for name in _SECTIONS}
    directory = Directory()
    organizations = _unique("organizations", sections["organizations"], "id")
    members: dict[str, set[int]] = {}
    for where, entry in _numbered("teams", sections["teams"]):
        organization = entry["organization"]
        if organization not in organizations:
            raise SeedError(f"{where}.organization: {organization} is not in organizations")
        teams = directory.teams.setdefault(organization, set())
        if entry["id"] in teams:
            raise SeedError(f"{where}.id: {entry['id']} is given twice")
        teams.add(entry["id"])
        for member in entry.get("members", []):
            members.setdefault(member, set()).add(entry["id"])
    _unique("users", sections["users"], "key")
    _unique("users", sections["users"], "id")
    for where, entry in _numbered("users", sections["users"]):
        organization, key = entry["organization"], entry["key"]
        if organization not in organizations:
            raise SeedError(f"{where}.organization: {organization} is not in organizations")
        mine = members.pop(key, set())
        if not mine <= directory.teams.get(organization, set()):
            raise SeedError(f"{where}: {key} is a member of a team of another organization")
        directory.users[key] = make_user(key, entry["id"], entry["name"], organization, mine)
    if members:
        raise SeedError(f"teams: the member {next(iter(members))} is not in users")
    _read_tokens(directory, sections)
    if sections["chats"]:
        check_chats(sections["chats"], directory.users)
    return directory


def _read_tokens(directory: Directory, sections: Mapping[str, list[dict[str, Any]]]) -> None:
    def user(where: str, entry: Mapping[str, Any]) -> User:
        if entry["user"] not in directory.users:
            raise SeedError(f"{where}.user: {entry['user']} is not in users")
        return directory.users[entry["user"]]

    def scopes(where: str, entry: Mapping[str, Any]) -> frozenset[str]:
        try:
            return read_scopes(entry.get("scopes", SCOPES))
        except ValueError as error:
            raise SeedError(f"{where}.scopes: {error}") from None

    _unique("clients", sections["clients"], "client_id")
    for where, entry in _numbered("clients", sections["clients"]):
        owner = user(where, entry) if "user" in entry else None
        directory.clients[entry["client_id"]] = Client(
            entry["client_id"], entry["client_secret"], owner, scopes(where, entry)
        )
    _unique("tokens", sections["tokens"], "token", secret=True)
    for where, entry in _numbered("tokens", sections["tokens"]):
        directory.grants[entry["token"]] = Grant(user(where, entry), scopes(where, entry), entry.get("expires"))
    for section, kept, key in (("refresh_tokens", directory.permits, "token"), ("codes", directory.codes, "code")):
        _unique(section, sections[section], key, secret=True)
        for where, entry in _numbered(section, sections[section]):
            if entry["client_id"] not in directory.clients:
                raise SeedError(f"{where}.client_id: {entry['client_id']} is not in clients")
            kept[entry[key]] = Permit(
                entry["client_id"], user(where, entry), scopes(where, entry), entry.get("expires")
            )


# The fields of each section: the type, and whether the field is optional.
_TEXT, _NUMBER, _WHOLE, _TEXTS = "string", "number", "whole number", "list of strings"
_SECTIONS: dict[str, dict[str, tuple[str, bool]]] = {
    "organizations": {"id": (_TEXT, False), "name": (_TEXT, True)},
    "users": {"key": (_TEXT, False), "id": (_TEXT, False), "name": (_TEXT, False), "organization": (_TEXT, False)},
    "teams": {
        "id": (_WHOLE, False),
        "name": (_TEXT, True),
        "organization": (_TEXT, False),
        "members": (_TEXTS, True),
    },
    "tokens": {"token": (_TEXT, False), "user": (_TEXT, False), "scopes": (_TEXTS, True), "expires": (_NUMBER, True)},
    "clients": {
        "client_id": (_TEXT, False),
        "client_secret": (_TEXT, False),
        "user": (_TEXT, True),
        "scopes": (_TEXTS, True),
    },
    "refresh_tokens": {
        "token": (_TEXT, False),
        "client_id": (_TEXT, False),
        "user": (_TEXT, False),
        "scopes": (_TEXTS, True),
        "expires": (_NUMBER, True),
    },
    "codes": {
        "code": (_TEXT, False),
        "client_id": (_TEXT, False),
        "user": (_TEXT, False),
        "scopes": (_TEXTS, True),
        "expires": (_NUMBER, True),
    },
    # Not listed here: the store checks actions by the document's rules, and `chats` checks chats.
    "actions": {},
    "chats": {},
}


def _entries(seed: Mapping[str, Any], section: str) -> Iterator[dict[str, Any]]:
    entries = seed.get(section, [])
    if not isinstance(entries, list):
        raise SeedError(f"{section}: must be a list")
    fields = _SECTIONS[section]
    for where, entry in _numbered(section, entries):
        if not isinstance(entry, dict):
            raise SeedError(f"{where}: must be an object")
        for name, (_, optional) in fields.items():
            if name not in entry and not optional:
                raise SeedError(f"{where}.{name}: is missing")
        for name, value in entry.items():
            if fields and name not in fields:
                raise SeedError(f"{where}.{name}: unknown field; known fields: {', '.join(fields)}")
            if fields and not _is(fields[name][0], value):
                raise SeedError(f"{where}.{name}: must be a {fields[name][0]}")
        yield entry


def _is(kind: str, value: object) -> bool:
    if kind == _TEXT:
        return isinstance(value, str) and value != ""
    if kind == _WHOLE:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == _NUMBER:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _check_value(where: str, value: object) -> None:
    """Raise `SeedError` for a value that cannot be stored or sent as JSON.

    A seed may come from Python or from lax JSON.
    """
    if isinstance(value, str):
        if not _is_sendable(value):
            raise SeedError(f"{where}: has half of a surrogate pair, which UTF-8 cannot encode")
    elif isinstance(value, dict):
        for name, item in value.items():
            if not isinstance(name, str) or not _is_sendable(name):
                raise SeedError(f"{where}: the field name {name!r} is not a string that UTF-8 can encode")
            _check_value(f"{where}.{name}", item)
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            _check_value(f"{where}[{number}]", item)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise SeedError(f"{where}: must be a finite number")
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise SeedError(f"{where}: must fit in 64 bits")
    elif value is not None:
        raise SeedError(f"{where}: a {type(value).__name__} is not a JSON value")


def _is_sendable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _numbered(section: str, entries: list[Any]) -> Iterator[tuple[str, Any]]:
    for number, entry in enumerate(entries):
        yield f"{section}[{number}]", entry


def _unique(section: str, entries: list[dict[str, Any]], field_name: str, *, secret: bool = False) -> set[str]:
    found: set[str] = set()
    for where, entry in _numbered(section, entries):
        if entry[field_name] in found:
            shown = "" if secret else f"{entry[field_name]} "
            raise SeedError(f"{where}.{field_name}: {shown}is given twice")
        found.add(entry[field_name])
    return found
