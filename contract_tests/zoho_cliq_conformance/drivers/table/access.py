"""Scenarios of access: tokens, OAuth scopes, and who sees which action."""

from __future__ import annotations

from zoho_cliq_api.contract import OPERATIONS

from ...judge.document import LARGEST_LIMIT, LONG
from ...profile import SCOPES
from ...sending.bodies import ODD_HINTS, URL
from ...sending.client import Client
from .bodies import HOOK
from .protocol import operations
from .scenario import Scenario, content, freed, living, scenario, teams_of

SCENARIOS: list[Scenario] = []
SCOPES_OF = {OPERATIONS[name].method: OPERATIONS[name].scopes[0].rpartition(".")[2].lower() for name in LONG.values()}


def scripted(t: Client) -> str:
    """Return the id of a personal Deluge action whose script is known, so that a change of the script would show."""
    for action in t.oracle.model.living("owner"):
        if action.script is not None and action.content.get("scope") == "personal":
            return action.id
    own = living(t, execution_type="deluge", scope="personal")
    t.update_handler(own, script="return 1;")
    return own


@scenario(SCENARIOS)
def tokens(t: Client) -> None:
    """Without a valid token every operation is answered 401 and has no effect."""
    own = scripted(t)
    token = t.tokens["owner"]
    for method, path, body in operations(t, own):
        sent = t.action() if method == "POST" else body
        t.send(method, path, user=None, body=sent, about="auth.missing")
        t.send(method, path, body=sent, headers={"Authorization": "Bearer 1000.0f00.0f00"}, about="auth.token")
    for given in (f"Bearer {token[:-1]}", f"Bearer {token}x", f"Bearer {token.swapcase()}"):
        t.ask("list", headers={"Authorization": given}, about="auth.token")
    for given in (f"Basic {token}", token):
        t.ask("list", headers={"Authorization": given}, about="auth.scheme")
    t.ask("list", user=None, query={"access_token": token}, about="auth.missing")
    t.ask("list", headers={"Authorization": f"Zoho-oauthtoken {token}"}, about="auth.zoho-oauthtoken")
    t.get_handler(own, about="errors.change-nothing")


def _scopes(t: Client, has: str) -> None:
    own = scripted(t)
    throwaway = (
        t.create(scope="personal", execution_type="webhook", execution_url=HOOK) if has == SCOPES_OF["DELETE"] else own
    )
    for method, path, body in operations(t, own):
        needed = SCOPES_OF[method]
        if needed == "read" and own in path and has in ("create", "delete"):
            continue  # that reading an action needs READ is tested with UPDATE; these two test the scope of lists
        if (has, method) in (("update", "POST"), ("delete", "POST")):
            continue  # that creating needs CREATE is tested with READ
        sent = t.action() if method == "POST" else body
        if needed == has and method == "DELETE":
            path = path.replace(own, throwaway)
        t.send(method, path, user=f"owner-{has}", body=sent)
    if has in ("read", "delete"):
        t.get_handler(own, about="errors.change-nothing")


def _scope_scenario(scope: str) -> None:
    def run(t: Client) -> None:
        _scopes(t, scope.lower())

    run.__name__ = f"scope_{scope.lower()}"
    run.__doc__ = f"A token with only the scope {scope} may call the operations of {scope}, and no others."
    scenario(SCENARIOS, f"tokens.owner_only.{scope}")(run)


for _scope in SCOPES:
    _scope_scenario(_scope)


