"""Format the report on a new document as text, Markdown or JSON. Only wording: nothing is decided here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from typing import Any, TypeAlias

from pipeline.changes import Change, Rating, bump, next_version
from pipeline.review import Review

FORMATS = ("text", "markdown", "json")
_COLOURS: dict[Rating, str] = {"breaking": "31", "feature": "32", "fix": "36"}
_WHOLE = "The document as a whole"


def render(review: Review, version: str, form: str, colour: bool = False, verbose: bool = False) -> str:
    """Return the report, with a final newline.

    Args:
        review: the reviewed document.
        version: the current version.
        form: one of `FORMATS`.
        colour: whether to use terminal colors, in text only. Default: False.
        verbose: whether to list the repairs made while importing; otherwise text and Markdown only count them.
    """
    if form == "json":
        return json.dumps(_data(review, version), indent=2, ensure_ascii=False) + "\n"
    sections = _sections(review, verbose)
    lines = _markdown(review, version, sections) if form == "markdown" else _text(review, version, sections, colour)
    return "\n".join(lines) + "\n"


def verdict(review: Review, version: str) -> str:
    """Return one sentence: the most severe rating and the next version."""
    if review.rating is None:
        return "no change in meaning"
    count = len(review.changes)
    words = f"{counted(count, 'change')} for users of the client"
    seen = words if count else "nothing reaches the client"
    return f"{seen}: {review.rating}, {bump(review.rating)} bump, {version} → {next_version(version, review.rating)}"


def groups(review: Review, changes: Iterable[Change]) -> list[tuple[str, list[Change]]]:
    """Return the changes grouped by operation, as pairs of heading and changes."""
    return [
        (f"{review.names[place]} ({place})" if place in review.names else place or _WHOLE, list(members))
        for place, members in groupby(changes, key=lambda change: change.place)
    ]


_Sections: TypeAlias = list[tuple[str, list[str]]]
"""Sections as pairs of title and entries; a section without entries is a single line."""


def _text(review: Review, version: str, sections: _Sections, colour: bool) -> list[str]:
    def rated(rating: Rating) -> str:
        word = f"{rating:<9}"
        return f"\033[{_COLOURS[rating]}m{word}\033[0m" if colour else word

    lines = []
    for heading, members in groups(review, review.changes):
        lines += [heading, *(f"  {rated(change.rating)} {change.text}" for change in members)]
    for title, entries in sections:
        lines += [title, *(f"  {entry}" for entry in entries)]
    return [*lines, verdict(review, version)]


def _markdown(review: Review, version: str, sections: _Sections) -> list[str]:
    lines = [f"## What changed in {_code(review.source.origin)}", "", f"{verdict(review, version)}.", ""]
    for heading, members in groups(review, review.changes):
        lines += [f"### {_code(heading)}", ""]
        lines += [f"- **{change.rating}**: {_escaped(change.text)}" for change in members] + [""]
    for title, entries in sections:
        lines += [f"### {title}", "", *(f"- {_escaped(entry)}" for entry in entries), ""] if entries else [title, ""]
    return lines[:-1]


def _sections(review: Review, verbose: bool) -> _Sections:
    unseen = [f"{heading}: {change.text}" for heading, members in groups(review, review.unseen) for change in members]
    sections = [
        ("Changed by the vendor, hidden from the client by the overlay", unseen),
        ("Overlay", list(review.overlay)),
        ("Repaired while importing", list(review.repairs) if verbose else []),
        ("Refused", [review.refusal] if review.refusal else []),
    ]
    found = [(title, entries) for title, entries in sections if entries]
    if review.repairs and not verbose:
        found.append((f"Repaired while importing: {counted(len(review.repairs), 'fault')} (--verbose lists them)", []))
    return found


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it takes one."""
    return f"{number} {noun}{'s' if number != 1 else ''}"


def _code(text: str) -> str:
    return f"`{text.replace('`', '')}`"


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in "\\`*_[]<>|" else character for character in text)


def _data(review: Review, version: str) -> dict[str, Any]:
    def rows(changes: Iterable[Change]) -> list[dict[str, str | None]]:
        return [
            {"operation": review.names.get(change.place), **change._asdict(), "place": change.place or None}
            for change in changes
        ]

    rating = review.rating
    return {
        "source": review.source.origin,
        "sha256": review.source.sha256,
        "same": review.same,
        "rating": rating,
        "bump": bump(rating) if rating else None,
        "version": version,
        "next_version": next_version(version, rating) if rating else version,
        "changes": rows(review.changes),
        "unseen": rows(review.unseen),
        "overlay": list(review.overlay),
        "repairs": list(review.repairs),
        "refusal": review.refusal,
    }
