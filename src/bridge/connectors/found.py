"""What a search or a name leads to at one account: an address, without the record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

C = TypeVar("C")
S = TypeVar("S")


@dataclass(frozen=True, kw_only=True)
class Named:
    """What a text names at one account: a vendor's id, or a key that `resolve` finds.

    `object` is empty where the text does not say it.
    """

    object: str = ""
    id: str = ""
    key: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Touched:
    """A record that a search has shown to be changed, by the vendor's id. `gone`: it was deleted.

    `on`: the id of the record that it hangs on, where it is read by both.
    """

    id: str
    stamp: datetime
    gone: bool = False
    on: str = ""


@dataclass(frozen=True, kw_only=True)
class Hanging(Generic[C, S]):
    """How records are read that no search shows: they hang on others, which change along with them.

    on    the vendor's object that a search shows for them
    all   (client, connection, ids of those) -> by id, complete snapshots of all that hangs on each; one
          that is gone or may not be seen is left out
    read  (client, connection, ids as `address` gives them) -> complete snapshots of what is there
    """

    on: str
    all: Callable[[C, str, Sequence[str]], Mapping[str, Sequence[S]]]
    read: Callable[[C, str, Sequence[str]], Sequence[S]]


def address(on: str, record: str) -> str:
    """By what a record is read: its id, behind the id of what it hangs on if it does."""
    return f"{on}/{record}" if on else record
