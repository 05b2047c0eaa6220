"""Where a comment may cross to: the links of its record under the syncs that carry comments."""

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.ledger.known import Known
from bridge.ledger.tables import LinkRow, LinkState
from bridge.rules.agree import End
from bridge.rules.ruleset import RuleSet
from bridge.rules.sync import Sync
from bridge.rules.sync_talk import AttachmentsForm, CommentsForm

COMMENT, ATTACHMENT = "comment", "attachment"  # the record kinds that are carried
WORDS = {COMMENT: "comments", ATTACHMENT: "attachments"}  # as a sync calls them


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """One way for comments of a record: along this link of it, to that end of it."""

    sync: Sync
    form: CommentsForm | AttachmentsForm
    link: LinkRow
    to: End

    @property
    def connection(self) -> str:
        return self.sync.source(self.to).connection

    @property
    def object(self) -> str:
        return self.sync.source(self.to).object

    @property
    def ref(self) -> str | None:
        """The record there. `None`: it is on its way."""
        return self.link.right_ref if self.to is End.RIGHT else self.link.left_ref

    @property
    def record(self) -> str | None:
        """The record that it leads away from. `None`: it is on its way."""
        return self.link.left_ref if self.to is End.RIGHT else self.link.right_ref

    @property
    def carried(self) -> bool:
        """Whether comments of the near side are carried at all."""
        near = self.sync.source(self.to.other).connection
        return not self.form.origin or near in self.form.origin

    def stopped(self, known: Known) -> bool:
        """Whether one of the two records says that nothing is to be written. An unknown one says nothing."""
        refs = {End.LEFT: self.link.left_ref, End.RIGHT: self.link.right_ref}
        found = known.records(ref for ref in refs.values() if ref)
        return any(
            ref in found and self.sync.stop[end].holds(found[ref].data)
            for end, ref in refs.items()
            if ref and end in self.sync.stop
        )


def rule(role: str) -> str:
    """What the deliveries of copies name as their rule: `comments:SYNC`."""
    sync, _, word = role.rpartition(".")
    return f"{word}:{sync}"


def role(sync: str, kind: str) -> str:
    """The role of the links between what is on a record and its copies, under this sync."""
    return f"{sync}.{WORDS[kind]}"


def crossings(known: Known, rules: RuleSet, record: str, kind: str) -> Iterator[Crossing]:
    """For what is on this record. A link whose far end is being made counts."""
    for sync in rules.syncs:
        form = sync.form.comments if kind == COMMENT else sync.form.attachments
        for link in known.links_of(record) if form is not None else ():
            if form is None or link.state == LinkState.DEAD:
                continue
            if not sync.wants(role=link.role, relation=link.relation):
                continue
            to = End.RIGHT if link.left_ref == record else End.LEFT
            if _fits(sync, link):
                yield Crossing(sync=sync, form=form, link=link, to=to)


def _fits(sync: Sync, link: LinkRow) -> bool:
    """Whether the two ends are records of the sync's two sources."""
    near = (link.left_ref.partition(":")[0], link.left_kind)
    far = (link.right_connection, link.right_kind)
    return near == (sync.left.connection, sync.left.kind) and far == (
        sync.right.connection,
        sync.right.kind,
    )
