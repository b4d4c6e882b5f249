"""Unusual but plausible constructs: imported, composed, generated, type-checked, imported into Python, and run.

`constructs.yml` has one operation for each. The client is generated once. A mock transport returns the response that a
test sets, and records the request.
"""

from __future__ import annotations

import datetime
import importlib
import inspect
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from pipeline.regenerate import main
from pipeline.tests.made_clients import cache_clients

CONSTRUCTS = Path(__file__).resolve().parent / "constructs.yml"


@pytest.fixture(scope="module")
def package(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Generate the package, make it importable, and yield its name. All workers share the work."""
    folder = tmp_path_factory.mktemp("constructs")
    arguments = ["--from", str(CONSTRUCTS), "--package", "construct_client", "--into", str(folder)]
    with pytest.MonkeyPatch.context() as patch:
        cache_clients(made, patch)
        assert main([*arguments, "--max-seconds", "250"]) == 0  # machines may be slow
    sys.path.insert(0, str(folder))
    yield "construct_client"
    sys.path.remove(str(folder))


class Server:
    """A mock server that returns one response and records the request."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.models = importlib.import_module(f"{package}.models")
        self.answer = httpx.Response(200, json={})
        self.request = httpx.Request("GET", "https://example.com")

    def _handle(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.request = request
        return self.answer

    def module(self, name: str, tag: str = "default") -> ModuleType:
        return importlib.import_module(f"{self.package}.api.{tag}.{name}")

    def call(self, name: str, tag: str = "default", **arguments: Any) -> Any:
        """Call an operation, and return its parsed response."""
        client_class = importlib.import_module(f"{self.package}.client").Client
        transport = {"transport": httpx.MockTransport(self._handle)}
        with client_class(base_url="https://example.com/v9", httpx_args=transport) as client:
            return self.module(name, tag).sync_detailed(client=client, **arguments).parsed

    def answers(self, data: Any, status: int = 200) -> None:
        self.answer = httpx.Response(status, json=data)

    @property
    def query(self) -> list[tuple[str, str]]:
        return list(self.request.url.params.multi_items())


@pytest.fixture
def server(package: str) -> Server:
    return Server(package)


def test_colliding_and_odd_values_of_enumerations(server: Server) -> None:
    sort = server.models.Sort
    assert {member.value for member in sort} == {"name", "-name", "+name", "", "Name", "NAME"}
    for member in sort:
        server.call("enums", sort=member)
        assert server.query == [("sort", member.value)]
    server.call("enums", level=server.models.Level(-1))
    assert server.query == [("level", "-1")]
    assert [level.value for level in server.models.Level] == [-1, 0, 1, 10]


def test_enumerations_that_python_has_no_type_for_are_plain_values(server: Server) -> None:
    server.call("enums", ratio=0.5, flag=True, mixed="a", none="anything", maybe=None)
    assert dict(server.query) == {"ratio": "0.5", "flag": "true", "mixed": "a", "none": "anything"}
    assert {member.value for member in server.models.Text} == {"yes", "1", "2.5", "true"}


ODD = {
    "to_dict": "1",
    "from_dict": "2",
    "to_multipart": "3",
    "additional_properties": "4",
    "additional_keys": "5",
    "self": "6",
    "cls": "7",
    "d": "8",
    "field_dict": "9",
    "src_dict": "10",
    "prop": "11",
    "prop_name": "12",
    "class": "13",
    "import": "14",
    "None": "15",
    "list": [{"list": "16"}],
    "datetime": "2026-01-02T03:04:05+00:00",
    "cast": {"a": "17"},
    "Value": "18",
    "value": "19",
    "snake_case": "20",
    "snakeCase": "21",
    "with space": "22",
    "with-dash": "23",
    "$dollar": "24",
    "@at": "25",
    "1st": "26",
    "_private": "27",
    "ünïcode": "28",
    "+": "29",
    "-": "30",
    "never heard of": "31",
}


def test_odd_names_of_properties_go_there_and_back(server: Server) -> None:
    model = server.models.OddNames
    read = model.from_dict(dict(ODD))
    assert read.to_dict() == ODD
    server.answers(ODD)
    assert server.call("names", body=read).to_dict() == ODD
    assert json.loads(server.request.content) == ODD
    assert read.additional_properties == {"never heard of": "31", "-": "30"}


def test_a_bare_model_sends_only_what_is_set(server: Server) -> None:
    assert server.models.Leaf(id="x").to_dict() == {"id": "x"}


def test_defaults_are_not_sent_and_lists_are_joined_as_stated(server: Server) -> None:
    server.call("queries")
    assert server.query == []
    server.call("queries", ids="a,b", piped="a|b", many=["a", "b"], limit=5, on=False, plain="p", document="{}")
    assert server.query == [
        ("document", "{}"),
        ("ids", "a,b"),
        ("limit", "5"),
        ("many", "a"),
        ("many", "b"),
        ("on", "false"),
        ("piped", "a|b"),
        ("plain", "p"),
    ]


def test_a_deep_object_is_one_parameter_for_each_property(server: Server) -> None:
    server.call("queries", filtername="ada", filterage=36)
    assert sorted(server.query) == [("filter[age]", "36"), ("filter[name]", "ada")]


@pytest.mark.filterwarnings("ignore:Setting per-request cookies")
def test_parameters_that_are_called_like_the_codes_own_names(server: Server) -> None:
    names = list(inspect.signature(server.module("local_names")._get_kwargs).parameters)
    values = {name: f"v-{name}" for name in names if name not in ("body", "x_count")}
    body = server.models.LocalNamesBody(a="1")
    server.call("local_names", body=body, x_count=3, **values)
    sent = dict(server.query)
    assert set(sent) == {"id", "params", "headers", "cookies", "client", "url", "self", "class", "response"}
    assert json.loads(server.request.content) == {"a": "1"}
    path = server.request.url.path.split("/")
    assert path[:3] == ["", "v9", "locals"]
    assert {
        path[3],
        path[4],
        *sent.values(),
        server.request.headers["X-Trace-Id"],
        server.request.headers["X-Tags"],
    } < {*values.values()}
    assert server.request.headers["X-Count"] == "3"
    assert server.request.headers["Cookie"] == "session=v-session"
    assert "Authorization" not in server.request.headers


def test_path_parameters_that_nobody_declared(server: Server) -> None:
    server.call("undeclared", given_id="a/b", other_id="c d")
    assert server.request.url.raw_path == b"/v9/undeclared/a%2Fb/c%20d"


def test_variants_are_told_apart_by_a_constant(server: Server) -> None:
    for kind, name in (("cat", "Cat"), ("dog", "Dog")):
        server.answers({"kind": kind})
        assert type(server.call("variants")).__name__ == name


def test_cycles_of_references(server: Server) -> None:
    data = {"value": "a", "parent": {"value": "b"}, "children": [{"value": "c"}], "forest": {"trees": [{"value": "d"}]}}
    server.answers(data)
    tree = server.call("cycles")
    assert tree.children[0].value == "c"
    assert tree.forest.trees[0].value == "d"
    assert tree.to_dict() == data


def test_objects_inside_arrays_inside_objects(server: Server) -> None:
    server.answers([{"parts": [{"parts": [[1, "a"]]}]}])
    assert server.call("inline")[0].parts[0].parts == [[1, "a"]]


def test_nulls_where_the_document_allows_them(server: Server) -> None:
    nothing: dict[str, Any] = {"text": None, "kind": None, "whole": None, "list": None, "inner": None, "beside": None}
    server.answers(nothing)
    assert server.call("nulls").to_dict() == nothing
    full = {
        "text": "a",
        "kind": "b",
        "whole": {"id": "1"},
        "list": ["x", None],
        "inner": {"a": "y"},
        "beside": {"id": "2"},
    }
    server.answers(full)
    read = server.call("nulls")
    assert read.to_dict() == full
    assert (read.whole.id, read.beside.id, read.inner.a) == ("1", "2", "y")


def test_files_in_a_form(server: Server) -> None:
    types = importlib.import_module(f"{server.package}.types")

    def file(text: bytes) -> Any:
        return types.File(payload=io.BytesIO(text), file_name="f.txt", mime_type="text/plain")

    server.answer = httpx.Response(204)
    body = server.models.UploadBody(file=file(b"first"), more=[file(b"second"), file(b"third")], comment="hello")
    server.call("upload", body=body)
    assert server.request.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    for part in (b"first", b"second", b"third", b"hello", b'name="more"', b'filename="f.txt"'):
        assert part in server.request.content


def test_raw_bytes(server: Server) -> None:
    types = importlib.import_module(f"{server.package}.types")
    for operation, media in (("raw", "application/octet-stream"), ("xml", "application/xml")):
        server.answer = httpx.Response(200, content=b"\x00\xff", headers={"Content-Type": media})
        parsed = server.call(operation, body=types.File(payload=io.BytesIO(b"<a/>")))
        assert server.request.content == b"<a/>"
        assert server.request.headers["Content-Type"] == media
        assert parsed.payload.read() == b"\x00\xff"


def test_text(server: Server) -> None:
    server.answer = httpx.Response(200, text="<p>hello</p>")
    assert server.call("page") == "<p>hello</p>"


def test_forms_and_bodies_of_several_kinds(server: Server) -> None:
    server.call("form", body=server.models.FormBody(a="x y"))
    assert server.request.content == b"a=x+y"
    server.call("several", body=server.models.Leaf(id="1"))
    assert json.loads(server.request.content) == {"id": "1"}
    server.call("several", body=server.models.OtherLeaf(id="1"))
    assert server.request.content == b"id=1"


def test_statuses_ranges_and_default(server: Server) -> None:
    for status, data, name in (
        (200, {"id": "1"}, "Leaf"),
        (404, {"message": "m"}, "Error"),
        (503, {"reason": "r"}, "StatusesError"),
    ):
        server.answers(data, status)
        parsed = server.call("statuses")
        assert type(parsed).__name__ == name
        assert parsed.to_dict() == data
    server.answer = httpx.Response(202)
    assert server.call("statuses") is None


def test_schemas_without_a_type_accept_any_value(server: Server) -> None:
    server.answers([1, {"a": None}])
    assert server.call("anything") == [1, {"a": None}]


def test_common_mistakes_in_documents_are_repaired(server: Server) -> None:
    model = server.models.MistakesOfTheAuthorBody
    with pytest.raises(TypeError, match="needed"):
        model()
    data = {
        "needed": "n",
        "count": 1,
        "when": "2026-01-02T03:04:05+00:00",
        "what": {"a": 1},
        "broken": "b",
        "bare": [1, "a"],
        "pair": ["a", 1],
        "listed": ["b"],
        "bound": 2,
        "conditional": "c",
        "encoded": {"a": "e"},
    }
    server.call("mistakes_of_the_author", tag="import_", body=model.from_dict(dict(data)))
    assert json.loads(server.request.content) == data


def test_operations_and_schemas_whose_names_clash(server: Server) -> None:
    paths = []
    for name in ("get_thing", "get_thing_2", "get_thing_3"):
        server.call(name)
        paths.append(server.request.url.path)
    assert sorted(paths) == ["/v9/clash/a", "/v9/clash/b", "/v9/clash/c"]
    server.answers({"reason": "r"})
    answer = server.call("reserved", body=server.models.ClientModel(name="n"))
    assert answer.reason == "r"
    assert server.models.HttpError2.from_dict({"other": "o"}).other == "o"
    server.answers({"ok": True})
    assert server.call("get_nameless", tag="odd_names").ok is True


def test_a_query_in_a_path_is_a_parameter_that_is_sent_by_itself(server: Server) -> None:
    server.call("primary_pin", id="7")
    assert (server.request.url.path, server.query) == ("/v9/pins/7", [("primary", "true")])
    server.call("primary_pin", id="7", limit=5)
    assert sorted(server.query) == [("limit", "5"), ("primary", "true")]
    server.call("pins", id="7", limit=5)
    assert (server.request.url.path, server.query) == ("/v9/pins/7", [("limit", "5")])
    server.call("set_pin", id="7", by="name")
    assert (server.request.url.path, sorted(server.query)) == ("/v9/pins/7", [("by", "name"), ("primary", "true")])
    operations = importlib.import_module(f"{server.package}.contract").OPERATIONS
    assert {operations[name].method for name in ("pins", "primary_pin")} == {"GET"}


def test_properties_that_are_named_as_their_class_or_as_one_beside_it(server: Server) -> None:
    data = {
        "team": "a",
        "team_": "b",
        "Team": {"email": {"text": "c"}},
        "UNSET": "d",
        "unset": "e",
        "members": [{"member": [{"member": [], "extra": 1}]}],
    }
    server.answers(data)
    team = server.call("self_named", body=server.models.Team.from_dict(data))
    assert json.loads(server.request.content) == data
    assert team.to_dict() == data
    assert team.team == "a"
    assert team.members[0].member[0].additional_properties == {"extra": 1}
    assert importlib.import_module(f"{server.package}.shapes").EXACT["Team"]({"team": "a"}).to_dict() == {"team": "a"}


def test_fields_of_a_form_that_are_named_as_modules(server: Server) -> None:
    server.answer = httpx.Response(204)
    server.call("form_types", body=server.models.FormTypesBody(types="t", json="j", n=3))
    for name in (b'name="types"', b'name="json"', b'name="n"'):
        assert name in server.request.content


def test_maps(server: Server) -> None:
    data = {"typed": {"a": 1}, "nested": {"b": {"a": "x"}}, "free": {"c": [1]}, "closed": {}, "bare": {"d": 1}}
    server.answers(data)
    maps = server.call("maps")
    assert maps.to_dict() == data
    assert maps.nested.additional_properties["b"].a == "x"


def test_schemas_made_of_others(server: Server) -> None:
    server.answers({"id": "1", "extra": "e"})
    whole = server.call("composed")
    assert (whole.id, whole.extra) == ("1", "e")


def test_dates(server: Server) -> None:
    server.answers({"at": "2026-01-02T03:04:05+00:00", "key": "12345678-1234-5678-1234-567812345678"})
    read = server.call("dates", since=datetime.date(2026, 1, 2), at=datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC))
    assert server.query == [("at", "2026-01-02T00:00:00+00:00"), ("since", "2026-01-02")]
    assert read.at.year == 2026
    assert str(read.key) == "12345678-1234-5678-1234-567812345678"


def test_arrays_that_hold_themselves_are_anything(server: Server) -> None:
    server.answers([["a", [["b"]]]])
    assert server.call("circular") == [["a", [["b"]]]]


def test_references_to_shared_parts(server: Server) -> None:
    server.answers({"id": "1"})
    assert server.call("shared", page=2).id == "1"
    assert server.query == [("page", "2")]


def test_the_contract_comes_with_it(server: Server) -> None:
    contract = importlib.import_module(f"{server.package}.contract")
    assert contract.OPERATIONS["statuses"].statuses == (200, 202)
    assert contract.OPERATIONS["local_names"].path == "/locals/{body}/{id}"
    assert contract.OPERATIONS["upload"].success == 204
    assert all(operation.threshold is None for operation in contract.OPERATIONS.values())
    assert contract.document()["info"]["title"] == "Constructs quoted bold"
    assert contract.SERVERS["us"].base_url == "https://example.com/v9"


def test_answers_are_read_at_once_as_their_models_read_them(server: Server) -> None:
    exact = importlib.import_module(f"{server.package}.shapes").EXACT
    empty: dict[str, Any] = {}
    for value in (
        {"value": "root", "parent": {"value": "above"}, "children": [{"children": [empty]}, {"value": "leaf"}]},
        {"forest": {"trees": [{"value": "oak"}]}, "children": []},
        {"forest": empty, "parent": empty},
        empty,
    ):
        read = exact["Tree"](value)
        assert read == server.models.Tree.from_dict(value)
        assert read.to_dict() == value
    circle: dict[str, Any] = {}
    circle["children"] = [circle]
    unfit: tuple[Any, ...] = (
        {"value": 1},
        {"children": None},
        {"children": [{"colour": "red"}]},
        {"forest": []},
        circle,
        5,
        None,
    )
    for other in unfit:
        assert exact["Tree"](other) is None
    for name in ("DatesResponse", "MapsResponse", "NullsResponse", "OddNames"):
        assert exact[name](empty) is None  # the fast path cannot decide; the model parses it
