"""Update the overlay when the vendor removes, moves or renames something: remove obsolete parts, refuse the rest.

An action, or a part of one, is obsolete in two cases: it only describes something that was removed; or the thing it
corrected was removed completely, and nothing new beside it could be the same thing renamed. Anything else that no
longer fits is refused, because a correction must never be lost silently.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import yaml

from pipeline.compose import completed, dangling, examples_below, rename, validator_for
from pipeline.documents import Json, parse
from pipeline.errors import PipelineError
from pipeline.overlay import act, apply, matches
from pipeline.overlay_text import Path, outermost, with_emptied, without, yaml_nodes

_DESCRIBING = frozenset({"description", "summary", "title", "example", "examples", "x-name"})
_SCHEMAS = ("components", "schemas")
_PARAMETER = re.compile(r"\{([^{}]*)\}")
_ROUNDS = 4
"""How often examples are checked again after parts of them are cut out, since a cut may break another rule."""


class Upkeep(NamedTuple):
    """The overlay's text for the new document, a line for each removed part, and actions that became unnecessary."""

    text: str
    cuts: tuple[str, ...]
    unnecessary: tuple[str, ...]


class _Gone(NamedTuple):
    """A property, or a value of an enumeration, that the vendor removed from a component."""

    schema: str
    name: str


class _Renamed(NamedTuple):
    """A path parameter of an operation that the vendor renamed."""

    operation: str
    name: str
    other: str


def keep_up(text: str, old: Json, new: Json, name: str) -> Upkeep:
    """Return the overlay `text`, which fits the document `old`, changed to fit `new`.

    Raise PipelineError for an action that no longer matches and is not obsolete.
    """
    text, old, moved = _follow_paths(text, old, new, name)
    overlay = parse(text.encode(), name)
    gone = set(_removed_properties(old, new))
    withdrawn = set(_scopes(old)) - set(_scopes(new))
    cut: dict[Path, str] = {}
    unnecessary = []
    before, after = copy.deepcopy(old), copy.deepcopy(new)
    for index, action in enumerate(overlay["actions"]):
        where = f"{name}: action {index + 1} ({action['target'].strip()})"
        path: Path = ("actions", index)
        was, now = matches(before, action, where), matches(after, action, where)
        if not now:
            reason = _why_obsolete(action, was, new, where)
            cut[path] = f"action {index + 1} ({action['target'].strip()}) is removed: {reason}"
            before = act(before, action, where)
            continue
        shrunk, parts = _shrink(action, was, gone)
        shrunk, more = _without_scopes(shrunk, was, withdrawn)
        shrunk, stated = _without_stated(shrunk, was, now)
        parts += [*more, *stated]
        cut |= {(*path, *part): f"action {index + 1} ({action['target'].strip()}): {words}" for part, words in parts}
        needless = not (shrunk.keys() & {"update", "remove"} and _changes(after, now, shrunk, where))
        if _changes(before, was, action, where) and needless and not parts:
            unnecessary.append(f"action {index + 1} ({action['target'].strip()}) has become unnecessary")
    cut |= _examples(overlay, cut, new, gone, set(_removed_values(old, new)), name)
    for path in with_emptied(overlay, set(cut)):
        if path[2:] == ("update",):  # an action without its update is none
            cut.setdefault(path[:2], f"action {int(path[1]) + 1} is removed: nothing is left of it")
    text, misfits = _fit_examples(without(text, set(cut), name), new, name)
    return Upkeep(text, (*moved, *cut.values(), *misfits), tuple(unnecessary))


def _changes(document: Json, nodes: list[Any], action: Json, where: str) -> bool:
    """Carry out an action, which selects `nodes`, on a document in place; return whether it changes anything."""
    values = [] if action.get("remove") is True else [copy.deepcopy(node.value) for node in nodes]
    act(document, action, where)
    return not values or any(node.value != value for node, value in zip(nodes, values, strict=True))


