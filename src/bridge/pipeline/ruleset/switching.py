"""Another set of mappings becomes the active one: its difference is noted, and it is one at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.rules import store
from bridge.rules.difference import Difference, differences, phrase

FIRST = "the first set"


@dataclass(frozen=True, kw_only=True)
class Switch:
    """What was asked for, and how it went. `before`: the set that was active until now."""

    hash: str
    before: str | None
    differences: tuple[Difference, ...]

    @property
    def changed(self) -> bool:
        return self.hash != self.before


def compare(session: Session, wanted: str, files: Mapping[str, str]) -> Switch:
    """What making this set the active one would change."""
    before = store.active_hash(session)
    old = store.files(session, before) if before is not None else None
    return Switch(hash=wanted, before=before, differences=differences(old or {}, files))


def activate(
    session: Session,
    wanted: str,
    files: Mapping[str, str],
    *,
    by: str,
    why: str,
    kind: str,
    now: datetime,
) -> Switch:
    """Make a checked set the active one, unless it is already: then nothing is noted."""
    store.hold_active(session)
    switch = compare(session, wanted, files)
    if switch.changed:
        said = phrase(switch.differences) if switch.before is not None else FIRST
        store.activate(session, wanted, files, by=by, why=why, kind=kind, changed=said, now=now)
    return switch


def roll_back(session: Session, *, by: str, why: str, now: datetime) -> Switch | None:
    """Return to the set before the active one. `None`: there is none."""
    store.hold_active(session)
    earlier = store.previous(session)
    if earlier is None:
        return None
    switch = compare(session, earlier, store.files(session, earlier) or {})
    store.roll_back(session, by=by, why=why, changed=phrase(switch.differences), now=now)
    return switch
