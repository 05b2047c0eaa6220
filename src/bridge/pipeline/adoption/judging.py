"""What would become of a pair, from what its names mean and what is linked already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bridge.canonical.ref import Ref
from bridge.ledger import links, mirrors
from bridge.ledger.tables import MIRRORS, AdoptionPairRow, LinkRow, LinkState
from bridge.pipeline.adoption.ends import Bounds
from bridge.pipeline.adoption.finding import Meant, Seen
from bridge.pipeline.adoption.wish import Outcome


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """An outcome, why, and for a new link its slot: empty where it is the left end's first."""

    outcome: Outcome
    reason: str = ""
    slot: str = ""


def name_ends(row: AdoptionPairRow, left: Meant, right: Meant) -> Verdict | None:
    """Give a pair its refs; a verdict where a name means nothing, or several records."""
    for side, said, meant in (("left", row.left_said, left), ("right", row.right_said, right)):
        if not said:
            return Verdict(outcome=Outcome.EMPTY, reason=f"{side} is empty")
        if not meant.refs:
            return Verdict(outcome=Outcome.NOT_FOUND, reason=f"{side}: {meant.reason}")
        if len(meant.refs) > 1:
            those = ", ".join(str(ref) for ref in meant.refs[:5])
            return Verdict(outcome=Outcome.AMBIGUOUS, reason=f"{side}: {said!r} may be {those}")
    row.left_ref, row.right_ref = str(left.refs[0]), str(right.refs[0])
    return None


def look_at_ends(row: AdoptionPairRow, seen: Mapping[Ref, Seen]) -> Verdict | None:
    """A verdict where an end is gone, is none of our records, or is the other one."""
    if row.left_ref == row.right_ref:
        return Verdict(outcome=Outcome.CONFLICT, reason=f"both ends are {row.left_ref}")
    for side, text in (("left", row.left_ref), ("right", row.right_ref)):
        found = seen.get(Ref.parse(text or ""))
        if found is None:
            return Verdict(outcome=Outcome.NOT_FOUND, reason=f"{side}: {text} is not there")
        if found.sighting is None:
            return Verdict(outcome=Outcome.UNMAPPED, reason=f"{side}: {text} {found.reason}")
    return None


def against_links(session: Session, row: AdoptionPairRow, bounds: Bounds) -> Verdict:
    """Whether the pair is linked, may be linked, or stands against a link that is there."""
    theirs = links.from_left(session, [row.left_ref or ""])
    same = next((link for link in theirs if _joins(link, row)), None)
    if same is not None:
        return _beside(same, row)
    other = mirrors.rival(session, row.left_ref or "", row.right_ref, row.relation)
    if other is not None:
        return Verdict(outcome=Outcome.CONFLICT, reason=_mirrored(other))
    if not bounds.shared and (other := _sharing(session, row)) is not None:
        return Verdict(outcome=Outcome.CONFLICT, reason=_shared(other))
    in_role = [link for link in theirs if link.role == row.role]
    if not in_role:
        return Verdict(outcome=Outcome.LINK)
    if bounds.several and all(link.state == LinkState.LIVE for link in in_role):
        return Verdict(outcome=Outcome.LINK, slot=row.right_ref or "")
    return Verdict(outcome=Outcome.CONFLICT, reason=_taken(in_role[0]))


def settle(rows: Sequence[AdoptionPairRow], bounds: Mapping[int, Bounds]) -> None:
    """Among pairs that would be linked: the same one twice counts once, and two answers for one
    left end are nobody's to choose between. `bounds`: by the number of the row.
    """
    first: dict[tuple[str | None, str | None, str], int] = {}
    groups: dict[tuple[str | None, str], list[AdoptionPairRow]] = {}  # rows of which one may stay
    for row in rows:
        earlier = first.setdefault((row.left_ref, row.right_ref, row.role), row.number)
        if earlier != row.number:
            row.outcome, row.reason = Outcome.LINKED, f"the same as row {earlier}"
        else:
            for one in _alone(row, bounds[row.number]):
                groups.setdefault(one, []).append(row)
    for (end, _), those in groups.items():
        if len(those) > 1:
            numbers = ", ".join(str(row.number) for row in those[:5])
            for row in those:
                said = row.left_said if end == row.left_ref else row.right_said
                row.outcome = Outcome.AMBIGUOUS
                row.reason = f"rows {numbers} give {said!r} different answers"


def _alone(row: AdoptionPairRow, bounds: Bounds) -> list[tuple[str | None, str]]:
    """The ends of a pair that may be in no other, each with what it has one of."""
    sort = MIRRORS if row.relation == MIRRORS else row.role
    lefts = [] if bounds.several else [(row.left_ref, sort)]
    return lefts if bounds.shared else [*lefts, (row.right_ref, sort)]


def _sharing(session: Session, row: AdoptionPairRow) -> LinkRow | None:
    """Another link in this role to the right end, which may have one alone."""
    theirs = links.of(session, row.right_ref or "")
    mine = (link for link in theirs if (link.role, link.right_ref) == (row.role, row.right_ref))
    return next((link for link in mine if link.state != LinkState.DEAD), None)


def _joins(link: LinkRow, row: AdoptionPairRow) -> bool:
    """One row for each (left, right, relation); the same two may have another relation as well."""
    alike = link.relation == row.relation or link.role == row.role
    return link.right_ref == row.right_ref and alike


def _beside(link: LinkRow, row: AdoptionPairRow) -> Verdict:
    if link.role == row.role and link.state == LinkState.LIVE:
        return Verdict(outcome=Outcome.LINKED, reason=f"linked already, as {link.id}")
    why = f"{link.id} links these two as {link.role!r}, {link.state}"
    return Verdict(outcome=Outcome.CONFLICT, reason=f"{why}; unlink it first")


def _mirrored(link: LinkRow) -> str:
    theirs = f"{link.left_ref} and {link.key or link.right_ref or 'a record that is being made'}"
    return f"{theirs} are the same thing by {link.id}, and each has one mirror; unlink it first"


def _shared(link: LinkRow) -> str:
    return f"{link.key or link.right_ref} is the {link.role} of {link.left_ref}: {link.id}; unlink it first"


def _taken(link: LinkRow) -> str:
    if link.state == LinkState.RESERVED:
        return f"its {link.role} is being made: delivery {link.delivery_id}"
    dead = ", which was deleted" if link.state == LinkState.DEAD else ""
    answer = link.key or link.right_ref
    return f"its {link.role} is {answer}{dead}: {link.id}; unlink it first"