def _follow_paths(text: str, old: Json, new: Json, name: str) -> tuple[str, Json, tuple[str, ...]]:
    """Return the overlay and the old document, updated to moved paths and renamed path parameters, and a line on each.

    An operation may move alone or with its whole path, or get another method or another status of its good answer; a
    parameter may be renamed in all paths or in some.
    """
    paths, lines, renamed = copy.deepcopy(old["paths"]), [], list[_Renamed]()

    def move(path: str, place: str, items: Json) -> None:
        names = _renamed(path, place)
        renamed.extend(_Renamed(each["operationId"], *pair) for each in items.values() for pair in names.items())
        for pair in names.items():
            items = _with_parameter(items, *pair)
        paths[place] = {**paths.get(place, {}), **items}

    for path, item in old["paths"].items():
        if path in new["paths"]:
            for method in item.keys() - new["paths"][path].keys():
                place = _moved_operation(new, method, item[method]["operationId"])
                if place is not None:
                    move(path, place, {method: item[method]})
                    paths[path] = {key: each for key, each in paths[path].items() if key != method}
                    if f"['{path}'].{method}" in text:
                        text = text.replace(f"['{path}'].{method}", f"['{place}'].{method}")
                        lines.append(f"the actions on {method.upper()} {path} now select {place}")
                    for several in (".*", "['"):  # an action on several operations also applies to the moved one
                        text = text.replace(f"['{path}']{several}", f"['{path}','{place}']{several}")
            continue
        ids = {method: operation["operationId"] for method, operation in item.items()}
        found = [
            other
            for other, entry in new["paths"].items()
            if other not in old["paths"]
            and ids.items() <= {key: each["operationId"] for key, each in entry.items()}.items()
        ]
        if len(found) == 1:
            move(path, found[0], paths.pop(path))
            if f"'{path}'" in text:
                text = text.replace(f"'{path}'", f"'{found[0]}'")
                lines.append(f"the actions on {path} now select {found[0]}")
    moved = {**old, "paths": paths}
    text, words = _follow_names(text, renamed, moved, new, name) if renamed else (text, [])
    for path in moved["paths"].keys() & new["paths"].keys():
        text, found = _follow_methods(text, path, moved["paths"], new["paths"][path])
        words += found
        for method in moved["paths"][path].keys() & new["paths"][path].keys():
            text, found = _follow_status(text, f"['{path}']", method, moved["paths"][path], new["paths"][path][method])
            words += found
    return text, moved, (*lines, *words)


def _follow_methods(text: str, path: str, old: Json, new: Json) -> tuple[str, list[str]]:
    """Return the overlay with the new methods of operations that keep path and id, and a line on each.

    The operations of the path are updated in `old`.
    """
    lines, item = [], old[path]
    for method in [each for each in item if each not in new]:
        for other in new.keys() - item.keys():
            if new[other]["operationId"] == item[method]["operationId"]:
                old[path] = item = {other if key == method else key: each for key, each in item.items()}
                text = text.replace(f"['{path}'].{method}", f"['{path}'].{other}")
                text = _in_unions(text, f"['{path}']", method, other)
                lines.append(f"the actions on {method.upper()} {path} lead to {other.upper()}")
                break
    return text, lines


def _in_unions(text: str, path: str, method: str, other: str) -> str:
    """Return the overlay with another method in the targets that select several methods of a path."""
    union = re.compile(rf"({re.escape(path)}\[(?:'\w+',\s*)*)'{method}'")
    return union.sub(rf"\g<1>'{other}'", text)


def _follow_status(text: str, path: str, method: str, old: Json, new: Json) -> tuple[str, list[str]]:
    """Return the overlay with the new status of an operation's good answer, if there is one in place of another.

    The operation is updated in `old`. Targets that select several operations accept both statuses.
    """
    statuses = [
        [each for each in responses if each.startswith("2")]
        for responses in (old[method]["responses"], new["responses"])
    ]
    gone, come = ([each for each in one if each not in other] for one, other in (statuses, statuses[::-1]))
    if len(gone) != 1 or len(come) != 1:
        return text, []
    was, now = gone[0], come[0]
    responses = {now if key == was else key: each for key, each in old[method]["responses"].items()}
    old[method] = {**old[method], "responses": responses}
    before = text
    text = text.replace(f"{path}.{method}.responses['{was}']", f"{path}.{method}.responses['{now}']")
    union = re.compile(rf"({re.escape(path)}\[[^\]]*'{method}'[^\]]*\]\.responses\['{was}')\]")
    text = union.sub(rf"\g<1>,'{now}']", text)
    place = f"{method.upper()} {path[2:-2]}"
    return text, [f"the actions on the answer {was} of {place} lead to {now}"] if text != before else []


