"""Random request bodies: valid ones, and ones with a single error. Limits come from the composed OpenAPI document."""

from __future__ import annotations

import string
from collections.abc import Sequence
from itertools import combinations
from random import Random
from typing import Any

from zoho_cliq_api.contract import sample

from ..judge.document import SCHEMAS
from ..judge.facts import gone_fields, new_fields
from ..judge.rules import SCRIPT_REFUSED_BYTES, SCRIPT_SURE_BYTES

_create = SCHEMAS["MessageActionCreate"]["properties"]
LONGEST: dict[str, int] = {name: _create[name]["maxLength"] for name in ("name", "hint", "execution_url")}
NEEDED = {
    name: sample(schema, SCHEMAS)
    for name, schema in new_fields("create").items()
    if name in SCHEMAS["MessageActionCreate"].get("required", ())
}
"""What a create has to have, beside the fields that the suite knows."""
GONE = {operation: gone_fields(operation) for operation in ("create", "update")}
"""The fields that the suite knows and no longer sends, since the document does not have them any more."""
TEAMS: int = _create["team_ids"]["maxItems"]
TYPES: list[str] = SCHEMAS["MessageType"]["enum"]
PERMISSIONS: list[str] = SCHEMAS["Permission"]["enum"]
PERMISSION_SETS = [list(some) for size in range(len(PERMISSIONS)) for some in combinations(PERMISSIONS, size + 1)]


def unknown(enumeration: str, value: str) -> str:
    """Return a value that an enumeration of the document does not have: `value`, if need be with digits behind it."""
    while value in SCHEMAS[enumeration].get("enum", ()):
        value += "2"
    return value


NOT_A_TYPE, LIKE_A_TYPE = unknown("MessageType", "video"), unknown("MessageType", "attachments")
NOT_A_SCOPE = unknown("Scope", "everyone")
NOT_AN_EXECUTION_TYPE, ANOTHER_EXECUTION_TYPE = unknown("ExecutionType", "lambda"), unknown("ExecutionType", "function")
UNKNOWN_ID = "987000000654321"  # an id that no action has
IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
WORDS = string.ascii_letters + string.digits
# Valid bodies cycle through these values, so that a fault that needs a certain value shows without an extra call.
_sizes = range(_create["message_types"].get("minItems", 1), _create["message_types"].get("maxItems", len(TYPES)) + 1)
TYPE_SETS = [list(some) for size in _sizes for some in combinations(TYPES, size)]


def type_set(number: int) -> list[str]:
    """Return one of the sets of message types by number, which may be below 0 or beyond the number of sets."""
    return TYPE_SETS[number % len(TYPE_SETS)]


HINTS = ["a hint", "Ablegen: Größe 42, später", "x", "v2.0 - file_this", "0", "Traducción, señal. Él", "IN CAPITALS"]
NAME_ENDS = ["", " Ärger", " v2.0", " a-b_c", " Déjà vu: x", ", E. F"]
# A server may refuse these texts because of their characters. If it accepts them, it must not change them.
ODD_HINTS = ['It\'s "quoted" & done; a+b=c', "100 %41 \\n C:\\temp \\u0041 $1 {x}", "日本語のヒント #1 (ä|ö) ~ `'"]
PAPERCLIP = "\U0001f4ce"  # outside the basic multilingual plane
RARE = ("\x00", "\ud800", "\u202e")  # NUL, a lone surrogate, the right-to-left override
ODD_URL = "http://hooks.example.com:8443/Cliq/A_b-c~d.e/?token=a%2Fb&x=1+2&y=%C3%A9"
URL = "https://hooks-2.example.org/Cliq/A_b-c~d.e/?token=a%2Fb&x=1+2&y="
# Text that a parser may mishandle: quotes, escapes, syntax of other formats, tabs, comments.
SCRIPT = """  // 100 % of 'it' + <b>&amp;</b> %41 \\n $1 #{x} ${y} naïve – 日本
\tif(1 < 2 && 3 > 2) { info "a\\\\b + \\"c\\" %41 &amp; // d"; }
/* end */ return Map();
"""


def program(text: str) -> str:
    """Return a valid Deluge script that has `text` in its comments."""
    return "// " + text.replace("\n", "\n// ") + "\nreturn Map();"


