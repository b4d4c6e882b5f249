"""A strict applier of OpenAPI Overlay 1.0.

It is stricter than the specification in three cases that usually are mistakes: a target that matches nothing, a
primitive target, and an unknown key are errors. Targets are RFC 9535 JSONPath.
"""

from __future__ import annotations

import copy
import functools
from typing import Any

import jsonpath_rfc9535

from pipeline.documents import Json
from pipeline.errors import PipelineError

_TOP = {"overlay", "info", "actions", "extends"}
_ACTION = {"target", "description", "update", "remove"}


def apply(document: Json, overlay: Json, name: str = "overlay") -> Json:
    """Return a new document: `document` after every action of `overlay`, in order; neither argument is changed.

    Raise PipelineError, naming the action, on anything that is not exactly Overlay 1.0 or does not match.
    """
    _check(overlay, name)
    result = copy.deepcopy(document)
    for number, action in enumerate(overlay["actions"], 1):
        result = act(result, action, f"{name}: action {number} ({action['target'].strip()})")
    return result


@functools.cache
def _query(target: str) -> jsonpath_rfc9535.JSONPathQuery:
    """Return a compiled target. The same targets are looked up in several versions of a document."""
    return jsonpath_rfc9535.compile(target)


def matches(document: Json, action: Json, where: str) -> list[Any]:
    """Return the nodes of `document` that an action's target selects. Raise PipelineError for invalid JSONPath."""
    try:
        found = _query(action["target"].strip()).find(document)
        return list({node.location: node for node in found}.values())  # a union may select a node twice
    except jsonpath_rfc9535.JSONPathError as error:
        raise PipelineError(f"{where}: the target is not RFC 9535 JSONPath: {error}") from error


def _check(overlay: Json, name: str) -> None:
    if not isinstance(overlay, dict) or "overlay" not in overlay:
        raise PipelineError(f"{name}: not an OpenAPI Overlay: it has no `overlay` key")
    if not str(overlay["overlay"]).startswith("1.0."):
        raise PipelineError(f"{name}: Overlay {overlay['overlay']}; version 1.0 is understood")
    for key in overlay:
        if key not in _TOP and not key.startswith("x-"):
            raise PipelineError(f"{name}: unknown key {key!r}")
    info = overlay.get("info")
    if not isinstance(info, dict) or not {"title", "version"} <= set(info):
        raise PipelineError(f"{name}: info needs a title and a version")
    actions = overlay.get("actions")
    if not isinstance(actions, list) or not actions:
        raise PipelineError(f"{name}: actions must be a list of at least one action")
    for number, action in enumerate(actions, 1):
        where = f"{name}: action {number}"
        if not isinstance(action, dict) or not isinstance(action.get("target"), str):
            raise PipelineError(f"{where}: needs a target")
        for key in action:
            if key not in _ACTION and not key.startswith("x-"):
                raise PipelineError(f"{where} ({action['target'].strip()}): unknown key {key!r}")
        if not action.get("description"):
            raise PipelineError(f"{where} ({action['target'].strip()}): states no reason; add a description")
        if "remove" in action and not isinstance(action["remove"], bool):
            raise PipelineError(f"{where} ({action['target'].strip()}): remove must be true or false")
        if ("update" in action) == (action.get("remove") is True):
            both = "both updates and removes" if "update" in action else "neither updates nor removes"
            raise PipelineError(f"{where} ({action['target'].strip()}): {both}")


def act(document: Json, action: Json, where: str) -> Json:
    """Carry out one action on a document in place, and return it."""
    nodes = matches(document, action, where)
    if not nodes:
        raise PipelineError(f"{where}: matches nothing; the vendor's document has changed or the target is wrong")
    for node in nodes:
        if not isinstance(node.value, (dict, list)):
            raise PipelineError(f"{where}: selects a primitive value; target the object that holds it")
    if action.get("remove") is True:
        # From last to first, so that removing an array item does not shift the items still to be removed.
        for node in sorted(nodes, key=lambda node: [_rank(part) for part in node.location], reverse=True):
            if not node.location:
                raise PipelineError(f"{where}: would remove the whole document")
            parent = document
            for part in node.location[:-1]:
                parent = parent[part]
            del parent[node.location[-1]]
        return document
    for node in nodes:
        _update(node.value, action["update"], where)
    return document


def _rank(part: int | str) -> tuple[int, str]:
    return (part, "") if isinstance(part, int) else (-1, part)


def _update(target: Json, update: Json, where: str) -> None:
    """Merge `update` into an object recursively (lists inside it are extended), or append it to an array."""
    if isinstance(target, list):
        target.extend(copy.deepcopy(update) if isinstance(update, list) else [copy.deepcopy(update)])
        return
    if not isinstance(update, dict):
        raise PipelineError(f"{where}: an object can only be updated with an object")
    for key, value in update.items():
        current = target.get(key)
        if isinstance(current, dict) and isinstance(value, dict):
            _update(current, value, where)
        elif isinstance(current, list) and isinstance(value, list):
            current.extend(copy.deepcopy(value))
        else:
            target[key] = copy.deepcopy(value)
