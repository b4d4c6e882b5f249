"""Functions that encode, hash and encrypt: ``zoho.encryption.*`` and ``encodeUrl``."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import html
from urllib.parse import quote, quote_plus, unquote_plus

from .._values.context import Context
from .._values.types import File, Value
from ..failures import Failure
from .registry import builtin

__all__: list[str] = []

_PREFIX = "zoho.encryption."
_BLOCK = 16
_CHARSETS = {"UTF-8": "utf-8", "UTF-16LE": "utf-16-le", "UTF-16BE": "utf-16-be"}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(content: bytes, charset: str = "UTF-8") -> str:
    codec = _CHARSETS.get(charset.upper())
    if codec is None:
        raise Failure(f'there is no charset "{charset[:20]}"; known are {", ".join(_CHARSETS)}')
    return content.decode(codec, "replace")


def _of_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), validate=False)
    except (binascii.Error, UnicodeEncodeError):
        raise Failure("the text is not encoded in base64") from None


@builtin(_PREFIX + "base64Encode", "base64Encode")
def base64_encode(context: Context, value: Value) -> Value:
    """Return a text or the content of a file in base64."""
    content = value.content if isinstance(value, File) else _bytes(_required(context, value))
    return base64.b64encode(content).decode("ascii")


@builtin(_PREFIX + "base64EncodeFile")
def base64_encode_file(context: Context, file: File) -> Value:
    """Return the content of a file in base64."""
    return base64.b64encode(file.content).decode("ascii")


@builtin(_PREFIX + "base64Decode", "base64Decode")
def base64_decode(context: Context, text: str, charset: str = "UTF-8") -> Value:
    """Decode base64, and return the text."""
    return _text(_of_base64(text), charset)


@builtin(_PREFIX + "base64DecodeToFile")
def base64_decode_to_file(context: Context, text: str, name: str) -> Value:
    """Decode base64, and return a file with the content."""
    return File(name, _of_base64(text))


@builtin(_PREFIX + "base32Encode")
def base32_encode(context: Context, text: str) -> Value:
    """Return a text in base32."""
    return base64.b32encode(_bytes(text)).decode("ascii")


@builtin(_PREFIX + "base32Decode")
def base32_decode(context: Context, text: str) -> Value:
    """Decode base32, and return the text."""
    try:
        return _text(base64.b32decode(text + "=" * (-len(text) % 8), casefold=True))
    except (binascii.Error, ValueError):
        raise Failure("the text is not encoded in base32") from None


def _required(context: Context, value: Value) -> str:
    if not isinstance(value, str):
        if value is None:
            raise Failure("a value of type TEXT is expected, but the value is null")
        return context.text(value)
    return value


def _digest_text(digest: bytes, output: str) -> str:
    if output.lower() == "hex":
        return digest.hex()
    if output.lower() == "base64":
        return base64.b64encode(digest).decode("ascii")
    if output.lower() == "binary":
        return digest.decode("latin-1")
    raise Failure(f'there is no output "{output[:20]}"; known are hex, base64 and binary')


def _register_hash(name: str) -> None:
    @builtin(_PREFIX + name)
    def compute(context: Context, text: str, output: str = "hex") -> Value:
        return _digest_text(hashlib.new(name, _bytes(text), usedforsecurity=False).digest(), output)

    if name != "md5":

        @builtin(_PREFIX + "hmac" + name)
        def compute_keyed(context: Context, key: str, text: str, output: str = "hex") -> Value:
            return _digest_text(hmac.digest(_bytes(key), _bytes(text), name), output)


for _name in ("md5", "sha1", "sha256", "sha512"):
    _register_hash(_name)


@builtin("encodeUrl")
def encode_url(context: Context, text: str) -> Value:
    """Return a text encoded for a URL; a space becomes ``+``."""
    return quote_plus(text, safe="*-._", errors="replace")


@builtin(_PREFIX + "urlEncode")
def url_encode(context: Context, text: str) -> Value:
    """Return a text encoded for a URL; a space becomes ``%20``."""
    return quote(text, safe="*-._", errors="replace")


@builtin(_PREFIX + "urlDecode", "decodeUrl")
def url_decode(context: Context, value: Value) -> Value:
    """Decode a part of a URL, and return the text; null if the value is not a text."""
    return unquote_plus(value) if isinstance(value, str) else None


@builtin(_PREFIX + "htmlEncode", "htmlEncode")
def html_encode(context: Context, text: str) -> Value:
    """Return a text in which ``& < > " '`` are replaced by HTML entities."""
    return html.escape(text)


@builtin(_PREFIX + "htmlDecode", "htmlDecode")
def html_decode(context: Context, text: str) -> Value:
    """Return a text in which HTML entities are replaced by their characters."""
    return html.unescape(text)


def _key(key: str, size: int) -> bytes:
    encoded = _bytes(key)
    if len(encoded) > size:
        raise Failure(f"the encryption key has more than {size} bytes")
    return encoded.ljust(size, b"\0")


def _vector(vector: str) -> bytes:
    encoded = _bytes(vector)
    if len(encoded) != _BLOCK:
        raise Failure(f"the initialization vector must have {_BLOCK} characters")
    return encoded


def _encrypted(context: Context, key: bytes, text: str, vector: str | None) -> str:
    """Return a text encrypted with AES-CBC, in base64. Without ``vector``, a random one precedes the ciphertext."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    start = _vector(vector) if vector is not None else context.random.randbytes(_BLOCK)
    content = _bytes(text)
    missing = _BLOCK - len(content) % _BLOCK
    cipher = Cipher(algorithms.AES(key), modes.CBC(start)).encryptor()
    encrypted = cipher.update(content + bytes([missing]) * missing)
    return base64.b64encode(encrypted if vector is not None else start + encrypted).decode("ascii")


def _decrypted(key: bytes, text: str, vector: str | None) -> str:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    content = _of_base64(text)
    start, content = (_vector(vector), content) if vector is not None else (content[:_BLOCK], content[_BLOCK:])
    if not content or len(content) % _BLOCK or len(start) != _BLOCK:
        raise Failure("the text is not what AES encrypts")
    cipher = Cipher(algorithms.AES(key), modes.CBC(start)).decryptor()
    decrypted = cipher.update(content)
    missing = decrypted[-1]
    if not 1 <= missing <= _BLOCK or decrypted[-missing:] != bytes([missing]) * missing:
        raise Failure("the text cannot be decrypted with this key")
    return _text(decrypted[:-missing])


@builtin(_PREFIX + "aesEncode")
def aes_encode(context: Context, key: str, text: str, vector: str | None = None) -> Value:
    """Return a text encrypted with AES-256, in base64."""
    return _encrypted(context, _key(key, 32), text, vector)


@builtin(_PREFIX + "aesDecode")
def aes_decode(context: Context, key: str, text: str, vector: str | None = None) -> Value:
    """Return the text that `aes_encode` encrypted."""
    return _decrypted(_key(key, 32), text, vector)


@builtin(_PREFIX + "aesEncode128")
def aes_encode_128(
    context: Context, key: str, text: str, vector: str | None = None, iterations: int | None = None
) -> Value:
    """Return a text encrypted with AES-128, in base64. ``iterations`` is accepted and has no effect."""
    return _encrypted(context, _key(key, 16), text, vector)


@builtin(_PREFIX + "aesDecode128")
def aes_decode_128(
    context: Context, key: str, text: str, vector: str | None = None, iterations: int | None = None
) -> Value:
    """Return the text that `aes_encode_128` encrypted."""
    return _decrypted(_key(key, 16), text, vector)
