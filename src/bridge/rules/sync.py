"""A sync: pairs of fields of two linked records, checked, and what carries a value across. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bridge.converters.contract import NOBODY, Converter, Directory, NotCarried, Trip
from bridge.rules.agree import Carry, End, Owner
from bridge.rules.condition import Condition, Site
from bridge.rules.descriptors import Schema
from bridge.rules.expression import Failure, Scope
from bridge.rules.same import plain
from bridge.rules.slot import Slot
from bridge.rules.sources import Source
from bridge.rules.sync_form import OFF, SyncForm

RULE = "sync:"  # how the rule of a sync's deliveries begins
MIRRORS = "mirrors"


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A condition over one end's record; while it holds, neither end is written."""

    condition: Condition
    kind: str
    scope: Scope
    schema: Schema
    message: str

    def holds(self, record: Mapping[str, Any]) -> bool:
        """A record that it cannot be asked of is stopped: nothing is written on a guess."""
        try:
            message = self.schema.message(self.message, record)
        except (ValueError, TypeError):
            return True
        value = self.condition.whole.evaluate(self.scope.bind({self.kind: message}))
        return isinstance(value, Failure) or value is True


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two fields that agree. `words` carries from left to right, `back` the other way."""

    left: Slot
    right: Slot
    owner: Owner
    words: Mapping[str, Any] | None = None
    back: Mapping[str, Any] | None = None
    converter: Converter | None = None

    @property
    def name(self) -> str:
        """As people read it."""
        one, other = self.left, self.right
        return one.name if one.name == other.name else f"{one.name}/{other.name}"

    def slot(self, end: End) -> Slot:
        return self.left if end is End.LEFT else self.right

    def writes(self, end: End) -> bool:
        """Whether this end is ever written: never the one whose word always counts."""
        return self.owner.value != end.value

    def spelled(self, end: End, value: Any) -> Any:
        """One spelling for all that says the same at this end."""
        if self.converter is None or plain(value) is None:
            return value
        return self.converter.normal(value, self.slot(end).place)

    def carry(
        self,
        directory: Directory = NOBODY,
        *,
        shown: Mapping[End, Any] | None = None,
        urls: Mapping[End, str] | None = None,
    ) -> Carry:
        """What carries a value of this pair to an end, in the form its records hold.

        `shown`: what the ends show now; `urls`: where people open their records.
        """

        def carried(value: Any, to: End) -> Any:
            if plain(value) is None:
                return None
            slot, table = self.slot(to), self.words if to is End.RIGHT else self.back
            if table is not None:
                return slot.fitted(_mapped(table, value))
            if self.converter is not None:
                trip = Trip(
                    at=self.slot(to.other).place,
                    to=slot.place,
                    directory=directory,
                    current=(shown or {}).get(to),
                    url=(urls or {}).get(to.other, ""),
                )
                return slot.fitted(self.converter(value, trip))
            return slot.fitted(value)

        return carried


@dataclass(frozen=True, kw_only=True)
class Sync:
    """One sync of the mappings. `never`: by connection the vendor fields that nobody writes."""

    id: str
    version: str
    left: Source
    right: Source
    roles: tuple[str, ...]
    stop: Mapping[End, Stop]
    never: Mapping[str, frozenset[str]]
    pairs: tuple[Pair, ...]
    form: SyncForm
    site: Site

    @property
    def is_off(self) -> bool:
        """Whether it is there to be switched on some day."""
        return self.form.mode == OFF

    @property
    def rule(self) -> str:
        """What its deliveries name as their rule."""
        return f"{RULE}{self.id}"

    def source(self, end: End) -> Source:
        return self.left if end is End.LEFT else self.right

    def wants(self, *, role: str, relation: str) -> bool:
        """Whether a link with this role and relation is one of its."""
        return role in self.roles if self.roles else relation == MIRRORS

    def stopped(self, records: Mapping[End, Mapping[str, Any]]) -> End | None:
        """The end whose record says that nothing is to be written."""
        return next((end for end, stop in self.stop.items() if stop.holds(records[end])), None)

    @cached_property
    def fields(self) -> Mapping[End, frozenset[str]]:
        """By end: the fields that agree."""
        return {end: frozenset(pair.slot(end).name for pair in self.pairs) for end in End}


def is_sync(rule: str) -> bool:
    """Whether a delivery's rule is a sync."""
    return rule.startswith(RULE)


def word(value: Any) -> str:
    """A value as the key of a map: keys are always text."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _mapped(table: Mapping[str, Any], value: Any) -> Any:
    if word(value) not in table:
        raise NotCarried("its map does not have this word")
    return table[word(value)]
