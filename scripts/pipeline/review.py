"""Review a new vendor document: read it, normalize it, and compare it with this checkout. Nothing is written."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from pipeline.changes import Change, Rating, compare, highest
from pipeline.compose import compose, operations
from pipeline.documents import Json, load, parse
from pipeline.errors import PipelineError
from pipeline.fetch import Source
from pipeline.normalize import normalize
from pipeline.overlay_text import yaml_nodes
from pipeline.tree import Tree, upstream_text
from pipeline.upkeep import keep_up


class Review(NamedTuple):
    """A new document compared with the old one.

    Attributes:
        changes: the changes that affect the client.
        unseen: the vendor's changes that the overlay hides from the client.
        overlay: what was cut from the overlay, or has become unnecessary in it.
        refusal: why the document cannot be accepted, or None.
        names: the operation id of each place (`METHOD /path`).
        former: the operation id that each place had before.
    """

    source: Source
    upstream: Json
    composed: Json | None
    overlay_text: str
    changes: tuple[Change, ...]
    unseen: tuple[Change, ...]
    overlay: tuple[str, ...]
    repairs: tuple[str, ...]
    refusal: str | None
    names: dict[str, str]
    former: dict[str, str]

    @property
    def same(self) -> bool:
        """Whether nothing has changed in meaning."""
        return not (self.changes or self.unseen or self.refusal)

    @property
    def rating(self) -> Rating | None:
        """The most severe rating among changes that affect the client. If there are only other changes, it is `fix`."""
        return highest(list(self.changes)) or ("fix" if self.unseen else None)


def review(tree: Tree, source: Source) -> Review:
    """Return what the document in `source` would change in the checkout.

    Raise PipelineError if the source cannot be read or has no normal form. If the overlay no longer fits, no error is
    raised: the reason is in `refusal`, together with the vendor's changes.
    """
    upstream, repairs = normalize(parse(source.content, source.name), source.name)
    old = load(tree.upstream)
    upstream = _servers_in_order(upstream, old)
    text = tree.overlay.read_text("utf-8")
    if upstream == old and upstream_text(upstream) == tree.upstream.read_text("utf-8"):
        return Review(source, upstream, None, text, (), (), (), repairs, None, {}, {})
    if not (old["paths"].keys() & upstream["paths"].keys() or _ids(old) & _ids(upstream)):
        raise PipelineError(
            f"{source.name}: shares no path and no operation with {tree.name(tree.upstream)}; for another document of "
            "the vendor's use --package NAME --into DIR"
        )
    vendor = compare(old, upstream)
    composed: Json | None = None
    refusal: str | None = None
    overlay: tuple[str, ...] = ()
    try:
        text, cuts, unnecessary = keep_up(text, old, upstream, tree.name(tree.overlay))
        overlay = (*cuts, *unnecessary)
        composed = compose(upstream, parse(text.encode(), tree.name(tree.overlay)), tree.name(tree.overlay))
        guessed = composed.get("x-error-catalogue", {}).items()
        overlay += tuple(
            f"error {code} has no class yet: {meaning['class']} ({meaning['family']}) is taken from its name"
            for code, meaning in guessed
            if meaning.get("x-guessed")
        )
    except PipelineError as error:
        refusal = located(str(error), tree.overlay.read_text("utf-8"), tree.name(tree.overlay))
    if composed is None:
        names = _names(upstream), _names(old)
        return Review(source, upstream, None, text, tuple(vendor), (), overlay, repairs, refusal, *names)
    before = load(tree.composed)
    changes = compare(before, composed)
    reached = {(change.place, change.kind) for change in changes}
    unseen = tuple(change for change in vendor if (change.place, change.kind) not in reached)
    names = _names(composed), _names(before)
    return Review(source, upstream, composed, text, tuple(changes), unseen, overlay, repairs, refusal, *names)


def _servers_in_order(upstream: Json, old: Json) -> Json:
    """Return the document with the servers that it had before first, in the same order.

    Actions of the overlay select servers by their place.
    """
    before = [server["url"] for server in old.get("servers", [])]
    rank = {url: number for number, url in enumerate(before)}
    servers = sorted(upstream["servers"], key=lambda server: rank.get(server["url"], len(rank)))
    return {**upstream, "servers": servers}


def located(message: str, overlay: str, name: str) -> str:
    """Return a message about an action of the overlay, or about an operation's threshold, with the action's line."""
    root: Any = yaml_nodes(overlay)
    actions = [
        {key.value: value for key, value in action.value}["target"]
        for key, value in root.value
        if key.value == "actions"
        for action in value.value
    ]
    if number := re.match(rf"{re.escape(name)}: action (\d+) ", message):
        return message.replace(name, f"{name}:{actions[int(number[1]) - 1].start_mark.line + 1}", 1)
    if place := re.match(r"([A-Z]+) (/\S*): states no threshold", message):
        target = f"$.paths['{place[2]}'].{place[1].lower()}"
        found = [node.start_mark.line + 1 for node in actions if node.value == target]
        return f"{name}{f':{found[0]}' if found else ''}: {message}"
    return message


def _ids(document: Json) -> set[str]:
    return {operation["operationId"] for _, _, operation in operations(document)}


def _names(document: Json) -> dict[str, str]:
    return {f"{method.upper()} {path}": data["operationId"] for path, method, data in operations(document)}
