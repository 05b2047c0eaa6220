"""Ends and trips between them, as a sync has them."""

from collections.abc import Mapping
from typing import Any

from bridge.converters.contract import NOBODY, Directory, Place, Trip

CASE = Place(connection="salesforce", system="salesforce", object="Case", field="body", path="x")
ISSUE = Place(connection="jira", system="jira", object="issue", field="body", path="y")


class Known:
    """A directory of pairs: (connection, account) of whoever has which account where else."""

    def __init__(self, accounts: Mapping[tuple[str, str, str], str]) -> None:
        self.accounts = accounts

    def account(self, account: str, *, at: str, to: str) -> str | None:
        return self.accounts.get((at, account, to))


def to_jira(current: Any = None, *, directory: Directory = NOBODY, url: str = "") -> Trip:
    return Trip(at=CASE, to=ISSUE, current=current, directory=directory, url=url)


def to_salesforce(current: Any = None, *, directory: Directory = NOBODY, url: str = "") -> Trip:
    return Trip(at=ISSUE, to=CASE, current=current, directory=directory, url=url)