def long_script(size: int, char: str = "s") -> str:
    """Return a valid Deluge script: a long comment, then a statement.

    Args:
        size: length in bytes of UTF-8.
        char: the character that the comment repeats.
    """
    room, width = size - len(program("")), len(char.encode())
    return program(char * (room // width) + "." * (room % width))


def words(random: Random, longest: int) -> str:
    """Return a plain text of at most `longest` characters, often exactly that many, sometimes not ASCII."""
    length = longest if random.random() < 0.4 else random.randint(1, longest)
    return "é" * length if random.random() < 0.25 else "".join(random.choices(WORDS, k=length))


def url(length: int) -> str:
    """Return a plain URL of exactly `length` characters."""
    return "https://hooks.example.com/cliq/".ljust(length, "a")


def some(random: Random, values: Sequence[Any], most: int | None = None) -> list[Any]:
    """Return one or more of the values, at most `most` (default: any number), in random order."""
    return random.sample(list(values), random.randint(1, min(len(values), most or len(values))))


def types(random: Random) -> list[str]:
    """Return as many message types as a body may have, in random order."""
    chosen = random.choice(TYPE_SETS)
    return random.sample(chosen, len(chosen))


def hint(random: Random) -> str:
    """Return a random hint: up to the maximum length, with unusual characters, or short."""
    return random.choice([words(random, LONGEST["hint"]), words(random, LONGEST["hint"]), *HINTS[2:4], *ODD_HINTS])


def _one_odd(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body with unusual characters in at most one field.

    A server may refuse such a field. With two of them, a refusal of one would hide how the server treats the other.
    """
    if body.get("hint") in ODD_HINTS and body.get("execution_url") == ODD_URL:
        body["execution_url"] = URL
    return body


def create(random: Random, teams: Sequence[int]) -> dict[str, Any]:
    """Return a valid body of a create, without the name, which the caller adds.

    Args:
        random: the source of choices.
        teams: ids of the user's teams; without any, no team is chosen.
    """
    body: dict[str, Any] = {**NEEDED, "hint": hint(random)}
    optional: dict[str, Any] = {
        "multi_selectable": random.random() < 0.5,
        "message_types": types(random),
        "image": IMAGE,
        "execution_type": random.choice(["deluge", "webhook"]),
    }
    chosen = {name: value for name, value in optional.items() if random.random() < 0.6}
    body.update({name: value for name, value in chosen.items() if name not in GONE["create"]})
    if random.random() < 0.85:
        body["scope"] = random.choice(["organization", "personal", *(["team", "team"] if teams else [])])
    if body.get("execution_type") == "webhook":
        body["execution_url"] = random.choice([url(32), url(LONGEST["execution_url"]), URL, ODD_URL])
    if body.get("scope") == "team":
        body["team_ids"] = list(teams)[:TEAMS] if random.random() < 0.3 else some(random, teams, TEAMS)
    return _one_odd(body)


def update(random: Random, teams: Sequence[int], webhook: bool, team: bool, most: int = 2) -> dict[str, Any]:
    """Return a valid body of an update, without the name, which the caller adds.

    Args:
        random: the source of choices.
        teams: ids of the user's teams; without any, no team is chosen.
        webhook: whether the action to update has the execution type `webhook`.
        team: whether the action to update has the scope `team`.
        most: the largest number of fields to change; `team_ids` beside `scope` do not count.
    """
    choices: dict[str, Any] = {
        "hint": hint(random),
        "multi_selectable": random.random() < 0.5,
        "message_types": types(random),
        "image": IMAGE,
        "scope": random.choice(["organization", "personal", *(["team"] if teams else [])]),
    }
    if webhook:
        choices["execution_url"] = random.choice([url(40), url(LONGEST["execution_url"]), URL, ODD_URL])
    if team and teams:
        choices["team_ids"] = some(random, teams, TEAMS)
    names = some(random, sorted(choices.keys() - GONE["update"]), most)
    body = {name: choices[name] for name in names}
    if body.get("scope") == "team":
        body["team_ids"] = some(random, teams, TEAMS)
    elif "scope" in body:
        body.pop("team_ids", None)
    return _one_odd(body)


def wrong(update: bool) -> list[tuple[str, Any]]:
    """Return changes that each make a valid body invalid: a field and its new value, or `...` to omit the field.

    `update` selects the changes for an update; otherwise they are for a create.
    """
    found: list[tuple[str, Any]] = [
        ("name", "n" * (LONGEST["name"] + 1)),
        ("hint", "h" * (LONGEST["hint"] + 1)),
        ("execution_url", url(LONGEST["execution_url"] + 1)),
        ("message_types", []),
        ("message_types", [TYPES[-1], NOT_A_TYPE]),
        ("message_types", [LIKE_A_TYPE]),
        ("message_types", "text"),
        ("message_types", [1]),
        ("scope", NOT_A_SCOPE),
        ("scope", 1),
        ("team_ids", [*range(100001, 100001 + TEAMS + 1)]),
        ("team_ids", 100001),
        ("team_ids", ["100001"]),
        ("team_ids", [100001.5]),
        ("multi_selectable", "true"),
        ("multi_selectable", 1),
        ("image", 7),
        ("name", 5),
        ("hint", 7),
        ("hint", ["a hint"]),
        ("execution_url", 7),
        ("colour", "red"),
    ]
    if not update:
        found += [
            ("name", ...),
            ("name", None),
            ("hint", ...),
            ("hint", None),
            ("execution_type", NOT_AN_EXECUTION_TYPE),
            ("execution_type", {"a": 1}),
        ]
    gone = GONE["update" if update else "create"]
    return [(name, value) for name, value in found if name not in gone]


def script(random: Random) -> str:
    """Return a random script, often of the greatest size that a server has to accept."""
    long = [long_script(SCRIPT_SURE_BYTES), long_script(SCRIPT_SURE_BYTES, "é")]
    return random.choice([SCRIPT, f"return {random.randrange(100)};\n", "info message;", *long])


WRONG_HANDLERS: list[dict[str, Any]] = [
    {"script": long_script(SCRIPT_REFUSED_BYTES + 1)},
    {"script": long_script(SCRIPT_REFUSED_BYTES + 1, "é")},
    {"script": 7},
    {"permissions": ["chat", "wallet"]},
    {"permissions": "chat"},
    {"permissions": [1]},
]
