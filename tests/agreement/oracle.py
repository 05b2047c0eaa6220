"""What two ends of a pair may show when everything has calmed down. Pure.

Written from the words of the policies, not from the code that follows them:

salesforce, jira   what the owner's side shows is what both show
latest             the later of two edits wins, by the vendors' own times
ask                one side's edit reaches the other; edits on both sides wait for a person

A vendor that was only found by a search, or told late, tells when a record was last changed, not
when a field was. So a later edit must win only if nobody has changed the other record since;
nor have we, in another field, before we wrote this one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from agreement.deeds import JIRA, SALESFORCE, Edit, Pair

SAME_TIME = timedelta(seconds=1)  # Salesforce keeps whole seconds


class Owner(StrEnum):
    SALESFORCE = "salesforce"
    JIRA = "jira"
    LATEST = "latest"
    ASK = "ask"


OTHER = {SALESFORCE: JIRA, JIRA: SALESFORCE}


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """What both ends may show, `either` of them; `apart`: they may differ, if a person is asked."""

    either: frozenset[Any]
    apart: bool = False


def allowed(pair: Pair, name: str, owner: Owner, touched: Mapping[str, datetime]) -> Allowed:
    """Of a field of a pair whose ends are both there. `touched`: by side when its record last changed."""
    last = {side: _last(pair.of(side, name)) for side in OTHER}
    edits = [one.value for one in last.values() if one is not None]
    if not edits:
        return Allowed(either=frozenset({pair.base.get(name)}))
    match owner:
        case Owner.SALESFORCE | Owner.JIRA:
            return Allowed(either=_owned(pair, name, last[owner.value], edits))
        case Owner.LATEST:
            return Allowed(either=frozenset(_latest(last, touched)))
        case Owner.ASK:
            return Allowed(either=frozenset(edits), apart=len(edits) > 1)


def _latest(last: dict[str, Edit | None], touched: Mapping[str, datetime]) -> Iterable[Any]:
    """A record may be younger than its field, and then so may its field seem to be."""
    for side, edit in last.items():
        other = last[OTHER[side]]
        if edit is not None and (other is None or touched[side] + SAME_TIME >= other.at):
            yield edit.value


def _owned(pair: Pair, name: str, own: Edit | None, edits: list[Any]) -> frozenset[Any]:
    """What the owner's side shows; a pair that has never agreed may take what the other end has."""
    if own is not None:
        return frozenset({own.value})
    if name in pair.base:
        return frozenset({pair.base[name]})
    return frozenset({None, *edits})


def _last(edits: Iterable[Edit]) -> Edit | None:
    """They are in the order in which they were made."""
    return next(reversed(list(edits)), None)
