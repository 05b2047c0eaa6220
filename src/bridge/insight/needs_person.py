"""Needs a person now: bad messages, dead deliveries, open holds and rule errors, as one number. Pure."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

LISTS: Mapping[str, str] = {
    "bad_message": "/api/v1/messages?state=bad",
    "dead": "/api/v1/deliveries?state=dead",
    "hold": "/api/v1/holds?state=open",
    "rule_error": "/api/v1/stats/rule_errors/events",
}
"""By kind: where they are, page by page."""


class NeedsPerson(BaseModel):
    """`n` is the sum of the metric `bridge_needs_person` over its kinds."""

    model_config = ConfigDict(frozen=True)

    n: int
    by_kind: dict[str, int]
    events: dict[str, str] = Field(description="Where they are, by kind.")


def number(counts: Mapping[str, int]) -> NeedsPerson:
    """Every kind is named, also with none."""
    by_kind = {kind: counts.get(kind, 0) for kind in LISTS}
    return NeedsPerson(n=sum(by_kind.values()), by_kind=by_kind, events=dict(LISTS))
