"""What a search or a name leads to at one account: an address, without the record."""

from dataclasses import dataclass
from datetime import datetime


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
    """A record that a search has shown to be changed, by the vendor's id. `gone`: it was deleted."""

    id: str
    stamp: datetime
    gone: bool = False
