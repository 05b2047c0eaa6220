"""Queues of one ordering key, made of little."""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from bridge.outbox.coalescing import Member, Owed
from bridge.outbox.tables import State
from clocks import START
from outbox.vendor import Fill

FIELDS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("123"), min_size=1)


def member(seq: int, **values: Any) -> Member:
    """One that may go along, but for what is given."""
    usual: dict[str, Any] = {
        "seq": seq,
        "id": f"dlv-{seq}",
        "order": seq,
        "rule": "a-rule",
        "connection": "shop",
        "action": Fill.kind,
        "batch": f"{Fill.kind}|fill",
        "args": {},
        "state": State.PENDING,
        "claims": 0,
        "tries": 0,
        "alone": False,
        "find_first": False,
        "replay_id": "",
        "link_id": None,
        "hold_id": None,
        "not_before": START,
        "expires_at": None,
    }
    return Member(**{**usual, **values})


def owed(fills: Sequence[Mapping[str, str]], *, thing: str = "7") -> list[Owed]:
    """These fills of one thing, numbered from 1."""
    return [
        (seq, f"dlv-{seq}", Fill(thing=thing, fields=fields))
        for seq, fields in enumerate(fills, start=1)
    ]
