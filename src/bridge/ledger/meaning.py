"""What a sighting means beside the record that is known: pure, from values alone."""

from collections.abc import Mapping
from typing import Any

from bridge.canonical.event import Act, Change, Event, event_id
from bridge.canonical.ids import stable_id
from bridge.ledger import compare, told
from bridge.ledger.latest import Latest
from bridge.ledger.sighting import Context, Sighting

Data = Mapping[str, Any]


def tracked_fields(sighting: Sighting, context: Context) -> frozenset[str]:
    """What makes changes: a source narrows what its kind tracks, and never widens it."""
    known = context.kinds[sighting.kind].tracked
    return known if sighting.tracked is None else known & sighting.tracked


def is_stale(row: Latest | None, sighting: Sighting) -> bool:
    """Older than what the record shows: the vendor's own stamps decide, never arrival.

    Two changes may share a stamp; then the vendor's numbers do, where it counts its changes.
    """
    if row is None or row.stamp is None or sighting.stamp is None:
        return False
    if sighting.stamp != row.stamp:
        return sighting.stamp < row.stamp
    known, shown = row.version or "", sighting.version
    return known.isdecimal() and shown.isdecimal() and int(shown) < int(known)


def act_of(row: Latest | None, sighting: Sighting, context: Context) -> Act:
    """What a shown state means. A record older than this installation was not created just now."""
    if sighting.act is not Act.SEEN:
        return sighting.act
    if row is not None or sighting.with_past:
        return Act.UPDATED
    born, live = sighting.created_at, context.live_since
    return Act.UPDATED if born and live and born < live else Act.CREATED


def acting(act: Act, sighting: Sighting) -> Sighting:
    if act is sighting.act:
        return sighting
    fields = {name: getattr(sighting, name) for name in sighting.__dataclass_fields__}
    return Sighting(**{**fields, "act": act})


def is_back(row: Latest | None, sighting: Sighting) -> bool:
    """Whether a record that was gone is shown again. Of the way there nobody need have told.

    A vendor stamps what it takes out of its bin; so what a refused record showed before is old.
    """
    if row is None or sighting.act is Act.DELETED or is_stale(row, sighting):
        return False
    if row.deleted_at is not None:
        return True
    if row.refused_at is None:
        return False
    return row.stamp is None or sighting.stamp is None or sighting.stamp > row.stamp


def says_nothing(
    row: Latest | None, sighting: Sighting, changed: tuple[Change, ...], act: Act
) -> bool:
    """A state shown again. What the vendor calls an update is a fact even without a mapped change."""
    known = row is not None and row.deleted_at is None and not is_back(row, sighting)
    return known and sighting.act is Act.SEEN and not changed and act is Act.UPDATED


def version_of(sighting: Sighting, act: Act, changed: tuple[Change, ...]) -> str:
    if act in {Act.CREATED, Act.DELETED}:
        return ""
    base = sighting.version or (sighting.stamp or sighting.occurred_at).isoformat()
    if sighting.act is not Act.SEEN:
        return base
    # Two writes may share one stamp; what a comparison found tells them apart.
    shown = repr([(change.field, change.before, change.after) for change in changed])
    return f"{base}{told.COMPARED}{stable_id('ver', shown)}"


def deleted_again(event: Event) -> Event:
    """A record that was restored may go once more. That it is gone is the identity of the first
    time, so this one needs its time with it."""
    version = event.occurred_at.isoformat()
    identity = event_id(event.subject, event.kind, version)
    return event.model_copy(update={"version": version, "id": identity})


def event_of(
    sighting: Sighting,
    act: Act,
    before: Data | None,
    changed: tuple[Change, ...],
    *,
    stale: bool,
    context: Context,
) -> Event:
    kind = f"{sighting.kind}.{act}"
    version = version_of(sighting, act, changed)
    known = before or {}
    return Event(
        id=event_id(sighting.ref, kind, version),
        connection=sighting.ref.connection,
        subject=sighting.ref,
        kind=kind,
        version=version,
        occurred_at=sighting.occurred_at,
        recorded_at=context.now,
        origin=sighting.origin,
        actor=sighting.actor,
        department=sighting.department,
        customer=sighting.customer or (known.get("customer") or {}).get("ref"),
        project=sighting.project or known.get("project"),
        record=dict(known) if stale else compare.merged(before, sighting),
        changes=changed,
        schema_version=context.kinds[sighting.kind].version,
        stale=stale,
    )


def is_ours(row: Latest, sighting: Sighting) -> bool:
    """Whether our account was the last who touched the record, as its newest state says.

    Of two states with one stamp nobody knows which is the newer: then it is not believed.
    """
    if not sighting.ours or sighting.act is Act.DELETED:
        return False
    if row.stamp is None or sighting.stamp is None:
        return row.ours
    if row.ours or sighting.stamp > row.stamp:
        return True
    known, shown = row.version or "", sighting.version
    return known.isdecimal() and shown.isdecimal() and int(shown) > int(known)
