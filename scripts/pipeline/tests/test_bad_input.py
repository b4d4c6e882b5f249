"""Bad input: one clear line, exit code 2, and nothing written."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pipeline.documents import MAX_BYTES, dump_yaml, load, parse
from pipeline.errors import PipelineError
from pipeline.fetch import fetch
from pipeline.regenerate import main
from pipeline.tree import ROOT, Tree, files

SOUND: dict[str, Any] = {
    "openapi": "3.0.0",
    "info": {"title": "Small", "version": "1"},
    "paths": {"/a": {"get": {"operationId": "get_a", "responses": {"200": {"description": "ok"}}}}},
}


def with_get(**more: Any) -> dict[str, Any]:
    """A small sound document with more in its one operation."""
    return {**SOUND, "paths": {"/a": {"get": {**SOUND["paths"]["/a"]["get"], **more}}}}


def with_schema(schema: Any, name: str = "S") -> dict[str, Any]:
    """A small sound document with one component schema."""
    return {**SOUND, "components": {"schemas": {name: schema}}}


def with_property(name: str) -> dict[str, Any]:
    return with_schema({"type": "object", "properties": {name: {"type": "string"}}})


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{after}: &{after} [{','.join(['*' + before] * 10)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
ANSWER = {"200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/nowhere"}}}}}
CODE = '"); __import__("os").system("touch /tmp/escaped"); ("'

BAD: dict[str, tuple[Any, str]] = {
    "not YAML": ("a: [1, 2", "not YAML"),
    "a tab": ("a:\n\t- b", "not YAML"),
    "a tag": ("a: !!python/object/apply:os.system ['true']", "not YAML"),
    "two documents": ("a: 1\n---\nb: 2\n", "not YAML"),
    "not JSON": ('{"a": ', "not JSON"),
    "key twice, YAML": ("a: 1\na: 2\n", "key 'a' stands twice"),
    "key twice, JSON": ('{"a": 1, "a": 2}', "key 'a' stands twice"),
    "key twice, number and string": ("1: a\n'1': b\n", "a key stands twice"),
    "binary": (b"\x80\x81\xfe\xff", "not UTF-8"),
    "empty": ("", "the top level is not a mapping"),
    "a list": ("- a\n", "the top level is not a mapping"),
    "text": ("hello", "the top level is not a mapping"),
    "no openapi": ("title: x", "it has no `openapi` key"),
    "Swagger 2.0": ("swagger: '2.0'\npaths: {}\n", "Swagger 2.0; convert it"),
    "OpenAPI 4": ("openapi: 4.0.0\npaths: {/a: {}}\n", "OpenAPI 4.0.0; versions 3.0 and 3.1"),
    "no paths": ("openapi: 3.0.0\ninfo: {title: t, version: '1'}\n", "it has no `paths`"),
    "paths are a list": ("openapi: 3.0.0\npaths: [a]\n", "it has no `paths`"),
    "a path without slash": ({**SOUND, "paths": {"a": {}}}, "does not start with a slash"),
    "no responses": ({**SOUND, "paths": {"/a": {"get": {"operationId": "x"}}}}, "GET /a: has no responses"),
    "a strange status": (with_get(responses={"2000": {}}), "'2000' is not a status code"),
    "a $ref to nowhere": (with_get(responses=ANSWER), "'#/nowhere' leads nowhere"),
    "a $ref to a file": (with_schema({"$ref": "other.yaml#/X"}), "leads out of the document"),
    "a $ref to the network": (with_schema({"$ref": "https://example.com/x.yaml#/X"}), "leads out of the document"),
    "a $ref to a local file": (with_schema({"$ref": "file:///etc/passwd"}), "leads out of the document"),
    "a $ref to itself": (with_schema({"$ref": "#/components/schemas/S"}), "leads in a circle"),
    "a parameter's $ref to itself": (
        {
            **with_get(parameters=[{"$ref": "#/components/parameters/P"}]),
            "components": {"parameters": {"P": {"$ref": "#/components/parameters/P"}}},
        },
        "leads in a circle",
    ),
    "an operation id that is a path": (with_get(operationId="../../escaped"), "cannot be an operation id"),
    "an operation id that is code": (with_get(operationId=CODE), "cannot be an operation id"),
    "a schema that is a path": (with_schema({"type": "object"}, "../../escaped"), "cannot be the name of a schema"),
    "a property that is code": (with_property(CODE), "cannot be the name of a property"),
    "a property with a line break": (with_property("a\nb"), "cannot be the name of a property"),
    "a property that is a docstring": (with_property('"""'), "cannot be the name of a property"),
    "a path that is code": ({**SOUND, "paths": {f"/{CODE}": SOUND["paths"]["/a"]}}, "cannot be a path"),
    "a path with a step up": ({**SOUND, "paths": {"/../a": SOUND["paths"]["/a"]}}, "cannot be a path"),
    "a parameter that is code": (
        with_get(parameters=[{"name": CODE, "in": "query", "schema": {"type": "string"}}]),
        "cannot be the name of a parameter",
    ),
    "a parameter without a place": (with_get(parameters=[{"name": "p"}]), "no usable name or place"),
    "a media type that is code": (
        with_get(responses={"200": {"content": {CODE: {"schema": {"type": "string"}}}}}),
        "cannot be a media type",
    ),
    "a scope that is code": (with_get(security=[{"Auth": [CODE]}]), "cannot be an OAuth scope"),
    "a control character": ('openapi: 3.0.0\ninfo: {title: "a\\u0007b"}\n', "a control character"),
    "a change of direction": ('openapi: 3.0.0\ninfo: {title: "a\\u202eb"}\n', "a control character"),
    "half a surrogate pair": ('{"openapi": "3.0.0", "info": {"title": "\\ud800"}}', "a control character"),
    "not a number": ('{"openapi": "3.0.0", "x": NaN}', "not a number that JSON knows"),
    "infinity": ('{"openapi": "3.0.0", "x": 1e999}', "not a number that JSON knows"),
    "billion laughs": (LAUGHS, "too large or too deeply nested"),
    "an alias to itself": ("a: &a [*a]", "recursive"),
    "deep YAML": ("[" * 5000 + "]" * 5000, "nested too deeply"),
    "deep JSON": ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deeply"),
    "deep but not too deep for the parser": ('{"a":' * 200 + "1" + "}" * 200, "too large or too deeply nested"),
    "properties that are a list": (with_schema({"type": "object", "properties": ["a"]}), "a mapping is expected here"),
    "a schema that is text": (with_schema("string"), "a mapping is expected here"),
    "an operation that is text": ({**SOUND, "paths": {"/a": {"get": "x"}}}, "a mapping is expected here"),
    "parameters that are text": (with_get(parameters="x"), "a list is expected here"),
    "security that is text": (with_get(security="x"), "a list is expected here"),
    "tags that are text": (with_get(tags="x"), "a list is expected here"),
    "servers that are text": ({**SOUND, "servers": "x"}, "a list is expected here"),
    "flows that are text": (
        {**SOUND, "components": {"securitySchemes": {"A": {"type": "oauth2", "flows": {"implicit": "x"}}}}},
        "a mapping is expected here",
    ),
}


