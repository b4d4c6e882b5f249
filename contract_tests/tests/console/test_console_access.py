"""Access to the console: one-time links, the session cookie, and requests from other pages and host names."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from http.cookies import SimpleCookie

import httpx
import pytest
from zoho_cliq_mock import MockServer, create_app


@pytest.fixture(scope="module")
def running() -> Iterator[MockServer]:
    with MockServer() as server:
        yield server


@pytest.fixture
def mock(running: MockServer) -> MockServer:
    running.reset()
    return running


@pytest.fixture
def browser(mock: MockServer) -> Iterator[httpx.Client]:
    """Yield a client with the console's session cookie, but without the control token."""
    with httpx.Client(base_url=mock.accounts_url) as client:
        assert client.get(mock.console_url).status_code == 303
        yield client


def test_a_link_opens_the_page_once(mock: MockServer) -> None:
    link = mock.console_url
    with httpx.Client() as first, httpx.Client() as second:
        opened = first.get(link)
        assert (opened.status_code, opened.headers["location"]) == (303, "/_mock/console")
        assert first.get(f"{mock.control_url}/console").status_code == 200
        refused = second.get(link)
        assert refused.status_code == 403
        assert "set-cookie" not in refused.headers
        assert second.get(f"{mock.control_url}/console").status_code == 401
        # The browser that used the link has a session already, so the used link leads it to the page.
        assert first.get(link, follow_redirects=True).status_code == 200


def test_every_link_is_different(mock: MockServer) -> None:
    assert mock.console_url != mock.console_url


def test_only_the_latest_of_many_links_are_valid(mock: MockServer) -> None:
    links = [mock.console_url for _ in range(101)]
    assert httpx.get(links[0]).status_code == 403
    assert httpx.get(links[1]).status_code == 303


@pytest.mark.parametrize("ahead", ["prefetch", "prefetch;prerender"])
def test_a_prefetch_does_not_use_the_link_up(mock: MockServer, ahead: str) -> None:
    link = mock.console_url
    assert httpx.get(link, headers={"Sec-Purpose": ahead}).status_code == 503
    assert httpx.head(link).status_code == 503
    assert httpx.get(link).status_code == 303


def test_the_cookie_is_for_this_mock_and_no_script(mock: MockServer) -> None:
    cookie = SimpleCookie(httpx.get(mock.console_url).headers["set-cookie"])
    port = mock.accounts_url.rpartition(":")[2]
    [(name, morsel)] = cookie.items()
    assert name == f"zoho_cliq_mock_{port}"
    assert morsel["httponly"]
    assert morsel["samesite"].lower() == "strict"
    assert morsel["path"] == "/_mock/"
    assert not morsel["domain"]
    assert not morsel["max-age"]
    assert not morsel["expires"]
    assert len(morsel.value) >= 43
    assert mock.control_token not in morsel.value


