"""Settings that cannot work are refused when a client is made, in one line that repeats no password."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Any

import pytest
from zoho_cliq import AsyncCliq, Cliq, errors
from zoho_cliq._auth.auth import OAuth
from zoho_cliq._http import wire
from zoho_cliq.client import Settings

PASSWORD = "supersecret"


@pytest.mark.parametrize(
    ("name", "value"),
    [("timeout", value) for value in (float("inf"), float("nan"), 1e10, -1, "5", None, True)]
    + [("max_wait", value) for value in (float("nan"), -1, "5", None, True)]
    + [("max_retries", value) for value in (-1, 1.0, float("inf"), "2", None, True)]
    + [("on_wait", 5), ("on_response", "print"), ("middleware", print), ("middleware", [print, 5])],
)
def test_an_invalid_timeout_or_limit_is_refused(name: str, value: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match=rf"^{name} must be "):
        Cliq("token", **{name: value})
    with Cliq("token") as cliq, pytest.raises(errors.ConfigurationError, match=rf"^{name} must be "):
        cliq.with_options(**{name: value})


@pytest.mark.parametrize(("name", "value"), [("account", ""), ("account", 5), ("path_parameters", ["a"])])
def test_a_name_or_a_mapping_of_the_wrong_kind_is_refused(name: str, value: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match=rf"^{name} must be "):
        Cliq("token", **{name: value})


def test_a_timeout_of_zero_is_refused_and_max_wait_zero_is_accepted() -> None:
    with pytest.raises(errors.ConfigurationError, match="above 0"):
        Cliq("token", timeout=0)
    Cliq("token", max_wait=0).close()


BAD_ADDRESSES: list[Any] = [
    5,
    b"http://host/api/v3",
    ["http://host/api/v3"],
    "",
    "http://host/\ud800",
    "localhost:1",
    "nope",
    "http://[x",
    "http://host:99999/",
    "ftp://host/",
    "http://host/?a=b",
    "http://host/#part",
    f"http://:{PASSWORD}@host/api/v3",
    f"http://user:{PASSWORD}@host/api/v3",
    "http://host/api/v3\r",
    "http://host/api/v3\n",
    "http://ho\tst/api/v3",
    " http://host/api/v3",
    "http://host/api v3",
    "http://host/api/v3?",
    "http://host/api/v3#",
    "http://host\\@other/",
    "http://host%0d/",
    "http://ho'st/",
    "http://host:0/",
    "http://..\u00e4/",
    "http://host/\x7f",
]


@pytest.mark.parametrize("url", BAD_ADDRESSES)
def test_an_address_that_cannot_work_is_refused_and_not_repeated(url: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match=r"^base_url must be") as refused:
        Cliq("token", base_url=url)
    assert PASSWORD not in str(refused.value)
    with pytest.raises(errors.ConfigurationError, match=r"^accounts_url must be") as refused:
        OAuth("id", "secret", "refresh", accounts_url=url)
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize(
    "state", [f"valkey://u:{PASSWORD}@localhost:1/0", f"redis+sentinel://u:{PASSWORD}@localhost", "a\0b"]
)
def test_a_state_of_another_kind_is_refused_and_makes_no_file(
    state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(errors.ConfigurationError, match=r"^state must be a path or an address") as refused:
        Cliq("token", state=state)
    assert PASSWORD not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "state", ["redis://[x", f"redis://:{PASSWORD}@h:x", f"redis://u:{PASSWORD}/{PASSWORD}@h", "redis://h:99999999"]
)
def test_an_invalid_redis_address_is_refused_without_its_password(state: str) -> None:
    with pytest.raises((errors.ConfigurationError, errors.StateError), match="Redis server") as refused:
        Cliq("token", state=state)
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("ALL_PROXY", f"gopher://u:{PASSWORD}@proxy", "ALL_PROXY must be the address of a proxy"),
        ("https_proxy", f"http://u:{PASSWORD}@proxy:x", "https_proxy must be the address of a proxy"),
        ("HTTPS_PROXY", "http://proxy:3128\r", "HTTPS_PROXY must be the address of a proxy"),
        ("HTTPS_PROXY", "http://proxy:0", "HTTPS_PROXY must be the address of a proxy"),
        ("HTTPS_PROXY", "http://proxy/path", "HTTPS_PROXY must be the address of a proxy"),
        ("ALL_PROXY", f"socks5://u:{PASSWORD}@proxy", "ALL_PROXY names a SOCKS proxy"),
        ("SSL_CERT_FILE", "/nowhere/certificates.pem", "No such file"),
        ("SSL_CERT_FILE", os.devnull, "no certificate"),
    ],
)
@pytest.mark.parametrize("kind", [Cliq, AsyncCliq])
def test_proxy_and_certificate_variables_are_checked(
    kind: type[Cliq | AsyncCliq],
    variable: str,
    value: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(wire, "certificates", wire.certificates.__wrapped__)  # read once for all clients otherwise
    monkeypatch.setenv(variable, value)
    with pytest.raises(errors.ConfigurationError, match=words) as told:
        kind("token", state=tmp_path / "state.db")
    assert PASSWORD not in str(told.value)
    assert not list(tmp_path.iterdir()), "and no state is left open"


@pytest.mark.parametrize("state", ["Redis://127.0.0.1:1", " redis://127.0.0.1:1"])
def test_the_scheme_of_a_state_is_read_as_addresses_are(state: str) -> None:
    with pytest.raises(errors.StateError, match="Redis server"):
        Cliq("token", state=state)


@pytest.mark.parametrize("path", [5, ["a"], "\ud800"])
def test_what_is_no_path_is_refused(path: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match=r"^state .*: "):
        Cliq("token", state=path)
    with pytest.raises(errors.ConfigurationError, match=r"^credentials .*: "):
        OAuth.from_file(path)


def test_a_home_of_an_unknown_user_is_refused() -> None:
    with pytest.raises(errors.ConfigurationError, match="home directory"):
        Cliq("token", state="~nobody-has-this-name/state.db")


def test_a_home_of_an_unknown_user_is_refused_for_credentials_too() -> None:
    path = "~nobody-has-this-name/credentials.json"
    for act in (OAuth.from_file, OAuth("id", "secret", "refresh").save):
        with pytest.raises(errors.ConfigurationError, match="home directory"):
            act(path)


@pytest.mark.parametrize("center", ["mars", 5, ["eu"]])
def test_an_unknown_data_center_is_refused(center: Any) -> None:
    for act in (lambda: Cliq("token", data_center=center), lambda: OAuth("id", "secret", "refresh", center)):
        with pytest.raises(errors.ConfigurationError, match="unknown data center"):
            act()


@pytest.mark.parametrize(
    ("setting", "value"),
    [("timeout", value) for value in (float("inf"), 0, True, "5")]
    + [("code", value) for value in ("", None, "\ud800")]
    + [("client_id", "\ud800"), ("client_secret", 5), ("redirect_uri", "")],
)
def test_a_code_that_cannot_be_sent_is_refused_before_it_is(
    setting: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zoho_cliq._auth.grants.exchange_code", lambda *_: pytest.fail("it was sent"))
    settings = {"code": "code", "client_id": "id", "client_secret": PASSWORD, setting: value}
    with pytest.raises(errors.ConfigurationError, match=setting) as refused:
        OAuth.from_code(settings.pop("code"), **settings)
    assert PASSWORD not in str(refused.value)


def test_nothing_set_names_the_token_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOKEN", "CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN"):
        monkeypatch.delenv(f"ZOHO_CLIQ_{name}", raising=False)
    with pytest.raises(errors.ConfigurationError, match="ZOHO_CLIQ_TOKEN"):
        Cliq.from_env()


SPOILT = ["{}\r", "{}\n", " {}", "{}\t", "\ufeff{}\r\n"]


@pytest.mark.parametrize("spoilt", SPOILT)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKEN", PASSWORD),
        ("BASE_URL", "http://127.0.0.1:1/api/v3"),
        ("DATA_CENTER", "eu"),
        ("STATE", "state.db"),
        ("CLIENT_ID", "id"),
        ("CLIENT_SECRET", PASSWORD),
        ("REFRESH_TOKEN", PASSWORD),
        ("ACCOUNTS_URL", "http://127.0.0.1:1"),
    ],
)
def test_variable_with_a_line_break_or_a_space_around_it_is_named(
    name: str, value: str, spoilt: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    set_all(monkeypatch, with_token=name == "TOKEN")
    monkeypatch.setenv(f"ZOHO_CLIQ_{name}", spoilt.format(value))
    with pytest.raises(errors.ConfigurationError, match=rf"^ZOHO_CLIQ_{name}\b") as refused:
        Cliq.from_env()
    assert PASSWORD not in str(refused.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "value"),
    [("BASE_URL", f"ftp://u:{PASSWORD}@h"), ("ACCOUNTS_URL", "nope"), ("DATA_CENTER", "mars"), ("TOKEN", "a b")],
)
def test_variable_that_is_wrong_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, with_token=name == "TOKEN")
    monkeypatch.setenv(f"ZOHO_CLIQ_{name}", value)
    with pytest.raises(errors.ConfigurationError, match=rf"^ZOHO_CLIQ_{name}: ") as refused:
        Cliq.from_env()
    assert PASSWORD not in str(refused.value)


def test_variable_that_an_argument_replaces_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, with_token=True)
    for name in ("BASE_URL", "DATA_CENTER", "STATE"):
        monkeypatch.setenv(f"ZOHO_CLIQ_{name}", "bad\r")
    Cliq.from_env(base_url="http://127.0.0.1:1/api/v3", data_center=None, state=None).close()


def set_all(monkeypatch: pytest.MonkeyPatch, *, with_token: bool) -> None:
    values = {"CLIENT_ID": "id", "CLIENT_SECRET": "secret", "REFRESH_TOKEN": "refresh"}
    values |= {"TOKEN": "token"} if with_token else {}
    for name in ("TOKEN", "BASE_URL", "DATA_CENTER", "STATE", "ACCOUNTS_URL", *values):
        monkeypatch.delenv(f"ZOHO_CLIQ_{name}", raising=False)
    for name, value in values.items():
        monkeypatch.setenv(f"ZOHO_CLIQ_{name}", value)


def test_settings_from_the_environment_are_those_of_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = set(inspect.signature(Cliq.__init__).parameters) - {"self", "auth"}
    assert Settings.__annotations__.keys() == arguments
    monkeypatch.setenv("ZOHO_CLIQ_TOKEN", "token")
    with pytest.raises(TypeError, match="max_weit"):
        Cliq.from_env(max_weit=5)  # type: ignore[call-arg]
