"""What a decision may look at beside the event, read once under the subject's lock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.canonical.event import Event
from bridge.ledger.known import Known
from bridge.ledger.latest import Latest
from bridge.ledger.rolling import UNDECLARED, Rollings, Rollup, rolled
from bridge.ledger.tables import LinkRow, LinkState


@dataclass(frozen=True, kw_only=True)
class Linked:
    """The far end of a link of the event's subject. `ref` is `None` while its create is on the way."""

    link_id: str
    role: str
    relation: str
    kind: str  # record kind of the far end
    ref: str | None = None
    connection: str | None = None
    key: str | None = None
    url: str | None = None
    record: Mapping[str, Any] = field(default_factory=dict)
    rollup: Rollup = field(default_factory=Rollup)


@dataclass(frozen=True, kw_only=True)
class Due:
    """Why time made an event: for one rule, of the moment that its term counts from.

    `late`: Bridge was not there to say so in time. `said`: the term and that moment, in words.
    """

    rule: str
    since: datetime
    at: datetime
    late: bool = False
    said: str = ""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything `decide` may look at beside the event; read once, under the subject's lock."""

    now: datetime
    due: Due | None = None  # of an event that time made
    before: Mapping[str, Any] | None = None  # the record before this event; None: it was not known
    linked: tuple[Linked, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The form in which an event keeps the facts it was decided with."""
        return {
            "now": self.now.isoformat(),
            "due": None if self.due is None else _due_as_json(self.due),
            "before": self.before,
            "linked": [_linked_as_json(linked) for linked in self.linked],
        }

    @classmethod
    def from_json(cls, shown: Mapping[str, Any]) -> "Facts":
        """Read back what `as_json` wrote."""
        return cls(
            now=datetime.fromisoformat(shown["now"]),
            due=_due_from_json(shown.get("due")),
            before=shown["before"],
            linked=tuple(_linked_from_json(linked) for linked in shown["linked"]),
        )


def facts(
    known: Known,
    event: Event,
    *,
    before: Mapping[str, Any] | None,
    now: datetime,
    due: Due | None = None,
    rollings: Rollings = UNDECLARED,
) -> Facts:
    """The links of the event's subject with the records at their far ends, and their roll-ups."""
    near = str(event.subject)
    own = [link for link in known.links_of(near) if link.state != LinkState.DEAD]
    far = known.records(ref for link in own if (ref := _far(link, near)))
    boards = rollups(known, [link.left_ref for link in own if link.right_ref == near], rollings)
    linked = tuple(_linked(link, near, far, boards) for link in own)
    return Facts(now=now, due=due, before=before, linked=linked)


def rollups(
    known: Known, lefts: Sequence[str], rollings: Rollings = UNDECLARED
) -> dict[str, Rollup]:
    """By record: all work that is linked to it, as one line.

    Links whose create is on the way count, work that was deleted does not.
    """
    work = [
        link
        for link in known.links_from(lefts)
        if link.right_kind == "work_item" and link.state != LinkState.DEAD
    ]
    items = known.records(link.right_ref for link in work if link.right_ref)
    return {
        left: rolled(
            (
                rollings.of(role=link.role, relation=link.relation),
                items[link.right_ref].data if link.right_ref in items else {},
            )
            for link in work
            if link.left_ref == left and not _deleted(items, link)
        )
        for left in set(lefts)
    }


def _deleted(known: Mapping[str, Latest], link: LinkRow) -> bool:
    row = known.get(link.right_ref or "")
    return row is not None and row.deleted_at is not None


def _far(link: LinkRow, near: str) -> str | None:
    return link.right_ref if link.left_ref == near else link.left_ref


def _linked(
    link: LinkRow, near: str, known: Mapping[str, Latest], boards: Mapping[str, Rollup]
) -> Linked:
    ref = _far(link, near)
    row = known.get(ref or "")
    outward = link.left_ref == near
    return Linked(
        link_id=link.id,
        role=link.role,
        relation=link.relation,
        kind=link.right_kind if outward else link.left_kind,
        ref=ref,
        connection=link.right_connection if outward else link.left_ref.split(":", 1)[0],
        key=(link.key if outward else row.key if row else None) or None,
        url=(link.url if outward else row.url if row else None) or None,
        record=row.data if row else {},
        rollup=boards.get(ref or "", Rollup()),
    )


def _due_as_json(due: Due) -> dict[str, Any]:
    return {**vars(due), "since": due.since.isoformat(), "at": due.at.isoformat()}


def _due_from_json(shown: Mapping[str, Any] | None) -> Due | None:
    if shown is None:
        return None
    times = {name: datetime.fromisoformat(shown[name]) for name in ("since", "at")}
    return Due(**{**shown, **times})


def _linked_as_json(linked: Linked) -> dict[str, Any]:
    due = linked.rollup.due
    board = {**vars(linked.rollup), "due": due.isoformat() if due else None}
    return {**vars(linked), "rollup": board}


def _linked_from_json(shown: Mapping[str, Any]) -> Linked:
    board = dict(shown["rollup"])
    board["due"] = datetime.fromisoformat(board["due"]) if board["due"] else None
    return Linked(**{**shown, "rollup": Rollup(**board)})
