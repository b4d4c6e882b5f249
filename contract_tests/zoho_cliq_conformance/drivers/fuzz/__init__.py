"""The fuzzer: schemathesis generates requests from the composed document, the oracle judges the answers.

schemathesis runs unchanged against a small WSGI application (`gateway`) that repairs what a schema cannot say, picks
who asks, and hands each request to the client, which paces it and shows it to the oracle. `driver` runs the phases,
with the oracle's verdict as a check.
"""

from .driver import run_fuzz

__all__ = ["run_fuzz"]
