"""What becomes of a comment at the other side, from how it stands and what was carried before. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    ADD = "add"
    EDIT = "edit"
    WITHDRAW = "withdraw"
    NOTHING = "nothing"


class Copy(StrEnum):
    """The other side's copy of a comment."""

    NONE = "none"  # it never crossed
    THERE = "there"  # or on its way
    OVER = "over"  # taken back, or deleted there: it never crosses again


@dataclass(frozen=True, kw_only=True)
class Comment:
    """How it stands. `public`: `None` where its system does not say.

    `changed`: its text is another than it was. `orphan`: the record that it is on is gone.
    `closed`: few may see that record. `carried`: comments of its side are carried, and nobody has
    stopped it.
    """

    body: str
    public: bool | None
    deleted: bool = False
    changed: bool = False
    orphan: bool = False
    closed: bool = False
    carried: bool = True


@dataclass(frozen=True, kw_only=True)
class Verdict:
    step: Step
    reason: str


def judge(comment: Comment, copy: Copy, *, unmarked: bool) -> Verdict:
    """`unmarked`: a comment whose visibility nobody knows counts as public."""
    if copy is Copy.OVER:
        return _nothing("its copy was taken back or deleted, and is not made anew")
    hidden = _hidden(comment, unmarked=unmarked)
    if copy is Copy.THERE and hidden:
        return _withdrawn(comment, hidden)
    why_not = hidden or _kept(comment)
    return _nothing(why_not) if why_not else _carried(comment, copy)


def _carried(comment: Comment, copy: Copy) -> Verdict:
    if copy is Copy.NONE:
        return Verdict(step=Step.ADD, reason="it is new to the other side")
    if comment.changed:
        return Verdict(step=Step.EDIT, reason="it was changed")
    return _nothing("the other side has it as it is")


def _kept(comment: Comment) -> str:
    """Why it is not carried although it may be seen; empty where it is."""
    if not comment.carried:
        return "comments of this side are not carried"
    return "" if comment.body.strip() else "it says nothing"


def _hidden(comment: Comment, *, unmarked: bool) -> str:
    """Why the other side must not see it; empty where it may."""
    if comment.deleted:
        return "it was deleted"
    if comment.public is None and not unmarked:
        return "its system does not say who may see it, so it counts as internal"
    if comment.closed:
        return "few may see the record that it is on"
    return "it is internal or restricted" if comment.public is False else ""


def _withdrawn(comment: Comment, hidden: str) -> Verdict:
    """What is deleted along with its record was not taken back by anybody: the copy stays."""
    if comment.deleted and comment.orphan:
        return _nothing("it went with the record that it was on, and its copy stays")
    return Verdict(step=Step.WITHDRAW, reason=hidden)


def _nothing(reason: str) -> Verdict:
    return Verdict(step=Step.NOTHING, reason=reason)
