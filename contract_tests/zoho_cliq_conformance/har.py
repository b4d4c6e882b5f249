"""Recorded traffic: a HAR file as exchanges for the oracle.

Without a profile every token counts as a user of its own whose rights are unknown, so that only what holds for anyone
is judged. Entries that do not go to the base URL are left out.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .client import directory
from .model import Directory
from .oracle import Oracle
from .profile import Profile
from .trace import Answer, Exchange

PATH = "/api/v3"


class HarError(ValueError):
    """A file that is no HAR; the message says where and why."""


def load(path: Path, base_url: str | None = None) -> list[Exchange]:
    """The exchanges of a HAR file in order of time. Raises `HarError`."""
    try:
        document = json.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise HarError(f"{path} cannot be read: {error}") from None
    except (ValueError, RecursionError) as error:
        raise HarError(f"{path} is not JSON: {error}") from None
    try:
        entries = document["log"]["entries"]
        ordered = sorted(entries, key=lambda entry: str(entry["startedDateTime"]))
        found = list(_exchanges(ordered, base_url))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise HarError(f"{path} is no HAR 1.2 file: {type(error).__name__}: {error}") from None
    return found


def _exchanges(entries: list[dict[str, Any]], base_url: str | None) -> Iterator[Exchange]:
    number = 0
    for entry in entries:
        request, response = entry["request"], entry["response"]
        target = _target(request["url"], base_url)
        if target is None:
            continue
        number += 1
        sent = datetime.fromisoformat(entry["startedDateTime"]).timestamp()
        received = sent + max(0.0, float(entry.get("time") or 0)) / 1000
        post = request.get("postData")
        body = None if post is None else _content(post.get("text", ""), post.get("encoding"))
        status = int(response["status"])
        content = response.get("content", {})
        answer = Answer(
            status, _headers(response["headers"]), _content(content.get("text", ""), content.get("encoding"))
        )
        yield Exchange(
            number,
            request["method"].upper(),
            target,
            _headers(request["headers"]),
            body,
            answer if status else None,
            sent,
            received,
            scenario="recorded",
            failure="" if status else "the recording holds no answer",
        )


def _target(url: str, base_url: str | None) -> str | None:
    split = urlsplit(url)
    base = urlsplit(base_url) if base_url else None
    if base is not None and split.netloc != base.netloc:
        return None
    prefix = base.path.rstrip("/") if base is not None else PATH
    if not split.path.startswith(f"{prefix}/messageaction"):
        return None
    return split.path.removeprefix(prefix) + (f"?{split.query}" if split.query else "")


def _headers(given: list[dict[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((header["name"], header["value"]) for header in given if not header["name"].startswith(":"))


def _content(text: str, encoding: str | None) -> bytes:
    return base64.b64decode(text) if encoding == "base64" else text.encode("utf-8", "surrogatepass")


def oracle_for(profile: Profile) -> Oracle:
    """An oracle that knows the profile's tokens, and that there are others."""
    known = directory(profile)
    return Oracle(Directory(known.tokens, known.teams, complete=False), creation_limit=profile.creation_limit)
