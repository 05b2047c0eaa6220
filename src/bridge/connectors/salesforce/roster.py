"""Who is who in an org: users, and the queues that own records in their place."""

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.connectors.roster import Account, Roster
from bridge.connectors.salesforce.client import SalesforceClient
from bridge.connectors.salesforce.ids import full_id, is_id
from bridge.connectors.salesforce.quoting import format_soql

QUEUE = "00G"  # the prefix of a Group, which a queue is
STAFF = "Standard"  # UserType; customers in a portal and integrations have others
_USERS = "SELECT Id, Name, Email, IsActive, UserType FROM User WHERE"


def who(client: SalesforceClient, account: str) -> Account | None:
    """A user or a queue by id."""
    if not is_id(account):
        return None
    number = full_id(account)
    if number.startswith(QUEUE):
        rows = client.query(format_soql("SELECT Id, Name FROM Group WHERE Id = {}", number))
        return next((_queue(row) for row in rows), None)
    rows = client.query(format_soql(f"{_USERS} Id = {{}}", number))
    return next((_user(row) for row in rows), None)


def with_email(client: SalesforceClient, address: str) -> Sequence[Account]:
    """Users with this address, or who sign in by it. Several may have one address."""
    soql = format_soql(f"{_USERS} (Email = {{}} OR Username = {{}})", address, address)
    return [_user(row) for row in client.query(soql)]


def _user(row: Mapping[str, Any]) -> Account:
    return Account(
        id=full_id(str(row["Id"])),
        name=row.get("Name"),
        email=row.get("Email") or None,
        active=row.get("IsActive") is not False,
        person=row.get("UserType", STAFF) == STAFF,
    )


def _queue(row: Mapping[str, Any]) -> Account:
    return Account(id=full_id(str(row["Id"])), name=row.get("Name"), person=False)


ROSTER = Roster[SalesforceClient](who=who, with_email=with_email)
