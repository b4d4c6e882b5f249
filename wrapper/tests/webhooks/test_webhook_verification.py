"""Secrets and signatures: checked before anything is read, over the bytes as they came, and never shown."""

from __future__ import annotations

import base64
import hmac
import json
import sys
from contextlib import nullcontext
from typing import Any

import pytest
from cliq_fakes import FIELDS
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from zoho_cliq.errors import ConfigurationError, ValidationError
from zoho_cliq.webhooks import (
    Receiver,
    SecretMismatch,
    SignatureMismatch,
    UnreadableEvent,
    execution_url,
    new_secret,
    parse_event,
    verify_secret,
    verify_signature,
)

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
BODY = json.dumps({"name": "A", "text": "ä"}, ensure_ascii=False).encode()


def sign(body: bytes, key: rsa.RSAPrivateKey = KEY) -> str:
    return base64.b64encode(key.sign(body, padding.PKCS1v15(), hashes.SHA256())).decode()


@pytest.mark.parametrize("key", [PEM, PEM.decode(), "".join(PEM.decode().splitlines()[1:-1])])
def test_a_right_signature_is_taken_in_every_form_of_the_key(key: str | bytes) -> None:
    verify_signature(BODY, sign(BODY), key)
    event = parse_event(BODY, {"X-Cliq-Signature": sign(BODY)}, public_key=key)
    assert event.name == "A"


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "nonsense!",
        "ä",
        "AAAA",
        sign(BODY)[:-4],
        sign(BODY + b" "),
        sign(json.dumps(json.loads(BODY)).encode()),
        sign(BODY, rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        base64.b64encode(KEY.sign(BODY, padding.PKCS1v15(), hashes.SHA1())).decode(),
    ],
)
def test_a_wrong_signature_is_refused(signature: str | None) -> None:
    with pytest.raises(SignatureMismatch):
        verify_signature(BODY, signature, PEM)


def test_the_signature_is_checked_before_the_body_is_read() -> None:
    with pytest.raises(SignatureMismatch):
        parse_event(b"not json", {}, public_key=PEM)
    with pytest.raises(UnreadableEvent):
        parse_event(b"not json", {"x-cliq-signature": sign(b"not json")}, public_key=PEM)


def test_an_event_with_a_wrong_secret_is_not_even_read() -> None:
    assert parse_event(BODY, query="a=b&secret=s3cret", secret="s3cret").name == "A"
    with pytest.raises(SecretMismatch):
        parse_event(b"not json", query="secret=wrong", secret="s3cret")
    with pytest.raises(SecretMismatch):
        parse_event(BODY, {"X-Cliq-Signature": sign(BODY)}, secret="s3cret", public_key=PEM)
    with pytest.raises(SignatureMismatch):
        parse_event(BODY, {}, query="secret=s3cret", secret="s3cret", public_key=PEM)


def test_an_invalid_public_key_is_a_configuration_error() -> None:
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    for key in ("nonsense", b"", curve.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)):
        with pytest.raises(ConfigurationError, match="public_key"):
            verify_signature(BODY, sign(BODY), key)


def test_without_cryptography_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    with pytest.raises(ConfigurationError, match=r"'\.\[webhooks\]' in a checkout"):
        verify_signature(BODY, sign(BODY), PEM)


@pytest.mark.parametrize(
    "query",
    ["", "secret=", "secret=wrong", "other=s3cret", "secret=s3cret&secret=s3cret", "secret=%FF", "Secret=s3cret"],
)
def test_a_wrong_secret_is_refused_and_not_shown(query: str) -> None:
    with pytest.raises(SecretMismatch) as caught:
        verify_secret(query, "s3cret")
    assert "s3cret" not in str(caught.value)


def test_secrets_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append((a, b)) or real(a, b))
    verify_secret("a=b&secret=s3cret", "s3cret")
    with pytest.raises(SecretMismatch):
        verify_secret("", "s3cret")
    assert compared == [(b"s3cret", b"s3cret"), (b"", b"s3cret")]


