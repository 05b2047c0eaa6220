"""Whom nobody could carry to the other end."""

from collections.abc import Iterator, Mapping, Sequence

from bridge.pipeline.people.store import Stranger
from bridge.pipeline.syncing.tie import Tie
from bridge.rules.judged import Judged

PERSON = "person"  # the code of a value that is stuck for want of an account


def strangers(tie: Tie, judged: Sequence[Judged], *, event_id: str | None) -> list[Stranger]:
    """The people of these pairs whose account at the other end is not known."""
    return list(_strangers(tie, judged, event_id))


def _strangers(tie: Tie, judged: Sequence[Judged], event_id: str | None) -> Iterator[Stranger]:
    for one in judged:
        said = one.judgement.said
        if one.judgement.code != PERSON or said is None:
            continue
        value = one.sides[said].value
        account = value.get("id") if isinstance(value, Mapping) else value
        if account:
            yield Stranger(
                at=tie.connection(said),
                account=str(account),
                to=tie.connection(said.other),
                record=tie.records[said].ref,
                event_id=event_id,
            )
