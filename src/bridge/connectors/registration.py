"""Webhooks as `bridge.yaml` declares them, beside those that a system has: what is amiss. Pure.

A registration is declared, compared, and put right on request; it is never added at a start, since
each start would then add one, and each event would come as often.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

C = TypeVar("C")
SOON = timedelta(days=7)  # before it expires: it is renewed, and nobody need hurry if that fails


class Standing(StrEnum):
    """How a registration stands. `extra`: it sends to a declared URL, and nobody declared it."""

    THERE = "there"
    MISSING = "missing"
    DIFFERS = "differs"
    EXPIRES = "expires"
    EXTRA = "extra"
    UNKNOWN = "unknown"


class Repair(StrEnum):
    """What puts it right. A replacement is registered before the old one goes: nothing falls between."""

    NOTHING = ""
    REGISTER = "register"
    REPLACE = "replace"
    RENEW = "renew"
    REMOVE = "remove"


REPAIRS = {
    Standing.MISSING: Repair.REGISTER,
    Standing.DIFFERS: Repair.REPLACE,
    Standing.EXPIRES: Repair.RENEW,
    Standing.EXTRA: Repair.REMOVE,
}


@dataclass(frozen=True, kw_only=True)
class Declared:
    """`expires`: of the kind that a vendor forgets after a time. `filter`: in the vendor's words."""

    name: str
    url: str
    events: frozenset[str]
    filter: str = ""
    expires: bool = False


@dataclass(frozen=True, kw_only=True)
class Found:
    """One as the system shows it. `None`: it does not say. `name` and `url` may be empty, unsaid."""

    id: str
    name: str = ""
    url: str = ""
    events: frozenset[str] = frozenset()
    filter: str | None = None
    enabled: bool | None = None
    signed: bool | None = None
    bodies: bool | None = None
    expires: bool = False
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the comparison."""

    name: str
    url: str
    standing: Standing
    detail: str = ""
    expires_at: datetime | None = None
    declared: Declared | None = None
    found: Found | None = None

    @property
    def repair(self) -> Repair:
        return REPAIRS.get(self.standing, Repair.NOTHING)


@dataclass(frozen=True, kw_only=True)
class Registrar(Generic[C]):
    """How a system's webhooks are seen and put right.

    declared  (settings) -> what `bridge.yaml` says; makes no call
    found     (client) -> what there is; raises DeliveryErrors, as the others do
    register  (client, declared)
    remove    (client, found)
    renew     (client, found)
    """

    declared: Callable[[Any], Sequence[Declared]]
    found: Callable[[C], Sequence[Found]]
    register: Callable[[C, Declared], None]
    remove: Callable[[C, Found], None]
    renew: Callable[[C, Found], None]


def compare(
    declared: Sequence[Declared], found: Sequence[Found], *, now: datetime
) -> Sequence[Finding]:
    """Each declared one with what stands for it, and what else sends to one of their URLs.

    One that is as declared goes first to whom it fits; else one of the same URL stands for it. A name
    alone says nothing: two Bridges may share a system.
    """
    left = list(found)
    fitting: dict[Declared, Found] = {}
    for exact in (True, False):
        for one in (each for each in declared if each not in fitting):
            stands = next((it for it in left if _stands_for(it, one, exact=exact)), None)
            if stands is not None:
                fitting[one] = stands
                left.remove(stands)
    urls = {one.url for one in declared}
    return [
        *(_judged(one, fitting.get(one), now, left) for one in declared),
        *(_extra(one) for one in left if one.url in urls),
    ]


def unknown(declared: Sequence[Declared], why: str) -> Sequence[Finding]:
    """The system cannot be asked."""
    return [
        Finding(name=one.name, url=one.url, standing=Standing.UNKNOWN, detail=why, declared=one)
        for one in declared
    ]


def _stands_for(found: Found, declared: Declared, *, exact: bool) -> bool:
    if found.expires != declared.expires:
        return False
    # Without a URL an app is shown: its own ones alone.
    return found.url in {declared.url, ""} and not (exact and differences(found, declared))


def differences(found: Found, declared: Declared) -> Sequence[str]:
    """Why events would not come as they should; what the system does not say is let be."""
    lacking, more = declared.events - found.events, found.events - declared.events
    if not found.events:
        lacking, more = frozenset(), frozenset({"every other event"})  # none named: all are sent
    filters = found.filter is not None and found.filter.strip() != declared.filter.strip()
    said = {
        "it is disabled": found.enabled is False,
        "it has no secret": found.signed is False,
        "it sends no bodies": found.bodies is False,
        f"it lacks {', '.join(sorted(lacking))}": bool(lacking),
        f"it sends {', '.join(sorted(more))} too": bool(more),
        f"its filter is {found.filter!r}": filters,
    }
    return [text for text, is_so in said.items() if is_so]


def _judged(
    declared: Declared, found: Found | None, now: datetime, left: Sequence[Found]
) -> Finding:
    if found is None:
        namesakes = sorted(one.url for one in left if one.name == declared.name)
        return Finding(
            name=declared.name,
            url=declared.url,
            standing=Standing.MISSING,
            detail="".join(f"one of this name sends to {url}" for url in namesakes[:1]),
            declared=declared,
        )
    amiss = differences(found, declared)
    ends = found.expires_at is not None and found.expires_at - now <= SOON
    standing = Standing.DIFFERS if amiss else Standing.EXPIRES if ends else Standing.THERE
    return Finding(
        name=declared.name,
        url=declared.url,
        standing=standing,
        detail="; ".join(amiss),
        expires_at=found.expires_at,
        declared=declared,
        found=found,
    )


def _extra(found: Found) -> Finding:
    return Finding(
        name=found.name,
        url=found.url,
        standing=Standing.EXTRA,
        detail="it is not declared, and sends to the same URL: each event comes once more",
        expires_at=found.expires_at,
        found=found,
    )
