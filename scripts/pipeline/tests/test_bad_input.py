"""Bad input: one clear line of output, exit code 2, and no file written."""

from __future__ import annotations

import gzip
import hashlib
import json
import signal
import socket
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pipeline import bounds, generate
from pipeline.compose import compose
from pipeline.documents import MAX_BYTES, dump_json, dump_yaml, load, parse
from pipeline.errors import PipelineError
from pipeline.fetch import fetch
from pipeline.regenerate import main
from pipeline.sibling import import_sibling
from pipeline.tree import ROOT, Tree, files

SOUND: dict[str, Any] = {
    "openapi": "3.0.0",
    "info": {"title": "Small", "version": "1"},
    "paths": {"/a": {"get": {"operationId": "get_a", "responses": {"200": {"description": "ok"}}}}},
}


def with_get(**more: Any) -> dict[str, Any]:
    """Return a small valid document with additional keys in its only operation."""
    return {**SOUND, "paths": {"/a": {"get": {**SOUND["paths"]["/a"]["get"], **more}}}}


def with_schema(schema: Any, name: str = "S") -> dict[str, Any]:
    """Return a small valid document with one component schema."""
    return {**SOUND, "components": {"schemas": {name: schema}}}


def with_schemas(schemas: dict[str, Any]) -> dict[str, Any]:
    """Return a small valid document with these component schemas."""
    return {**SOUND, "components": {"schemas": schemas}}


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
    "key twice, YAML": ("a: 1\na: 2\n", "key 'a' occurs twice"),
    "key twice, JSON": ('{"a": 1, "a": 2}', "key 'a' occurs twice"),
    "key twice, number and string": ("1: a\n'1': b\n", "a key occurs twice"),
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
    "a $ref to nowhere": (with_get(responses=ANSWER), "'#/nowhere' points to nothing"),
    "a $ref to a file": (with_schema({"$ref": "other.yaml#/X"}), "points outside the document"),
    "a $ref to the network": (with_schema({"$ref": "https://example.com/x.yaml#/X"}), "points outside the document"),
    "a $ref to a local file": (with_schema({"$ref": "file:///etc/passwd"}), "points outside the document"),
    "a $ref to itself": (with_schema({"$ref": "#/components/schemas/S"}), "is circular"),
    "a parameter's $ref to itself": (
        {
            **with_get(parameters=[{"$ref": "#/components/parameters/P"}]),
            "components": {"parameters": {"P": {"$ref": "#/components/parameters/P"}}},
        },
        "is circular",
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
    "not a number": ('{"openapi": "3.0.0", "x": NaN}', "is not a number in JSON"),
    "infinity": ('{"openapi": "3.0.0", "x": 1e999}', "is not a number in JSON"),
    "billion laughs": (LAUGHS, "too large; a document may have at most 500,000 values"),
    "an alias to itself": ("a: &a [*a]", "recursive"),
    "deep YAML": ("[" * 5000 + "]" * 5000, "nested too deeply"),
    "deep JSON": ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deeply"),
    "deep but not too deep for the parser": ('{"a":' * 200 + "1" + "}" * 200, "nested too deeply"),
    "deep YAML in blocks": ("".join(f"{' ' * level}-\n" for level in range(3000)), "line 101: nested too deeply"),
    "millions of anchors": (
        "a: [" + "&a 1," * 500_000 + "]\n",
        "too large; a document may have at most 500,000 values",
    ),
    "UTF-16": ("openapi: 3.0.0".encode("utf-16"), "UTF-16 or UTF-32 text (byte 0); save it as UTF-8"),
    "thousands of digits, YAML": ("a: " + "9" * 5000, "line 1, column 4 not YAML: a number of 5,000 digits"),
    "thousands of digits, JSON": ('{"a": ' + "9" * 5000 + "}", "a number of 5,000 digits; at most 40 are read"),
    "digits within the interpreter's limit": ('{"a": ' + "9" * 41 + "}", "a number of 41 digits"),
    "a type that is a list of lists": (with_schema({"type": [["string"]]}), "is not the name of a type"),
    "a type that is a mapping": (with_schema({"type": {"a": 1}}), "is not the name of a type"),
    "a very long text": ("a: " + "b" * 1_000_001, "a text of 1,000,001 characters, 'bbb"),
    "a very long key": ("? " + "b" * 1_000_001 + "\n: 1", "a text of 1,000,001 characters, 'bbb"),
    "a long description": (
        with_get(description="<!--" * 20_000),
        "GET /a: a description of 80,000 characters; at most",
    ),
    "a long summary": (with_get(summary="<a " * 30_000), "GET /a: a description of 90,000 characters; at most"),
    "a long title": ({**SOUND, "info": {"title": "</" * 40_000}}, "info.title: a description of 80,000 characters"),
    "a limit of thousands of digits": (
        with_schema({"type": "string", "description": f"Maximum length: {'9' * 5000} characters"}),
        "components.schemas.S: states a figure of more than 15 digits; correct it",
    ),
    "many properties": (
        with_schema({"type": "object", "properties": {f"p{number}": {} for number in range(501)}}),
        "components.schemas.S: 501 properties; at most 500 are read; split the schema",
    ),
    "many values": (
        with_schema({"type": "string", "enum": [f"v{number}" for number in range(5_001)]}),
        "components.schemas.S: an enumeration of 5,001 values; at most 5,000 are read",
    ),
    "many values in a list": (
        with_schema({"type": "array", "items": {"type": "integer", "enum": list(range(5_001))}}),
        "components.schemas.S items: an enumeration of 5,001 values",
    ),
    "many alternatives": (
        with_schema({"anyOf": [{"type": "string", "maxLength": number} for number in range(101)]}),
        "components.schemas.S: anyOf of 101 schemas; at most 100 are read; group them",
    ),
    "many parameters": (
        with_get(parameters=[{"name": f"p{number}", "in": "query"} for number in range(201)]),
        "GET /a: 201 parameters; at most 200 are read",
    ),
    "many media types": (
        with_get(responses={"200": {"content": {f"a/b{number}": {} for number in range(51)}}}),
        "GET /a 200: 51 media types; at most 50 are read",
    ),
    "many references in a row": (
        with_schemas(
            {f"S{number}": {"$ref": f"#/components/schemas/S{number + 1}"} for number in range(60)} | {"S60": {}}
        ),
        "more than 50 $ref in a row",
    ),
    "a long chain of objects": (
        with_schemas(
            {f"S{number}": {"allOf": [{"$ref": f"#/components/schemas/S{number + 1}"}]} for number in range(1_000)}
            | {"S1000": {"type": "object"}}
        ),
        "schemas refer to each other in too long a chain; shorten it",
    ),
    **{
        f"a product of {key}": (
            with_schemas(
                {f"S{number}": {key: [{"$ref": f"#/components/schemas/S{number + 1}"}] * 4} for number in range(14)}
                | {"S14": {"type": "object"}}
            ),
            "is made of 5,461 schemas by allOf, anyOf and oneOf; at most 2,000 are read; flatten it",
        )
        for key in ("allOf", "anyOf", "oneOf")
    },
    "a query twice in a path": ({**SOUND, "paths": {"/a?x=1&x=2": SOUND["paths"]["/a"]}}, "'x' occurs twice"),
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
    """Write a document or raw text to a file, and return its path."""
    if isinstance(document, bytes):
        path.write_bytes(document)
    else:
        path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return path


def snapshot(folder: Path) -> dict[Path, tuple[int, int]]:
    """Return size and time of change of every file of a tree, except caches and `build/`."""
    stats = {path: (folder / path).stat() for path in files(folder) if path.parts[0] != "build"}
    return {path: (stat.st_size, stat.st_mtime_ns) for path, stat in stats.items()}


@pytest.fixture
def not_generated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every client be one empty module, for tests that read nothing else of it."""

    def generated(document: Any, package: str, into: Path) -> None:
        into.mkdir()
        (into / "contract.py").touch()

    monkeypatch.setattr(generate, "generate", generated)
    monkeypatch.setattr(generate, "type_check", lambda *_: None)


ALSO_AS_PACKAGE = [name for name, (document, _) in BAD.items() if isinstance(document, dict) or name == "not YAML"]
"""Both commands read the text of a document by the same function; what is wrong in that is proved with one of them."""


@pytest.mark.parametrize(
    ("mode", "name"), [*(("report", name) for name in BAD), *(("package", name) for name in ALSO_AS_PACKAGE)]
)
def test_a_bad_document_is_refused_in_one_line(
    mode: str, name: str, untouched: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document, message = BAD[name]
    source = written(document, tmp_path / "bad.yml")
    before, into = snapshot(untouched.root), tmp_path / "into"
    more = ["--accept"] if mode == "report" else ["--package", "bad_client", "--into", str(into)]
    assert main(["--from", str(source), *more], untouched) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("regenerate: ")
    assert len(error.splitlines()) == 1
    assert len(error) < 700
    assert snapshot(untouched.root) == before
    assert not into.exists()


@pytest.mark.parametrize("where", ["missing.yml", ".", "missing/missing.yml"])
def test_a_missing_file(where: str, untouched: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--from", str(tmp_path / where)], untouched) == 2
    assert str(tmp_path / where) in capsys.readouterr().err


def test_fifty_megabytes_are_refused_unread(
    untouched: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "large.yml"
    with source.open("wb") as file:
        file.truncate(50_000_000)
    assert main(["--from", str(source)], untouched) == 2
    assert "50,000,000 bytes; a document may have at most 10,000,000" in capsys.readouterr().err


def test_a_pipe_is_not_a_file(untouched: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--from", "/dev/zero"], untouched) == 2
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


def test_another_document_of_the_vendors(untouched: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--from", str(written(SOUND, tmp_path / "small.json"))], untouched) == 2
    assert "shares no path and no operation with openapi/upstream.yaml; for another document" in capsys.readouterr().err


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
        ("httpx", "the client itself imports a module of that name"),
    ],
)
def test_names_that_cannot_be_a_package(
    package: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(SOUND, tmp_path / "small.json")
    assert main(["--from", str(source), "--package", package, "--into", str(tmp_path / "into")]) == 2
    assert message in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.json"]


def test_a_folder_that_is_not_a_generated_client_is_not_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(SOUND, tmp_path / "small.json")
    (tmp_path / "into" / "precious").mkdir(parents=True)
    (tmp_path / "into" / "precious" / "letter.txt").write_text("dear")
    (tmp_path / "into" / "linked").symlink_to(tmp_path / "into" / "precious")
    for package in ("precious", "linked"):
        assert main(["--from", str(source), "--package", package, "--into", str(tmp_path / "into")]) == 2
        assert "exists and is not a generated client" in capsys.readouterr().err
    assert (tmp_path / "into" / "precious" / "letter.txt").read_text() == "dear"
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for place in (source, source / "below", tmp_path / "dangling"):
        assert main(["--from", str(source), "--package", "p", "--into", str(place)]) == 2
        assert "is not a folder; choose another one with --into" in capsys.readouterr().err
    foreign = tmp_path / "into" / "foreign"
    foreign.mkdir()
    for name, text in (("contract.py", "PARTIES = 2\n"), ("openapi.json", "{}")):
        (foreign / name).write_text(text)
    assert main(["--from", str(source), "--package", "foreign", "--into", str(tmp_path / "into")]) == 2
    assert "exists and is not a generated client" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["linked/a b", "."])
def test_a_folder_is_relative_to_where_the_command_is_run(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Other files in the folder are kept. Modules in it that shadow installed ones are not imported."""
    if place != ".":  # generating for one place proves that nothing is imported from it
        request.getfixturevalue("not_generated")
    here = tmp_path / "where I am"
    (tmp_path / "elsewhere").mkdir()
    here.mkdir()
    (here / "linked").symlink_to(tmp_path / "elsewhere")
    monkeypatch.chdir(here)
    target = here / place
    target.mkdir(parents=True, exist_ok=True)
    for folder in {here, target}:
        for name in ("re", "bisect", "json", "typing", "yaml", "enum", "attrs", "mypy", "ruff"):
            (folder / f"{name}.py").write_text("raise SystemExit('imported')\n")
        (folder / "ruff.toml").write_text("line-length = 20\n")
        (folder / "mypy.ini").write_text("[mypy]\nplugins = nowhere\n")
    written(SOUND, here / "small.json")
    assert main(["--from", "small.json", "--package", "small_client", "--into", place]) == 0
    assert (target / "small_client" / "contract.py").is_file()
    assert (target / "re.py").read_text() == "raise SystemExit('imported')\n"
    assert not list(target.glob(".small_client*"))


def test_scripts_import_nothing_from_where_they_are_run(tmp_path: Path) -> None:
    linked = tmp_path / "regenerate"
    linked.symlink_to(ROOT / "scripts" / "regenerate")
    for name in ("re", "bisect", "json", "typing", "yaml", "httpx", "pipeline"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported')\n")
    done = subprocess.run([linked, "--from", "none.yml"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "regenerate: none.yml: No such file\n")


@pytest.mark.usefixtures("not_generated")
def test_a_failure_leaves_no_folder_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise PipelineError("too bad")

    source = written(SOUND, tmp_path / "small.json")
    monkeypatch.setattr("pipeline.generate.type_check", fail)
    assert main(["--from", str(source), "--package", "p", "--into", str(tmp_path / "a" / "b")]) == 2
    assert capsys.readouterr().err == "regenerate: too bad\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.json"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = written(SOUND, tmp_path / "small.json")
    assert main(["--from", str(source), "--package", "p", "--into", "/proc/nothing"]) == 2
    assert capsys.readouterr().err == "regenerate: /proc/nothing: No such file or directory\n"


# --- time and memory --------------------------------------------------------------------------------------------------


def test_work_on_a_document_has_a_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(SOUND, tmp_path / "small.json")
    arguments = ["--from", str(source), "--package", "p", "--into", str(tmp_path / "d"), "--max-seconds", "0.2"]

    def endless(*_: object) -> None:
        while True:
            pass

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.sibling.compose", endless)
        assert main(arguments) == 2
        assert f"{source}: not fetched, read and generated within 0.2 seconds" in capsys.readouterr().err
    with monkeypatch.context() as patch:  # a child process is also ended
        patch.setattr("pipeline.generate._RUFF", ("-",))
        patch.setattr(
            "pipeline.generate._generator",
            lambda scratch, *_: generate._run(scratch, "timeit", "-n", "1", "while 1: pass"),
        )
        assert main(arguments) == 2
        assert "within 0.2 seconds" in capsys.readouterr().err
    assert not (tmp_path / "d").exists()
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert bounds.remaining() is None


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "soon"])
def test_the_deadline_is_a_number_of_seconds(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--from", "x", f"--max-seconds={text}"])
    assert stopped.value.code == 2
    assert "--max-seconds" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (MemoryError(), 2, "needs more than 900 MB of memory; make it smaller"),
        (RecursionError(), 2, "too long a chain; shorten it"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_what_a_document_can_exhaust_is_one_line(
    error: BaseException, code: int, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: str) -> None:
        raise error

    monkeypatch.setattr("pipeline.regenerate.fetch", fail)
    assert main(["--from", "x.yml"]) == code
    shown = capsys.readouterr().err
    assert words in shown
    assert shown.count("\n") == 1


def test_memory_is_limited(tmp_path: Path) -> None:
    code = (
        "from pipeline.bounds import limit_memory\nlimit_memory(200_000_000)\n"
        "try:\n    bytearray(300_000_000)\nexcept MemoryError:\n    print('refused')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "refused\n"), done.stderr


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
    with pytest.raises(PipelineError, match="not fetched within 15 seconds"):
        fetch("https://example.com/", over(lambda _: httpx.Response(200, content=endless())), lambda: float(next(now)))


def gzipped(content: Iterator[bytes] | bytes, encoding: str = "gzip") -> httpx.MockTransport:
    """Return a transport that sends these bytes with a Content-Encoding header."""
    return over(lambda _: httpx.Response(200, headers={"Content-Encoding": encoding}, stream=Raw(content)))


class Raw(httpx.SyncByteStream):
    """A raw response body, which httpx neither encodes nor decodes."""

    def __init__(self, content: Iterator[bytes] | bytes) -> None:
        self.content = content

    def __iter__(self) -> Iterator[bytes]:
        return iter([self.content] if isinstance(self.content, bytes) else self.content)


def test_gzip_is_decoded_within_the_cap() -> None:
    assert fetch("https://example.com/", gzipped(gzip.compress(b"a: 1"))).content == b"a: 1"
    for content, encoding, message in (
        (gzip.compress(b"a: 1")[:-4], "gzip", "its gzip data is incomplete"),
        (b"a: 1", "gzip", "is declared as gzip but is not gzip data"),
        (b"a: 1", "br", "is encoded as 'br', but only gzip can be read"),
    ):
        with pytest.raises(PipelineError, match=message):
            fetch("https://example.com/", gzipped(content, encoding))


def test_a_gzip_bomb_costs_no_memory() -> None:
    bomb = gzip.compress(bytes(100_000_000), 1)
    tracemalloc.start()
    try:
        with pytest.raises(PipelineError, match="more than 10,000,000 bytes"):
            fetch("https://example.com/", gzipped(bomb))
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.usefixtures("not_generated")
def test_reading_a_document_never_opens_a_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    source = written(with_get(description="<img src='https://example.com/x.png'>"), tmp_path / "small.json")
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert main(["--from", str(source), "--package", "small_client", "--into", str(tmp_path / "d")]) == 0


# --- unusual but valid ------------------------------------------------------------------------------------------------


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


@pytest.mark.usefixtures("not_generated")
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
    assert "repaired: GET /a: 'a, b' is found where an error code is expected; if it is one, extend" in out


def test_html_of_descriptions_is_not_kept(tmp_path: Path) -> None:
    """Everything in a package is made of the composed document."""
    words = '<script>alert(\'escaped\')</script><b>escaped</b>"""\nimport os\n'
    document = with_get(description=words, summary=words, tags=["small"])
    document["info"] = {"title": f"Small {words}", "version": "1", "description": words}
    normalized = import_sibling(fetch(str(written(document, tmp_path / "html.json"))))
    text = dump_json(compose(normalized.document, None))
    for part in ("alert", "\\nimport os", "<b>"):
        assert part in json.dumps(document)
        assert part not in text
