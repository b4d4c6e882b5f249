"""Webhooks over https: the certificate must match the host's name, although the connection is made to an address."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from zoho_cliq_mock import MockServer
from zoho_cliq_mock.trigger.service import trigger_of


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a self-signed certificate for desk.test, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "desk.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("desk.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = tmp_path / "desk.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def secure(webhook: Any, certificate: Path) -> Any:
    """Return the webhook, served over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    webhook.socket = context.wrap_socket(webhook.socket, server_side=True)
    webhook.handle_error = lambda request, address: None
    return webhook


@pytest.mark.parametrize(
    ("host", "trusted", "shown"),
    [
        ("desk.test", True, "ok"),
        ("other.test", True, "TLS failed"),
        ("desk.test", False, "TLS failed"),
    ],
)
def test_a_certificate_must_be_trusted_and_be_for_the_host(
    host: str,
    trusted: bool,
    shown: str,
    secure: Any,
    mock: MockServer,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[..., Any],
    choose: Callable[..., Any],
) -> None:
    async def resolve(name: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(trigger_of(mock.app.state), "resolve", resolve)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    make(f"https://{host}:{secure.server_port}/cliq")
    assert choose()["shown"]["text"].startswith(shown)
    assert len(secure.got) == (shown == "ok")
