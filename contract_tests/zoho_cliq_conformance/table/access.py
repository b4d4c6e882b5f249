"""Who may do what: tokens, OAuth scopes, and who sees which action."""

from __future__ import annotations

from ..client import Client
from .bodies import HOOK
from .protocol import operations
from .scenario import Scenario, living, scenario

SCENARIOS: list[Scenario] = []
SCOPES_OF = {"GET": "read", "POST": "create", "PATCH": "update", "DELETE": "delete"}


@scenario(SCENARIOS)
def tokens(t: Client) -> None:
    """Without a valid token every operation is 401 and does nothing."""
    own = living(t, execution_type="deluge", scope="personal")
    token = t.tokens["owner"]
    for method, path, body in operations(own):
        sent = t.action() if method == "POST" else body
        t.send(method, path, user=None, body=sent, about="auth.missing")
        t.send(method, path, body=sent, headers={"Authorization": "Bearer 1000.0f00.0f00"}, about="auth.token")
    for given in (f"Bearer {token[:-1]}", f"Bearer {token}x", "Bearer "):
        t.send("GET", "/messageactions", headers={"Authorization": given}, about="auth.token")
    for given in (f"Basic {token}", token, f"Token {token}"):
        t.send("GET", "/messageactions", headers={"Authorization": given}, about="auth.scheme")
    t.send("GET", "/messageactions", user=None, query={"access_token": token}, about="auth.missing")
    t.send(
        "GET", "/messageactions", headers={"Authorization": f"Zoho-oauthtoken {token}"}, about="auth.zoho-oauthtoken"
    )
    t.get(own, about="errors.change-nothing")


def _scopes(t: Client, has: str) -> None:
    own = living(t, execution_type="deluge", scope="personal")
    hook = {"execution_type": "webhook", "execution_url": HOOK}
    throwaway = t.create(scope="personal", **hook) if has == "delete" else own
    for method, path, body in operations(own):
        needed = SCOPES_OF[method]
        sent = t.action() if method == "POST" else body
        if needed == has and method == "DELETE":
            path = path.replace(own, throwaway)
        t.send(method, path, user=f"owner-{has}", body=sent)
    t.get(own, about="errors.change-nothing")


@scenario(SCENARIOS, "tokens.owner_only.CREATE")
def scope_create(t: Client) -> None:
    """A token with the scope CREATE alone creates, and does nothing else."""
    _scopes(t, "create")


@scenario(SCENARIOS, "tokens.owner_only.READ")
def scope_read(t: Client) -> None:
    """A token with the scope READ alone reads, and does nothing else."""
    _scopes(t, "read")


@scenario(SCENARIOS, "tokens.owner_only.UPDATE")
def scope_update(t: Client) -> None:
    """A token with the scope UPDATE alone updates, and does nothing else."""
    _scopes(t, "update")


@scenario(SCENARIOS, "tokens.owner_only.DELETE")
def scope_delete(t: Client) -> None:
    """A token with the scope DELETE alone deletes, and does nothing else."""
    _scopes(t, "delete")


@scenario(SCENARIOS, "tokens.colleague", facts=("visibility.personal", "visibility.organization"))
def colleagues(t: Client) -> None:
    """Everyone of the organization sees its actions; a personal one is its creator's alone."""
    shared = t.create(scope="organization", message_types=["link"])
    private = t.create(scope="personal")
    theirs = t.create("colleague", scope="personal")
    t.get(shared, user="colleague", about="visibility.organization")
    t.get(private, user="colleague", about="visibility.personal")
    t.update(private, user="colleague", hint="not mine", about="visibility.personal")
    t.update_handler(private, user="colleague", script="return 6;", about="visibility.personal")
    t.get_handler(private, user="colleague", about="visibility.personal")
    t.delete(private, user="colleague", about="visibility.personal")
    t.get(theirs, about="visibility.personal")
    for page in t.pages("colleague", limit=100):
        del page
    t.get(private, about="errors.change-nothing")
    t.get_handler(private, about="errors.change-nothing")
    t.update(shared, user="colleague", hint="by a colleague")
    t.get(shared)
    t.update(shared, scope="personal")
    t.get(shared, user="colleague", about="visibility.personal")
    t.list("colleague", limit=100)


@scenario(SCENARIOS, "tokens.colleague", "teams.owner", "teams.colleague", "foreign_team", facts=("visibility.team",))
def teams(t: Client) -> None:
    """Scope team shows an action to members of its teams, and to nobody else."""
    common = sorted(set(t.profile.teams["owner"]) & set(t.profile.teams["colleague"]))
    foreign = sorted(set(t.profile.teams["owner"]) - set(t.profile.teams["colleague"]))
    other = t.create(scope="team", team_ids=foreign[:2])
    t.get(other, user="colleague", about="visibility.team")
    t.list("colleague", limit=100, about="visibility.team")
    t.get(other, about="visibility.team.creator")
    if not common:
        return
    ours = t.create(scope="team", team_ids=[*foreign[:1], common[0]])
    t.get(ours, user="colleague", about="visibility.team.member")
    t.list("colleague", limit=100, about="visibility.team.member")
    t.update(ours, scope="team", team_ids=foreign[:1])
    t.get(ours, user="colleague", about="visibility.team")
    t.list("colleague", limit=100, about="visibility.team")


@scenario(SCENARIOS, "tokens.outsider", facts=("visibility.other-organization", "create.name.other-organization"))
def outsiders(t: Client) -> None:
    """Another organization sees and changes nothing."""
    about = "visibility.other-organization"
    shared = t.create(scope="organization")
    t.get(shared, user="outsider", about=about)
    t.update(shared, user="outsider", hint="from outside", about=about)
    t.get_handler(shared, user="outsider", about=about)
    t.update_handler(shared, user="outsider", script="return 7;", about=about)
    t.delete(shared, user="outsider", about=about)
    t.list("outsider", limit=100, about=about)
    t.get(shared, about="errors.change-nothing")
    name = str(t.oracle.model.actions[shared].content["name"]) if shared in t.oracle.model.actions else t.name()
    t.create("outsider", name=name, scope="organization", about="create.name.other-organization")
    t.list("outsider", limit=100, about=about)


@scenario(SCENARIOS, "tokens.outsider", "teams.owner")
def outsiders_and_teams(t: Client) -> None:
    """A team of one organization says nothing to another."""
    shared = t.create(scope="team", team_ids=list(t.profile.teams["owner"][:2]))
    t.get(shared, user="outsider", about="visibility.other-organization")