@scenario(SCENARIOS, "tokens.colleague")
def colleagues(t: Client) -> None:
    """All users of an organization see its actions. A personal one is visible to its creator only, whoever read it."""
    shared = t.create(scope="organization", execution_type="webhook", execution_url=URL)
    t.update_handler(shared, permissions=["chat"])
    private = t.create(scope="personal", execution_type="deluge")
    t.update_handler(private, script="return 5;")
    theirs = t.create("colleague", name=freed(t), scope="personal", about="create.name.free-after-delete")
    t.get(shared, user="colleague", about="visibility.organization")
    t.get(private)
    t.get(private, user="colleague", about="visibility.personal")
    t.update(private, user="colleague", hint="not mine", about="visibility.personal")
    t.update_handler(private, user="colleague", script="return 6;", about="visibility.personal")
    t.delete(private, user="colleague", about="visibility.personal")
    t.update_handler(theirs, user="colleague", script="return 5;")
    t.get(theirs, about="visibility.personal")
    t.get_handler(theirs, about="visibility.personal")
    t.delete(theirs, about="visibility.personal")
    t.get(t.create("colleague", scope="organization"), about="visibility.organization")
    page = t.list("colleague", limit=7)
    if page.get("next_token"):
        t.list("colleague", limit=7, next_token=page["next_token"])
    for change in ({"scope": "organization", "hint": "seen by all"}, {"hint": ODD_HINTS[0]}):
        t.update(private, **change)
        t.get(private, user="colleague", about="visibility.organization" if "scope" in change else "get.current")
    t.update(private, scope="personal")
    t.get(private, user="colleague", about="visibility.personal")
    t.update(shared, user="colleague", hint="by a colleague")
    t.update_handler(shared, user="colleague", permissions=["location"])
    t.delete(shared, user="colleague")
    t.get(shared, about="errors.change-nothing")
    t.get_handler(shared, about="errors.change-nothing")


@scenario(SCENARIOS, "tokens.colleague", "teams.owner", "teams.colleague", "foreign_team")
def teams(t: Client) -> None:
    """An action with the scope team is visible to the members of its teams, and to nobody else."""
    common, foreign = teams_of(t)
    other = t.create(scope="team", team_ids=foreign[:2], execution_type="deluge")
    t.update_handler(other, script="return 5;")
    about = "visibility.team"
    t.get(other, user="colleague", about=about)
    t.update(other, user="colleague", hint="not mine", about=about)
    t.get_handler(other, user="colleague", about=about)
    t.update_handler(other, user="colleague", script="return 6;", about=about)
    t.delete(other, user="colleague", about=about)
    t.list("colleague", limit=LARGEST_LIMIT, about=about)
    t.get(other, about="visibility.team.creator")
    if not common:
        return
    ours = t.create(scope="team", team_ids=[*foreign[:1], common[0]])
    t.get(ours, user="colleague", about="visibility.team.member")
    t.update(ours, team_ids=foreign[:1], about="update.team_ids.alone")
    t.get(ours, user="colleague", about=about)


@scenario(SCENARIOS, "tokens.outsider")
def outsiders(t: Client) -> None:
    """Users of another organization can neither see nor change an action, whatever its scope."""
    about = "visibility.other-organization"
    shared = t.create(scope="organization", execution_type="deluge")
    private = scripted(t)
    t.update_handler(shared, script="return 5;")
    t.get(shared, user="outsider", about=about)
    t.get(private, user="outsider", about=about)
    t.update(shared, user="outsider", hint="from outside", about=about)
    t.get_handler(shared, user="outsider", about=about)
    t.get_handler(private, user="outsider", about=about)
    t.update_handler(shared, user="outsider", script="return 7;", about=about)
    t.update(private, user="outsider", hint="from outside", about=about)
    t.update_handler(private, user="outsider", script="return 7;", about=about)
    t.delete(private, user="outsider", about=about)
    t.delete(shared, user="outsider", about=about)
    t.listing(limit=LARGEST_LIMIT, about="errors.change-nothing")
    t.list("outsider", limit=LARGEST_LIMIT, about=about)  # the outsider has no actions yet
    t.create("outsider", name=content(t, shared, "name"), scope="organization", about="create.name.other-organization")


@scenario(SCENARIOS, "tokens.outsider", "teams.owner")
def outsiders_and_teams(t: Client) -> None:
    """A team id of one organization has no meaning in another."""
    about = "visibility.other-organization"
    shared = t.create(scope="team", team_ids=list(t.profile.teams["owner"][:2]), execution_type="deluge")
    t.update_handler(shared, script="return 5;")
    t.get(shared, user="outsider", about=about)
    t.update(shared, user="outsider", hint="from outside", about=about)
    t.get_handler(shared, user="outsider", about=about)
    t.update_handler(shared, user="outsider", script="return 7;", about=about)
    t.delete(shared, user="outsider", about=about)
