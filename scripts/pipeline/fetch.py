"""Read the bytes of a document from a file or over https, with limits on size and time.

Nothing else is fetched: a `$ref` that leads outside the document is refused.
"""

from __future__ import annotations

import hashlib
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

import httpx

from pipeline.documents import MAX_BYTES, read
from pipeline.errors import PipelineError

SECONDS = 15.0
"""The time limit for fetching a document, in seconds."""
_REDIRECTS = 5


class Source(NamedTuple):
    """A document's bytes, its name for messages, and its origin, without secrets or paths of this machine."""

    name: str
    origin: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The digest of the bytes, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def fetch(
    source: str, transport: httpx.BaseTransport | None = None, clock: Callable[[], float] = time.monotonic
) -> Source:
    """Return the document at a path or an https URL.

    Raise PipelineError for a missing file, plain http, a status other than 200, more than 10 MB after decoding, or more
    than 15 seconds. The user name, password and query of a URL appear in no message and no record.
    """
    if "://" not in source:
        path = Path(source)
        return Source(str(path), path.name, read(path))
    shown = _shown(source)
    if urlsplit(source).scheme != "https":
        raise PipelineError(f"{shown}: only https URLs and files are read")
    return Source(shown, shown, _download(source, shown, transport, clock))


def shown_name(source: str) -> str:
    """Return the name of a document for messages: its path, or its URL without secrets."""
    return _shown(source) if "://" in source else source


def _shown(url: str) -> str:
    """Return a URL without user name, password, query and fragment."""
    try:
        parts = urlsplit(url)
        return urlunsplit(
            (parts.scheme, (parts.hostname or "") + (f":{parts.port}" if parts.port else ""), parts.path, "", "")
        )
    except ValueError as error:
        raise PipelineError("the URL cannot be read; give https://host/path") from error


def _download(url: str, shown: str, transport: httpx.BaseTransport | None, clock: Callable[[], float]) -> bytes:
    end = clock() + SECONDS
    try:
        with httpx.Client(
            transport=transport,
            timeout=SECONDS / 2,
            headers={"Accept": "application/yaml, application/json, */*", "Accept-Encoding": "gzip"},
        ) as client:
            for _ in range(_REDIRECTS):
                with client.stream("GET", url) as response:
                    if response.is_redirect:
                        url = str(response.url.join(response.headers["Location"]))
                        if urlsplit(url).scheme != "https":
                            raise PipelineError(f"{shown}: redirects to {_shown(url)}, which is not https")
                        continue
                    if response.status_code != 200:
                        raise PipelineError(f"{shown}: answers {response.status_code}")
                    return _body(response, shown, end, clock)
    except zlib.error as error:
        raise PipelineError(f"{shown}: is declared as gzip but is not gzip data") from error
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise PipelineError(f"{shown}: cannot be fetched: {type(error).__name__}") from error
    raise PipelineError(f"{shown}: redirected more than {_REDIRECTS} times")


def _body(response: httpx.Response, shown: str, end: float, clock: Callable[[], float]) -> bytes:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise PipelineError(
            f"{shown}: is encoded as {encoding[:40]!r}, but only gzip can be read; download it and give the file"
        )
    unzip = zlib.decompressobj(wbits=31)
    content = bytearray()
    assert isinstance(response.stream, httpx.SyncByteStream)
    for piece in response.stream:  # the raw stream, because httpx would decode without a limit
        room = MAX_BYTES + 1 - len(content)
        content += unzip.decompress(piece, room) if encoding == "gzip" else piece
        if len(content) > MAX_BYTES:
            raise PipelineError(f"{shown}: more than {MAX_BYTES:,} bytes; a document may have at most that")
        if clock() > end:
            raise PipelineError(f"{shown}: not fetched within {SECONDS:.0f} seconds")
    if encoding == "gzip" and not unzip.eof:
        raise PipelineError(f"{shown}: its gzip data is incomplete; try again")
    return bytes(content)
