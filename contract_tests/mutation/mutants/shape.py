"""Faults in the shape of answers: missing fields, additional fields, fields of a wrong type."""

from __future__ import annotations

import json

from .builders import _known, add, operation_of, reply_json, with_value, without, wrap

for _field in (
    "name",
    "hint",
    "scope",
    "multi_selectable",
    "message_types",
    "execution_type",
    "handlers",
    "creator",
    "status",
    "type",
):
    add(
        f"no-{_field.replace('_', '-')}-shown",
        "shape",
        _known(f"action.{_field}.shape action.{_field}"),
        reply_json(without(_field)),
    )
add("list-items-lack-hint", "shape", "action.hint.shape", reply_json(without("hint"), "list"))
add("create-shows-no-id", "shape", "action.id.shape", reply_json(without("id"), "create"))
add("id-is-a-number", "shape", "action.id.shape", reply_json(with_value("id", int)))
add("id-has-letters", "shape", "action.id.shape", reply_json(with_value("id", lambda i: f"ma_{i}"), "create"))
add("webhook-without-url", "shape", "action.execution_url.shape", reply_json(without("execution_url")))
add("webhook-without-url-in-lists", "shape", "action.execution_url.shape", reply_json(without("execution_url"), "list"))
add("team-without-teams", "shape", "action.team_ids.shape", reply_json(without("team_ids")))
add(
    "team-ids-are-strings",
    "shape",
    "action.team_ids.shape",
    reply_json(with_value("team_ids", lambda v: [str(i) for i in v])),
)
add(
    "multi-selectable-is-a-string",
    "shape",
    "action.multi_selectable.shape",
    reply_json(with_value("multi_selectable", lambda v: str(v))),
)
add(
    "message-types-is-a-string",
    "shape",
    "action.message_types.shape",
    reply_json(with_value("message_types", lambda v: ",".join(v))),
)
add("creator-is-a-string", "shape", "action.creator.shape", reply_json(with_value("creator", lambda v: v["name"])))
add(
    "creator-id-is-a-number",
    "shape",
    "action.creator.shape",
    reply_json(with_value("creator", lambda v: {**v, "id": int(v["id"])})),
)
add(
    "creator-without-name",
    "shape",
    "action.creator.shape",
    reply_json(with_value("creator", lambda v: {"id": v["id"]})),
)
add("handlers-are-strings", "shape", "action.handlers.shape", reply_json(with_value("handlers", ["execution_handler"])))
add("handlers-are-empty", "shape", "action.handlers", reply_json(with_value("handlers", [])))
add(
    "handlers-of-another-type",
    "shape",
    "action.handlers",
    reply_json(with_value("handlers", [{"type": "welcome_handler"}])),
)
add("hint-is-null", "shape", "action.hint.shape", reply_json(with_value("hint", lambda v: None), "get"))
for _operation in ("create", "list", "get", "update", "get_handler", "update_handler"):
    add(
        f"{_operation}-of-another-type".replace("_", "-"),
        "shape",
        f"{_operation}.envelope",
        reply_json(lambda o, t, s: s.update(type="bot"), _operation),
    )
    add(
        f"{_operation}-without-url".replace("_", "-"),
        "shape",
        f"{_operation}.shape {_operation}.envelope",
        reply_json(lambda o, t, s: s.pop("url") and None, _operation),
    )
add(
    "url-of-another-resource",
    "shape",
    "get.envelope",
    reply_json(lambda o, t, s: s.update(url="/api/v3/bots/1"), "get"),
)
add(
    "handler-url-of-the-action",
    "shape",
    "get_handler.envelope",
    reply_json(lambda o, t, s: s.update(url=s["url"].split("/handlers")[0]), "get_handler"),
)
add(
    "get-without-envelope",
    "shape",
    "get.shape get.envelope",
    wrap(
        lambda m, t, h, b, r: (
            (200, r[1], json.dumps(json.loads(r[2])["data"]).encode())
            if operation_of(m, t) == "get" and r[0] == 200
            else r
        )
    ),
)
add(
    "list-is-an-array",
    "shape",
    "protocol.body",
    wrap(
        lambda m, t, h, b, r: (
            (200, r[1], json.dumps(json.loads(r[2])["data"]).encode())
            if operation_of(m, t) == "list" and r[0] == 200
            else r
        )
    ),
)
add("create-gives-a-list", "shape", "create.shape", reply_json(lambda o, t, s: s.update(data=[s["data"]]), "create"))
add(
    "handler-without-name",
    "shape",
    "handler.name update_handler.shape get_handler.shape",
    reply_json(lambda o, t, s: s["data"].pop("name") and None, "get_handler update_handler"),
)
add(
    "handler-of-another-name",
    "shape",
    "handler.name",
    reply_json(lambda o, t, s: s["data"].update(name="welcome_handler"), "get_handler update_handler"),
)
add(
    "handler-without-function-id",
    "shape",
    "handler.function_id get_handler.shape update_handler.shape",
    reply_json(lambda o, t, s: s["data"].pop("function_id") and None, "get_handler update_handler"),
)
add(
    "permissions-are-a-string",
    "shape",
    "get_handler.shape get_handler.current",
    reply_json(
        lambda o, t, s: s["data"].update(permissions="chat") if "permissions" in s["data"] else None, "get_handler"
    ),
)
add(
    "next-token-is-null-on-the-last-page",
    "shape",
    "list.next_token list.shape",
    reply_json(lambda o, t, s: s.setdefault("next_token", None) and None, "list"),
)
add(
    "next-token-is-a-number",
    "shape",
    "list.next_token list.shape",
    reply_json(lambda o, t, s: s.update(next_token=7) if "next_token" in s else None, "list"),
)
add(
    "deleted-are-objects",
    "shape",
    "list.deleted list.shape",
    reply_json(
        lambda o, t, s: s.update(deleted=[{"id": i} for i in s["deleted"]]) if s.get("deleted") else None, "list"
    ),
)
