"""Who an event comes from: a secret in the URL, a signature over the body.

Signatures of message actions are not documented. Webhook extensions of Cliq send `X-Cliq-Signature`: base64 of an RSA
PKCS #1 v1.5 signature with SHA-256 over the body as sent. So both checks are opt-in. The signature needs the extra
`webhooks` (the package cryptography); it is imported on first use.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from .._extras import unavailable
from .._schema.validation import lone_surrogate
from ..errors import ConfigurationError, ValidationError
from . import schema
from .errors import SecretMismatch, SignatureMismatch

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

SIGNATURE_HEADER = "x-cliq-signature"
SHORTEST_SECRET = 16  # characters
SECRET_PARAMETER = "secret"  # the name of the parameter, not a secret


def new_secret() -> str:
    """Return a secret of 256 random bits, in characters that need no escaping in a URL."""
    return secrets.token_urlsafe(32)


def execution_url(url: str, secret: str) -> str:
    """Return the URL to give to a webhook action: `url` with the secret as the parameter `secret`.

    Raise `ValidationError` where the URL already has such a parameter, or the result is longer than Cliq allows (225
    characters) or has characters that it does not take; the message does not show the URL. Raise `ConfigurationError`
    for a secret that `Receiver` would not take.
    """
    checked_secret(secret)
    if not isinstance(url, str):
        raise ValidationError("must be an http or https URL", field="execution_url")
    try:
        parts = urlsplit(url)
        named = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    except ValueError:
        raise ValidationError("must be an http or https URL", field="execution_url") from None
    if SECRET_PARAMETER in named:
        raise ValidationError(f"already has a parameter {SECRET_PARAMETER}; leave it out", field="execution_url")
    parameter = f"{SECRET_PARAMETER}={quote(secret, safe='')}"
    query = f"{parts.query}&{parameter}" if parts.query else parameter
    built = urlunsplit(parts._replace(query=query, fragment=""))
    rule = schema.schemas()["MessageActionCreate"]["properties"]["execution_url"]
    if len(built) > rule["maxLength"]:
        raise ValidationError(
            f"must have at most {rule['maxLength']} characters, has {len(built)} with the secret", field="execution_url"
        )
    if not re.search(rule["pattern"], built):
        raise ValidationError("must be an http or https URL in plain characters", field="execution_url")
    return built


def checked_secret(secret: object) -> str:
    """Return `secret`. Raise `ConfigurationError` if it is not a text, too short, or not encodable as UTF-8."""
    if not isinstance(secret, str):
        raise ConfigurationError(f"secret: must be a text, not {type(secret).__name__}")
    if len(secret) < SHORTEST_SECRET:
        raise ConfigurationError(f"secret: must have at least {SHORTEST_SECRET} characters; new_secret() makes one")
    if lone_surrogate(secret) is not None:
        raise ConfigurationError("secret: must be valid Unicode; new_secret() makes one")
    return secret


def verify_secret(query: str, secret: str) -> None:
    """Compare the secret in a query string with `secret`, in constant time.

    Raise `SecretMismatch` where it is missing, given twice or different, `ConfigurationError` where `secret` is empty,
    no text, or holds half of a surrogate pair, which no URL can carry.
    """
    if not isinstance(secret, str) or not secret:
        raise ConfigurationError("secret: must be a text that is not empty")
    if lone_surrogate(secret) is not None:
        raise ConfigurationError("secret: must be valid Unicode; new_secret() makes one")
    # Bytes that are not UTF-8 stay different from every text, instead of becoming a replacement character.
    pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
    given = [value for name, value in pairs if name == SECRET_PARAMETER]
    right = hmac.compare_digest((given[0] if given else "").encode(errors="surrogatepass"), secret.encode())
    if len(given) != 1 or not right:
        raise SecretMismatch("the secret in the URL is missing or wrong")


def verify_signature(body: bytes, signature: str | None, public_key: str | bytes) -> None:
    """Check that `signature` was made over exactly `body` with the private half of `public_key`.

    `public_key` is PEM, or the bare base64 text that Cliq shows. Raise `SignatureMismatch`, and `ConfigurationError`
    where the key cannot be read or the package cryptography is missing.
    """
    key = read_public_key(public_key)
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        key.verify(base64.b64decode(signature or "", validate=True), body, PKCS1v15(), SHA256())
    except (binascii.Error, ValueError, InvalidSignature):
        raise SignatureMismatch("the signature is missing or wrong") from None


def read_public_key(public_key: str | bytes) -> RSAPublicKey:
    """Return the RSA key. Raise `ConfigurationError` if it cannot be read or the package cryptography is missing."""
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
    except ImportError as error:
        raise unavailable("signatures need", "cryptography", "webhooks", error) from error
    try:
        key = load_pem_public_key(_pem(public_key))
    except (ValueError, TypeError, AttributeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPublicKey):
        raise ConfigurationError("public_key is not an RSA public key in PEM or base64")
    return key


def _pem(public_key: str | bytes) -> bytes:
    text = public_key if isinstance(public_key, bytes) else public_key.encode()
    if b"-----BEGIN" in text:
        return text
    return b"-----BEGIN PUBLIC KEY-----\n" + b"".join(text.split()) + b"\n-----END PUBLIC KEY-----\n"