def test_the_cookie_stands_for_the_control_token(mock: MockServer, browser: httpx.Client) -> None:
    origin = {"Origin": mock.accounts_url}
    for path in ("/_mock/state", "/_mock/chats"):
        assert browser.get(path).status_code == 200
        assert browser.get(path, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
        assert httpx.get(f"{mock.accounts_url}{path}").status_code == 401
    assert browser.post("/_mock/reset", headers=origin).status_code == 200
    assert browser.post("/_mock/chats", json={"members": ["owner"]}, headers=origin).status_code == 200
    assert httpx.post(f"{mock.accounts_url}/_mock/reset", headers=origin).status_code == 401


def test_a_session_ends_with_the_mock(browser: httpx.Client) -> None:
    with MockServer() as other:
        name, value = next(iter(browser.cookies.items()))
        port = other.accounts_url.rpartition(":")[2]
        cookies = {name: value, f"zoho_cliq_mock_{port}": value}
        assert httpx.get(f"{other.control_url}/state", cookies=cookies).status_code == 401


@pytest.mark.parametrize(
    "fields",
    [
        {},  # a form on another page, in a browser that sends neither header
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://{host}"},
        {"Origin": "http://{host}.evil.example"},
        {"Origin": "http://localhost:{port}"},
        {"Origin": "http://{host}", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://{host}", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_no_other_page_can_use_the_cookie(mock: MockServer, browser: httpx.Client, fields: dict[str, str]) -> None:
    host = mock.accounts_url.removeprefix("http://")
    headers = {name: value.format(host=host, port=host.rpartition(":")[2]) for name, value in fields.items()}
    assert browser.post("/_mock/thresholds", json={"enabled": False}, headers=headers).status_code == 403
    assert browser.post("/_mock/chats", json={"members": ["owner"]}, headers=headers).status_code == 403
    assert browser.delete("/_mock/faults", headers=headers).status_code == 403
    assert browser.get("/_mock/thresholds").json()["enabled"]
    if headers:
        assert browser.get("/_mock/state", headers=headers).status_code == 403


@pytest.mark.parametrize("site", ["same-site", "cross-site", "none"])
def test_no_other_page_can_read_with_the_cookie(browser: httpx.Client, site: str) -> None:
    assert browser.get("/_mock/journal", headers={"Sec-Fetch-Site": site}).status_code == 403


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example:{port}", "",
     "127.0.0.1:{port}.evil.example", "127.0.0.1:", "evil.example:127.0.0.1", "[::1", "0.0.0.0:{port}"],
)  # fmt: skip
def test_a_rebound_host_name_is_refused(mock: MockServer, browser: httpx.Client, host: str) -> None:
    port = mock.accounts_url.rpartition(":")[2]
    host = host.format(port=port)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    everyone = "; ".join(
        f"zoho_cliq_mock_{number}={value}" for number in (port, 80) for value in browser.cookies.values()
    )
    link = mock.console_url
    for path in ("/_mock/console", "/_mock/console/static/index.html", "/_mock/state", link):
        for given in (cookie, everyone):
            headers = {"Host": host, "Origin": f"http://{host}", "Cookie": given}
            answer = browser.get(path, headers=headers)
            assert answer.status_code == 403, path
            assert "set-cookie" not in answer.headers
    assert httpx.get(link).status_code == 303  # the link was not used up


def test_localhost_is_this_machine(mock: MockServer) -> None:
    url = mock.console_url.replace("127.0.0.1", "localhost")
    port = url.split(":")[2].partition("/")[0]
    with httpx.Client(transport=_to_loopback(mock)) as client:
        assert client.get(url, headers={"Host": f"localhost:{port}"}).status_code == 303


def _to_loopback(mock: MockServer) -> httpx.BaseTransport:
    class Loopback(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            request.url = request.url.copy_with(host="127.0.0.1")
            return super().handle_request(request)

    return Loopback()


def test_in_process_the_cookie_is_checked_as_well() -> None:
    app = create_app()

    async def ask(**headers: str) -> int:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:1") as client:
            assert (await client.get(app.state.access.new_link())).status_code == 303
            return (await client.post("/_mock/reset", headers=headers)).status_code

    import asyncio

    try:
        assert asyncio.run(ask()) == 403
        assert asyncio.run(ask(Origin="http://127.0.0.1:1")) == 200
    finally:
        app.state.close()


def test_every_answer_is_closed_to_other_pages(mock: MockServer, browser: httpx.Client) -> None:
    urls = ("/_mock/console", "/_mock/console/static/index.html", mock.console_url, "/_mock/console?key=wrong")
    for url in (*urls, "/_mock/console/static/nothing", "/_mock/console/menu"):
        headers = browser.get(url).headers
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "name", ["%2e%2e", "%2e%2e%2fpages.py", "pages.py", "__init__.py", "nothing.js", "..%5croutes.py"]
)
def test_only_the_files_of_the_page_are_sent(browser: httpx.Client, name: str) -> None:
    assert browser.get(f"/_mock/console/static/{name}").status_code in (404, 405)


def test_there_is_no_console_without_the_control_api() -> None:
    with MockServer(control=False) as mock:
        assert httpx.get(f"{mock.accounts_url}/_mock/console").status_code == 404
        with pytest.raises(RuntimeError, match="disabled"):
            mock.console_url  # noqa: B018


def test_no_token_is_in_a_page(mock: MockServer, browser: httpx.Client) -> None:
    session = next(iter(browser.cookies.values()))
    names = [path.name for path in _files()]
    assert names
    for path in ("/_mock/console", *(f"/_mock/console/static/{name}" for name in names), "/_mock/console?key=wrong"):
        text = browser.get(path).text
        assert mock.control_token not in text
        assert session not in text
        assert "1000." not in text


def _files() -> list:  # type: ignore[type-arg]
    import pathlib

    import zoho_cliq_mock.console as console

    assert console.__file__ is not None
    return [path for path in (pathlib.Path(console.__file__).parent / "static").iterdir() if path.is_file()]


def test_nothing_of_the_console_is_loaded_at_the_start() -> None:
    code = (
        "import sys; from zoho_cliq_mock import create_app; create_app().state.close();"
        "print([m for m in sys.modules if m.startswith('zoho_cliq_mock.console.')])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_the_command_prints_a_link_and_logs_no_key(tmp_path: object) -> None:
    command = [sys.executable, "-m", "zoho_cliq_mock", "--port", "0", "--verbose"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "/_mock/reset" in line:
                break
        [link] = re.findall(r"http://127\.0\.0\.1:\d+/_mock/console\?key=\S+", "".join(lines))
        try:
            with httpx.Client(follow_redirects=True) as client:
                assert client.get(link).status_code == 200
                session = next(iter(client.cookies.values()))
                journal = client.get(f"{link.partition('/console')[0]}/journal").text
        finally:
            process.terminate()
        rest = process.stdout.read() + process.stderr.read()
    key = link.partition("key=")[2]
    assert key not in rest + journal
    assert session not in rest + journal + "".join(lines)
