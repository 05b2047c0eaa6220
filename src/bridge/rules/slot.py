"""One field at one end of a sync: where the vendor keeps it, and how it is written there. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.connectors.action import Action
from bridge.converters.contract import NotCarried, Place
from bridge.errors import RuleError
from bridge.rules.reading import UNKNOWN, Unknown, coerce
from bridge.rules.same import plain
from bridge.rules.sources import Source, read_field

_TRUTH = {"true": True, "false": False}


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A canonical field of a source's records. `action` sets what stands at `path` by the name `sets`;
    without one the field is read only.
    """

    source: Source
    name: str
    path: str
    system: str
    action: type[Action[Any]] | None
    sets: str

    @property
    def place(self) -> Place:
        one = self.source
        return Place(
            connection=one.connection,
            system=self.system,
            object=one.object,
            field=self.name,
            path=self.path,
        )

    @property
    def kind(self) -> str:
        """The name of that action."""
        return self.action.kind if self.action is not None else ""

    @property
    def annotation(self) -> Any:
        return self.source.model.model_fields[self.name].annotation

    def fitted(self, value: Any) -> Any:
        """A carried value in the form that records hold it. Raises NotCarried."""
        try:
            return coerce(value, self.annotation)
        except ValueError:
            raise NotCarried(f"`{self.name}` takes no such value") from None

    def vendor(self, value: Any) -> Any:
        """A canonical value as the vendor's: of several words for it the first in the map.

        Raises NotCarried for one that the source reads from no word.
        """
        if plain(value) is None:
            return None
        form = self.source.fields[self.name]
        if form.map is not None:
            return self._word(form.map, value)
        if isinstance(value, Mapping):
            return _part(value)
        return list(value) if isinstance(value, tuple) else value

    def shown(self, fields: Mapping[str, Any]) -> Any:
        """What these vendor fields say of it in our words; `UNKNOWN` where they do not."""
        try:
            found = read_field(self.source, self.name, fields)
        except RuleError:
            return UNKNOWN
        return UNKNOWN if isinstance(found, Unknown) else found

    def words(self) -> frozenset[Any] | None:
        """All that a source can read here, by its map. `None`: it has none."""
        form = self.source.fields[self.name]
        if form.map is None:
            return None
        more = () if form.otherwise is None else (form.otherwise,)
        return frozenset((*self.source.maps.get(form.map, {}).values(), *more))

    def _word(self, name: str, value: Any) -> Any:
        for word, ours in self.source.maps[name].items():
            if self.fitted(ours) == value:
                return _TRUTH.get(word, word)
        raise NotCarried(f"map `{name}` has no word that is read as {_shown(value)}")


def _part(value: Mapping[str, Any]) -> Any:
    """Of a person the account, of money the amount."""
    for name in ("id", "amount", "name"):
        if value.get(name) is not None:
            return value[name]
    return None


def _shown(value: Any) -> str:
    """Only words of our own are shown."""
    return f"`{value}`" if isinstance(value, str) and len(value) < 40 else "that"
