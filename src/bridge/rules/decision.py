"""A decision: what one rule says to one event, with the reason, and what it asks to be done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal

from bridge.canonical.caps import UNSAID, Caps
from bridge.ledger.facts import Facts, Linked
from bridge.ledger.rolling import Rollup

__all__ = ["Answer", "Ask", "Decision", "Facts", "Linked", "Rollup", "Routing"]


class Answer(StrEnum):
    MATCHED = "matched"
    NO_MATCH = "no_match"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True)
class Routing:
    """What makes an ask an alert of a group: `group` by the text of its expressions."""

    group: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    fingerprint: str = ""  # empty: the record is


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One step of a matched rule, its values filled in.

    `args` are the action's fields as JSON. A text that needs the result of an earlier step, or of
    a link whose far end is not there yet, is `{"$deferred": ["text", {"of": "task", "value":
    "key"}]}`; `needs` names those steps, `linked` for the link.
    """

    step: str
    action: str  # jira.create_issue
    connection: str
    args: Mapping[str, Any]
    needs: tuple[str, ...] = ()
    was: tuple[str, ...] = ()
    target_link: str | None = None  # link whose far end the action addresses
    target_ref: str | None = None  # its ref, when it is there already
    role: str | None = None  # a create: the link it reserves
    relation: str | None = None
    expires: timedelta | None = None
    alone: bool = False  # never merged with others
    stale_after: timedelta | None = None
    ambiguous: Literal["repeat", "skip"] = "skip"
    urgent: bool = False
    route: Routing | None = None  # an alert, told together with others; not owed by itself


@dataclass(frozen=True, kw_only=True)
class Decision:
    """`detail` of an error: expression, column, text and the values it looked at."""

    rule: str
    answer: Answer
    reason: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    asks: tuple[Ask, ...] = ()
    target: str = ""  # the link this decision was made for, when the rule says `each`
    observe: bool = False  # the rule's mode is observe: its deliveries are held
    dead_head: Literal["block", "pass"] = "pass"
    caps: Caps = UNSAID  # as the rule says them
