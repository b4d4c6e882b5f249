"""Tasks: requests, connections, Cliq's chats and databases, stubs, and the sender for loopback addresses."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cliq_certificates import self_signed
from cliq_sockets import SocketServer
from deluge_checks import table
from zoho_cliq_deluge import http_sender, run
from zoho_cliq_deluge._values.types import File
from zoho_cliq_deluge.cliq_memory import CliqInMemory, matches
from zoho_cliq_deluge.failures import DelugeLimitError, DelugeRuntimeError
from zoho_cliq_deluge.gateway import Gateway
from zoho_cliq_deluge.http_sender import HttpSender
from zoho_cliq_deluge.tasks import HttpRequest, HttpResponse, Post, TaskError

JSON = {"Content-Type": "application/json; charset=utf-8"}


class Recorder:
    """A sender that records requests and always returns the same response."""

    def __init__(self, body: bytes = b'{"ok":true}', headers: dict[str, str] = JSON, status: int = 200) -> None:
        self.requests: list[HttpRequest] = []
        self._answer = HttpResponse(status, body, headers)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        return self._answer


def invoke(lines: str, recorder: Recorder | None = None, **variables: object) -> tuple[Any, HttpRequest]:
    """Run an ``invokeurl`` with these entries, and return its result and the request."""
    sender = recorder or Recorder()
    result = run(f"r = invokeurl\n[\n{lines}\n]; return r;", variables, gateway=Gateway(sender), seed=1)
    return result.answer, sender.requests[0]


def test_requests_are_refused_by_default() -> None:
    with pytest.raises(DelugeRuntimeError) as refused:
        run('r = invokeurl [ url :"https://api.example.com/x" type :GET ];')
    assert refused.value.function == "invokeurl"
    assert "give the gateway a sender, for example HttpSender()" in refused.value.why
    assert refused.value.run.tasks[0].error == refused.value.why


def test_a_get_puts_parameters_in_the_query() -> None:
    answer, request = invoke('url :"https://a.test/x?z=1"\ntype :GET\nparameters:p', p={"a": "b c", "n": 5, "e": None})
    assert answer == {"ok": True}
    assert (request.method, request.url, request.body) == ("GET", "https://a.test/x?z=1&a=b+c&n=5&e=", b"")
    assert request.timeout == 40
    assert invoke('url :"https://a.test/x"\nparameters:"q=1"')[1].url == "https://a.test/x?q=1"


def test_a_post_sends_a_form_or_text() -> None:
    _, request = invoke('url :"https://a.test"\ntype :POST\nparameters:p', p={"a": "é"})
    assert (request.body, request.headers["Content-Type"]) == (b"a=%C3%A9", "application/x-www-form-urlencoded")
    _, request = invoke(
        'url :"https://a.test"\ntype :POST\nparameters:p.toString()\nheaders:h', p={"a": 1}, h={"content-type": "x/y"}
    )
    assert (request.body, dict(request.headers)) == (b'{"a":1}', {"content-type": "x/y"})


@table(
    ("body", "sent", "kind"),
    [
        ({"a": [1]}, b'{"a":[1]}', "application/json"),
        ([1, "x"], b'[1,"x"]', "application/json"),
        ("plain", b"plain", "text/plain; charset=UTF-8"),
        (File("a.png", b"\x89", "image/png"), b"\x89", "image/png"),
    ],
)
def test_a_body_is_sent_as_it_is(body: object, sent: bytes, kind: str) -> None:
    _, request = invoke('url :"https://a.test"\ntype :PUT\nbody:b', b=body)
    assert (request.method, request.body, request.headers["Content-Type"]) == ("PUT", sent, kind)


def test_content_type_line_wins() -> None:
    _, request = invoke('url :"https://a.test"\ntype :PATCH\nbody:"x"\ncontent-type:"application/xml"')
    assert request.headers == {"Content-Type": "application/xml"}


def test_files_are_sent_as_a_form() -> None:
    script = 'f.setParamName("doc\\r\\n"); r = invokeurl [ url :"https://a.test" type :POST files:f parameters:p ];'
    recorder = Recorder()
    run(script, {"f": File('a".txt', "hello"), "p": {"k": "v"}}, gateway=Gateway(recorder), seed=1)
    body = recorder.requests[0].body
    assert b'name="k"\r\n\r\nv\r\n' in body
    assert b'name="doc__"; filename="a_.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n' in body
    boundary = recorder.requests[0].headers["Content-Type"].partition("boundary=")[2]
    assert body.endswith(f"--{boundary}--\r\n".encode())
    _, request = invoke('url :"https://a.test"\ntype :POST\nfiles:{f,f}\nparameters:"a=b"', f=File("x", b"1"))
    assert request.body.count(b'name="file"') == 2
    assert b'name="a"\r\n\r\nb' in request.body
    with pytest.raises(DelugeRuntimeError, match="not a FILE"):
        invoke('url :"https://a.test"\ntype :POST\nfiles:{1}')


@table(
    ("body", "headers", "lines", "answer"),
    [
        (b"[1,2]", JSON, "", [1, 2]),
        (b'{"id":1234567890123456789}', JSON, "", {"id": 1234567890123456789}),
        (b"{broken", JSON, "", "{broken"),
        (b"hello", {"content-type": "text/html"}, "", "hello"),
        (b"", {}, "", ""),
        (b"\xe9", {"content-type": "text/plain; charset=iso-8859-1"}, "", "é"),
        (b"\xe9", {"content-type": "text/plain; charset=nonsense"}, "", "�"),
        (b"{}", JSON, "\nresponse-format:TEXT", "{}"),
        (b"a", {"content-type": "text/plain"}, "\nresponse-format:FILE", File("x", b"a", "text/plain")),
        (b"\x89", {"content-type": "image/png"}, "", File("x", b"\x89", "image/png")),
        (
            b"a,b",
            {"content-type": "text/csv", "Content-Disposition": 'attachment; filename="r.csv"'},
            "",
            File("r.csv", b"a,b", "text/csv"),
        ),
    ],
)
def test_what_an_answer_becomes(body: bytes, headers: dict[str, str], lines: str, answer: object) -> None:
    assert invoke(f'url :"https://a.test/x"{lines}', Recorder(body, headers))[0] == answer


def test_errors_of_http_do_not_throw_and_detailed_tells_them() -> None:
    assert invoke('url :"https://a.test"', Recorder(status=404))[0] == {"ok": True}
    detailed, _ = invoke('url :"https://a.test"\ndetailed:true', Recorder(status=404))
    assert detailed == {"responseCode": 404, "responseHeader": JSON, "responseText": {"ok": True}}


@table(
    ("lines", "why"),
    [
        ("type :GET", "the url is missing, or null"),
        ('url :"https://a.test"\ntype :"FETCH"', '"FETCH" is no method; known are DELETE, GET, PATCH, POST, PUT'),
        ('url :"https://a.test"\nconnection:"crm"', 'there is no connection "crm"; give its headers to the gateway'),
        ('url :"http://[x"\nparameters:"a=b"', "the url is not an address"),
        ('url :"https://a.test"\nheaders:5', "a value of type KEY-VALUE is expected"),
    ],
)
def test_wrong_requests(lines: str, why: str) -> None:
    with pytest.raises(DelugeRuntimeError) as wrong:
        invoke(lines)
    assert why in wrong.value.why


def test_a_task_tells_the_status_of_its_own_answer() -> None:
    script = 'r = invokeurl [ url :"https://a.test" ]; zoho.cliq.postToChat("1", "x"); getUrl("https://a.test");'
    found = run(script, gateway=Gateway(Recorder(status=404)))
    assert [call.status for call in found.tasks] == [404, 0, 404]


def test_an_answer_has_a_greatest_size() -> None:
    with pytest.raises(DelugeRuntimeError, match="more than 4 bytes"):
        run('r = getUrl("https://a.test");', gateway=Gateway(Recorder(b"12345")), policies={"response_bytes": 4})


@table(
    ("call", "method", "url", "body", "detailed"),
    [
        ('getUrl("https://a.test")', "GET", "https://a.test", b"", False),
        ('getUrl("https://a.test",{"h":"1"})', "GET", "https://a.test", b"", False),
        ('getUrl("https://a.test",false)', "GET", "https://a.test", b"", True),
        ('postUrl("https://a.test",{"a":"b"})', "POST", "https://a.test", b"a=b", False),
        ('postUrl("https://a.test","x",{"h":"1"},false)', "POST", "https://a.test", b"x", True),
        ('postUrl("https://a.test","x",false)', "POST", "https://a.test", b"x", True),
        ('invokeUrl("https://a.test","PUT",{"a":"b"})', "PUT", "https://a.test", b"a=b", False),
    ],
)
def test_older_functions_of_requests(call: str, method: str, url: str, body: bytes, detailed: bool) -> None:
    recorder = Recorder()
    answer = run(f"return {call};", gateway=Gateway(recorder)).answer
    request = recorder.requests[0]
    assert (request.method, request.url, request.body) == (method, url, body)
    assert ("responseCode" in answer) is detailed


def test_invokeapi_knows_the_address_of_its_service() -> None:
    recorder = Recorder()
    run('r = invokeapi [ service: ZohoCliq path: "api/v2/chats" type: GET ];', gateway=Gateway(recorder))
    assert recorder.requests[0].url == "https://cliq.zoho.com/api/v2/chats"
    with pytest.raises(DelugeRuntimeError, match='no address for the service "ZohoBooks"'):
        run('r = invokeapi [ service: ZohoBooks path: "x" ];', gateway=Gateway(recorder))


SECRET = "Zoho-oauthtoken 1000.abcdef123456"


def test_secrets_of_a_connection_stay_hidden() -> None:
    def leaks(request: HttpRequest) -> HttpResponse:
        assert request.secrets == {"Authorization": SECRET}
        assert "1000." not in repr(request)
        return HttpResponse(200, f'{{"echo":"{SECRET}"}}'.encode(), {**JSON, "X-Echo": SECRET})

    gateway = Gateway(leaks, connections={"crm": {"Authorization": SECRET}})
    assert "1000." not in repr(gateway)
    script = (
        'r = invokeurl [ url :"https://a.test" connection:"crm" detailed:true ];'
        ' info r; info r.get("responseText").get("echo"); t = thisapp.f(r.toString()); throw r.toString();'
    )
    with pytest.raises(DelugeRuntimeError) as thrown:
        run(script, gateway=Gateway(leaks, connections=gateway.connections, stubs={"thisapp.f": None}))
    assert "1000." not in str(thrown.value) + repr(thrown.value) + repr(thrown.value.args)
    assert "1000." not in repr(thrown.value.run) + repr(thrown.value.run.log) + repr(thrown.value.run.tasks)
    assert thrown.value.run.log[1] == "***"


def test_errors_of_a_sender_hide_secrets() -> None:
    def fails(request: HttpRequest) -> HttpResponse:
        raise TaskError(f"no route with {request.secrets['Authorization']}")

    gateway = Gateway(fails, connections={"crm": {"Authorization": SECRET}})
    result = run(
        'try { r = invokeurl [ url :"https://a.test" connection:"crm" ]; } catch (e) { info e; }', gateway=gateway
    )
    assert result.log == ("no route with ***",)
    assert result.tasks[0].error == "no route with ***"


@table(
    ("call", "post"),
    [
        ('postToChat("CT_1","Hi")', Post("postToChat", "CT_1", "Hi")),
        ('postToChannel("news",{"text":"Hi"})', Post("postToChannel", "news", {"text": "Hi"})),
        ('postToBot("bot",f)', Post("postToBot", "bot", File("a"))),
        ('postToUser(7,"Hi","conn")', Post("postToUser", "7", "Hi", connection="conn")),
        ('postToChatAsAdmin("CT_1",{f})', Post("postToChatAsAdmin", "CT_1", [File("a")])),
        (
            'postToChannelAsBot("news","bot","Hi","c")',
            Post("postToChannelAsBot", "news", "Hi", bot="bot", connection="c"),
        ),
        ('postToChatAsBot("CT_1","bot","Hi")', Post("postToChatAsBot", "CT_1", "Hi", bot="bot")),
    ],
)
def test_posts_reach_cliq(call: str, post: Post) -> None:
    cliq = CliqInMemory()
    result = run(f"return zoho.cliq.{call};", {"f": File("a")}, gateway=Gateway(cliq=cliq))
    assert (result.answer, cliq.posts) == ({}, [post])
    assert result.tasks[0].name == f"zoho.cliq.{call.partition('(')[0]}"
    assert result.tasks[0].line == 1


def test_a_post_needs_target_and_message() -> None:
    with pytest.raises(DelugeRuntimeError, match="at least 2 arguments"):
        run('zoho.cliq.postToChat("CT_1");')
    with pytest.raises(DelugeRuntimeError, match="the message is null"):
        run('zoho.cliq.postToChat("CT_1",null);')


def test_databases_and_properties() -> None:
    cliq = CliqInMemory()
    script = """
        a = zoho.cliq.createRecord("people",{"name":"Ann","age":31,"ok":true});
        b = zoho.cliq.createRecord("people",{"name":"Bob","age":19});
        zoho.cliq.updateRecord("people",b.get("id"),{"name":"Rob"});
        all = zoho.cliq.getRecords("people");
        old = zoho.cliq.getRecords("people",{"criteria":"age>30 && ok==true"});
        rob = zoho.cliq.getRecordById("people",b.get("id"));
        zoho.cliq.deleteRecord("people",a.get("id"));
        zoho.cliq.deleteRecords("people","name!=\\"Rob\\"");
        zoho.cliq.editMessage("CT_1","5","new");
        zoho.cliq.extension.setProperties({"k":"v"},"c");
        k = zoho.cliq.extension.getProperties("k","c");
        zoho.cliq.extension.deleteProperty("k","c");
        return {all.get("list").size(), old.get("list").get(0).get("name"), rob.get("name"), k};
    """
    assert run(script, gateway=Gateway(cliq=cliq)).answer == [2, "Ann", "Rob", "v"]
    assert [record["name"] for record in cliq.databases["people"].values()] == ["Rob"]
    assert (cliq.edits, cliq.properties) == ([("CT_1", "5", "new")], {})
    with pytest.raises(DelugeRuntimeError, match='the database "people" has no record "9"'):
        run('zoho.cliq.getRecordById("people","9");')
    paged = run('return zoho.cliq.getRecords("people",{"from_index":1,"limit":0},"c");', gateway=Gateway(cliq=cliq))
    assert paged.answer == {"list": []}
    with pytest.raises(DelugeRuntimeError, match="must be numbers"):
        run('zoho.cliq.getRecords("people",{"limit":"x"});')


@table(
    ("criteria", "holds"),
    [
        ("", True),
        ('name=="Ann"', True),
        ("name == 'Bob' || age>=31", True),
        ("(age<31)", False),
        ("age<=31 && age>30.5", True),
        ('missing==""', True),
        ("name>5", False),
    ],
)
def test_criteria(criteria: str, holds: bool) -> None:
    assert matches({"name": "Ann", "age": 31}, criteria) is holds


def test_criteria_that_cannot_be_read() -> None:
    with pytest.raises(TaskError, match='write field=="value"'):
        matches({}, "name is Ann")


def test_other_tasks_are_stubs() -> None:
    stubs = {
        "zoho.crm.getRecordById": lambda module, record: {"module": module, "id": record},
        "sendmail": lambda entries: entries["subject"],
        "thisapp.double": lambda number: number * 2,
    }
    script = """
        r = zoho.crm.getRecordById("Leads",5);
        s = sendmail [ from: "a@b.c" to: "d@e.f" subject: "Hello" message: "x" ];
        m = Map();
        m.kept = sendmail [ from: "a@b.c" to: "d@e.f" subject: "Kept" message: "x" ];
        return {r, s, m, thisapp.double(4)};
    """
    result = run(script, gateway=Gateway(stubs=stubs))
    assert result.answer == [{"module": "Leads", "id": 5}, "Hello", {"kept": "Kept"}, 8]
    assert [task.name for task in result.tasks] == ["zoho.crm.getRecordById", "sendmail", "sendmail", "thisapp.double"]
    assert result.tasks[1].arguments["to"] == "d@e.f"
    with pytest.raises(DelugeRuntimeError, match=r"has no stub; give one to the gateway: stubs=\{"):
        run('zoho.books.getRecords("x");')
    with pytest.raises(DelugeRuntimeError, match="what a script cannot hold"):
        run("thisapp.f();", gateway=Gateway(stubs={"thisapp.f": lambda: object()}))


class Echo(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        if self.path == "/slow":
            self.server.waits.wait(10)  # type: ignore[attr-defined]
            return
        if self.path == "/drip":
            with contextlib.suppress(OSError):
                self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
                while not self.server.waits.wait(0.02):  # type: ignore[attr-defined]
                    self.wfile.write(b"x")
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = b"x" * 5000 if self.path == "/long" else self.headers.get("Authorization", "").encode() + b"|" + body
        self.send_response(302 if self.path.startswith("/moved") else 200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Echo) as running:
        running.waits = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.waits.set()  # type: ignore[attr-defined]
        running.shutdown()
        thread.join()


def address(server: HTTPServer, path: str = "/") -> str:
    return f"http://127.0.0.1:{server.server_port}{path}"


def test_the_sender_reaches_loopback(server: HTTPServer) -> None:
    gateway = Gateway(HttpSender(), connections={"c": {"Authorization": "secret-token"}})
    script = 'r = invokeurl [ url :u type :POST body:"hi" headers:{"authorization":"mine"} connection:"c" ]; return r;'
    assert run(script, {"u": address(server)}, gateway=gateway).answer == "secret-token|hi"
    response = HttpSender()(HttpRequest("GET", address(server, "/moved?x=1")))
    assert (response.status, response.header("content-type")) == (302, "text/plain")


def test_the_sender_bounds_size_and_time(server: HTTPServer) -> None:
    with pytest.raises(TaskError, match="more than 4,000 bytes"):
        HttpSender()(HttpRequest("GET", address(server, "/long"), limit=4000))
    for path in ("/slow", "/drip"):
        with pytest.raises(TaskError, match="socket timeout error"):
            HttpSender()(HttpRequest("GET", address(server, path), timeout=0.2))


def test_the_sender_reports_failures_without_values(server: HTTPServer) -> None:
    with pytest.raises(TaskError) as failed:
        HttpSender()(HttpRequest("GET", address(server), secrets={"Authorization": "a\r\nsecret: b"}))
    assert "secret" not in str(failed.value)
    with pytest.raises(TaskError, match="cannot be reached: ConnectionRefusedError"):
        HttpSender()(HttpRequest("GET", "http://127.0.0.1:1/"))
    with pytest.raises(TaskError, match="no TLS connection"):
        HttpSender()(HttpRequest("GET", address(server).replace("http:", "https:"), timeout=2))


@table(
    ("url", "why"),
    [
        ("ftp://127.0.0.1/", "must begin with http"),
        ("http:///x", "must begin with http"),
        ("http://127.0.0.1:99999/", "not an address"),
        ("http://user@127.0.0.1/", "must not hold a user name"),
        ("http://8.8.8.8/", "is not allowed; name it"),
        ("http://[::ffff:10.0.0.1]/", "is not allowed"),
        ("http://0.0.0.0/", "is not allowed"),
    ],
)
def test_the_sender_refuses(url: str, why: str) -> None:
    with pytest.raises(TaskError, match=why):
        HttpSender()(HttpRequest("GET", url))


@pytest.mark.parametrize(
    "inner",
    [
        "10.0.0.1",
        "169.254.169.254",
        "::ffff:192.168.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2002:a00:1::",
        "fe80::1",
        "fc00::1",
    ],
)
def test_a_named_host_must_not_lead_inside(inner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    family = socket.AF_INET6 if ":" in inner else socket.AF_INET
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(family, socket.SOCK_STREAM, 6, "", (inner, 80))])
    with pytest.raises(TaskError, match="has the inner address"):
        HttpSender(hosts=["api.example.com"])(HttpRequest("GET", "http://API.example.com/"))


def test_a_name_is_resolved_once_and_its_checked_address_used(
    server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    url = address(server).replace("127.0.0.1", "api.example.com")
    assert HttpSender()(HttpRequest("GET", url)).status == 200
    assert [host for host in asked if host != "127.0.0.1"] == ["api.example.com"]


def test_a_name_without_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    with pytest.raises(TaskError, match="cannot be resolved"):
        HttpSender(hosts=["a.test"])(HttpRequest("GET", "http://a.test/"))

    def fails(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    with pytest.raises(TaskError, match="cannot be resolved"):
        HttpSender(hosts=["a.test"])(HttpRequest("GET", "http://a.test/"))


def test_the_sender_speaks_tls(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path / "server.pem")
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    settings.load_cert_chain(certificate)
    with contextlib.closing(SocketServer(settings)) as server:
        server.serve = lambda peer: peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        sender = HttpSender(context=ssl.create_default_context(cafile=certificate))
        assert sender(HttpRequest("GET", server.url)).body == b"hi"
        assert server.requests[0].startswith(b"GET /api/v3 HTTP/1.1\r\nHost: 127.0.0.1:")
        with pytest.raises(TaskError, match=r"no TLS connection to 127\.0\.0\.1: SSLCertVerificationError"):
            HttpSender()(HttpRequest("GET", server.url))


@pytest.mark.parametrize(
    "problem",
    [TimeoutError(), ConnectionResetError(), None],
    ids=["waited for a piece", "cut off by the timer", "cut off at the end of a piece"],
)
def test_an_exchange_beyond_its_time_is_a_timeout_however_it_ends(
    problem: Exception | None, server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = [0.0]

    def exchange(*_: object) -> HttpResponse:
        passed[0] = 60.0
        if problem is not None:
            raise problem
        return HttpResponse(200)

    monkeypatch.setattr(http_sender, "_exchange", exchange)
    monkeypatch.setattr(time, "monotonic", lambda: passed[0])
    with pytest.raises(TaskError, match="socket timeout error"):
        HttpSender()(HttpRequest("GET", address(server), timeout=50.0))


def test_a_host_that_does_not_take_a_connection_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def waits(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", waits)
    with pytest.raises(TaskError, match="socket timeout error"):
        HttpSender()(HttpRequest("GET", "http://127.0.0.1/"))


def test_a_named_public_address_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def refuses(target: object, **_: object) -> None:
        asked.append(target)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuses)
    for host in ("8.8.8.8", "10.0.0.1"):  # a private address is reached if it is listed itself
        with pytest.raises(TaskError, match="cannot be reached: ConnectionRefusedError"):
            HttpSender(hosts=[host])(HttpRequest("GET", f"http://{host}/"))
    assert asked == [("8.8.8.8", 80), ("10.0.0.1", 80)]


def test_what_a_task_takes_and_gives_is_bounded() -> None:
    stub = {"thisapp.f": lambda *_: [1] * 100_000}
    with pytest.raises(DelugeLimitError):
        run("x = thisapp.f();", gateway=Gateway(stubs=stub), policies={"memory": 100_000})
    with pytest.raises(DelugeLimitError) as reached:
        run(
            'x = invokeurl [ url :"http://a.test" ];',
            gateway=Gateway(Recorder(b"x" * 20_000)),
            policies={"memory": 100_000},
        )
    assert reached.value.function == "invokeurl"
    with pytest.raises(DelugeRuntimeError, match=r"thisapp\.f: the value holds itself"):
        run("x = List(); x.add(x); thisapp.f(x);", gateway=Gateway(stubs={"thisapp.f": 1}))


def test_the_name_of_a_file_is_the_end_of_its_address() -> None:
    picture = Recorder(b"1", {"content-type": "image/png"})
    assert invoke('url :"https://a.test/b/c.png"', picture)[0] == File("c.png", b"1", "image/png")
    assert invoke('url :"https://a.test/b/"', picture)[0] == File("file", b"1", "image/png")


def test_what_tasks_took_and_gave_counts_as_memory() -> None:
    gateway = Gateway(stubs={"thisapp.f": lambda number: "a" * 1000 + str(number)})
    script = "for each i in numbers { thisapp.f(i); }"
    assert len(run(script, {"numbers": list(range(100))}, gateway=gateway, policies={"memory": 500_000}).tasks) == 100
    with pytest.raises(DelugeLimitError, match="the values of the script take more than 500,000 bytes"):
        run(script, {"numbers": list(range(1500))}, gateway=gateway, policies={"memory": 500_000})


def test_records_that_do_not_match_stay() -> None:
    cliq = CliqInMemory()
    cliq.create_record("people", {"age": 5})
    cliq.create_record("people", {"age": 6})
    assert cliq.delete_records("people", "age==7") == cliq.delete_records("none", "age==5") == {"status": "SUCCESS"}
    assert len(cliq.databases["people"]) == 2
    cliq.delete_records("people", "age==5")
    assert [record["age"] for record in cliq.databases["people"].values()] == [6]


def test_the_timer_of_a_request_that_has_ended_does_nothing() -> None:
    with socket.socket() as never_connected:
        http_sender._shut(never_connected)


@table(("parameters", "sent"), [('Collection("a":1)', b"a=1"), ("{}", b""), ("null", b"")])
def test_parameters_can_be_a_collection_or_empty(parameters: str, sent: bytes) -> None:
    _, request = invoke(f'url :"https://a.test"\ntype :POST\nparameters:{parameters}')
    assert request.body == sent
