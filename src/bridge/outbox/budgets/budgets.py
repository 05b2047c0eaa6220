"""What of the vendors' limits bounds the next claim: rooms, parts that are shut, urgent ones alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bridge.clock import Clock
from bridge.connectors.connected import Connections
from bridge.db import Database
from bridge.outbox.budgets.till import Till
from bridge.outbox.claims import Claimed, End
from bridge.outbox.ordering import Wanted

SOONEST_SECONDS = 0.02  # between two looks, however soon there is more
LONGEST_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Budgets:
    """The tills of one node, by connection. Without any, nothing is bounded."""

    tills: Mapping[str, Till] = field(default_factory=dict)

    def bound(self, wanted: Wanted, *, ask: bool = False) -> Wanted:
        """The same, within what this node may spend now. With `ask` it may ask the database for more.

        What it does not know yet is not bounded: each call is admitted by itself, too.
        """
        for name in sorted(wanted.rooms):
            till = self.tills.get(name)
            if till is None:
                continue
            if ask:
                till.refresh()
            wanted = _bounded(wanted, name, till)
        return wanted

    def scarce(self) -> dict[str, int]:
        """By part: how many ordinary calls may begin before others must wait, as far as is known."""
        return {
            f"{name}|{part}": room.scarce
            for name, till in self.tills.items()
            for part, room in till.parts().items()
        }

    def opens_in(self) -> float:
        """Seconds to rest for a limit that holds back what is due; 0 if none does.

        Never for long: what else comes due meanwhile does not ring.
        """
        waits = [wait for till in self.tills.values() if (wait := till.opens_in()) is not None]
        return min(LONGEST_SECONDS, max(SOONEST_SECONDS, min(waits))) if waits else 0.0

    def paced(self, ends: Sequence[tuple[Claimed, End]]) -> list[tuple[Claimed, End]]:
        """The same ends, with the limits on the writes of one record where there are some."""
        return [
            (claimed, replace(end, paces=till.record_paces))
            if (till := self.tills.get(claimed.delivery.connection)) and till.record_paces
            else (claimed, end)
            for claimed, end in ends
        ]


def keep_within(
    connections: Connections, database: Database, clock: Clock, *, node: str, scale: float
) -> Budgets:
    """From now on each call of these connections passes the till of its own. Before their first call."""
    tills = {
        name: Till(connected=connected, database=database, clock=clock, node=node, scale=scale)
        for name, connected in connections.items()
    }
    for name, till in tills.items():
        connections[name].meter = till
    return Budgets(tills=tills)


def _bounded(wanted: Wanted, name: str, till: Till) -> Wanted:
    whole, of_parts = till.room(), till.parts()
    if not of_parts and (whole is None or whole.ordinary >= wanted.rooms[name]):
        return wanted
    rooms, parts = dict(wanted.rooms), dict(wanted.parts)
    shut, urgent_only = {*wanted.shut}, {*wanted.urgent_only}
    if whole is not None:
        rooms[name] = min(rooms[name], whole.ordinary or whole.urgent)
        if not whole.ordinary:
            urgent_only.add(name)
    for part, room in of_parts.items():
        place = f"{name}|{part}"
        if not room.urgent:
            shut.add(place)
            continue
        parts[place] = room.ordinary or room.urgent
        if not room.ordinary:
            urgent_only.add(place)
    scarce = {f"{name}|{part}": room.scarce for part, room in of_parts.items()}
    return replace(
        wanted,
        scarce={**wanted.scarce, **scarce},
        rooms={name: room for name, room in rooms.items() if room > 0},
        parts=parts,
        shut=shut,
        urgent_only=urgent_only,
    )
