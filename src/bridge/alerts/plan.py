"""Which cards the due groups of one route make: one each, or one for all that had to wait. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class Cap:
    """So many cards of a route in a window, and no more."""

    cards: int
    per: timedelta


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A group that has something to say. `waited`: some of it was held back before."""

    group: str
    waited: bool = False


def room(cap: Cap | None, sent: Sequence[datetime], now: datetime) -> int | None:
    """How many cards may go out now; `None`: any number. `sent`: when those of the window went."""
    if cap is None:
        return None
    return max(0, cap.cards - sum(at > now - cap.per for at in sent))


def frees_at(cap: Cap, sent: Sequence[datetime], now: datetime) -> datetime:
    """When there is room for one more, where there is none now."""
    within = sorted(at for at in sent if at > now - cap.per)
    return within[len(within) - cap.cards] + cap.per


def cards(wishes: Sequence[Wish], room: int | None) -> list[tuple[str, ...]]:
    """The groups of each card. Those that had to wait share one, and so does what finds no room."""
    own = [one.group for one in wishes if not one.waited]
    shared = [one.group for one in wishes if one.waited]
    if room is not None and len(own) + bool(shared) > room:
        own, shared = own[: room - 1], [*shared, *own[room - 1 :]]
    return [*((group,) for group in own), *([tuple(shared)] if shared else [])]