def test_a_secret_survives_the_way_through_the_url() -> None:
    for secret in (new_secret(), "a&b=c d/ü%, and more"):
        for url in ("https://example.com/cliq", "https://example.com/cliq?a=b#part"):
            built = execution_url(url, secret)
            assert "#" not in built
            verify_secret(built.partition("?")[2], secret)


def test_the_url_with_its_secret_may_be_as_long_as_the_document_allows() -> None:
    most, secret = FIELDS["execution_url"]["maxLength"], new_secret()
    room = most - len("https://example.com/?secret=") - len(secret)
    assert len(execution_url(f"https://example.com/{'x' * room}", secret)) == most
    with pytest.raises(ValidationError, match=f"has {most + 1}") as caught:
        execution_url(f"https://example.com/{'x' * (room + 1)}", secret)
    assert secret not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["ftp://example.com", "example.com", "https://", "https://exa mple.com", "https://ä.de"]
)
def test_a_url_that_cliq_does_not_take_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="execution_url"):
        execution_url(url, new_secret())


@pytest.mark.parametrize("url", ["http://[bad", 5, None, b"https://example.com"])
def test_what_is_no_url_is_refused(url: Any) -> None:
    with pytest.raises(ValidationError, match="execution_url: must be an http or https URL"):
        execution_url(url, new_secret())


@pytest.mark.parametrize("query", ["secret=abc", "a=b&secret=", "secret", "%73ecret=abc"])
def test_a_url_with_a_secret_gets_no_second_one(query: str) -> None:
    with pytest.raises(ValidationError, match="already has a parameter secret") as caught:
        execution_url(f"https://example.com/cliq?{query}", new_secret())
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize(
    "secret", ["", "short", b"a-secret-of-enough-length", None, 5, "a-secret-with-half-a-pair-\ud800"]
)
def test_a_secret_that_no_receiver_takes_goes_into_no_url(secret: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^secret: ") as caught:
        execution_url("https://example.com/cliq", secret)
    assert "short" not in str(caught.value)
    with pytest.raises(ConfigurationError, match=r"^secret: ") if secret is not None else nullcontext():
        Receiver(secret=secret)


@pytest.mark.parametrize("secret", ["", b"s3cret", 5])
def test_a_missing_or_empty_secret_is_a_configuration_error(secret: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^secret: "):
        parse_event(BODY, query="secret=", secret=secret)


@pytest.mark.parametrize("key", [5, ["key"], "\ud800"])
def test_a_key_of_another_kind_is_told(key: Any) -> None:
    with pytest.raises(ConfigurationError, match="public_key"):
        verify_signature(BODY, sign(BODY), key)


def test_secrets_are_long_and_new_every_time() -> None:
    assert len(new_secret()) >= 43
    assert new_secret() != new_secret()


@pytest.mark.parametrize(
    "query",
    [
        "secret=abcdefgh\ud800abcdefgh",
        "secret=abcdefgh%ED%A0%80abcdefgh",
        "secret=abcdefgh%FFabcdefgh",
    ],
)
@pytest.mark.parametrize("secret", ["abcdefgh?abcdefgh", "abcdefgh\ufffdabcdefgh", "abcdefghabcdefgh"])
def test_undecodable_queries_never_match_the_secret(query: str, secret: str) -> None:
    with pytest.raises(SecretMismatch):
        verify_secret(query, secret)


def test_a_secret_that_no_url_can_carry_is_a_mistake_of_the_developer() -> None:
    with pytest.raises(ConfigurationError, match="valid Unicode"):
        verify_secret("secret=%ED%A0%80", "\ud800")


def test_a_secret_beyond_ascii_is_taken() -> None:
    verify_secret("secret=schl%C3%BCssel-%F0%9F%94%91", "schlüssel-\U0001f511")
