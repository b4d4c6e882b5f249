"""The differences in meaning between two documents, rated for users of the client.

`breaking`: code that uses the client may stop working. `feature`: the client can do more. `fix`: users need not notice.
A request and a response are rated in opposite directions. Both documents must be in normal form, or composed from one;
descriptions and examples do not count as meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from pipeline.compose import operations
from pipeline.documents import Json
from pipeline.schema_changes import Comparison, Finding, Rating, deprecation

__all__ = ["Change", "Rating", "bump", "compare", "highest", "next_version"]

_RANK: dict[Rating, int] = {"fix": 0, "feature": 1, "breaking": 2}
_BUMP: dict[Rating, Literal["major", "minor", "patch"]] = {"breaking": "major", "feature": "minor", "fix": "patch"}


class Change(NamedTuple):
    """One change.

    Attributes:
        place: `METHOD /path`, or empty for the whole document.
        kind: the kind of change.
        text: the change in words.
        rating: its rating.
    """

    place: str
    kind: str
    text: str
    rating: Rating


def highest(changes: list[Change]) -> Rating | None:
    """Return the most severe rating, or None if there is no change."""
    return max((change.rating for change in changes), key=_RANK.__getitem__, default=None)


def bump(rating: Rating) -> Literal["major", "minor", "patch"]:
    """Return the part of the version that a rating raises."""
    return _BUMP[rating]


def next_version(version: str, rating: Rating) -> str:
    """Return the next version. Before 1.0.0, a breaking change raises the second number, as a feature does."""
    major, minor, patch = map(int, version.split("."))
    if rating == "fix":
        return f"{major}.{minor}.{patch + 1}"
    if rating == "breaking" and major > 0:
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0"


def compare(old: Json, new: Json) -> list[Change]:
    """Return every change of meaning between two documents: first of the document as a whole, then by operation."""
    found = [Change("", *finding) for finding in _document(old, new)]
    before, after = dict(_operations(old)), dict(_operations(new))
    for key, moved in _pairs(before, after):
        if moved is None:
            found.append(Change(_place(before[key]), "operation-removed", "operation removed", "breaking"))
            continue
        place = _place(after[moved])
        found += [Change(place, *finding) for finding in _operation(old, new, before[key], after[moved])]
    for key in after.keys() - {moved for _, moved in _pairs(before, after)}:
        found.append(Change(_place(after[key]), "operation-added", "operation added", "feature"))
    return sorted(
        dict.fromkeys(found), key=lambda change: (change.place, -_RANK[change.rating], change.kind, change.text)
    )


class _Operation(NamedTuple):
    path: str
    method: str
    data: dict[str, Any]


def _place(operation: _Operation) -> str:
    return f"{operation.method.upper()} {operation.path}"


def _operations(document: Json) -> Iterator[tuple[tuple[str, str], _Operation]]:
    """Yield operations by method and path, ignoring the names of path parameters."""
    for path, method, data in operations(document):
        yield (method, re.sub(r"\{[^{}]*\}", "{}", path)), _Operation(path, method, data)


def _pairs(
    before: dict[tuple[str, str], _Operation], after: dict[tuple[str, str], _Operation]
) -> Iterator[tuple[tuple[str, str], tuple[str, str] | None]]:
    """Yield each old operation with its new one: that of the same place, else that of the same id, else None."""
    ids = {operation.data["operationId"]: key for key, operation in after.items() if key not in before}
    for key, operation in before.items():
        yield key, key if key in after else ids.get(operation.data["operationId"])


def _document(old: Json, new: Json) -> Iterator[Finding]:
    before, after = ({_center(server): server for server in document.get("servers", [])} for document in (old, new))
    for center in sorted(before.keys() - after.keys()):
        yield Finding("server-removed", f"server {center} removed", "breaking")
    for center in sorted(after.keys() - before.keys()):
        yield Finding("server-added", f"server {center} added", "feature")
    for center in sorted(before.keys() & after.keys()):
        for key in ("url", "x-accounts-url"):
            if before[center].get(key) != after[center].get(key):
                text = f"server {center}: {before[center].get(key)} → {after[center].get(key)}"
                yield Finding("server-moved", text, "fix")
    schemes = [document["components"].get("securitySchemes", {}) for document in (old, new)]
    for name in sorted(schemes[0].keys() | schemes[1].keys()):
        yield from _scheme(name, schemes[0].get(name), schemes[1].get(name))
    catalogues = [document.get("x-error-catalogue", {}) for document in (old, new)]
    for code in sorted(catalogues[0].keys() | catalogues[1].keys()):
        yield from _meaning(code, catalogues[0].get(code), catalogues[1].get(code))


def _center(server: Json) -> str:
    return str(server.get("x-data-center", server["url"]))


def _scheme(name: str, old: Json, new: Json) -> Iterator[Finding]:
    if old is None or new is None:
        yield Finding("security-scheme", f"security scheme {name} {'added' if old is None else 'removed'}", "breaking")
        return
    kinds = [(scheme.get("type"), sorted(scheme.get("flows", {}))) for scheme in (old, new)]
    if kinds[0] != kinds[1]:
        yield Finding("security-scheme", f"security scheme {name} works in another way", "breaking")
        return
    for flow in old.get("flows", {}):
        scopes = [set(scheme["flows"][flow].get("scopes", {})) for scheme in (old, new)]
        for scope in sorted(scopes[1] - scopes[0]):
            yield Finding("scope-offered", f"scope {scope} can be asked for", "feature")
        for scope in sorted(scopes[0] - scopes[1]):
            yield Finding("scope-withdrawn", f"scope {scope} can no longer be asked for", "breaking")
        for key in ("authorizationUrl", "tokenUrl", "refreshUrl"):
            if old["flows"][flow].get(key) != new["flows"][flow].get(key):
                yield Finding("security-url", f"{key} of {name} is {new['flows'][flow].get(key)}", "fix")


def _meaning(code: str, old: Json, new: Json) -> Iterator[Finding]:
    if old is None:
        yield Finding("error-class-added", f"error {code}: class {new['class']} ({new['family']}) added", "feature")
    elif new is None:
        yield Finding("error-class-removed", f"error {code}: class {old['class']} removed", "breaking")
    elif (old["class"], old["family"]) != (new["class"], new["family"]):
        text = f"error {code}: {old['class']} ({old['family']}) → {new['class']} ({new['family']})"
        yield Finding("error-class-changed", text, "breaking")


def _operation(old: Json, new: Json, before: _Operation, after: _Operation) -> Iterator[Finding]:
    was, now = before.data, after.data
    if (before.method, _nameless(before.path)) != (after.method, _nameless(after.path)):
        yield Finding("moved", f"moved from {_place(before)}", "fix")
    if was["operationId"] != now["operationId"]:
        yield Finding("renamed", f"operation id {was['operationId']} → {now['operationId']}", "breaking")
    if was.get("tags") != now.get("tags"):
        tags = [", ".join(operation.get("tags", ["none"])) for operation in (was, now)]
        yield Finding("tag", f"tag {tags[0]} → {tags[1]}: its module moves in the generated package", "fix")
    yield from deprecation(was, now, "operation")
    yield from _parameters(old, new, before, after)
    yield from _body(old, new, was.get("requestBody"), now.get("requestBody"))
    yield from _responses(old, new, was["responses"], now["responses"])
    yield from _scopes(_scope_set(old, was), _scope_set(new, now))
    yield from _threshold(was.get("x-threshold"), now.get("x-threshold"))
    codes = [set(operation.get("x-error-codes", [])) for operation in (was, now)]
    for code in sorted(codes[1] - codes[0]):
        yield Finding("error-code-added", f"error code {code} added", "feature")
    for code in sorted(codes[0] - codes[1]):
        yield Finding("error-code-removed", f"error code {code} removed", "fix")
    if was.get("x-idempotent", False) != now.get("x-idempotent", False):
        text = "may be repeated" if now.get("x-idempotent") else "may no longer be repeated"
        yield Finding("idempotency", text, "feature" if now.get("x-idempotent") else "breaking")


def _nameless(path: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", path)


def _parameters(old: Json, new: Json, before: _Operation, after: _Operation) -> Iterator[Finding]:
    was, now = (
        {(p["in"], p["name"]): p for p in operation.data.get("parameters", [])} for operation in (before, after)
    )
    names = [re.findall(r"\{([^{}]*)\}", operation.path) for operation in (before, after)]
    gone, come = ([name for name in one if name not in other] for one, other in (names, names[::-1]))
    for former, name in zip(gone, come, strict=False):
        if ("path", former) in was and ("path", name) in now:
            arguments = [
                one[place].get("x-argument") for one, place in ((was, ("path", former)), (now, ("path", name)))
            ]
            kept = arguments[0] is not None and arguments[0] == arguments[1]
            text = f"path parameter {former} is called {name}"
            yield Finding("parameter-renamed", text, "fix" if kept else "breaking")
            yield from Comparison(old, new, "request").schemas(
                was.pop(("path", former))["schema"], now.pop(("path", name))["schema"], f"path parameter {name}"
            )
    for place, name in sorted(was.keys() - now.keys()):
        yield Finding("parameter-removed", f"{place} parameter {name} removed", "breaking")
    for place, name in sorted(now.keys() - was.keys()):
        needed = now[place, name]["required"]
        text = f"{'required' if needed else 'optional'} {place} parameter {name} added"
        yield Finding("parameter-added", text, "breaking" if needed else "feature")
    for place, name in sorted(was.keys() & now.keys()):
        one, other = was[place, name], now[place, name]
        where = f"{place} parameter {name}"
        if one["required"] != other["required"]:
            text = f"{where} became {'required' if other['required'] else 'optional'}"
            yield Finding("parameter-required", text, "breaking" if other["required"] else "feature")
        for key in ("style", "explode"):
            if one.get(key) != other.get(key):
                yield Finding("parameter-style", f"{where}: {key} {one.get(key)} → {other.get(key)}", "fix")
        yield from deprecation(one, other, where)
        yield from Comparison(old, new, "request").schemas(one["schema"], other["schema"], where)


def _body(old: Json, new: Json, was: Json, now: Json) -> Iterator[Finding]:
    if was is None and now is None:
        return
    if was is None:
        yield Finding("body-added", "request body added", "breaking" if now["required"] else "feature")
    elif now is None:
        yield Finding("body-removed", "request body removed", "breaking")
    else:
        if was["required"] != now["required"]:
            text = f"request body became {'required' if now['required'] else 'optional'}"
            yield Finding("body-required", text, "breaking" if now["required"] else "feature")
        yield from _contents(old, new, was["content"], now["content"], "request")


def _contents(
    old: Json, new: Json, was: Json, now: Json, direction: Literal["request", "response"], status: str = ""
) -> Iterator[Finding]:
    where = "request body" if direction == "request" else f"response {status}"
    for media in sorted(was.keys() - now.keys()):
        yield Finding("media-removed", f"{where}: {media} removed", "breaking")
    for media in sorted(now.keys() - was.keys()):
        yield Finding("media-added", f"{where}: {media} added", "feature")
    for media in sorted(was.keys() & now.keys()):
        yield from Comparison(old, new, direction).schemas(was[media]["schema"], now[media]["schema"], where)


def _responses(old: Json, new: Json, was: Json, now: Json) -> Iterator[Finding]:
    for status in sorted(was.keys() - now.keys()):
        good = status.startswith("2")
        yield Finding("status-removed", f"status {status} removed", "breaking" if good else "fix")
    for status in sorted(now.keys() - was.keys()):
        yield Finding("status-added", f"status {status} added", "feature")
    for status in sorted(was.keys() & now.keys()):
        contents = [response.get("content") for response in (was[status], now[status])]
        if contents[0] and contents[1]:
            yield from _contents(old, new, contents[0], contents[1], "response", status)
        elif contents[0] or contents[1]:
            text = f"response {status}: body {'added' if contents[1] else 'removed'}"
            yield Finding("response-body", text, "feature" if contents[1] else "breaking")


def _scope_set(document: Json, operation: Json) -> set[str]:
    requirements = operation.get("security", document.get("security", []))
    return {scope for requirement in requirements for scopes in requirement.values() for scope in scopes}


def _scopes(was: set[str], now: set[str]) -> Iterator[Finding]:
    if was != now:
        text = f"scope {', '.join(sorted(was)) or 'none'} → {', '.join(sorted(now)) or 'none'}"
        yield Finding("scope-changed", text, "breaking" if now else "fix")


def _threshold(was: Json, now: Json) -> Iterator[Finding]:
    if was == now:
        return
    if was is None or now is None:
        text = f"threshold {_calls(now)} where there was none" if was is None else f"threshold {_calls(was)} is gone"
        yield Finding("threshold", text, "breaking" if was is None else "feature")
        return
    rates = [threshold["limit"] / threshold["window_seconds"] for threshold in (was, now)]
    if _calls(was) != _calls(now):
        rating: Rating = "breaking" if rates[1] < rates[0] or now["limit"] < was["limit"] else "feature"
        yield Finding("threshold", f"threshold {_calls(was)} → {_calls(now)}", rating)
    if was["lock_seconds"] != now["lock_seconds"]:
        rating = "breaking" if now["lock_seconds"] > was["lock_seconds"] else "feature"
        yield Finding("lock", f"lock {was['lock_seconds']} s → {now['lock_seconds']} s", rating)


def _calls(threshold: Json) -> str:
    return f"{threshold['limit']} calls in {threshold['window_seconds']} s"
