"""Recordings: missing parts are no fault, and an entry that cannot be read does not prevent judging the others."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from api_paths import CREATING, LISTING, action_path
from zoho_cliq_conformance.cli import main
from zoho_cliq_conformance.drivers import har

BASE = "https://cliq.example/api/v3"
JSON = {"Content-Type": "application/json"}


def entry(
    target: str = LISTING,
    method: str = "GET",
    status: Any = 200,
    text: Any = '{"bad": 1}',
    headers: Mapping[str, Any] | None = None,
    answered: Mapping[str, Any] | None = None,
    body: Any = None,
    started: Any = "2026-01-01T00:00:00Z",
) -> dict[str, Any]:
    """Return an entry of a recording."""
    sent = {"Authorization": "Bearer 1000.somebody", **JSON, **(headers or {})}
    request: dict[str, Any] = {"method": method, "url": BASE + target, "headers": pairs(sent)}
    if body is not None:
        request["postData"] = {"text": body}
    content = {"text": text, "size": len(text.encode("utf-8", "replace")) if isinstance(text, str) else -1}
    response = {"status": status, "headers": pairs({**JSON, **(answered or {})}), "content": content}
    return {"startedDateTime": started, "time": 1, "request": request, "response": response}


def pairs(headers: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in headers.items()]


def recorded(directory: Path, *entries: Any) -> Path:
    path = directory / "traffic.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
    return path


def action(**changes: Any) -> dict[str, Any]:
    content = {"id": "7", "name": "File", "hint": "h", "scope": "personal", "multi_selectable": False}
    kinds = {"message_types": ["text"], "execution_type": "deluge", "type": "custom", "status": "enabled"}
    people = {"creator": {"id": "1", "name": "Ada"}, "handlers": [{"type": "execution_handler"}]}
    return {**content, **kinds, **people, **changes}


def good(path: str, data: Any, **more: Any) -> str:
    return json.dumps({"url": f"/api/v3{path}", "type": "messageaction", "data": data, **more})


def conforming() -> list[dict[str, Any]]:
    """Return the entries of a create, an update, a get, a list, a delete, and a get of the deleted action."""
    item, gone = action_path(7), json.dumps({"message": "not found", "code": "msgaction_not_found"})
    new = action(name="Other")
    steps = [
        (
            CREATING,
            "POST",
            200,
            good(CREATING, action()),
            '{"name":"File","hint":"h","scope":"personal"}',
        ),
        (item, "PATCH", 200, good(item, new), '{"name":"Other"}'),
        (item, "GET", 200, good(item, new), None),
        (LISTING, "GET", 200, good(LISTING, [new], sync_token="s"), None),
        (item, "DELETE", 204, "", None),
        (item, "GET", 404, gone, None),
    ]
    return [
        entry(path, method, status, text, body=body, started=f"2026-01-01T00:00:{number:02}Z")
        for number, (path, method, status, text, body) in enumerate(steps)
    ]


def judged(tmp_path: Path, *entries: Any) -> tuple[int, dict[str, Any]]:
    status = main(["check-har", str(recorded(tmp_path, *entries)), "--quiet", "--report", str(tmp_path / "out")])
    return status, json.loads((tmp_path / "out" / "report.json").read_text())


def change(at: str, value: Any) -> Any:
    """Return a function that sets the value at a path such as `response.content.text` in every entry.

    `...` as the value removes the key.
    """

    def apply(entries: list[dict[str, Any]]) -> None:
        for each in entries:
            *outer, last = at.split(".")
            for name in outer:
                each = each.get(name) or {}
            if value is ...:
                each.pop(last, None)
            elif last in each:
                each[last] = value

    return apply


def bodies_in_base64(entries: list[dict[str, Any]]) -> None:
    for each in entries:
        content = each["response"]["content"]
        content |= {"text": base64.b64encode(content["text"].encode()).decode(), "encoding": "base64"}


def mixed_zones(entries: list[dict[str, Any]]) -> None:
    for number, each in enumerate(entries):
        if number % 2:
            each["startedDateTime"] = f"2026-01-01T02:00:{number:02}+02:00"


def cut_bodies(entries: list[dict[str, Any]]) -> None:
    for each in entries:
        each["response"]["content"]["text"] = each["response"]["content"]["text"][:20]


def of_two_people(entries: list[dict[str, Any]]) -> None:
    """Change the entries to those of two users with masked tokens: the second user does not see the personal action."""
    for each in entries:
        each["request"]["headers"] = pairs({**JSON, "Authorization": "Bearer [REDACTED]"})
    entries[2]["response"] = copy.deepcopy(entries[5]["response"])


def overlapping(entries: list[dict[str, Any]]) -> None:
    """Change the times of the entries: list and delete are pending at the same time, and the delete was sent first."""
    entries[3]["startedDateTime"], entries[3]["time"] = "2026-01-01T00:00:05Z", 500
    entries[4]["startedDateTime"], entries[4]["time"] = "2026-01-01T00:00:04.9Z", 500
    entries[5]["startedDateTime"] = "2026-01-01T00:00:09Z"


def one(at: int, entry_: Any) -> Any:
    def apply(entries: list[Any]) -> None:
        entries[at] = entry_(entries[at]) if callable(entry_) else entry_

    return apply


LACKING = {
    "nothing": lambda entries: None,
    "unsorted": lambda entries: entries.reverse(),
    "bodies": change("response.content.text", ...),
    "bodies, said to be empty": change("response.content", {"size": 0, "mimeType": "x-unknown"}),
    "contents": change("response.content", ...),
    "bodies that are null": change("response.content.text", None),
    "bodies in an unknown encoding": change("response.content.encoding", "rot13"),
    "half of the bodies": cut_bodies,
    "bodies in base64": bodies_in_base64,
    "bad base64": lambda entries: [e["response"]["content"].update(text="!", encoding="base64") for e in entries],
    "wrong sizes": change("response.content.size", 1),
    "response headers": change("response.headers", []),
    "request headers": change("request.headers", []),
    "headers that are null": lambda entries: [e["response"].update(headers=[None, {"name": None}, 7]) for e in entries],
    "what was sent": change("request.postData", ...),
    "texts of what was sent": change("request.postData", {"mimeType": "application/json"}),
    "times": change("startedDateTime", ...),
    "times that are dates": change("startedDateTime", "2026-01-01T00:00:00"),
    "times that are none": change("startedDateTime", "yesterday"),
    "durations": change("time", None),
    "one zone": mixed_zones,
    "whose tokens they are": of_two_people,
    "which of two came first": overlapping,
    "the answer to a list": one(3, lambda e: {**e, "response": {"status": 0, "headers": [], "content": {"size": 0}}}),
    "the answer to a create": one(0, lambda e: {**e, "response": None}),
    "the answer to an update": one(1, lambda e: {**e, "response": {"status": 0}}),
    "the answer to a delete": one(4, lambda e: {key: value for key, value in e.items() if key != "response"}),
    "a whole entry": one(1, None),
    "the URL of an update": one(1, lambda e: {**e, "request": {**e["request"], "url": f"https://[::1/api/v3{action_path(7)}"}}),
    "the method of a delete": one(4, lambda e: {**e, "request": {**e["request"], "method": "\x1b[31m"}}),
    "the server: a list came from a cache": one(3, lambda e: {**e, "_fromCache": "disk"}),
    "news: a get was conditional": one(2, lambda e: {**e, "response": {**e["response"], "status": 304}}),
}  # fmt: skip


@pytest.mark.parametrize("what", LACKING)
def test_a_recording_that_lacks_something_is_no_fault(what: str, tmp_path: Path) -> None:
    entries = conforming()
    LACKING[what](entries)
    status, found = judged(tmp_path, *entries)
    assert found["faults"] == []
    assert status == 0


def test_what_a_recording_shows_is_judged_beside_what_it_lacks(tmp_path: Path) -> None:
    entries = conforming()
    change("response.content.text", ...)(entries)
    entries[0]["response"]["status"] = 418
    _, found = judged(tmp_path, *entries)
    assert [fault["fact"] for fault in found["faults"]] == ["create.accepts"]
    assert any("without their body" in note for note in found["notes"])
    entries = conforming()
    entries[0]["response"]["headers"] = pairs({"Content-Type": "text/plain"})
    change("response.content.text", ...)(entries)
    _, found = judged(tmp_path, *entries)
    assert [fault["fact"] for fault in found["faults"]] == ["protocol.json"]


BAD_ENTRIES: dict[str, Any] = {
    "null": None,
    "a number": 7,
    "no request": {},
    "no URL": {"request": {"method": "GET"}},
    "a URL that is none": entry() | {"request": {"method": "GET", "url": "https://[::1/api/v3/messageactions"}},
    "a method that is none": entry(method="GET;touch x"),
    "a method that is a number": entry() | {"request": {"method": 7, "url": f"{BASE}{LISTING}"}},
}


@pytest.mark.parametrize("kind", BAD_ENTRIES)
def test_one_bad_entry_does_not_lose_the_others(kind: str, tmp_path: Path) -> None:
    wrong = entry(status=200, text="no JSON", started="2026-01-01T00:01:00Z")
    status, found = judged(tmp_path, *conforming(), BAD_ENTRIES[kind], wrong)
    assert (status, found["calls"]) == (1, 7)
    assert [note for note in found["notes"] if note.startswith("skipped entry 7 of the recording: ")]


ODD = {
    "status": [*(0, -5, 10**30, 1e308, "200", "abc", True, None, [], 99, 600, 204.5)],
    "text": [None, 5, "", "[" * 300 + "]" * 300, "\ud800", '{"a":1e999}', '{"a":' + "9" * 5000 + "}", {"a": 1}],
    "started": [None, 5, "", "0001-01-01T00:00:00", "9999-12-31T23:59:59Z", "2026-01-01T00:00:00+99:00"],
    "target": ["/messageactions/\ud800", "/messageactions/\x1b[31m", "/messageactions/\u202e", "/messageactions//"],
    "body": [None, 5, "", "\ud800", "[" * 300 + "]" * 300, [1]],
    "headers": [{"\ud800": "\ud800"}, {"": ""}, {"A": None}, {"Authorization": ""}, {"Accept": "\x9b"}],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in ODD.items() for value in values])
def test_odd_values_in_a_recording_give_a_report(
    name: str, value: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = judged(tmp_path, *conforming(), entry(**{name: value}), entry(method="POST", **{name: value}))
    assert status in (0, 1)
    assert found["calls"] == 8
    assert all(line.isprintable() for line in capsys.readouterr().out.split("\n"))


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"null", b"[" * 200_000, b'{"log":{"entries":{"a":1}}}', b"\xff\xfe\x00", b'{"log":{"entries":[null]}}'),
        *(b'{"log":7}', b'{"log":{"entries":[{"request":{"url":7}}]}}', b'{"log":{"entries":[' + b"9" * 5000 + b"]}}"),
    ],
)
def test_an_unusable_recording_exits_with_2_and_one_line(
    raw: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.har"
    path.write_bytes(raw)
    assert main(["check-har", str(path)]) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)


def test_excessive_numbers_in_a_recording_are_handled(tmp_path: Path) -> None:
    text = json.dumps({"log": {"entries": conforming()}})
    for odd in ("NaN", "Infinity", "-1e999", "9" * 5000):
        path = tmp_path / "x.har"
        path.write_text(text.replace('"time": 1', f'"time": {odd}').replace('"size": 0', f'"size": {odd}'))
        recording = har.load(path)
        assert [exchange.number for exchange in recording.exchanges] == [1, 2, 3, 4, 5, 6]
        assert main(["check-har", str(path)]) == 0