def written(document: Any, path: Path) -> Path:
    """A file that holds a document or raw text."""
    if isinstance(document, bytes):
        path.write_bytes(document)
    else:
        path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return path


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file of a tree but for what may be lost at any time."""
    return {str(path): (folder / path).read_bytes() for path in files(folder) if path.parts[0] != "build"}


@pytest.mark.parametrize("name", list(BAD))
@pytest.mark.parametrize("mode", ["report", "package"])
def test_a_bad_document_is_refused_in_one_line(
    name: str, mode: str, copied: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document, message = BAD[name]
    source = written(document, tmp_path / "bad.yml")
    before, into = snapshot(copied.root), tmp_path / "into"
    more = ["--accept"] if mode == "report" else ["--package", "bad_client", "--into", str(into)]
    assert main(["--from", str(source), *more], copied) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("regenerate: ")
    assert len(error.splitlines()) == 1
    assert len(error) < 700
    assert snapshot(copied.root) == before
    assert not into.exists()


@pytest.mark.parametrize("where", ["missing.yml", ".", "missing/missing.yml"])
def test_a_missing_file(where: str, copied: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--from", str(tmp_path / where)], copied) == 2
    assert str(tmp_path / where) in capsys.readouterr().err


def test_fifty_megabytes_are_refused_unread(copied: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "large.yml"
    with source.open("wb") as file:
        file.truncate(50_000_000)
    assert main(["--from", str(source)], copied) == 2
    assert "50,000,000 bytes; a document may have at most 10,000,000" in capsys.readouterr().err


def test_a_pipe_is_not_a_file(copied: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--from", "/dev/zero"], copied) == 2
    assert "/dev/zero: is not a file" in capsys.readouterr().err


def test_an_overlay_that_no_longer_matches(copied: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    upstream = load(copied.upstream)
    upstream["components"]["schemas"]["Identity"] = upstream["components"]["schemas"].pop("Longid")
    text = dump_yaml(upstream).replace("#/components/schemas/Longid", "#/components/schemas/Identity")
    copied.upstream.write_text(text)
    before = snapshot(copied.root)
    assert main([], copied) == 2
    error = capsys.readouterr().err
    assert "openapi/overlay.yaml: action " in error
    assert "($.components.schemas.Longid): matches nothing" in error
    assert snapshot(copied.root) == before


def test_another_document_of_the_vendors(copied: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--from", str(written(SOUND, tmp_path / "small.json"))], copied) == 2
    assert "shares no path with openapi/upstream.yaml; for another document" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--accept"],
        ["--package", "p"],
        ["--package", "p", "--into", "d"],
        ["--from", "x", "--into", "d"],
        ["--from", "x", "--accept", "--package", "p", "--into", "d"],
        ["--from", "x", "--check"],
        ["--format", "html"],
        ["--unknown"],
        ["stray"],
    ],
)
def test_options_that_do_not_go_together(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "error: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("package", "message"),
    [
        ("../escaped", "lower-case letters"),
        ("a.b", "lower-case letters"),
        ("Class", "lower-case letters"),
        ("class", "lower-case letters"),
        ("1st", "lower-case letters"),
        ("json", "Python has a module of that name"),
    ],
)
def test_names_that_cannot_be_a_package(
    package: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(SOUND, tmp_path / "small.json")
    assert main(["--from", str(source), "--package", package, "--into", str(tmp_path / "into")]) == 2
    assert message in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.json"]


def test_what_is_no_client_is_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = written(SOUND, tmp_path / "small.json")
    (tmp_path / "into" / "precious").mkdir(parents=True)
    (tmp_path / "into" / "precious" / "letter.txt").write_text("dear")
    (tmp_path / "into" / "linked").symlink_to(tmp_path / "into" / "precious")
    for package in ("precious", "linked"):
        assert main(["--from", str(source), "--package", package, "--into", str(tmp_path / "into")]) == 2
        assert "exists and is no generated client" in capsys.readouterr().err
    assert (tmp_path / "into" / "precious" / "letter.txt").read_text() == "dear"
    assert main(["--from", str(source), "--package", "p", "--into", str(source)]) == 2
    assert "is not a folder" in capsys.readouterr().err


# --- https ------------------------------------------------------------------------------------------------------------


def over(handler: Callable[[httpx.Request], httpx.Response]) -> httpx.MockTransport:
    return httpx.MockTransport(handler)


def test_an_https_url_is_fetched() -> None:
    source = fetch(
        "https://user:secret@example.com/a/b.yml?token=secret#part",
        over(lambda request: httpx.Response(200, content=b"openapi: 3.0.0")),
    )
    assert (source.content, source.origin) == (b"openapi: 3.0.0", "https://example.com/a/b.yml")
    assert source.sha256 == hashlib.sha256(b"openapi: 3.0.0").hexdigest()


def redirecting(location: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(301, headers={"Location": location})


def test_a_redirect_is_followed_only_to_https() -> None:
    def moved(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/old":
            return httpx.Response(302, headers={"Location": "/new"})
        return httpx.Response(200, content=b"new")

    assert fetch("https://example.com/old", over(moved)).content == b"new"
    for location, message in (("http://example.com/", "which is not https"), ("file:///etc/passwd", "not https")):
        with pytest.raises(PipelineError, match=message):
            fetch("https://example.com/", over(redirecting(location)))
    with pytest.raises(PipelineError, match="redirected more than 5 times"):
        fetch("https://example.com/", over(lambda _: httpx.Response(301, headers={"Location": "/"})))


@pytest.mark.parametrize("url", ["http://example.com/a", "ftp://example.com/a", "file:///etc/passwd"])
def test_only_https(url: str) -> None:
    with pytest.raises(PipelineError, match="only https URLs and files are read"):
        fetch(url)


def test_a_status_and_a_failing_connection_are_reported_without_secrets() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("secret", request=request)

    url = "https://user:secret@example.com/a?token=secret"
    for transport, message in (
        (over(lambda _: httpx.Response(404)), "https://example.com/a: answers 404"),
        (over(broken), "https://example.com/a: cannot be fetched: ConnectError"),
    ):
        with pytest.raises(PipelineError) as refused:
            fetch(url, transport)
        assert str(refused.value) == message


def test_size_and_time_are_capped() -> None:
    sent = 0

    def endless() -> Any:
        nonlocal sent
        while True:
            sent += 65_536
            yield b"x" * 65_536

    with pytest.raises(PipelineError, match="more than 10,000,000 bytes"):
        fetch("https://example.com/", over(lambda _: httpx.Response(200, content=endless())))
    assert sent < MAX_BYTES + 1_000_000
    now = iter(range(0, 10_000, 10))
    with pytest.raises(PipelineError, match="not fetched within 30 seconds"):
        fetch("https://example.com/", over(lambda _: httpx.Response(200, content=endless())), lambda: float(next(now)))


def test_resolving_a_ref_never_opens_a_connection(tmp_path: Path) -> None:
    """A fresh Python in which every socket is a failure generates a client all the same."""
    source = written(with_get(description="<img src='https://example.com/x.png'>"), tmp_path / "small.json")
    code = (
        "import socket, sys\n"
        "def refuse(*_, **__): raise AssertionError('a socket was opened')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse\n"
        "from pipeline.regenerate import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--from", str(source), "--package", "small_client", "--into", str(tmp_path / "d")],
        env={"PYTHONPATH": str(ROOT / "scripts"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# --- what looks odd and is lawful -------------------------------------------------------------------------------------


def test_yaml_is_read_as_json_would_be() -> None:
    text = b"a: 2026-01-01\nb: yes\nc: 0777\nd: 1:30\ne: 3.10\nf: ~\ng: 1e3\nh: <<\n200: ok\ntrue: t\n"
    with pytest.raises(PipelineError, match="the key True is not a string"):
        parse(text, "odd")
    assert parse(text.replace(b"true: t\n", b""), "odd") == {
        "a": "2026-01-01",
        "b": "yes",
        "c": "0777",
        "d": "1:30",
        "e": 3.1,
        "f": None,
        "g": 1000.0,
        "h": "<<",
        "200": "ok",
    }


def test_prose_that_is_not_understood_stops_us_but_no_sibling(
    copied: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "Threshold limit: a few<table><tr><th>Error Code</th></tr><tr><td>a, b</td></tr></table>"
    source = written(with_get(description=words), tmp_path / "words.json")
    assert main(["--from", str(source)], copied) == 2
    assert "GET /a: mentions a threshold in words that are not understood" in capsys.readouterr().err
    assert main(["--from", str(source), "--package", "words_client", "--into", str(tmp_path / "d")]) == 0
    out = capsys.readouterr().out
    assert "repaired: GET /a: mentions a threshold in words that are not understood" in out
    assert "repaired: GET /a: 'a, b' stands where an error code is expected; left out" in out


def test_html_in_a_description_goes_nowhere(tmp_path: Path) -> None:
    words = '<script>alert(\'escaped\')</script><b>escaped</b>"""\nimport os\n'
    document = with_get(description=words, summary=words, tags=["small"])
    document["info"] = {"title": f"Small {words}", "version": "1", "description": words}
    source = written(document, tmp_path / "html.json")
    assert main(["--from", str(source), "--package", "html_client", "--into", str(tmp_path / "d")]) == 0
    for path in files(tmp_path / "d"):
        text = (tmp_path / "d" / path).read_text("utf-8")
        assert "alert" not in text
        assert "import os\n" not in text
        assert "<b>" not in text
