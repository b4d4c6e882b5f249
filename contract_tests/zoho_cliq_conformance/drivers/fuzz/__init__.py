"""The fuzzer: schemathesis generates requests from the composed document, and the oracle judges the answers.

schemathesis runs unchanged against a small WSGI application (`gateway`). This replaces values that a schema cannot
describe, chooses the user, and passes each request to the client, which paces it and passes it to the oracle. `driver`
runs the phases, with the oracle's verdict as a check of schemathesis.
"""

from .driver import run_fuzz

__all__ = ["run_fuzz"]
