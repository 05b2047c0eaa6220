"""How the work that is linked to a record adds up to one line on its board, by role and relation."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.canonical.record import Status

_ORDER = {status.value: number for number, status in enumerate(Status)}
Item = tuple["Rolling", Mapping[str, Any]]  # a record of work, and how it counts


@dataclass(frozen=True, kw_only=True)
class Rolling:
    """How links of one sort count. `most`: the most advanced status, not the least; `earliest`: the
    first due date, not the last; without `counts` they are left out."""

    most: bool = False
    earliest: bool = False
    counts: bool = True


@dataclass(frozen=True, kw_only=True)
class Rollings:
    """The same by role or relation; the role's word counts first."""

    declared: Mapping[str, Rolling] = field(default_factory=dict)

    def of(self, *, role: str, relation: str) -> Rolling:
        return self.declared.get(role) or self.declared.get(relation) or USUAL


USUAL = Rolling()
UNDECLARED = Rollings()


@dataclass(frozen=True, kw_only=True)
class Rollup:
    """All work linked to one record, as one line on its board."""

    status: str | None = None  # least advanced, unless it is declared otherwise
    due: datetime | None = None  # latest, likewise
    done: int = 0
    total: int = 0


def rolled(items: Iterable[Item]) -> Rollup:
    """Each sort adds up by its own words; of several sorts the least advanced and the latest count."""
    sorts: dict[Rolling, list[Mapping[str, Any]]] = {}
    for rolling, record in items:
        if rolling.counts:
            sorts.setdefault(rolling, []).append(record)
    sums = [_sum(rolling, work) for rolling, work in sorts.items()]
    return Rollup(
        status=_first((one.status for one in sums), min),
        due=max((one.due for one in sums if one.due), default=None),
        done=sum(one.done for one in sums),
        total=sum(one.total for one in sums),
    )


def _sum(rolling: Rolling, work: list[Mapping[str, Any]]) -> Rollup:
    statuses = [item.get("status") or Status.TODO.value for item in work]
    dues = [datetime.fromisoformat(item["due"]) for item in work if item.get("due")]
    return Rollup(
        status=_first(statuses, max if rolling.most else min),
        due=(min if rolling.earliest else max)(dues, default=None),
        done=sum(status == Status.DONE for status in statuses),
        total=len(work),
    )


def _first(statuses: Iterable[str | None], pick: Callable[..., Any]) -> str | None:
    known = [status for status in statuses if status is not None]
    found: str | None = pick(known, key=lambda status: _ORDER.get(status, 0), default=None)
    return found
