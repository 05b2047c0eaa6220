"""The copy of a comment at the other side: deliveries that say it, change it, or take it back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.canonical.caps import UNCAPPED
from bridge.canonical.deferred import MARK
from bridge.canonical.event import Event
from bridge.canonical.ref import Ref
from bridge.connectors.connected import Connected
from bridge.connectors.files import plain_name
from bridge.connectors.talk import Asked, Brought, Said, Talk
from bridge.errors import RuleError
from bridge.ledger import links
from bridge.ledger.latest import Latest
from bridge.ledger.tables import COPIES, LinkRow, LinkState
from bridge.outbox import store
from bridge.outbox.tables import State
from bridge.outbox.taken_back import unwanted
from bridge.pipeline.alarming import lift_dead
from bridge.pipeline.talking.crossing import ATTACHMENT, COMMENT, Crossing, role, rule
from bridge.pipeline.talking.owing import Owing, Wish
from bridge.pipeline.talking.sieve import refusal
from bridge.pipeline.talking.words import told
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.agree import End
from bridge.rules.sync_talk import CommentsForm

ADD = {COMMENT: "comment", ATTACHMENT: "attachment"}
EDIT = "edit_comment"
WITHDRAW = {COMMENT: "withdraw_comment", ATTACHMENT: "withdraw_attachment"}
_LATER = {MARK: [{"of": "record", "value": "ref"}]}  # the record's address, once it is there


@dataclass(frozen=True, kw_only=True)
class Copying:
    """What becomes of the copies of a comment. `event` tells of it; without one there is a `cause`."""

    work: Work
    world: World
    version: str
    comment: Latest
    event: Event | None
    cause: str
    message_id: str | None
    now: datetime

    def add(self, way: Crossing) -> None:
        needs = {"linked": way.link} if way.to is End.RIGHT else {}
        refused = refusal(way.form, self.comment.data)
        if refused:
            self._skip(way, refused)
            return
        pair = links.reserve(self.work.session, self._pair(way), now=self.now)
        action, args = self._asked(way)
        target = self.world.actions[action].target
        if way.to is End.LEFT and target:
            args = {**args, target: way.ref}
        row = self._owe(
            ADD[self.comment.kind], way, pair.id, (action, args), needs=needs, makes=True
        )
        pair.delivery_id = row

    def edit(self, way: Crossing, pair: LinkRow) -> None:
        place = way.ref or _LATER
        needs = {"linked": pair} if way.ref else {"linked": pair, "record": way.link}
        asked = self._there(way).edit(self._said(way), place, pair.id)
        self._owe(EDIT, way, pair.id, asked, needs=needs)

    def withdraw(self, pair: LinkRow, record: str | None, reason: str) -> None:
        """For good: the dead link says so. One that is on its way is taken back when it is there."""
        there = pair.right_ref if pair.state == LinkState.LIVE else None
        if there is None:
            dismiss(self.work, self.world, pair, reason, now=self.now)
        end(pair, reason)
        if there is not None:
            withdraw(
                self._owing(), pair, there, self._record_of(pair, record), about=self._record()
            )

    def _record_of(self, pair: LinkRow, record: str | None) -> str | None:
        """What the copy is on: as its link says, else as the copy itself was seen."""
        if record is not None:
            return record
        way = self.work.known.link(pair.slot)
        if way is not None:
            return way.right_ref if way.left_ref == self.comment.parent else way.left_ref
        seen = self.work.known.record(pair.right_ref or "")
        return seen.parent if seen is not None else None

    def _role(self, way: Crossing) -> str:
        return role(way.sync.id, self.comment.kind)

    def _asked(self, way: Crossing) -> Asked:
        if self.comment.kind == COMMENT:
            return self._there(way).add(self._said(way))
        data = self.comment.data
        file = Brought(
            source=self.comment.ref,
            name=plain_name(str(data["name"])),
            size=int(data.get("size") or 0),
        )
        return self._there(way).bring(file)

    def _skip(self, way: Crossing, why: str) -> None:
        """It is not brought, and the sync log says why."""
        action, args = self._asked(way)
        target = str(self.world.actions[action].target)
        asked = (action, {**args, target: way.ref or ""})
        self._owe(ADD[self.comment.kind], way, way.link.id, asked, needs={}, skipped=why)

    def _pair(self, way: Crossing) -> links.Wanted:
        return links.Wanted(
            left_ref=self.comment.ref,
            left_kind=self.comment.kind,
            right_kind=self.comment.kind,
            right_connection=way.connection,
            relation=COPIES,
            role=self._role(way),
            event_id=self.event.id if self.event else None,
            delivery_id=None,
            slot=way.link.id,
        )

    def _owe(
        self,
        step: str,
        way: Crossing,
        pair: str,
        asked: Asked,
        *,
        needs: Mapping[str, LinkRow],
        makes: bool = False,
        skipped: str = "",
    ) -> str:
        wish = Wish(
            step=step,
            asked=asked,
            connection=way.connection,
            rule=rule(self._role(way)),
            about=self._record(),
            pair=pair,
            needs=needs,
            makes=makes,
            skipped=skipped,
        )
        caps = way.sync.form.caps.over(self.world.usual_caps)
        return self._owing().owe(wish, caps=caps, observed=way.sync.form.mode == "observe").id

    def _owing(self) -> Owing:
        return Owing(
            work=self.work,
            world=self.world,
            version=self.version,
            event=self.event,
            cause=self.cause,
            message_id=self.message_id,
            now=self.now,
        )

    def _said(self, way: Crossing) -> Said:
        near = self.world.connections[self.comment.connection]
        own, record = talk_of(near), self.work.known.record(self._record())
        ref = Ref.parse(self._record())
        page = own.page(near.settings, ref, (record.key if record else None) or "")
        body = told(
            self.comment.data, system=near.system, markup=own.markup, there=self._there(way)
        )
        return Said(
            body=body, public=isinstance(way.form, CommentsForm) and way.form.public, original=page
        )

    def _there(self, way: Crossing) -> Talk[Any]:
        return talk_of(self.world.connections[way.connection])

    def _record(self) -> str:
        return self.comment.parent or ""


def withdraw(owing: Owing, pair: LinkRow, copy: str, record: str | None, *, about: str) -> None:
    """Delete a copy that is there. No cap keeps it: what must not be seen is taken back."""
    connected = owing.world.connections.get(pair.right_connection)
    if connected is None:
        return
    talk = talk_of(connected)
    action, args = (talk.delete if pair.left_kind == COMMENT else talk.remove)(record)
    target = owing.world.actions[action].target
    wish = Wish(
        step=WITHDRAW[pair.left_kind],
        asked=(action, {**args, str(target): copy}),
        connection=pair.right_connection,
        rule=rule(pair.role),
        about=about,
        pair=pair.id,
    )
    owing.owe(wish, caps=UNCAPPED)


def dismiss(work: Work, world: World, pair: LinkRow, reason: str, *, now: datetime) -> None:
    """A dead create of what is not wanted there any more needs nobody, if nothing of it can be there."""
    found = work.dead_create(pair)
    for row in store.locked(work.session, [found] if found is not None else []):
        if row.state == State.DEAD and not store.may_have_happened(row):
            row.state, row.finished_at, row.reason = State.CANCELLED, now, unwanted(reason)
            lift_dead(work.session, world, row, now=now)


def end(pair: LinkRow, reason: str) -> None:
    """It never crosses again."""
    pair.state, pair.note = LinkState.DEAD, reason


def talk_of(connected: Connected) -> Talk[Any]:
    found: Talk[Any] | None = connected.connector.talk
    if found is None:
        raise RuleError(f"{connected.name}: no comments are carried to {connected.system}")
    return found
