"""The public names of the package, the cost of importing it, and the classes made from the error catalogue."""

from __future__ import annotations

import asyncio
import importlib
import importlib.metadata
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import zoho_cliq
from pipeline.error_classes import family_class
from zoho_cliq import errors
from zoho_cliq._classify import BY_FAMILY
from zoho_cliq.clock import SystemClock
from zoho_cliq_api.contract import ERROR_CODES
from zoho_cliq_mock import MockServer


def test_every_family_has_a_class() -> None:
    for entry in ERROR_CODES.values():
        family = BY_FAMILY[entry.family]
        assert issubclass(errors.BY_CODE[entry.code], family)
        assert family.__name__ == family_class(entry.family)


def test_every_public_name_is_there_and_listed() -> None:
    for name in zoho_cliq.__all__:
        assert getattr(zoho_cliq, name) is not None
    assert set(zoho_cliq.__all__) <= set(dir(zoho_cliq))
    assert zoho_cliq.__version__ == importlib.metadata.version("zoho-cliq")
    with pytest.raises(AttributeError, match="no attribute 'Clique'"):
        _ = zoho_cliq.Clique


def test_system_clock_is_that_of_the_machine() -> None:
    clock = SystemClock()
    before = clock.monotonic(), clock.time()
    clock.sleep(0)
    asyncio.run(clock.async_sleep(0))
    assert clock.monotonic() >= before[0]
    assert abs(clock.time() - time.time()) < 60


def test_first_call_has_nothing_left_to_load() -> None:
    code = """
import httpx, sys
from zoho_cliq import Cliq, errors
answer = httpx.MockTransport(lambda request: httpx.Response(404, json={"message": "no"}))
cliq = Cliq("token", http_client=httpx.Client(transport=answer))
before = set(sys.modules)
try:
    cliq.message_actions.get("1")
except errors.NotFound:
    cliq.close()
    print(sorted(set(sys.modules) - before))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "zoho_cliq" not in out
    assert "httpx" not in out


def test_import_loads_no_http_client() -> None:
    code = (
        "import sys; bare = len(sys.modules); import zoho_cliq; print(len(sys.modules) - bare, 'httpx' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert out[1] == "False"
    assert int(out[0]) <= 5


def test_one_module_imports_httpx_and_no_private_name_of_it_is_used() -> None:
    folder = Path(zoho_cliq.__file__).parent
    found = {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*.py")}
    using = {name for name, text in found.items() if re.search(r"^\s*(import|from) (httpx|httpcore)\b", text, re.M)}
    assert using == {os.path.join("_http", "user_client.py")}
    through = found[using.pop()]
    assert not re.search(r"\b(client|response|request)\._", through)


def test_a_client_and_its_calls_load_neither_httpx_nor_asyncio() -> None:
    program = (
        "import sys, zoho_cliq\n"
        "with zoho_cliq.Cliq('1000.owner', base_url=sys.argv[1]) as cliq:\n"
        "    assert [*cliq.message_actions.list()] == []\n"
        "zoho_cliq.Cliq('1000.owner').close()  # over TLS\n"
        "print(sorted({'httpx', 'asyncio', 'rich'} & sys.modules.keys()))\n"
    )
    with MockServer() as server:
        done = subprocess.run([sys.executable, "-c", program, server.url], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
