"""Collect and decode response bodies, within a limit on memory."""

from __future__ import annotations

import zlib

from ..errors import ResponseTooLarge, TransportError

MAX_RESPONSE_BYTES = 16 * 1024 * 1024
"""The largest response body in bytes, checked before and after decoding. A page of 100 actions is below 0.1 MB."""
_MOST_MEMBERS = 16
_STEP = 256 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class Body:
    """Collects one response body. Accepts plain and gzip, which are all that `Accept-Encoding` asks for."""

    def __init__(self, status: int, encoding: str, most: int = MAX_RESPONSE_BYTES) -> None:
        self._status = status
        self._encoding = encoding.strip().lower()
        self._most = most
        self._received = 0
        self._decoded = bytearray()
        self._members = 1
        self._gzip = zlib.decompressobj(_GZIP) if self._encoding in ("gzip", "x-gzip") else None

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Add received bytes. Raise ResponseTooLarge above the limit, TransportError if they cannot be decoded."""
        self._received += len(data)
        if self._received > self._most:
            raise self.too_large()
        if self._gzip is not None:
            self._inflate(bytes(data))
        elif self._encoding in ("", "identity"):
            self._decoded += data
        else:
            raise TransportError(
                f"the response is encoded as {self._encoding[:40]!r}, but the client accepts only gzip", sent=True
            )

    def _inflate(self, data: bytes) -> None:
        assert self._gzip is not None
        while data:
            if self._gzip.eof:  # a gzip body may have several members
                self._members += 1
                if self._members > _MOST_MEMBERS:
                    raise TransportError("the response has too many gzip members", sent=True)
                self._gzip = zlib.decompressobj(_GZIP)
            try:
                self._decoded += self._gzip.decompress(data, _STEP)  # in steps: a gzip bomb never expands
            except zlib.error:
                raise TransportError("the response is declared as gzip but is not gzip data", sent=True) from None
            if len(self._decoded) > self._most:
                raise self.too_large()
            data = self._gzip.unused_data if self._gzip.eof else self._gzip.unconsumed_tail

    def finish(self) -> bytes:
        """Return the whole body. Raise TransportError if the gzip data is incomplete."""
        if self._gzip is not None and self._received and not self._gzip.eof:
            raise TransportError("the gzip data of the response is incomplete", sent=True)
        return bytes(self._decoded)

    def too_large(self) -> ResponseTooLarge:
        """Return the error for a body above the limit."""
        return ResponseTooLarge(f"the response ({self._status}) is larger than {self._most // 1024 // 1024} MiB")
