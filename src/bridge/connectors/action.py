"""What can be done to a system, and what came of it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from bridge.canonical.ref import Ref
from bridge.connectors.gathering import Gathering
from bridge.errors import DeliveryError

C = TypeVar("C")


class Repeat(StrEnum):
    """What a second run with the same write key does.

    safe      changes nothing more
    findable  would do it twice, but `find` can tell whether it happened
    unsafe    would do it twice, and nobody can tell
    """

    SAFE = "safe"
    FINDABLE = "findable"
    UNSAFE = "unsafe"


class Outcome(StrEnum):
    DONE = "done"
    ACCEPTED = "accepted"  # taken, not confirmed (a Teams 202)
    UNCHANGED = "unchanged"  # it was so already


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What came of an action. `key` and `url` are for people: `ENG-12` and where to open it.

    `strangers`: texts that name nobody there exactly. Their fields were left as they were.
    """

    outcome: Outcome = Outcome.DONE
    ref: Ref | None = None
    key: str = ""
    url: str = ""
    note: str = ""
    wrote: Mapping[str, Any] = field(default_factory=dict)  # field -> value, as the vendor keeps it
    strangers: tuple[str, ...] = ()


class Action(BaseModel, Generic[C]):
    """One thing we can do to a system. Its fields are the YAML form and the stored row at once.

    A subclass that addresses an existing record names the field that holds its address in
    `target`; rules that act on a linked record fill it. The address is a ref's text
    (`jira:issue:10231`), a vendor's id, or a key that people use. A subclass that makes a record
    names the vendor's kind of it in `creates`, and its receipt carries the new ref. One record has
    one of those a role, unless the action also has a `target`: an issue may have many comments.
    With `upserts` the action names what it makes: asked for again, it brings that up to date.
    One that `adds` to its target, such as a link to a page, is not outdated by the next one. One that
    `moves` it from state to state always is, whatever else either of them sets.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]
    repeat: ClassVar[Repeat]
    settle: ClassVar[float] = 0.0  # seconds until a negative `find` is believed
    target: ClassVar[str | None] = None
    creates: ClassVar[str | None] = None
    upserts: ClassVar[bool] = False
    adds: ClassVar[bool] = False
    moves: ClassVar[bool] = False
    calls: ClassVar[int] = 1  # of one run that goes well; what is read once and kept does not count
    fields_from: ClassVar[str | None] = None  # the field that maps vendor fields to values
    longest: ClassVar[Mapping[str, int]] = {}  # characters that the vendor takes, by field
    named: ClassVar[Mapping[str, str]] = {}  # field -> the connection's setting that has the names
    comments_on: ClassVar[str | None] = None  # the object on which it says copies of comments
    brings: ClassVar[str | None] = None  # the field with the ref of a file elsewhere that it brings
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    batch: ClassVar[int] = 1  # how many fit into one bulk call; 1: each goes alone
    # A bulk call that shows less of each is for when more than so many wait, or when they are stale.
    # Urgent ones are not in it. 0: it shows everything.
    behind: ClassVar[int] = 0
    gathers: ClassVar[bool] = False  # several may be told in one: `gathered`

    def ordering_key(self) -> str:
        """Actions with one key go one at a time, oldest first. Empty: no order among its like."""
        raise NotImplementedError

    def target_ref(self, connection: str) -> str | None:
        """The ref of its target, where the address tells it by itself: one record is one key."""
        return None

    def run(self, client: C, key: str) -> Receipt:
        """Do it. `key` is the write key: put it where `find` sees it. Raises `DeliveryError`s."""
        raise NotImplementedError

    def batch_key(self) -> str | None:
        """Actions of one kind and one key may share a bulk call. `None`: this one goes alone."""
        return None

    @classmethod
    def run_batch(
        cls, client: C, batch: Sequence[tuple[Self, str]]
    ) -> Sequence[Receipt | DeliveryError | None]:
        """Do them all in one call, each with its write key; what came of each, in their order.

        `None`: it was not sent, for want of room or because it must not go beside another of them;
        it goes with the next call. Raises `DeliveryError`s for the call as a whole. What is refused
        among others is tried alone before anybody believes it.
        """
        raise NotImplementedError

    @classmethod
    def gathered(cls, gathering: Gathering[Self]) -> Self:
        """One action that tells all of these. Only where it `gathers`."""
        raise NotImplementedError

    def sets(self) -> Mapping[str, Any] | None:
        """The fields of its target that it sets, by a name that is the same however it is written.

        `None`: it does something else as well, or instead.
        """
        return None

    def manner(self) -> str:
        """How it sets them, where the same values in another manner may come to something else."""
        return ""

    def merged(self, later: Self) -> Self | None:
        """One action in place of two of one target: what `later` sets as well is as it says.

        `None`: there is none, and each goes alone. Only for `safe` actions that set fields.
        """
        return None

    def without(self, names: Collection[str]) -> Self | None:
        """The same without these fields, named as `sets` names them: newer ones have written them since.

        `None`: there is none. Where `merged` gives an action, this does too.
        """
        return None

    def naming(self, account: Callable[[str], str | None]) -> Self:
        """It with the accounts there of those whom it names. `account`: by any text; `None`: not known."""
        return self

    @classmethod
    def field_for(cls, object_: str, path: str) -> str | None:  # noqa: ARG003
        """By what name it sets what a source reads at this path of the vendor's object.

        `None`: it does not set that. Only for `safe` actions that have a `target`.
        """
        return None

    @classmethod
    def setting(cls, ref: Ref, values: Mapping[str, Any]) -> Self:
        """It for this record, with values by the names that `field_for` gives."""
        raise NotImplementedError

    def sends(self) -> Mapping[str, Any]:
        """Of a record that it makes: fields as the vendor keeps them, where that needs no call to tell.

        Which of them the vendor took, only a receipt says (`wrote`).
        """
        return {}

    def find(self, client: C, key: str) -> Receipt | None:
        """What an earlier run with this key did, or `None`. Only for `findable` actions."""
        raise NotImplementedError
