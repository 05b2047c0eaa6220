"""REST paths about the site: who we are, what there is, who else is there, and search."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Body

from bridge.connectors.jira.simulator import catalogue, metadata, view
from bridge.connectors.jira.simulator.account import Account
from bridge.connectors.jira.simulator.answers import Gate, api, locked, router
from bridge.connectors.jira.simulator.flavour import Flavour
from bridge.connectors.jira.simulator.limits import PAGE
from bridge.connectors.jira.simulator.refusal import BAD_BODY, SEARCH_IS_GONE, Refused
from bridge.connectors.jira.simulator.routes_issue import Held
from bridge.connectors.jira.simulator.search import Search
from bridge.connectors.jira.simulator.site import Site

_ANY = Body(None)
_PREFIX = "/rest/api/{version}"


def site_routes(gate: Gate) -> APIRouter:
    """Everything that is about no single issue."""
    routes = router(gate)
    site = gate.site
    for add in (_about, _permissions, _project, _createmeta, _lists, _users, _one_user):
        add(site, routes, held=locked(site))
    finds = Search(site)
    if site.state.flavour is Flavour.CLOUD:
        _cloud_search(finds, routes, held=locked(site))
        _counted_and_gone(finds, routes, held=locked(site))
    else:
        _datacenter_search(finds, routes, held=locked(site))
    return routes


def _about(site: Site, routes: APIRouter, *, held: Held) -> None:
    cloud = site.state.flavour is Flavour.CLOUD

    @routes.get(f"{_PREFIX}/serverInfo", response_model=None)
    def server_info(version: str) -> dict[str, Any]:
        numbers = [1001, 0, 0] if cloud else [10, 3, 0]
        return {
            "baseUrl": site.state.site,
            "version": "1001.0.0-SNAPSHOT" if cloud else "10.3.0",
            "versionNumbers": numbers,
            "deploymentType": "Cloud" if cloud else "Server",
            "buildNumber": 100_287,
            "serverTime": view.moment(site.state.now()),
            "serverTitle": "Jira",
        }

    @routes.get(f"{_PREFIX}/myself", response_model=None)
    def myself(version: str) -> dict[str, Any]:
        """The one place where Cloud shows an e-mail address: to its owner."""
        shown = site.state.bot.shown(site.state.site, site.state.flavour)
        return {**shown, "emailAddress": site.state.bot.email, "locale": "en_US"}


def _permissions(site: Site, routes: APIRouter, *, held: Held) -> None:
    @routes.get(f"{_PREFIX}/mypermissions", response_model=None)
    @held
    def mypermissions(version: str, permissions: str = "", projectKey: str = "") -> Any:  # noqa: N803
        if not permissions and site.state.flavour is Flavour.CLOUD:
            raise Refused(400, "The 'permissions' query parameter is required.")
        hidden = projectKey in site.state.hidden or (
            bool(projectKey) and projectKey not in site.state.projects
        )
        if hidden:
            raise Refused(404, f"No project could be found with key '{projectKey}'.")
        names = [name for name in permissions.split(",") if name]
        return {"permissions": {name: _permission(site, name) for name in names}}


def _permission(site: Site, name: str) -> dict[str, Any]:
    return {
        "id": str(10 + len(name)),
        "key": name,
        "name": name.replace("_", " ").title(),
        "type": "PROJECT",
        "description": "",
        "havePermission": name not in site.state.denied,
    }


def _project(site: Site, routes: APIRouter, *, held: Held) -> None:
    @routes.get(f"{_PREFIX}/project/{{key}}", response_model=None)
    @held
    def project(version: str, key: str) -> dict[str, Any]:
        found = find_project(site, key)
        versions = [one.id for one in site.state.versions.values() if one.project == found.key]
        return {
            **view.project(site.state, found.key),
            "lead": site.state.account(found.lead).shown(site.state.site, site.state.flavour),
            "issueTypes": metadata.issue_types(site.state, found),
            "versions": [view.version(site.state, ident) for ident in versions],
        }


def find_project(site: Site, key: str) -> catalogue.Project:
    """By key or id. Raises Refused 404, also for one that our account may not browse."""
    for entry in site.state.projects.values():
        if key.upper() in {entry.key, str(entry.id)} and entry.key not in site.state.hidden:
            return entry
    raise Refused(404, f"No project could be found with key '{key}'.")


def _createmeta(site: Site, routes: APIRouter, *, held: Held) -> None:
    path = f"{_PREFIX}/issue/createmeta/{{key}}/issuetypes"
    cloud = site.state.flavour is Flavour.CLOUD

    @routes.get(path, response_model=None)
    @held
    def types(version: str, key: str, startAt: int = 0, maxResults: int = PAGE) -> Any:  # noqa: N803
        found = metadata.issue_types(site.state, find_project(site, key))
        word = "issueTypes" if cloud else "values"
        return metadata.page(found, startAt, size=maxResults, word=word)

    @routes.get(f"{path}/{{kind}}", response_model=None)
    @held
    def fields(
        version: str,
        key: str,
        kind: str,
        startAt: int = 0,  # noqa: N803
        maxResults: int = PAGE,  # noqa: N803
    ) -> Any:
        project = find_project(site, key)
        names = [one.name for one in catalogue.TYPES if one.id == kind]
        if not names or names[0] not in project.types:
            raise Refused(404, "The issue type does not exist in this project.")
        found = metadata.create_fields(site.state, project, names[0])
        word = "fields" if cloud else "values"
        return metadata.page(found, startAt, size=maxResults, word=word)


def _lists(site: Site, routes: APIRouter, *, held: Held) -> None:
    @routes.get(f"{_PREFIX}/field", response_model=None)
    def fields(version: str) -> list[dict[str, Any]]:
        return [metadata.listed_field(entry) for entry in catalogue.FIELDS.values()]

    @routes.get(f"{_PREFIX}/priority", response_model=None)
    def priorities(version: str) -> list[dict[str, Any]]:
        return metadata.named(site.state, "priority", catalogue.PRIORITIES)

    @routes.get(f"{_PREFIX}/resolution", response_model=None)
    def resolutions(version: str) -> list[dict[str, Any]]:
        return metadata.named(site.state, "resolution", catalogue.RESOLUTIONS)

    @routes.get(f"{_PREFIX}/status", response_model=None)
    def statuses(version: str) -> list[dict[str, Any]]:
        return [view.status(entry.id, site.state.site) for entry in catalogue.STATUSES]


def _accounts(site: Site, found: Iterable[Account]) -> list[dict[str, Any]]:
    return [account.shown(site.state.site, site.state.flavour, rest=True) for account in found]


def _users(site: Site, routes: APIRouter, *, held: Held) -> None:
    @routes.get(f"{_PREFIX}/user/search", response_model=None)
    @held
    def search(
        version: str,
        query: str = "",
        accountId: str = "",  # noqa: N803
        username: str = "",
    ) -> list[dict[str, Any]]:
        wanted = _only_one(site, query, account_id=accountId, username=username)
        found = [one for one in site.state.accounts.values() if _named(one, wanted)]
        return _accounts(site, found)

    @routes.get(f"{_PREFIX}/user/assignable/search", response_model=None)
    @held
    def assignable(
        version: str,
        project: str = "",
        issueKey: str = "",  # noqa: N803
        query: str = "",
        username: str = "",
    ) -> list[dict[str, Any]]:
        if not project and not issueKey:
            raise Refused(400, "You must specify a project or an issue key.")
        key = find_project(site, project).key if project else site.state.seen(issueKey).project
        assert key
        able = [one for one in site.state.accounts.values() if one.active]
        return _accounts(site, [one for one in able if _named(one, query or username)])


def _one_user(site: Site, routes: APIRouter, *, held: Held) -> None:
    @routes.get(f"{_PREFIX}/user", response_model=None)
    @held
    def user(version: str, accountId: str = "", username: str = "") -> dict[str, Any]:  # noqa: N803
        for account in site.state.accounts.values():
            if account.key(site.state.flavour) == (accountId or username):
                return account.shown(site.state.site, site.state.flavour, rest=True)
        raise Refused(404, "Specified user does not exist or you do not have permission.")


def _only_one(site: Site, query: str, *, account_id: str, username: str) -> str:
    """Cloud takes `query` or `accountId`, exactly one; Data Center `username`."""
    given = [one for one in (query, account_id) if one]
    if site.state.flavour is Flavour.DATACENTER:
        given = [username] if username else []
    if len(given) != 1:
        raise Refused(400, "Exactly one of 'query' and 'accountId' is required.")
    return given[0]


def _named(account: Account, wanted: str) -> bool:
    words = (account.display, account.name, account.email)
    return account.id == wanted or any(word.lower().startswith(wanted.lower()) for word in words)


def _cloud_search(finds: Search, routes: APIRouter, *, held: Held) -> None:
    @routes.post(f"{_PREFIX}/search/jql", response_model=None)
    @held
    def post(version: str, body: Any = _ANY) -> dict[str, Any]:
        if not isinstance(body, dict):
            raise Refused(400, BAD_BODY)
        return finds.by_token(body, version=api(version))

    @routes.get(f"{_PREFIX}/search/jql", response_model=None)
    @held
    def read(
        *,
        version: str,
        jql: str = "",
        fields: str = "",
        maxResults: int = PAGE,  # noqa: N803
        nextPageToken: str | None = None,  # noqa: N803
        reconcileIssues: str = "",  # noqa: N803
    ) -> dict[str, Any]:
        reconciled = [int(one) for one in reconcileIssues.split(",") if one.isdecimal()]
        body = {"jql": jql, "fields": fields, "maxResults": maxResults}
        more = {"nextPageToken": nextPageToken, "reconcileIssues": reconciled}
        return finds.by_token({**body, **more}, version=api(version))


def _counted_and_gone(finds: Search, routes: APIRouter, *, held: Held) -> None:
    @routes.post(f"{_PREFIX}/search/approximate-count", response_model=None)
    @held
    def count(version: str, body: Any = _ANY) -> dict[str, int]:
        if not isinstance(body, dict):
            raise Refused(400, BAD_BODY)
        return {"count": finds.count(str(body.get("jql", "")))}

    @routes.api_route(f"{_PREFIX}/search", methods=["GET", "POST"], response_model=None)
    def gone(version: str) -> None:
        raise Refused(410, SEARCH_IS_GONE)


def _datacenter_search(finds: Search, routes: APIRouter, *, held: Held) -> None:
    @routes.post(f"{_PREFIX}/search", response_model=None)
    @held
    def post(version: str, body: Any = _ANY) -> dict[str, Any]:
        if not isinstance(body, dict):
            raise Refused(400, BAD_BODY)
        return finds.by_number(body)

    @routes.get(f"{_PREFIX}/search", response_model=None)
    @held
    def read(
        *,
        version: str,
        jql: str = "",
        fields: str = "",
        startAt: int = 0,  # noqa: N803
        maxResults: int = PAGE,  # noqa: N803
    ) -> dict[str, Any]:
        page = {"startAt": startAt, "maxResults": maxResults}
        return finds.by_number({"jql": jql, "fields": fields, **page})
