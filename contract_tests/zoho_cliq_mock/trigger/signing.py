"""Signatures of events. Each database has one RSA key pair, which is made when it is first needed.

The vendor does not document signatures of message actions. The mock signs as the vendor's webhook extensions do:
`X-Cliq-Signature` holds the base64 of an RSA PKCS #1 v1.5 signature with SHA-256 over the body. Needs the package
cryptography.
"""

from __future__ import annotations

import base64
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

HEADER = "X-Cliq-Signature"


class SigningUnavailable(Exception):
    """The package cryptography is not installed."""


class Signer:
    """Signs with the key pair of a database; `SigningUnavailable` is raised if the package cryptography is missing."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._key: RSAPrivateKey | None = None

    def sign(self, body: bytes) -> str:
        """Return the value of `X-Cliq-Signature` for a body."""
        key = self._private_key()
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        return base64.b64encode(key.sign(body, PKCS1v15(), SHA256())).decode()

    def public_key(self) -> str:
        """Return the public key as PEM."""
        key = self._private_key()
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def forget(self) -> None:
        """Drop the cached key, because the database was replaced, and read it again when it is next needed."""
        self._key = None

    def _private_key(self) -> RSAPrivateKey:
        if self._key is None:
            self._key = self._stored_key()
        return self._key

    def _stored_key(self) -> RSAPrivateKey:
        try:
            from cryptography.hazmat.primitives.asymmetric import rsa
            from cryptography.hazmat.primitives.serialization import (
                Encoding,
                NoEncryption,
                PrivateFormat,
                load_pem_private_key,
            )
        except ImportError:
            raise SigningUnavailable(
                "signatures need cryptography: pip install '.[mock,webhooks]' in a checkout of zoho-cliq"
            ) from None
        row = self._connection.execute("SELECT value FROM meta WHERE name = 'signing_key'").fetchone()
        if row is not None:
            key = load_pem_private_key(row[0], None)
            assert isinstance(key, rsa.RSAPrivateKey)
            return key
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._connection.execute("INSERT INTO meta VALUES ('signing_key', ?)", (text,))
        return key
