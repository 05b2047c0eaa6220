"""Proof that a connection can do its work, line by line, each with what to do if it cannot."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridge.connectors.checking import CheckResult
from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.settings import Flavour
from bridge.errors import BridgeError, TransientError

PERMISSIONS = (
    "BROWSE_PROJECTS",
    "CREATE_ISSUES",
    "EDIT_ISSUES",
    "TRANSITION_ISSUES",
    "ADD_COMMENTS",
)
REACH = "see that `url` is the site's address and that this machine may reach it"
SIGN_IN = {
    Flavour.CLOUD: "make a new API token for `email` at id.atlassian.com (one with scopes works"
    " only with api_url: https://api.atlassian.com/ex/jira/CLOUD_ID)",
    Flavour.DATACENTER: "make a new personal access token in the account's profile",
}


def check(client: JiraClient) -> Sequence[CheckResult]:
    """Reachability, credentials, permissions and the way in. What cannot be asked is not passed."""
    return [_reach(client), _account(client), *_permissions(client), _webhook(client)]


def _reach(client: JiraClient) -> CheckResult:
    return _asked("reachable", lambda: f"Jira {client.server().get('version', '')}", REACH)


def _account(client: JiraClient) -> CheckResult:
    """Who we are must be who the settings say, or echoes of ours look like somebody's work."""
    remedy = SIGN_IN[client.settings.flavour]
    try:
        me = client.myself()
    except BridgeError as error:
        return _failed("credentials", error, remedy)
    return _is_account(me, client.settings.account_id)


def _is_account(me: Mapping[str, Any], configured: str | None) -> CheckResult:
    ids = {str(me[name]) for name in ("accountId", "name", "key") if me.get(name)}
    if configured is not None and configured not in ids:
        return CheckResult(
            name="credentials",
            ok=False,
            detail="the token belongs to another account than account_id",
            remedy="set account_id to the account of the token, or leave it out",
        )
    return CheckResult(name="credentials", ok=True, detail="signed in")


def _permissions(client: JiraClient) -> Sequence[CheckResult]:
    settings = client.settings
    projects = dict.fromkeys(
        (*((settings.project,) if settings.project else ()), *settings.projects)
    )
    return [_permission(client, project) for project in projects or (None,)]


def _permission(client: JiraClient, project: str | None) -> CheckResult:
    name = f"permissions in {project}" if project else "permissions anywhere"
    try:
        held = client.permissions(project, PERMISSIONS)
    except BridgeError as error:
        remedy = "see that the project exists and that the account may browse it"
        return _failed(name, error, remedy)
    missing = [permission for permission in PERMISSIONS if not held.get(permission)]
    if missing:
        remedy = "give them to the account in the project's permission scheme"
        return CheckResult(
            name=name, ok=False, detail=f"missing: {', '.join(missing)}", remedy=remedy
        )
    return CheckResult(name=name, ok=True, detail=", ".join(PERMISSIONS))


def _webhook(client: JiraClient) -> CheckResult:
    hook = client.settings.webhook
    refs = (
        *hook.secrets,
        *hook.automation_secrets,
        *((hook.basic.password,) if hook.basic else ()),
    )
    remedy = "set webhook.secrets to env:NAME or file:PATH, with the secret of the webhook in Jira"
    if not refs:
        return CheckResult(name="webhook secret", ok=False, detail="none is set", remedy=remedy)
    return _asked(
        "webhook secret", lambda: f"{len([ref.reveal() for ref in refs])} readable", remedy
    )


def _asked(name: str, ask: Callable[[], str], remedy: str) -> CheckResult:
    try:
        return CheckResult(name=name, ok=True, detail=ask().strip())
    except BridgeError as error:
        return _failed(name, error, remedy)


def _failed(name: str, error: BridgeError, remedy: str) -> CheckResult:
    """A site that cannot be asked is no reason to make a new token."""
    apt = REACH if isinstance(error, TransientError) else remedy
    return CheckResult(name=name, ok=False, detail=str(error), remedy=apt)
