"""What a system says of itself, as far as mappings name it: its fields, and the words they take."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

SHOWN = 12  # words of a list in a message
C = TypeVar("C")
Said = Mapping[tuple[str, ...], frozenset[Any]]
"""The arguments of one step by path, each with the constants it may be; empty where it is computed."""


class Holds(StrEnum):
    """What sort of value a field is for, as far as that is the same at every system."""

    TEXT = "text"
    RICH_TEXT = "rich text"
    MARKUP = "wiki markup"
    DAY = "a day"
    MOMENT = "a time"
    NUMBER = "a number"
    CHECKBOX = "yes or no"
    CHOICE = "a choice"
    PERSON = "a person"


class Missing(Exception):
    """The system has no such object or field; the text says which there may be instead."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a system says of one field: the words it offers (empty: any). `closed`: no others get in.
    `holds`: what sort of value; `None`: another, or it does not say."""

    words: tuple[str, ...] = ()
    closed: bool = True
    holds: Holds | None = None


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """What a step says and the system does not know: `place` is the path of the argument, `word` the
    value where only that is wrong."""

    place: tuple[str, ...]
    text: str
    word: Any = None


@dataclass(frozen=True, kw_only=True)
class Screen:
    """The fields that can be changed on one record. `of` says which it is."""

    of: str
    fields: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Vocabulary(Generic[C]):
    """How a system is asked. What it answers is kept for some minutes by its client.

    field  (client, object, path) -> what it says of a field that a source reads. Raises Missing
    step   (client, action's name, arguments) -> what the system would not take of them
    screen (client, object) -> what can be changed on one of its records, the one that was changed last;
           `None` where that is not known. Only where who may write a field goes by record
    All raise `DeliveryError`s when it cannot be asked.
    """

    field: Callable[[C, str, str], Told]
    step: Callable[[C, str, Said], Iterator[Unknown]]
    screen: Callable[[C, str], Screen | None] = lambda _client, _object: None


def or_nearest(word: str, known: Iterable[str]) -> str:
    """The tail of a sentence about an unknown word: the one that was perhaps meant, else a few."""
    names = sorted({*known})
    folded = {one.casefold(): one for one in names}
    near = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    if near:
        return f"; did you mean `{folded[near[0]]}`?"
    return f"; there are: {', '.join(names)}" if 0 < len(names) <= SHOWN else ""
