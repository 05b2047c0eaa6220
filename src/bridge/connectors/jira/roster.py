"""Who is who at a Jira site. Cloud shows an e-mail address only where its owner lets it."""

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.settings import Flavour
from bridge.connectors.roster import Account, Roster

PERSON = "atlassian"  # accountType; the others are `app` and `customer`


def who(client: JiraClient, account: str) -> Account | None:
    shown = client.user(account)
    return None if shown is None else _account(client, shown)


def with_email(client: JiraClient, address: str) -> Sequence[Account]:
    """The search takes beginnings of names and addresses: whose address it shows must be this one."""
    found = (_account(client, one) for one in client.users(address))
    return [one for one in found if (one.email or "").casefold() == address.casefold()]


def _account(client: JiraClient, shown: Mapping[str, Any]) -> Account:
    cloud = client.settings.flavour is Flavour.CLOUD
    return Account(
        id=str(shown.get("accountId" if cloud else "name") or ""),
        name=shown.get("displayName"),
        email=shown.get("emailAddress") or None,
        active=shown.get("active") is not False,
        person=shown.get("accountType", PERSON) == PERSON,
    )


ROSTER = Roster[JiraClient](who=who, with_email=with_email)
