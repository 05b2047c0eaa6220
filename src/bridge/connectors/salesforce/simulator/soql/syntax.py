"""A query taken apart: what is selected, from where, under which conditions, in which order."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from typing_extensions import override

Value: TypeAlias = str | float | bool | date | datetime | None


@dataclass(frozen=True)
class Path:
    """`Account.Name` as its parts, and the column it stands at."""

    parts: tuple[str, ...]
    at: int = 0

    @override
    def __str__(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True)
class Literal:
    """A value; `raw` is a text with its escapes, which LIKE reads differently."""

    value: Value
    raw: str = ""


@dataclass(frozen=True)
class Compare:
    path: Path
    sign: str  # = != < > <= >= LIKE
    literal: Literal


@dataclass(frozen=True)
class Among:
    """`IN` and `NOT IN`."""

    path: Path
    literals: tuple[Literal, ...]
    negated: bool


@dataclass(frozen=True)
class Not:
    condition: "Condition"


@dataclass(frozen=True)
class Both:
    conditions: tuple["Condition", ...]


@dataclass(frozen=True)
class Either:
    conditions: tuple["Condition", ...]


Condition: TypeAlias = Compare | Among | Not | Both | Either


@dataclass(frozen=True)
class Order:
    path: Path
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, kw_only=True)
class Query:
    text: str
    select: tuple[Path, ...]
    object: str
    where: Condition | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
