"""Faults in HTTP: statuses, methods, paths, headers."""

from __future__ import annotations

from reference_server import Handle, Headers, Reference, Refusal, Reply

from .builders import add, attribute, error, mutant, operation_of, replace, status_of, wrap

HTML = [("Content-Type", "text/html")]
HTML_JSON = [("Content-Type", "application/json")]
for _name, _status in (
    ("create", 201),
    ("list", 206),
    ("get", 203),
    ("update", 202),
    ("delete", 200),
    ("get_handler", 201),
):
    _old = 204 if _name == "delete" else 200
    add(f"{_name}-answers-{_status}", "protocol", f"{_name}.success", status_of(_name, _old, _status))
add(
    "update-handler-answers-204",
    "protocol",
    "update_handler.success protocol.json protocol.body",
    wrap(lambda m, t, h, b, r: (204, [], b"") if operation_of(m, t) == "update_handler" and r[0] == 200 else r),
)
add("delete-has-body", "protocol", "delete.empty", wrap(lambda m, t, h, b, r: (204, r[1], b"{}") if r[0] == 204 else r))
add(
    "good-answers-are-text-html",
    "protocol",
    "protocol.json",
    wrap(lambda m, t, h, b, r: (r[0], HTML, r[2]) if r[0] == 200 else r),
)
add(
    "errors-are-text-plain",
    "protocol",
    "protocol.json",
    wrap(lambda m, t, h, b, r: (r[0], [("Content-Type", "text/plain")], r[2]) if r[0] >= 400 else r),
)
add(
    "405-without-allow",
    "protocol",
    "protocol.allow",
    wrap(lambda m, t, h, b, r: (r[0], r[1][:1], r[2]) if r[0] == 405 else r),
)
add(
    "allow-lacks-a-method",
    "protocol",
    "protocol.allow",
    wrap(lambda m, t, h, b, r: (r[0], [*r[1][:1], ("Allow", "GET")], r[2]) if r[0] == 405 else r),
)
add(
    "allow-names-the-refused-method",
    "protocol",
    "protocol.allow",
    wrap(
        lambda m, t, h, b, r: (
            (r[0], [*r[1][:1], ("Allow", f"GET, POST, PATCH, DELETE, {m}")], r[2]) if r[0] == 405 else r
        )
    ),
)
add("wrong-method-is-404", "protocol", "protocol.method", error(lambda o, s, e: (404, e) if s == 405 else None))
add(
    "wrong-method-is-500",
    "protocol",
    "protocol.method protocol.no-crash",
    error(lambda o, s, e: (500, e) if s == 405 else None),
)
add(
    "unknown-path-is-200",
    "protocol",
    "protocol.path",
    wrap(lambda m, t, h, b, r: (200, r[1], b"{}") if r[0] == 404 and not operation_of(m, t) else r),
)
add(
    "unknown-path-is-403",
    "protocol",
    "protocol.path",
    wrap(lambda m, t, h, b, r: (403, r[1], r[2]) if r[0] == 404 and not operation_of(m, t) else r),
)
add("accept-is-ignored", "protocol", "protocol.accept", attribute("accept", lambda headers: None))
add("not-acceptable-is-400", "protocol", "protocol.accept", error(lambda o, s, e: (400, e) if s == 406 else None))


@mutant("accept-wildcard-is-406", "protocol", "protocol.accept.json")
def _(server: Reference) -> None:
    def accept(headers: Headers) -> None:
        if not any("application/json" in value for name, value in headers if name == "Accept"):
            raise Refusal(406, None, "no")

    server.accept = accept  # type: ignore[method-assign]


@mutant("accept-list-is-406", "protocol", "protocol.accept.json")
def _(server: Reference) -> None:
    original = server.accept

    def accept(headers: Headers) -> None:
        if any(name == "Accept" and "," in value for name, value in headers):
            raise Refusal(406, None, "no")
        original(headers)

    server.accept = accept  # type: ignore[method-assign]


@mutant("create-happens-though-406", "protocol", "errors.change-nothing")
def _(server: Reference) -> Handle:
    def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        reply = server(method, target, headers, body)
        if reply[0] == 406 and method == "POST":
            server(method, target, [(n, v) for n, v in headers if n != "Accept"], body)
        return reply

    return handle


add(
    "charset-is-refused",
    "protocol",
    "protocol.content-type",
    wrap(
        lambda m, t, h, b, r: (
            (400, r[1], b'{"message": "no", "code": "invalid_inputs"}') if any("charset" in v for _, v in h) else r
        )
    ),
)
add(
    "put-updates",
    "protocol",
    "protocol.method",
    replace("methods", lambda o: lambda p: {**o(p), "PUT": "update"} if p == "item" else o(p)),
)
add(
    "delete-of-handlers",
    "protocol",
    "protocol.method",
    replace("methods", lambda o: lambda p: {**o(p), "DELETE": "get_handler"} if p == "handler" else o(p)),
)
add(
    "body-cut-short",
    "protocol",
    "protocol.body",
    wrap(lambda m, t, h, b, r: (r[0], r[1], r[2][:-3]) if operation_of(m, t) == "get" else r),
)
add(
    "redirects-updates",
    "protocol",
    "update.applies update.accepts protocol.status",
    wrap(
        lambda m, t, h, b, r: (303, [("Location", "/")], b"") if operation_of(m, t) == "update" and r[0] == 200 else r
    ),
)


@mutant("drops-the-connection-on-delete", "protocol", "protocol.answered")
def _(server: Reference) -> Handle:
    def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
        if method == "DELETE":
            raise ConnectionResetError("dropped")
        return server(method, target, headers, body)

    return handle


for _op in ("create", "get", "update", "delete", "get_handler", "update_handler"):
    add(
        f"accept-wildcard-is-406-in-{_op}".replace("_", "-"),
        "protocol",
        "protocol.accept.json",
        wrap(
            lambda m, t, h, b, r, op=_op: (
                (406, HTML_JSON, b'{"message": "no"}') if operation_of(m, t) == op and ("Accept", "*/*") in h else r
            )
        ),
    )
add(
    "post-updates-handlers",
    "protocol",
    "protocol.method",
    replace("methods", lambda o: lambda p: {**o(p), "POST": "update_handler"} if p == "handler" else o(p)),
)
add(
    "json-escapes-stay",
    "protocol",
    "create.echo update.applies",
    replace("parse", lambda o: lambda h, b: o(h, (b or b"").replace(b"\\u00", b"\\\\u00"))),
)
