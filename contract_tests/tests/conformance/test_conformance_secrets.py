"""No secret appears in a report, a shell line or on a terminal, wherever a recording or a server contains it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from api_paths import CREATING, LISTING
from harness import StepClock, profile, simulated
from test_conformance_har import entry, recorded
from zoho_cliq_conformance.cli import main
from zoho_cliq_conformance.judge.facts import KNOWN
from zoho_cliq_conformance.reporting import report
from zoho_cliq_conformance.result import Result
from zoho_cliq_conformance.run import run
from zoho_cliq_conformance.secrets import Secrets, is_secret
from zoho_cliq_conformance.sending.client import Client
from zoho_cliq_conformance.trace import Exchange

CANARY = "c4nary-Of-Th1s-Test"
BASIC = base64.b64encode(f"user:{CANARY}".encode()).decode()
ESCAPED = "".join(f"\\u{ord(char):04X}" for char in CANARY)
PERCENT = "".join(f"%{ord(char):02x}" for char in CANARY)


def told(**request: Any) -> dict[str, Any]:
    """Return an entry with a fault, in whose error message the server repeats the canary in several forms."""
    said = f"no {CANARY}, {ESCAPED}, {PERCENT}, {CANARY.swapcase()}, {CANARY[:-1]} {'x' * 235}{CANARY}"
    return entry(**{"status": 500, "text": json.dumps({"message": said}).replace("\\\\u", "\\u"), **request})


RECORDINGS = {
    "bearer": told(headers={"Authorization": f"Bearer {CANARY}"}),
    "bare": told(headers={"authorization": CANARY}),
    "two of them": told(headers={"Authorization": f"Zoho-oauthtoken {CANARY} {CANARY}"}),
    "basic": told(headers={"Authorization": f"Basic {BASIC}"}),
    "proxy": told(headers={"Proxy-Authorization": f"Basic {BASIC}"}),
    "cookie": told(headers={"Cookie": f'a=1; session="{CANARY}"; b=2'}),
    "signature": told(headers={"X-Cliq-Signature-Of": CANARY}),
    "key": told(headers={"X-Api-Key": CANARY}),
    "query": told(target=f"/messageactions?access_token={CANARY}&limit=2"),
    "escaped query": told(target=f"/messageactions?zoho_secret={PERCENT}"),
    "code": told(target=f"/messageactions?code={CANARY}"),
    "set-cookie": told(answered={"Set-Cookie": f"session={CANARY}; Path=/; Secure"}),
    "answer": told(text=json.dumps({"access_token": CANARY, "refresh_token": f"{CANARY}2", "more": f"{CANARY}2"})),
    "nested": told(text=json.dumps({"inner": json.dumps({"client_secret": CANARY}), "said": CANARY})),
    "body": told(method="POST", body=json.dumps({"name": "n", "client_secret": CANARY, "hint": f"x{CANARY}x"})),
    "form": told(method="POST", body=f"grant_type=refresh&refresh_token={CANARY}&x={CANARY}"),
}


@pytest.mark.parametrize("kind", RECORDINGS)
def test_no_secret_of_a_recording_is_shown(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recorded(tmp_path, RECORDINGS[kind])
    assert main(["check-har", str(path), "--verbose", "--report", str(tmp_path / "out")]) == 1
    shown = capsys.readouterr()
    texts = [shown.out, shown.err, *(file.read_text() for file in (tmp_path / "out").iterdir())]
    assert len(texts) == 5
    for text in texts:
        for form in (CANARY[:8], CANARY[-8:], BASIC[:20], ESCAPED[:48], PERCENT[:24], quote(CANARY)[:12]):
            assert form.lower() not in text.lower(), form
    assert "curl" in shown.out


def test_no_token_of_a_profile_is_shown_however_a_server_echoes_it(capsys: pytest.CaptureFixture[str]) -> None:
    def handle(method: str, target: str, headers: Any, body: Any) -> Any:
        return 500, [("X-A", CANARY)], json.dumps({"message": "x" * 280 + CANARY}).encode()

    graded = profile(reset_url=None, clock_url=None, pace=False, tokens={"owner": CANARY}, teams=None)
    client, _ = simulated(handle, graded, clock=StepClock())
    wrong: dict[str, str | None] = {"Authorization": f"Bearer {CANARY[:-1]}"}

    def driver(client: Client, result: Result) -> None:
        client.list()
        client.send("GET", LISTING, headers=wrong)

    result = run(client, [("d", driver)])
    text = report.to_json(report.build(result, strict=True, drivers=["d"], seconds=1.0))
    assert CANARY[:8] not in text
    assert "$TOKEN_OWNER" in text


@pytest.mark.parametrize(
    "name",
    "auth COOKIE coo\u212aie my_token \u017fecret s\u0131gnature API-Key apikey "
    "Se\u017f\u017fion passwd csrf X-XSRF credential CREDENTIALS".split(),
)
def test_the_value_of_a_secret_name_in_a_body_is_hidden_however_it_is_written(name: str) -> None:
    secrets = Secrets({})
    secrets.learn(Exchange(1, "POST", CREATING, (), f'{{"{name}": "{CANARY}"}}'.encode(), None))
    assert CANARY not in secrets.hide(f"got {CANARY}")


def test_text_that_is_not_secret_is_kept() -> None:
    secrets = Secrets({"1000.owner": "TOKEN_OWNER"})
    secrets.add("/messageactions/organization")  # such as a cookie with the page that was visited last
    secrets.add("abc")
    text = 'GET /messageactions?next_token=abc%20d -> 200 {"scope": "organization", "creator": "owner 1000"}'
    assert secrets.hide(text) == text
    assert secrets.hide("Bearer 1000.owner, 1000.OWNER, 1000%2Eowner") == "Bearer " + ", ".join(["$TOKEN_OWNER"] * 3)
    assert secrets.hide('a\\b \\1000.owner\\ "\\\\1000.owner') == 'a\\b \\$TOKEN_OWNER\\ "\\\\$TOKEN_OWNER'
    assert [is_secret(name) for name in ("next_token", "sync_token", "author", "WWW-Authenticate", "Allow")] == [
        False
    ] * 5


def test_a_part_of_a_token_in_a_text_of_the_kits_own_stays() -> None:
    """A fact's id contains `after-delete`, whose end is also the end of the token `1000.owner-delete`."""
    client, _ = simulated(lambda *request: (500, [], b""), profile(), clock=StepClock())
    found = report.build(Result(client), strict=False, drivers=["table"], seconds=1.0)
    assert [fact["id"] for fact in found["facts"]] == list(KNOWN)