def _follow_names(text: str, renamed: list[_Renamed], old: Json, new: Json, overlay: str) -> tuple[str, list[str]]:
    """Return the overlay with the new names of parameters, and a line on each.

    A name that no path has any more is replaced everywhere, including in descriptions. A name that other paths keep is
    not replaced: filters on it also accept the new names, and links to an operation with a new name use the new name.
    """
    lines, ids = [], dict[str, str]()
    for action in parse(text.encode(), overlay)["actions"]:
        if isinstance(action.get("update"), dict) and "operationId" in action["update"]:
            for node in matches(old, action, overlay):
                ids[node.value["operationId"]] = action["update"]["operationId"]
    kept = {name for path in new["paths"] for name in _PARAMETER.findall(path)}
    for name in sorted({each.name for each in renamed}):
        others = sorted({each.other for each in renamed if each.name == name})
        if name not in kept and len(others) == 1:
            text = re.sub(rf"\b{re.escape(name)}\b", others[0], text)
            lines.append(f"the parameter {name} is called {others[0]}")
            continue
        names = [name, *others] if name in kept else others
        either = " || ".join(f"@.name == '{each}'" for each in names)
        text = re.sub(rf"@\.name == (['\"]){re.escape(name)}\1", f"({either})" if len(names) > 1 else either, text)
        for each in renamed:
            known = each._replace(operation=ids.get(each.operation, each.operation))
            text = _in_links(text, known) if each.name == name else text
        lines.append(f"the parameter {name} is called {' and '.join(others)} on some paths")
    return text, lines


def _in_links(text: str, renamed: _Renamed) -> str:
    """Return the overlay with the new name of a parameter in the links to its operation."""
    places = [
        key
        for node in _mappings(yaml_nodes(text))
        for entries in [{key.value: value for key, value in node.value}]
        if getattr(entries.get("operationId"), "value", None) == renamed.operation
        and isinstance(entries.get("parameters"), yaml.MappingNode)
        for key, _ in entries["parameters"].value
        if key.value == renamed.name
    ]
    for key in sorted(places, key=lambda key: -key.start_mark.index):
        text = text[: key.start_mark.index] + renamed.other + text[key.end_mark.index :]
    return text


