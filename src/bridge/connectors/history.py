"""What a vendor's own change log says."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Moved:
    """One line of a vendor's own change log: the vendor's field, and its raw values."""

    field: str
    before: Any = None
    after: Any = None
