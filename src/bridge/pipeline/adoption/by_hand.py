"""One pair, linked by hand: looked up while somebody waits, judged and linked in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import ConfigDict, Field
from sqlalchemy.orm import Session

from bridge.canonical.ref import Ref
from bridge.errors import Malformed
from bridge.ledger import links
from bridge.ledger.lock import lock_with_linked
from bridge.ledger.search import called, find_record
from bridge.ledger.tables import AdoptionPairRow, LinkRow, RecordRow
from bridge.outbox.hearing import hearings
from bridge.pipeline.adoption import judging
from bridge.pipeline.adoption.ends import Bounds, Ends, bounds, ends, role_of, roles
from bridge.pipeline.adoption.finding import Meant, Seen, find, look
from bridge.pipeline.adoption.linking import Linking
from bridge.pipeline.adoption.wish import Outcome, RoleForm, Said
from bridge.pipeline.world import World
from bridge.rules.ruleset import RuleSet


class LinkForm(RoleForm):
    """Two records to link, each as people name it: a ref, an id, a case number, a key or a URL."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"left": "00001234", "right": "ENG-12", "role": "task", "why": "made by hand"},
                {"left": "ENG-12", "right": "ENG-9", "relation": "duplicates", "dry_run": True},
            ]
        },
    )

    left: Said = Field(min_length=1, description="the record the link starts from")
    right: Said = Field(min_length=1, description="the record that answers it")
    several: bool = Field(
        default=False, description="the left record may have more than one link in this role"
    )
    announce: bool = Field(
        default=True, description="tell rules and syncs at once, so that boards are brought in step"
    )
    dry_run: bool = Field(default=False, description="say what would come of it, and link nothing")
    why: str = Field(default="", max_length=1_000)


@dataclass(frozen=True, kw_only=True)
class Looked:
    """The pair as it was found, the live records at its ends, and the mappings that read them."""

    row: AdoptionPairRow
    seen: Mapping[Ref, Seen]
    rules: RuleSet
    bounds: Bounds


def place(session: Session, rules: RuleSet, form: LinkForm) -> Ends:
    """Where the two are looked up. Raises Malformed that says what to add."""
    role = role_of(rules, form)
    if role in roles(rules):
        return ends(rules, form, role, None)
    sides = {
        "left_object": (form.left, form.left_object),
        "right_object": (form.right, form.right_object),
    }
    homes = {name: said or _home(session, name, text) for name, (text, said) in sides.items()}
    return ends(rules, form.model_copy(update=homes), role, None)


def look_up(world: World, rules: RuleSet, form: LinkForm, where: Ends) -> Looked:
    """Ask the systems for both. Raises their DeliveryErrors."""
    row = AdoptionPairRow(
        adoption_id="",
        number=1,
        left_said=form.left,
        right_said=form.right,
        role=where.role,
        relation=where.relation,
        outcome="",
        reason="",
    )
    asked = ((form.left, where.left), (form.right, where.right))
    meant = find(world.connections, asked)
    left, right = (meant.get(one, Meant()) for one in asked)
    seen: Mapping[Ref, Seen] = {}
    verdict = judging.name_ends(row, left, right)
    if verdict is None:
        seen = look(world.connections, rules, (*left.refs, *right.refs))
        verdict = judging.look_at_ends(row, seen)
    if verdict is not None:
        row.outcome, row.reason = verdict.outcome, verdict.reason
    found = bounds(rules, where.role, where.relation, several=form.several)
    return Looked(row=row, seen=seen, rules=rules, bounds=found)


def judge(session: Session, looked: Looked) -> None:
    """Say what would come of it."""
    row = looked.row
    if not row.outcome:
        verdict = judging.against_links(session, row, looked.bounds)
        row.outcome, row.reason = verdict.outcome, verdict.reason


def link(
    session: Session, world: World, looked: Looked, *, by: str, announce: bool, now: datetime
) -> LinkRow | None:
    """Link them; the link that joins them now. `None`: its row says why there is none."""
    row = looked.row
    if row.outcome:
        return None
    lock_with_linked(session, (str(ref) for ref in looked.seen))
    known = hearings(session)
    linking = Linking(
        session=session,
        world=world,
        rules=looked.rules,
        note=f"linked by {by}",
        announce=announce,
        live_since={name: one.live_since for name, one in known.items()},
        now=now,
    )
    linking.link(row, looked.seen, looked.bounds)
    if row.outcome not in {Outcome.ADOPTED, Outcome.LINKED}:
        return None
    theirs = links.from_left(session, [row.left_ref or ""])
    return next(one for one in theirs if (one.right_ref, one.role) == (row.right_ref, row.role))


def _home(session: Session, name: str, said: str) -> str | None:
    """Where the record is that is called so, as far as Bridge knows it."""
    found: list[RecordRow | None] = [*called(session, said)] or [find_record(session, said)]
    homes = sorted({":".join(row.ref.split(":")[:2]) for row in found if row is not None})
    if len(homes) > 1:
        raise Malformed(f"say `{name}`: {said[:80]!r} may be of {', '.join(homes)}")
    return homes[0] if homes else None