def _mappings(node: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, value in node.value:
            yield from _mappings(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _mappings(value)


def _moved_operation(new: Json, method: str, identifier: str) -> str | None:
    """Return the path that has an operation in the new document."""
    found = (path for path, item in new["paths"].items() if item.get(method, {}).get("operationId") == identifier)
    return next(found, None)


def _renamed(path: str, other: str) -> dict[str, str]:
    """Return the renamed parameters between two versions of a path, as {old name: new name}."""
    if _PARAMETER.sub("{}", path) != _PARAMETER.sub("{}", other):
        return {}
    pairs = zip(_PARAMETER.findall(path), _PARAMETER.findall(other), strict=True)
    return {name: new for name, new in pairs if name != new}


def _with_parameter(node: Any, name: str, other: str) -> Any:
    """Return a part of a document with a path parameter renamed."""
    if isinstance(node, list):
        return [_with_parameter(each, name, other) for each in node]
    if not isinstance(node, dict):
        return node
    inner = {key: _with_parameter(each, name, other) for key, each in node.items()}
    return {**inner, "name": other} if node.get("in") == "path" and node.get("name") == name else inner


def _removed_properties(old: Json, new: Json) -> Iterator[_Gone]:
    now = new["components"]["schemas"]
    for name, schema in old["components"]["schemas"].items():
        for key in schema.get("properties", {}):
            if key not in now.get(name, {}).get("properties", {}):
                yield _Gone(name, key)


def _removed_values(old: Json, new: Json) -> Iterator[_Gone]:
    """Yield values that the vendor removed from an enumeration."""
    now = new["components"]["schemas"]
    for name, schema in old["components"]["schemas"].items():
        for value in schema.get("enum", []):
            if name in now and value not in now[name].get("enum", [value]):
                yield _Gone(name, value)


def _why_obsolete(action: Json, was: list[Any], new: Json, where: str) -> str:
    """Return why an action that matches nothing may be removed. Raise PipelineError if it may not."""
    if action.get("remove") is True:
        return "what it removes is gone"
    if _describes(action["update"]):
        return "what it describes is gone"
    newcomers = {beside for node in was for beside in _new_siblings(node, new)}
    if not was or newcomers:
        beside = f"; new beside it: {', '.join(sorted(newcomers))}" if newcomers else ""
        raise PipelineError(
            f"{where}: matches nothing; the vendor's document has changed or the target is wrong{beside}. "
            "Give the action its new target, or remove it"
        )
    return "what it corrects is gone"


def _describes(update: Json) -> bool:
    """Return whether an update consists only of text for people."""
    if not isinstance(update, dict):
        return False
    return all(
        key in _DESCRIBING or (isinstance(value, dict) and bool(value) and _describes(value))
        for key, value in update.items()
    )


def _new_siblings(node: Any, new: Json) -> Iterator[str]:
    """Yield what is new beside the first removed part of a node's location."""
    old, now = node.root, new
    for part in node.location:
        if isinstance(now, dict) and part in now:
            old, now = old[part], now[part]
            continue
        if isinstance(now, dict):
            yield from (str(key) for key in now if key not in old)
        elif isinstance(now, list) and len(now) >= len(old):
            yield "another item"
        return


def _shrink(action: Json, was: list[Any], gone: set[_Gone]) -> tuple[Json, list[tuple[Path, str]]]:
    """Return an action without the parts about removed properties, and the parts that were removed."""
    update = copy.deepcopy(action.get("update"))
    if not isinstance(update, dict):
        return action, []
    targets = {node.location[2] for node in was if len(node.location) == 3 and node.location[:2] == _SCHEMAS}
    left_out: list[tuple[Path, str]] = []
    for schema, name in sorted(gone):
        if schema not in targets:
            continue
        for key in ("required", "x-essential"):
            names = action["update"].get(key, [])
            if name in names:
                left_out.append((("update", key, names.index(name)), f"{name}, which is gone, is not required"))
                update[key].remove(name)
        if name in action["update"].get("properties", {}):
            left_out.append((("update", "properties", name), f"the words for {name}, which is gone, are removed"))
            del update["properties"][name]
        for index, rule in reversed(list(enumerate(action["update"].get("allOf", [])))):
            if name in rule.get("if", {}).get("required", []) + rule.get("then", {}).get("required", []):
                left_out.append((("update", "allOf", index), f"a rule on {name}, which is gone, is removed"))
                update["allOf"].remove(rule)
    for key in ("required", "x-essential", "properties", "allOf"):
        if key in update and not update[key]:
            del update[key]
    shrunk = {**action, "update": update}
    if not update:
        del shrunk["update"]
    return shrunk, left_out


def _scopes(document: Json) -> Iterator[str]:
    """Yield the scopes that the document's flows offer."""
    for scheme in document["components"].get("securitySchemes", {}).values():
        for flow in scheme.get("flows", {}).values():
            yield from flow["scopes"]


def _without_scopes(action: Json, was: list[Any], withdrawn: set[str]) -> tuple[Json, list[tuple[Path, str]]]:
    """Return an action without its words for scopes that the vendor withdrew, and the parts that were removed."""
    update = action.get("update")
    if not isinstance(update, dict) or not any(node.location[1:2] == ("securitySchemes",) for node in was):
        return action, []
    found = sorted(withdrawn & update.keys())
    kept = {key: value for key, value in update.items() if key not in withdrawn}
    parts: list[tuple[Path, str]] = [
        (("update", key), f"the words for {key}, which is gone, are removed") for key in found
    ]
    return {**action, "update": kept}, parts


def _without_stated(action: Json, was: list[Any], now: list[Any]) -> tuple[Json, list[tuple[Path, str]]]:
    """Return an action without the values that it added and the vendor now states otherwise, and what was removed."""
    update = copy.deepcopy(action.get("update"))
    old = {node.location: node.value for node in was}
    pairs = [(old.get(node.location), node.value) for node in now]
    paths = list(_stated(update, pairs)) if isinstance(update, dict) and not _describes(update) else []
    for path in paths:
        owner = update
        for part in path[:-1]:
            owner = owner[part]
        del owner[path[-1]]
    parts: list[tuple[Path, str]] = [
        (("update", *path), f"{path[-1]}, which the vendor states now, is removed") for path in paths
    ]
    return ({**action, "update": update} if paths else action), parts


def _stated(update: Json, pairs: list[tuple[Any, Any]]) -> Iterator[Path]:
    """Yield the values of an update that none of the old nodes had, and all new nodes have otherwise."""
    if not all(isinstance(old, dict) and isinstance(new, dict) for old, new in pairs):
        return
    for key, value in update.items():
        if isinstance(value, dict):
            inner = [(old.get(key), new.get(key)) for old, new in pairs]
            yield from ((key, *path) for path in _stated(value, inner))
        elif not isinstance(value, list) and all(
            key not in old and key in new and new[key] != value for old, new in pairs
        ):
            yield (key,)


def _examples(
    overlay: Json, cut: dict[Path, str], new: Json, gone: set[_Gone], values: set[_Gone], name: str
) -> dict[Path, str]:
    """Return the places where the overlay's examples contain removed properties or values."""
    if not gone | values:
        return {}
    document = copy.deepcopy(new)
    found: dict[Path, str] = {}
    for index, action in enumerate(overlay["actions"]):
        if ("actions", index) in cut:
            continue
        where = f"{name}: action {index + 1}"
        shrunk, _ = _shrink(action, matches(document, action, where), gone)
        if shrunk.keys() & {"update", "remove"}:
            document = act(document, shrunk, where)
    named = {schema.get("x-name", key): key for key, schema in document["components"]["schemas"].items()}
    composed = rename(document)
    lost = {(readable, part) for readable, key in named.items() for schema, part in gone | values if schema == key}
    for index, action in enumerate(overlay["actions"]):
        if ("actions", index) in cut or "update" not in action:
            continue
        for node in matches(composed, action, name):
            for path, schema, value in examples_below(node.value, action["update"]):
                places = list(_places(schema, value, composed, lost))
                if isinstance(value, dict) and value and {(key,) for key in value} <= set(places):
                    words = f"action {index + 1} ({action['target'].strip()}): an example of nothing else is removed"
                    found["actions", index, "update", *path[:2]] = words
                    continue
                for inner in places:
                    what = inner[-1] if inner and isinstance(inner[-1], str) else "a value that is gone"
                    words = f"action {index + 1} ({action['target'].strip()}): an example no longer holds {what}"
                    found["actions", index, "update", *path, *inner] = words
    return found


def _fit_examples(text: str, new: Json, name: str) -> tuple[str, list[str]]:
    """Return the overlay without the parts of its examples that the new document does not allow, and a line on each.

    Composing puts a sample value where a property that is cut out is required.
    """
    lines: list[str] = []
    for _ in range(_ROUNDS):
        overlay = parse(text.encode(), name)
        composed = rename(apply(new, overlay, name))
        cut = set() if dangling(composed) else set(_misfits(overlay, composed, name))
        if not cut:
            break
        for path in sorted(outermost(cut), key=str):
            target = overlay["actions"][path[1]]["target"].strip()
            shown = ".".join(map(str, path[3:]))
            lines.append(f"action {int(path[1]) + 1} ({target}): {shown} does not fit any more and is removed")
        text = without(text, cut, name)
    return text, lines


def _misfits(overlay: Json, composed: Json, name: str) -> Iterator[Path]:
    """Yield the places of the overlay's examples that the composed document does not allow."""
    for index, action in enumerate(overlay["actions"]):
        for node in matches(composed, action, name) if "update" in action else ():
            for path, schema, value in examples_below(node.value, action["update"]):
                for problem in validator_for(composed, schema).iter_errors(completed(value, schema, composed)):
                    inner = (*_known(value, problem.instance_path),)
                    whole = not inner or (len(inner) == 1 == len(value))
                    yield "actions", index, "update", *(path[:2] if whole else (*path, *inner))


def _known(value: Any, path: Iterable[Any]) -> Iterator[str | int]:
    """Yield the parts of a path as far as the value has them."""
    for part in path:
        if not (part in value if isinstance(value, dict) else isinstance(value, list) and part in range(len(value))):
            return
        yield part
        value = value[part]


def _places(schema: Json, value: Json, document: Json, lost: set[tuple[str, str]], depth: int = 0) -> Iterator[Path]:
    """Yield the paths in an example of properties that a schema no longer has."""
    if depth > 30 or not isinstance(schema, dict):
        return
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in document["components"]["schemas"]:
            return  # composing reports it
        if isinstance(value, str) and (name, value) in lost:
            yield ()
        if isinstance(value, dict):
            yield from ((prop,) for owner, prop in sorted(lost) if owner == name and prop in value)
        yield from _places(document["components"]["schemas"][name], value, document, lost, depth + 1)
    for key in ("allOf", "anyOf", "oneOf"):
        for option in schema.get(key, []):
            yield from _places(option, value, document, lost, depth + 1)
    if isinstance(value, dict):
        for prop, inner in schema.get("properties", {}).items():
            if prop in value:
                for path in _places(inner, value[prop], document, lost, depth + 1):
                    yield (prop, *path)
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            for path in _places(schema["items"], item, document, lost, depth + 1):
                yield (index, *path)
