"""The corpus of seeded changes to `seeds.yml`.

Each has the rating and the text that the report must show. If redocly's opinion differs, the seed states the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pipeline.changes import Rating

Document = Any
LIST = ("paths", "/books", "get")
CREATE = ("paths", "/books", "post")
GET = ("paths", "/books/{BOOK_ID}", "get")
UPDATE = ("paths", "/books/{BOOK_ID}", "patch")
DELETE = ("paths", "/books/{BOOK_ID}", "delete")
SCHEMAS = ("components", "schemas")
NEW = (*SCHEMAS, "NewBook")
BOOK = (*SCHEMAS, "Book")
UNSEEN = "redocly does not look at extensions"
NAMES = "a value that goes takes a name of the client with it"
OPEN = "the client reads an unknown value as a string"
UNCHECKED = "the client does not hold what it receives against limits"


class Seed(NamedTuple):
    """A change and the expected report. `redocly` is the reason if redocly rates it otherwise."""

    name: str
    change: Callable[[Document], None]
    rating: Rating | None
    text: str = ""
    redocly: str = ""


def at(document: Document, path: tuple[str | int, ...]) -> Any:
    for part in path:
        document = document[part]
    return document


def put(*path: str | int, value: Any) -> Callable[[Document], None]:
    """Return a change that sets a value."""

    def change(document: Document) -> None:
        at(document, path[:-1])[path[-1]] = value

    return change


def drop(*path: str | int) -> Callable[[Document], None]:
    """Return a change that removes a key or an item."""

    def change(document: Document) -> None:
        del at(document, path[:-1])[path[-1]]

    return change


def add(*path: str | int, value: Any) -> Callable[[Document], None]:
    """Return a change that appends to a list."""

    def change(document: Document) -> None:
        at(document, path).append(value)

    return change


def take(*path: str | int, value: Any) -> Callable[[Document], None]:
    """Return a change that removes a value from a list."""

    def change(document: Document) -> None:
        at(document, path).remove(value)

    return change


def move(old: tuple[str, ...], new: tuple[str, ...]) -> Callable[[Document], None]:
    """Return a change that moves a node and removes paths that are empty afterwards."""

    def change(document: Document) -> None:
        node = at(document, old[:-1]).pop(old[-1])
        target = document
        for part in new[:-1]:
            target = target.setdefault(part, {})
        target[new[-1]] = node
        document["paths"] = {path: item for path, item in document["paths"].items() if item}

    return change


def both(*changes: Callable[[Document], None]) -> Callable[[Document], None]:
    """Return a change that applies several changes in order."""

    def change(document: Document) -> None:
        for each in changes:
            each(document)

    return change


OK = {"description": "OK"}
PING = {"operationId": "ping", "tags": ["books"], "responses": {"200": OK}, "x-waiver": "a test"}

SEEDS: tuple[Seed, ...] = (
    # No change
    Seed("nothing", lambda document: None, None),
    Seed(
        "description",
        put(*BOOK, "description", value="Other words."),
        None,
    ),
    Seed("order of required", put(*NEW, "required", value=["title", "kind"]), None),
    Seed("order of parameters", lambda document: at(document, LIST)["parameters"].reverse(), None),
    Seed("order of an enumeration", lambda document: at(document, (*SCHEMAS, "Kind"))["enum"].reverse(), None),
    # Operations
    Seed("operation added", put("paths", "/ping", value={"get": PING}), "feature", "operation added"),
    Seed("operation removed", drop(*DELETE), "breaking", "operation removed"),
    Seed("path removed", drop("paths", "/shelves"), "breaking", "operation removed"),
    Seed(
        "path moved",
        move(("paths", "/shelves"), ("paths", "/bookshelves")),
        "fix",
        "moved from GET /shelves",
        "the client's function stays the same; it goes to the new path by itself",
    ),
    Seed(
        "method moved",
        move(UPDATE, ("paths", "/books/{BOOK_ID}", "put")),
        "fix",
        "moved from PATCH /books/{BOOK_ID}",
        "the client's function stays the same; it uses the new method by itself",
    ),
    Seed(
        "operation id", put(*LIST, "operationId", value="all_books"), "breaking", "operation id list_books → all_books"
    ),
    Seed("operation deprecated", put(*LIST, "deprecated", value=True), "feature", "operation is deprecated"),
    # Parameters
    Seed("parameter removed", drop(*LIST, "parameters", 0), "breaking", "query parameter limit removed"),
    Seed(
        "optional parameter added",
        add(*LIST, "parameters", value={"name": "q", "in": "query", "required": False, "schema": {"type": "string"}}),
        "feature",
        "optional query parameter q added",
    ),
    Seed(
        "required parameter added",
        add(*LIST, "parameters", value={"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}),
        "breaking",
        "required query parameter q added",
    ),
    Seed(
        "parameter became required",
        put(*LIST, "parameters", 0, "required", value=True),
        "breaking",
        "query parameter limit became required",
    ),
    Seed(
        "parameter became optional",
        put(*LIST, "parameters", 2, "required", value=False),
        "feature",
        "header parameter X-Org became optional",
    ),
    Seed(
        "parameter retyped",
        put(*LIST, "parameters", 0, "schema", value={"type": "string"}),
        "breaking",
        "type an integer → a string",
    ),
    Seed(
        "parameter maximum lowered",
        put(*LIST, "parameters", 0, "schema", "maximum", value=50),
        "breaking",
        "maximum 100 → 50",
    ),
    Seed(
        "parameter maximum raised",
        put(*LIST, "parameters", 0, "schema", "maximum", value=200),
        "feature",
        "maximum 100 → 200",
    ),
    Seed(
        "parameter minimum added",
        put(*LIST, "parameters", 0, "schema", "minimum", value=1),
        "breaking",
        "minimum none → 1",
    ),
    Seed(
        "parameter maximum dropped", drop(*LIST, "parameters", 0, "schema", "maximum"), "feature", "maximum 100 → none"
    ),
    Seed(
        "parameter default",
        put(*LIST, "parameters", 0, "schema", "x-default", value=10),
        "breaking",
        "default 20 → 10",
        UNSEEN,
    ),
    Seed("parameter value added", add(*SCHEMAS, "Order", "enum", value="year"), "feature", "value year added"),
    Seed("parameter value removed", take(*SCHEMAS, "Order", "enum", value="title"), "breaking", "value title removed"),
    Seed(
        "parameter deprecated",
        put(*LIST, "parameters", 0, "deprecated", value=True),
        "feature",
        "query parameter limit is deprecated",
    ),
    Seed(
        "path parameter renamed",
        lambda document: rename_id(document),
        "breaking",
        "path parameter BOOK_ID is called ID",
        "the client's keyword argument is called after it",
    ),
    Seed("path parameter pattern", put(*SCHEMAS, "Id", "pattern", value="^[0-9]{1,9}$"), "breaking", "pattern changed"),
    # Request bodies
    Seed(
        "request property added",
        put(*NEW, "properties", "isbn", value={"type": "string"}),
        "feature",
        "optional property isbn added",
    ),
    Seed(
        "required request property added",
        both(put(*NEW, "properties", "isbn", value={"type": "string"}), add(*NEW, "required", value="isbn")),
        "breaking",
        "required property isbn added",
    ),
    Seed(
        "request property removed",
        drop(*NEW, "properties", "note"),
        "breaking",
        "property note removed",
        redocly="the client's keyword argument goes with it",
    ),
    Seed("request property became required", add(*NEW, "required", value="note"), "breaking", "note became required"),
    Seed("request property became optional", take(*NEW, "required", value="title"), "feature", "title became optional"),
    Seed(
        "request property retyped",
        put(*NEW, "properties", "pages", value={"type": "string"}),
        "breaking",
        "type an integer → a string",
    ),
    Seed(
        "request property widened",
        put(*NEW, "properties", "pages", "type", value="number"),
        "feature",
        "type an integer → a number",
    ),
    Seed(
        "request property may be null",
        put(*NEW, "properties", "note", "type", value=["string", "null"]),
        "feature",
        "type a string → a string or null",
    ),
    Seed(
        "request property may no longer be null",
        put(*NEW, "properties", "subtitle", "type", value="string"),
        "breaking",
        "type a string or null → a string",
    ),
    Seed("request value added", add(*SCHEMAS, "Kind", "enum", value="map"), "feature", "value map added"),
    Seed("request value removed", take(*SCHEMAS, "Kind", "enum", value="atlas"), "breaking", "value atlas removed"),
    Seed("length tightened", put(*NEW, "properties", "title", "maxLength", value=20), "breaking", "maxLength 30 → 20"),
    Seed("length loosened", put(*NEW, "properties", "title", "maxLength", value=60), "feature", "maxLength 30 → 60"),
    Seed("length added", put(*NEW, "properties", "note", "maxLength", value=500), "breaking", "maxLength none → 500"),
    Seed("shortest tightened", put(*NEW, "properties", "title", "minLength", value=3), "breaking", "minLength 1 → 3"),
    Seed("shortest loosened", drop(*NEW, "properties", "title", "minLength"), "feature", "minLength 1 → none"),
    Seed(
        "bytes tightened",
        put(*NEW, "properties", "cover", "x-max-bytes", value=1000),
        "breaking",
        "x-max-bytes 256000 → 1000",
        UNSEEN,
    ),
    Seed("items tightened", put(*NEW, "properties", "tags", "maxItems", value=2), "breaking", "maxItems 4 → 2"),
    Seed("items loosened", put(*NEW, "properties", "tags", "maxItems", value=8), "feature", "maxItems 4 → 8"),
    Seed("items unique", put(*NEW, "properties", "tags", "uniqueItems", value=True), "breaking", "uniqueItems added"),
    Seed(
        "items retyped",
        put(*NEW, "properties", "tags", "items", value={"type": "integer"}),
        "breaking",
        "tags[]: type a string → an integer",
    ),
    Seed("pattern added", put(*NEW, "properties", "note", "pattern", value="^[a-z]*$"), "breaking", "pattern added"),
    Seed(
        "pattern dropped",
        drop(*SCHEMAS, "Id", "pattern"),
        "feature",
        "pattern dropped",
        redocly="without the pattern more is allowed than before",
    ),
    Seed(
        "other properties refused",
        put(*NEW, "additionalProperties", value=False),
        "breaking",
        "other properties are refused",
    ),
    Seed(
        "body became required",
        put(*UPDATE, "requestBody", "required", value=True),
        "breaking",
        "request body became required",
    ),
    Seed("body removed", drop(*UPDATE, "requestBody"), "breaking", "request body removed"),
    Seed(
        "body added",
        put(
            *DELETE,
            "requestBody",
            value={
                "required": False,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewBook"}}},
            },
        ),
        "feature",
        "request body added",
    ),
    Seed(
        "media type added",
        put(*CREATE, "requestBody", "content", "text/plain", value={"schema": {"type": "string"}}),
        "feature",
        "text/plain added",
    ),
    Seed(
        "media type changed",
        move(
            (*CREATE, "requestBody", "content", "application/json"),
            (*CREATE, "requestBody", "content", "application/xml"),
        ),
        "breaking",
        "application/json removed",
    ),
    # Responses
    Seed(
        "response property added",
        put(*BOOK, "properties", "isbn", value={"type": "string"}),
        "feature",
        "property isbn added",
    ),
    Seed("response property removed", drop(*BOOK, "properties", "pages"), "breaking", "property pages removed"),
    Seed(
        "response property became optional", take(*BOOK, "required", value="title"), "breaking", "title became optional"
    ),
    Seed("response property became required", add(*BOOK, "required", value="pages"), "fix", "pages became required"),
    Seed(
        "response property retyped",
        put(*BOOK, "properties", "pages", value={"type": "string"}),
        "breaking",
        "type an integer → a string",
    ),
    Seed(
        "response property may be null",
        put(*BOOK, "properties", "title", "type", value=["string", "null"]),
        "breaking",
        "type a string → a string or null",
    ),
    Seed(
        "response property is never null",
        put(*BOOK, "properties", "subtitle", "type", value="string"),
        "fix",
        "type a string or null → a string",
    ),
    Seed(
        "response property is a date",
        put(*BOOK, "properties", "lent", "format", value="date-time"),
        "breaking",
        "format none → date-time",
        redocly="the client has a type of its own for dates",
    ),
    Seed(
        "response value added",
        add(*SCHEMAS, "Status", "enum", value="lost"),
        "feature",
        "value lost added",
        redocly=OPEN,
    ),
    Seed(
        "response value removed",
        take(*SCHEMAS, "Status", "enum", value="lent"),
        "breaking",
        "value lent removed",
        redocly=NAMES,
    ),
    Seed(
        "response limit loosened",
        put(*BOOK, "properties", "title", "maxLength", value=300),
        "fix",
        "maxLength 30 → 300",
        redocly=UNCHECKED,
    ),
    Seed(
        "response limit tightened", put(*BOOK, "properties", "title", "maxLength", value=10), "fix", "maxLength 30 → 10"
    ),
    Seed(
        "response items retyped",
        put(*BOOK, "properties", "tags", "items", value={"type": "integer"}),
        "breaking",
        "tags[]: type a string → an integer",
    ),
    Seed("response body removed", drop(*GET, "responses", "200", "content"), "breaking", "response 200: body removed"),
    Seed(
        "response body added",
        put(
            *DELETE,
            "responses",
            "204",
            "content",
            value={"application/json": {"schema": {"$ref": "#/components/schemas/Book"}}},
        ),
        "feature",
        "response 204: body added",
    ),
    Seed(
        "response variant added",
        add(*SCHEMAS, "Place", "anyOf", value={"$ref": "#/components/schemas/Book"}),
        "breaking",
        "may also be Book",
    ),
    Seed("response variant removed", drop(*SCHEMAS, "Place", "anyOf", 1), "fix", "can no longer be Room"),
    Seed(
        "nested response property removed",
        drop(*SCHEMAS, "Author", "properties", "born"),
        "breaking",
        "author: property born removed",
    ),
    Seed(
        "success status changed",
        move((*CREATE, "responses", "201"), (*CREATE, "responses", "200")),
        "breaking",
        "status 201 removed",
    ),
    Seed("error status added", put(*GET, "responses", "410", value=OK), "feature", "status 410 added"),
    Seed(
        "error status removed",
        drop(*GET, "responses", "404"),
        "fix",
        "status 404 removed",
        redocly="an error that no longer comes breaks nobody",
    ),
    # Extensions, and parts outside the operations
    Seed(
        "threshold raised",
        put(*UPDATE, "x-threshold", "limit", value=20),
        "feature",
        "threshold 10 calls in 60 s → 20 calls in 60 s",
    ),
    Seed(
        "threshold lowered",
        put(*UPDATE, "x-threshold", "limit", value=5),
        "breaking",
        "threshold 10 calls in 60 s → 5 calls in 60 s",
        UNSEEN,
    ),
    Seed(
        "longer window",
        put(*UPDATE, "x-threshold", "window_seconds", value=120),
        "breaking",
        "10 calls in 120 s",
        UNSEEN,
    ),
    Seed(
        "threshold new",
        put(*("paths", "/shelves", "get"), "x-threshold", value={"limit": 1, "window_seconds": 60, "lock_seconds": 60}),
        "breaking",
        "where there was none",
        UNSEEN,
    ),
    Seed("threshold gone", drop(*UPDATE, "x-threshold"), "feature", "is gone"),
    Seed("lock shortened", put(*UPDATE, "x-threshold", "lock_seconds", value=60), "feature", "lock 300 s → 60 s"),
    Seed(
        "lock lengthened",
        put(*UPDATE, "x-threshold", "lock_seconds", value=600),
        "breaking",
        "lock 300 s → 600 s",
        UNSEEN,
    ),
    Seed("error code added", add(*GET, "x-error-codes", value="book_lost"), "feature", "error code book_lost added"),
    Seed(
        "error code removed",
        take(*GET, "x-error-codes", value="book_not_found"),
        "fix",
        "error code book_not_found removed",
    ),
    Seed(
        "scope changed",
        put(*GET, "security", value=[{"Auth": ["books.all"]}]),
        "breaking",
        "scope books.read → books.all",
    ),
    Seed(
        "scope added",
        add(*GET, "security", 0, "Auth", value="books.all"),
        "breaking",
        "scope books.read → books.all, books.read",
    ),
    Seed("scope no longer needed", put(*GET, "security", value=[]), "fix", "scope books.read → none"),
    Seed(
        "may not be repeated",
        put(*UPDATE, "x-idempotent", value=False),
        "breaking",
        "may no longer be repeated",
        UNSEEN,
    ),
    Seed(
        "server added",
        add("servers", value={"url": "https://books.example.org"}),
        "feature",
        "server https://books.example.org added",
    ),
    Seed("server removed", drop("servers", 0), "breaking", "server https://books.example.com removed"),
    Seed(
        "scheme changed",
        put("components", "securitySchemes", "Auth", value={"type": "http", "scheme": "bearer"}),
        "breaking",
        "security scheme Auth works in another way",
    ),
)


def rename_id(document: Document) -> None:
    """Rename the path parameter of a book."""
    item = document["paths"].pop("/books/{BOOK_ID}")
    for operation in item.values():
        operation["parameters"][0]["name"] = "ID"
    document["paths"]["/books/{ID}"] = item
