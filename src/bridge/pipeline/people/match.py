"""Who at one system somebody of another one is, by the e-mail address of both. Pure, and no guess."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bridge.connectors.roster import Account


class Reason(StrEnum):
    """Why nobody is found."""

    NOT_ASKED = "not_asked"
    GONE = "gone"
    QUEUE = "queue"
    NO_EMAIL = "no_email"
    NOBODY = "nobody"
    SEVERAL = "several"
    INACTIVE = "inactive"
    CANNOT_ASK = "cannot_ask"
    NOT_EXACT = "not_exact"


WORDS = {
    Reason.NOT_ASKED: "not looked up yet",
    Reason.GONE: "{at} does not know this account any more",
    Reason.QUEUE: "a queue or an app, which has no e-mail address to go by",
    Reason.NO_EMAIL: "{at} does not show an e-mail address",
    Reason.NOBODY: "nobody at {to} shows this e-mail address",
    Reason.SEVERAL: "several people at {to} have this e-mail address",
    Reason.INACTIVE: "the account at {to} is not active",
    Reason.NOT_EXACT: "nobody at {to} is exactly this, or several people are",
    Reason.CANNOT_ASK: "{at} or {to} cannot be asked who somebody is",
}


@dataclass(frozen=True, kw_only=True)
class Match:
    """An account at the other system, or the reason why there is none."""

    found: str | None = None
    reason: Reason | None = None


def cannot_be_found(account: Account | None) -> Reason | None:
    """Why it makes no sense to look for somebody elsewhere; `None`: it does."""
    if account is None:
        return Reason.GONE
    if not account.person:
        return Reason.QUEUE
    return None if account.email else Reason.NO_EMAIL


def matched(candidates: Sequence[Account]) -> Match:
    """The one active person among those who have an address."""
    people = {one.id: one for one in candidates if one.person}
    active = [one for one in people.values() if one.active]
    if len(active) == 1:
        return Match(found=active[0].id)
    if active:
        return Match(reason=Reason.SEVERAL)
    return Match(reason=Reason.INACTIVE if people else Reason.NOBODY)
