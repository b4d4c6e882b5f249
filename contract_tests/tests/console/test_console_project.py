"""What `zoho-cliq dev` shows of a folder, in Chromium."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from zoho_cliq_mock import MockServer


def test_the_page_shows_what_is_wrong_in_which_file(page: Page, mock: MockServer) -> None:
    place = page.get_by_role("region", name="Folder")
    expect(place).to_have_count(0)
    mistakes = [
        {"file": "actions/a.dg", "line": 3, "severity": "error", "message": "<img src=x onerror=alert(1)>"},
        {"file": "", "line": 0, "severity": "warning", "message": "of no file"},
    ]
    mock.show_project("our-actions (test)", "Not applied: 1 mistake.", mistakes)
    expect(place).to_contain_text("our-actions (test) Not applied: 1 mistake.")
    expect(page.locator("#status")).to_have_text("Not applied: 1 mistake.")
    expect(place.get_by_role("listitem")).to_have_text(
        ["actions/a.dg:3: <img src=x onerror=alert(1)>", "of no file (warning)"]
    )
    mock.show_project("our-actions (test)", "Applied: 1 change.")
    expect(place).to_have_text("our-actions (test) Applied: 1 change.")
    mock.hide_project()
    expect(place).to_have_count(0)
