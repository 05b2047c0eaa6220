"""A dead delivery with other values: a delivery of its own goes out, and the old one is superseded.

It keeps the write key, and the link that a create has reserved: what comes of it is what would have
come of the old one.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bridge.canonical.ids import random_id, stable_id
from bridge.canonical.personal import HIDDEN
from bridge.canonical.text import cut
from bridge.errors import BridgeError, RuleError
from bridge.ledger import links
from bridge.ledger.lock import lock_with_linked
from bridge.outbox import ordering, store
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.alarming import lift_dead
from bridge.pipeline.dry_run.discretion import tellable
from bridge.pipeline.replay.judging import surely_not_done
from bridge.pipeline.replay.placing import copy_of, place
from bridge.pipeline.replay.planning import EDITED
from bridge.pipeline.replay.resending import renew
from bridge.pipeline.world import World
from bridge.rules.arguments import fitted
from bridge.rules.compare import flat
from bridge.rules.reason import LONGEST
from bridge.rules.sync import is_sync
from bridge.rules.template import MISSING, shown, text

ARGS = "args."


class NotTaken(BridgeError):
    """The values cannot be these; why, in words for who gave them."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One value as it may be told. What is personal, or nobody knows not to be, is not shown."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Edited:
    """`row`: the delivery that goes out. Of a dry run, no session knows it."""

    row: DeliveryRow
    changes: Sequence[Change]
    warning: str


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Values by path (`fields.priority`), and paths that are to have none."""

    values: Mapping[str, Any]
    without: Sequence[str] = ()


def edit(
    session: Session,
    world: World,
    old: DeliveryRow,
    wish: Edit,
    *,
    by: str,
    why: str,
    now: datetime,
) -> Edited:
    """Owe it with these values. Raises NotTaken, and nothing is changed then."""
    lock_with_linked(session, [old.subject])
    (old,) = store.locked(session, [old])
    edited = rehearse(session, world, old, wish, now=now)
    session.add(edited.row)
    session.flush()
    _hand_over(session, old, edited.row)
    old.state, old.superseded_by = State.SUPERSEDED, edited.row.id
    old.reason = f"edited by {by}: {why}" if why else f"edited by {by}"
    ordering.resettle(session, [old.ordering_key])
    if edited.row.state == State.PENDING:
        ordering.call_up(session, [edited.row])
    lift_dead(session, world, old, now=now)
    return edited


def rehearse(
    session: Session, world: World, old: DeliveryRow, wish: Edit, *, now: datetime
) -> Edited:
    """What would go out. Nothing is changed. Raises NotTaken."""
    args = _with(old.args, wish)
    _check(world, old, args)
    edit_id = random_id(EDITED.removesuffix("_"))
    row = copy_of(old, stable_id("dlv", old.id, edit_id))
    row.args, row.created_at = args, now
    warning = "" if surely_not_done(row) else _MAY_BE_THERE
    renew(row, edit_id, now=now)
    changes = list(_changes(session, world, old, args))
    place(session, world, row, sent=lambda _: False, now=now)
    return Edited(row=row, changes=changes, warning=warning)


_MAY_BE_THERE = (
    "it may have happened with the old values: it is looked for first, and if it is found these"
    " are not written"
)


def _with(args: Mapping[str, Any], wish: Edit) -> dict[str, Any]:
    """The arguments with what is wished. Raises NotTaken for a path that leads nowhere."""
    made: dict[str, Any] = deepcopy(dict(args))
    for path in (*wish.values, *wish.without):
        *front, last = path.split(".")
        inner: Any = made
        for name in front:
            inner = inner.get(name) if isinstance(inner, dict) else None
        if not isinstance(inner, dict) or not last or (path in wish.without and last not in inner):
            raise NotTaken(f"there is no {path}: it has {', '.join(sorted(flat(args)))}")
        if path in wish.without:
            del inner[last]
        else:
            inner[last] = wish.values[path]
    if made == args:
        raise NotTaken("nothing would change: it has these values already")
    return made


def _check(world: World, old: DeliveryRow, args: Mapping[str, Any]) -> None:
    """Only what is dead can be edited, and only into what its action takes, about the same record."""
    if old.state != State.DEAD:
        raise NotTaken(f"it is {old.state}; only what is dead can be edited")
    if is_sync(old.rule):
        raise NotTaken("a sync sends what is true as it goes; change the record, or replay it")
    kind = world.actions.get(old.action)
    if kind is None:
        raise NotTaken(f"there is no action {old.action} any more; decide its event again")
    if kind.target and args.get(kind.target) != old.args.get(kind.target):
        raise NotTaken(f"{kind.target} says which record it is about, and stays")
    made = fitted(kind, args, target=kind.target)
    if isinstance(made, str):
        raise NotTaken(f"{old.action} does not take this: {made}")


def _changes(
    session: Session, world: World, old: DeliveryRow, args: Mapping[str, Any]
) -> Iterator[Change]:
    told = _tellable(session, world, old)
    before, after = flat(old.args), flat(args)
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name, MISSING), after.get(name, MISSING)
        if type(was) is not type(now) or was != now:
            hide = f"{ARGS}{name}" not in told
            yield Change(name=name, before=_told(was, hide=hide), after=_told(now, hide=hide))


def _tellable(session: Session, world: World, old: DeliveryRow) -> frozenset[str]:
    """What the rule that asked for it makes of nothing private. A write-back has no rule."""
    try:
        return tellable(world.sets.by_hash(session, old.rule_version), old.rule, old.step)
    except RuleError:
        return frozenset()


def _told(value: Any, *, hide: bool) -> str:
    if value is MISSING:
        return "(not set)"
    return HIDDEN if hide else cut(text(shown(value)), LONGEST) or "(empty)"


def _hand_over(session: Session, old: DeliveryRow, new: DeliveryRow) -> None:
    """The link that a create has reserved is the new one's."""
    link = links.by_id(session, [old.link_id]).get(old.link_id) if old.link_id else None
    if link is not None and link.delivery_id == old.id:
        link.delivery_id = new.id
