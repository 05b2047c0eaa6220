"""Keep the shadows of ordering keys true, with the ends of their calls: the keys are locked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.outbox.shadow import Shadow, doubt
from bridge.outbox.tables import DeliveryRow, OrderingKeyRow


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What the end of a claim says of its record."""

    delivery: DeliveryRow
    key: str
    fence: int
    began: datetime
    names: frozenset[str]  # the keys that the record it called may have, if that is known
    left: Shadow | None  # of what was written there
    spared: bool  # it would have changed nothing, and was not sent


def concerned(said: Sequence[Said]) -> Collection[str]:
    """The keys of these ends, and all that their records may have besides."""
    return {one.key for one in said}.union(*(one.names for one in said))


def cast(
    keys: Mapping[str, OrderingKeyRow],
    said: Sequence[Said],
    held: Collection[str],
    *,
    now: datetime,
) -> dict[str, str]:
    """The new shadows of keys that are `held`: whose lease was not lost meanwhile. Others are told here.

    An end that says nothing of its own key leaves the shadow behind under an older fence: that is
    enough for nobody to believe it. Under another key the record may be in hand just now.
    """
    new: dict[str, str] = {}
    for one in said:
        if one.key in held:
            before = new.get(one.key) or keys[one.key].shadow
            left = _left(before, one)
            new |= {one.key: left} if left else {}
        for name in one.names - {one.key}:
            other = keys.get(name)
            if other is not None and (other.shadow or other.leased_until):
                new[name] = other.shadow = doubt(one.delivery.id, at=now).text()
    return {name: text for name, text in new.items() if name in held}


def _left(had: str | None, one: Said) -> str | None:
    """The shadow of its own key after an end. `None`: it stays what it was."""
    before = Shadow.read(had) if one.left or one.spared else None
    if one.spared and before is not None and before.fence == one.fence - 1:
        return before.still(one.fence).text()
    if one.left is None or one.key not in one.names:
        return None
    left = one.left.under(one.fence, at=one.began)
    return None if before is not None and left.is_in_doubt(before) else left.text()
