"""Faults in permissions: tokens, scopes, visibility."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reference_server import BASE, ORGANIZATION_OF, TEAMS_OF, Handle, Headers, Reference, Reply

from .builders import Prepare, add, around, attribute, error, mutant, operation_of, replace

add(
    "no-token-needed",
    "auth",
    "auth.missing auth.scheme",
    replace(
        "authenticate",
        lambda o: (
            lambda h: (
                o(h)
                if any(n == "Authorization" for n, _ in h)
                else ("owner", frozenset({"create", "read", "update", "delete"}))
            )
        ),
    ),
)
for _op, _verb in (("create", "POST"), ("delete", "DELETE"), ("update", "PATCH")):

    @mutant(f"no-token-needed-to-{_op}", "auth", "auth.missing", "auth.token")
    def _(server: Reference, op: str = _op) -> Handle:
        def handle(method: str, target: str, headers: Headers, body: bytes | None) -> Reply:
            reply = server(method, target, headers, body)
            if reply[0] == 401 and operation_of(method, target.removeprefix(BASE)) == op:
                kept = [(n, v) for n, v in headers if n != "Authorization"]
                return server(method, target, [*kept, ("Authorization", "Bearer 1000.owner")], body)
            return reply

        return handle


add(
    "any-token-is-valid",
    "auth",
    "auth.token",
    replace(
        "authenticate",
        lambda o: (
            lambda h: (
                ("owner", frozenset({"create", "read", "update", "delete"}))
                if any(n == "Authorization" and v.startswith("Bearer ") for n, v in h)
                else o(h)
            )
        ),
    ),
)
add(
    "token-prefix-is-enough",
    "auth",
    "auth.token",
    replace(
        "authenticate",
        lambda o: (
            lambda h: (
                next(
                    (
                        found
                        for n, v in h
                        if n == "Authorization" and v.startswith("Bearer ")
                        for token, found in o.__self__.tokens.items()
                        if len(v) > 12 and token.startswith(v[7:]) and token == "1000.owner"
                    ),
                    None,
                )
                or o(h)
            )
        ),
    ),
)
add(
    "token-with-a-tail-is-enough",
    "auth",
    "auth.token",
    replace(
        "authenticate",
        lambda o: lambda h: o([(n, "Bearer 1000.owner" if v == "Bearer 1000.ownerx" else v) for n, v in h]),
    ),
)
add(
    "basic-scheme-accepted",
    "auth",
    "auth.scheme",
    replace("authenticate", lambda o: lambda h: o([(n, v.replace("Basic ", "Bearer ")) for n, v in h])),
)
add(
    "bare-token-accepted",
    "auth",
    "auth.scheme",
    replace("authenticate", lambda o: lambda h: o([(n, f"Bearer {v}" if v == "1000.owner" else v) for n, v in h])),
)
add(
    "token-in-the-query-accepted",
    "auth",
    "auth.missing",
    lambda server: (
        lambda m, t, h, b: server(m, t, [*h, ("Authorization", "Bearer 1000.owner")] if "access_token" in t else h, b)
    ),
)
add("missing-token-is-403", "auth", "auth.missing", error(lambda o, s, e: (403, e) if s == 401 else None))
add("missing-token-is-400", "auth", "auth.missing", error(lambda o, s, e: (400, e) if s == 401 else None))
add(
    "zoho-oauthtoken-refused",
    "auth",
    "auth.zoho-oauthtoken",
    replace("authenticate", lambda o: lambda h: o([(n, v.replace("Zoho-oauthtoken", "Nobody")) for n, v in h])),
)
for _op in ("create", "list", "get", "update", "delete", "get_handler", "update_handler"):

    def _no_scope(server: Reference, op: str = _op) -> None:
        original = server.lacks_scope
        server.lacks_scope = lambda name: None if name == op else original(name)  # type: ignore[method-assign,assignment,return-value,func-returns-value]

    add(f"any-scope-to-{_op}".replace("_", "-"), "auth", f"{_op}.scope", _no_scope)
add("read-token-cannot-list", "auth", "list.scope list.accepts", attribute("needs.list", "create"))
add("delete-needs-update", "auth", "delete.scope delete.accepts", attribute("needs.delete", "update"))
add("update-needs-create", "auth", "update.scope update.accepts", attribute("needs.update", "create"))
add(
    "handler-update-needs-create",
    "auth",
    "update_handler.scope update_handler.accepts",
    attribute("needs.update_handler", "create"),
)
add(
    "missing-scope-is-404",
    "auth",
    "create.scope list.scope get.scope",
    error(lambda o, s, e: (404, e) if e.get("code") == "oauthtoken_scope_invalid" else None),
)


def _sees(change: Callable[[str, str, str, frozenset[int], bool], bool]) -> Prepare:
    return replace("sees", lambda o: lambda u, c, s, t: change(u, c, s, t, o(u, c, s, t)))


add("organization-actions-are-hidden", "auth", "visibility.organization", _sees(lambda u, c, s, t, r: r and u == c))
add(
    "personal-actions-are-shown",
    "auth",
    "visibility.personal",
    _sees(lambda u, c, s, t, r: r or (s == "personal" and ORGANIZATION_OF[u] == ORGANIZATION_OF[c])),
)
add(
    "team-actions-are-shown-to-all",
    "auth",
    "visibility.team",
    _sees(lambda u, c, s, t, r: r or (s == "team" and ORGANIZATION_OF[u] == ORGANIZATION_OF[c])),
)
add(
    "team-actions-are-hidden-from-members",
    "auth",
    "visibility.team.member",
    _sees(lambda u, c, s, t, r: r and (s != "team" or u == c)),
)
add(
    "all-teams-are-needed",
    "auth",
    "visibility.team.member",
    _sees(lambda u, c, s, t, r: r and (s != "team" or u == c or t <= TEAMS_OF[u])),
)
add(
    "only-the-first-team-counts",
    "auth",
    "visibility.team.member",
    _sees(lambda u, c, s, t, r: r and (s != "team" or u == c or min(t) in TEAMS_OF[u] or len(t) == 1)),
)
add(
    "team-actions-are-hidden-from-the-creator",
    "auth",
    "visibility.team.creator get.accepts create.team_ids.max update.team_ids.max update.team_ids.alone list.complete",
    _sees(lambda u, c, s, t, r: r and not (s == "team" and u == c and 100003 in t)),
)
add(
    "other-organizations-see-everything",
    "auth",
    "visibility.other-organization",
    _sees(lambda u, c, s, t, r: r or s == "organization"),
)
add(
    "other-organizations-see-teams",
    "auth",
    "visibility.other-organization",
    _sees(lambda u, c, s, t, r: r or (s == "team" and u == "outsider")),
)
for _op in ("get", "update", "delete", "get_handler", "update_handler"):

    @mutant(f"anyone-may-{_op.replace('_', '-')}-by-id", "auth", "visibility.personal", "visibility.other-organization")
    def _(server: Reference, op: str = _op) -> None:
        original = getattr(server, op)

        def act(user: str, identifier: str, *rest: Any) -> Any:
            action = server.actions.get(identifier)
            return original(action.creator if action is not None and action.alive else user, identifier, *rest)

        setattr(server, op, act)


add(
    "lists-show-personal-actions",
    "auth",
    "visibility.personal",
    replace(
        "listed",
        lambda o: (
            lambda u, a, s: o(u, a, s) or (s is None and a.alive and ORGANIZATION_OF[a.creator] == ORGANIZATION_OF[u])
        ),
    ),
)
add(
    "lists-show-other-organizations",
    "auth",
    "visibility.other-organization",
    replace("listed", lambda o: lambda u, a, s: o(u, a, s) or (s is None and a.alive and u == "outsider")),
)
add(
    "names-are-global",
    "auth",
    "create.name.other-organization",
    lambda server: setattr(
        server,
        "taken",
        lambda user, name, but=None: any(
            a.alive and a is not but and a.fields["name"] == name for a in server.actions.values()
        ),
    ),
)

add(
    "tokens-are-compared-without-case",
    "auth",
    "auth.token",
    around(
        "authenticate", lambda o, h: o([(n, f"Bearer {v[7:].lower()}" if v.startswith("Bearer ") else v) for n, v in h])
    ),
)
