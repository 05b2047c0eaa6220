"""What a converter is: it carries one value from one end of a sync to the other, by its name in `as:`.

It is pure, makes no call, and is never given a value that is empty: nothing is carried as nothing.
What it cannot carry it refuses with `NotCarried`; the field is then left alone and reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from bridge.errors import BridgeError


class NotCarried(BridgeError):
    """This value has no place at the other end. The text says why, and never quotes the value.

    `code` is what such values are counted by.
    """

    def __init__(self, text: str, *, code: str = "value") -> None:
        super().__init__(text)
        self.code = code


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

    def said(self, options: Mapping[str, Any]) -> Any:
        """What options by connection or by system say of this end; `None`: nothing."""
        return options.get(self.connection, options.get(self.system))


@dataclass(frozen=True, kw_only=True)
class Trip:
    """Where a value stands, where it goes, and who is who.

    current  what the other end shows now, in our words, where that is known
    url      where people open the whole record that the value is from; empty: not known
    """

    at: Place
    to: Place
    directory: Directory = NOBODY
    current: Any = None
    url: str = ""


class Converter(BaseModel):
    """Its fields are its options: `as: date`, or `as: {date: {zone: Europe/Madrid}}`.

    Values are JSON as records hold them: times ISO text in UTC, a person or money a mapping, labels
    a list. What a call returns has the form that the field at `trip.to` has in our records.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]

    def __call__(self, value: Any, trip: Trip) -> Any:
        """Raises NotCarried."""
        raise NotImplementedError

    def normal(self, value: Any, at: Place) -> Any:
        """One spelling for all that this end shows in place of a value, to be compared by.

        What a vendor makes of a value when it keeps it (trims, CRLF, entities) is undone here.
        """
        return value
