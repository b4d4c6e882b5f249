"""Start the tests sooner: keep compiled modules and certificates, collect without garbage collection, use every core.

`scripts/test` and `scripts/coverage` give `--hypothesis-profile fast`: a property that states more examples runs FEW of
them. `scripts/test --heavy` gives `--hypothesis-profile heavy`: such properties are heavy tests too, and run all their
examples. Without a profile they run all their examples where they stand.
"""

from __future__ import annotations

import functools
import gc
import os
import ssl
import sys
from collections.abc import Generator
from typing import Any

import httpx
import hypothesis
import pytest

MOST_WORKERS = 8  # each imports and collects all tests: ten seconds and 350 MB

# Without compiled modules every worker rewrites the assertions of 700 files, and every command compiles the client.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A client of httpx reads the certificates of all authorities, which takes 30 ms. The tests make thousands of clients,
# nearly all of servers without TLS.
make_context = httpx._transports.default.create_ssl_context


@functools.cache
def shared(*_settings: str | None) -> ssl.SSLContext:
    """Return the context for these settings of the environment."""
    return make_context()


def context(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
    """Return the context of a new client: the shared one, unless the client is given other certificates."""
    if verify is not True or cert is not None or not trust_env:
        return make_context(verify, cert, trust_env)
    return shared(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


httpx._transports.default.create_ssl_context = context

FEW = 100  # examples of a property in the fast tests
for profile in ("fast", "heavy"):
    hypothesis.settings.register_profile(profile)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Cut the examples of properties in the fast tests; run the same properties with all of them in the heavy ones."""
    profile = config.getoption("--hypothesis-profile", None)
    for item in items:
        test = getattr(item, "obj", None)
        stated = getattr(test, "_hypothesis_internal_use_settings", None)
        if stated is None or stated.max_examples <= FEW or item.get_closest_marker("heavy"):
            continue
        if profile == "fast":
            test._hypothesis_internal_use_settings = hypothesis.settings(stated, max_examples=FEW)
        elif profile == "heavy":
            item.add_marker(pytest.mark.heavy)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave the garbage collector out until all tests are collected, and let it never look through them."""
    gc.disable()  # it would look again and again through objects that stay: a third of the time
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many tests run at once with `--numprocesses auto`: three for two cores, since many tests wait."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(cores + max(cores // 2, 1), MOST_WORKERS)
