"""What the document has come to require of a create since the tests of mock and trigger were written: today nothing."""

from __future__ import annotations

from typing import Any

from zoho_cliq_api.contract import document, sample

_SCHEMAS = document()["components"]["schemas"]
_CREATE = _SCHEMAS["MessageActionCreate"]
FIELDS: dict[str, Any] = _CREATE["properties"]
PERMISSIONS: list[str] = _SCHEMAS["Permission"]["enum"]
NEEDED: dict[str, Any] = {
    name: sample(_CREATE["properties"][name], _SCHEMAS)
    for name in _CREATE.get("required", ())
    if name not in ("name", "hint")
}
"""A sample of each such field. The fixture `needed` adds them to what tests of the mock send as `json`."""
