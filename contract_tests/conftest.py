"""Options of the contract tests, and which samples of the mutation tests are heavy.

`--profile FILE` grades the server of that profile instead of an embedded mock. `--grade-all` runs also the mutation
tests that passed before with the same inputs, and stores their grades.
"""

from __future__ import annotations

import functools
import os
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_paths import IN_PATHS

os.environ |= IN_PATHS  # also for processes that tests start

# A client of httpx reads the certificates of all authorities, which takes 30 ms. The tests make thousands of clients,
# nearly all of servers without TLS.
made = httpx._transports.default.create_ssl_context


@functools.cache
def shared(*_settings: str | None) -> ssl.SSLContext:
    """Return the context for these settings of the environment."""
    return made()


def context(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
    """Return the context of a new client: the shared one, unless the client is given other certificates."""
    if verify is not True or cert is not None or not trust_env:
        return made(verify, cert, trust_env)
    return shared(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


httpx._transports.default.create_ssl_context = context

# Heavy tests of the same files grade all of these servers, each with more seeds, and are left out as long as nothing
# that they grade changes. Of the tests of the tests, few are fast. The rest is marked here because a change in
# `contract_tests/mutation` makes all grades out of date.
ONE_IN = {
    "test_no_false_positive_on_the_mock_under_a_policy": 40,
    "test_no_false_positive_on_the_mock_under_many_policies": 3,
    "test_no_false_positive_on_a_conforming_server": 6,
    "test_no_false_positive_on_a_lawful_variant": 40,
    "test_a_mutant_of_each_class_is_found": 20,
    "test_a_documented_code_without_a_reason_is_a_fault_of_its_own": 2,
    "test_a_change_is_found_and_leaves_nothing_behind": 2,
    "test_a_few_mutants_are_found_or_listed": 0,
    "test_both_find_some_of_the_mutants_with_a_single_seed": 0,
}
"""By the name of a sampling test: one of how many parameters stays fast, 0 for none."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options."""
    parser.addoption("--profile", type=Path, default=None, help="grade this profile's server, not the mock")
    parser.addoption("--grade-all", action="store_true", help="run all mutation tests, and keep their grades")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark most parameters of the sampling mutation tests heavy, before the grades and `-m` look at the marks."""
    seen = dict.fromkeys(ONE_IN, 0)
    for item in items:
        name = getattr(item, "originalname", item.name)
        if name in seen and item.path.parent.name == "mutation":
            if not ONE_IN[name] or seen[name] % ONE_IN[name]:
                item.add_marker(pytest.mark.heavy)
            seen[name] += 1
