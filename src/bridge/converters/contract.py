"""What a converter is: a function by name that carries one value from one end of a sync to the other.

It is pure, makes no call, and is never given a value that is empty: nothing is carried as nothing.
What it cannot carry it refuses with `NotCarried`; the field is then left alone and reported.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from bridge.errors import BridgeError


class NotCarried(BridgeError):
    """This value has no place at the other end. The text says why, and never quotes the value."""


class Directory(Protocol):
    """Who is who at which connection."""

    def account(self, account: str, *, at: str, to: str) -> str | None:
        """The account at the connection `to` of whoever has this account at the connection `at`.

        `None`: nobody knows, and nobody guesses.
        """
        ...


class Nobody:
    """A directory in which there is nobody."""

    def account(self, account: str, *, at: str, to: str) -> str | None:
        return None


NOBODY = Nobody()


@dataclass(frozen=True, kw_only=True)
class Place:
    """One end of a pair of fields: `field` in our words, `path` in the vendor's."""

    connection: str
    system: str
    object: str
    field: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Trip:
    """Where a value stands, where it goes, and who is who."""

    at: Place
    to: Place
    directory: Directory = NOBODY


# (value, trip) -> the value in the form that the field at `trip.to` has in our records. Values are
# JSON as records hold them: times ISO text in UTC, a person or money a mapping, labels a list.
Converter = Callable[[Any, Trip], Any]
