"""What people have done, as they would tell it themselves: the only history that the oracle trusts."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SALESFORCE, JIRA = "salesforce", "jira"
TEXTS = ("title", "body")  # the fields into which nobody writes the same twice


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Somebody gave a field of one end of a pair a value, in canonical words."""

    at: datetime
    side: str
    field: str
    value: Any


@dataclass(kw_only=True)
class Said:
    """A comment or a file of somebody. `hidden`: internal, restricted or unpublished now; `ever`: at some time."""

    side: str
    id: str  # the vendor's
    number: int
    at: datetime
    hidden: bool
    ever: bool
    shown: bool  # it was public at some time
    spared: bool  # it was said when nobody was to carry it, or may have been: it need not cross
    text: str = ""
    gone: bool = False
    file: bool = False
    crossed: bool = False  # its copy was seen on the other side
    over: bool = False  # and then it was not there any more

    @property
    def what(self) -> str:
        return f"the {'file' if self.file else 'comment'} {self.mark}"

    @property
    def mark(self) -> str:
        """What only this comment and its copies say."""
        return f"C{self.number}c"


@dataclass(kw_only=True)
class Pair:
    """A case, and the issue that should come of it at one of the sites.

    base      by field what both ends showed when everything had calmed down last
    edits     what people have set since
    texts     (side, field, text) of all that people have ever written into it
    said      comments, oldest first
    counts    by field how often anybody has ever set it, or said whose value counts
    touched   when people last changed anything on a side: what no message told has that time
    gone      the sides on which somebody has deleted it, and nobody taken that back
    buried    the same, whether or not it came back
    issue     the vendor's id of what was deleted in Jira
    stopped   somebody says that neither end is to be written
    apart     somebody has taken the link apart
    merged    cases it had before, by their ids: they were merged into the one it has now
    unsettled it was stopped or its case merged, and all has not been calm since: Bridge may hear of that
              after what was said then
    disputed  fields that both sides have set since all was calm, before Bridge could hear of either, and
              nobody since
    quiet     how often which field had been written when all was calm, and it was left alone already
    """

    number: int
    case: str  # the vendor's id
    site: str
    base: dict[str, Any] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)
    texts: set[tuple[str, str, str]] = field(default_factory=set)
    said: list[Said] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    touched: dict[str, datetime] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    buried: set[str] = field(default_factory=set)
    issue: str = ""
    stopped: bool = False
    apart: bool = False
    unsettled: bool = False
    merged: list[str] = field(default_factory=list)
    disputed: set[str] = field(default_factory=set)
    quiet: Counter[str] | None = None

    @property
    def left_alone(self) -> bool:
        return self.stopped or self.apart

    @property
    def name(self) -> str:
        """What its titles begin with, at both ends and for ever."""
        return f"F{self.number}"

    def bury(self, side: str) -> None:
        self.disputed.clear()
        self.gone.add(side)
        self.buried.add(side)

    def note(self, edit: Edit) -> None:
        self.disputed.discard(edit.field)
        self.edits.append(edit)
        if edit.field in TEXTS:
            self.texts.add((edit.side, edit.field, edit.value))
        self.counts[edit.field] += 1

    def settle(self, name: str, value: Any) -> None:
        """Both ends show this now: what was before is history."""
        self.base[name] = value
        self.disputed.discard(name)
        self.edits = [one for one in self.edits if one.field != name]

    def of(self, side: str, name: str) -> Iterator[Edit]:
        return (one for one in self.edits if one.side == side and one.field == name)


@dataclass(kw_only=True)
class Deeds:
    """All pairs, oldest first, and how much was done."""

    pairs: list[Pair] = field(default_factory=list)
    count: int = 0
