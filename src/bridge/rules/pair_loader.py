"""The pairs of a sync, checked: two fields, an owner, and what carries one to the other."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bridge.converters.contract import Converter
from bridge.converters.rich_text import is_markup
from bridge.rules import sync_maps
from bridge.rules.agree import End, Owner
from bridge.rules.descriptors import bare
from bridge.rules.document import Path
from bridge.rules.problem import did_you_mean
from bridge.rules.slot import Slot
from bridge.rules.slot_loader import may_be_written, slot_of
from bridge.rules.sync import Pair
from bridge.rules.sync_converter import built
from bridge.rules.sync_ends import Ends
from bridge.rules.sync_form import ASK, LATEST, PairForm, SyncForm

_OPTIONS = ("owner", "map", "as")


class PairLoader:
    """Those of one sync."""

    def __init__(self, ends: Ends) -> None:
        self.ends = ends
        self.names = ends.names

    def pairs(self, place: Path, form: SyncForm) -> Iterator[Pair]:
        seen: set[tuple[End, str]] = set()
        for number, one in enumerate(form.fields):
            pair = self._pair((*place, number), one, form)
            if pair is None:
                continue
            for end in End:
                self._once((*place, number), pair, end, seen)
            yield pair

    def _once(self, place: Path, pair: Pair, end: End, seen: set[tuple[End, str]]) -> None:
        """No field, and nothing that is written by one name, stands in two pairs."""
        slot = pair.slot(end)
        said = [slot.name, f"={slot.sets}"] if pair.writes(end) else [slot.name]
        if {(end, one) for one in said} & seen:
            text = f"`{slot.name}` stands in another pair of this sync already; take one out"
            if (end, slot.name) not in seen:
                text = f"another pair of this sync writes `{slot.path}` as well; take one out"
            self.ends.problem((*place, slot.source.connection), text)
        seen |= {(end, one) for one in said}

    def _pair(self, place: Path, form: PairForm, sync: SyncForm) -> Pair | None:
        owner = self._owner(place, form)
        slots = {name: slot_of(self.ends, place, form, name) for name in self.names}
        self._strange(place, form)
        left, right = (slots[self.ends.sources[end].connection] for end in End)
        if owner is None or left is None or right is None:
            return None
        for end, slot in ((End.LEFT, left), (End.RIGHT, right)):
            if owner.value != end.value:
                may_be_written(self.ends, place, slot, sync)
        table = self._table(place, form, left, right, owner)
        self._alike(place, form, left, right, owner)
        return Pair(
            left=left,
            right=right,
            owner=owner,
            words=table,
            back=None if table is None else sync_maps.backwards(table),
            converter=self._converter(place, form, (left, right)),
        )

    def _owner(self, place: Path, form: PairForm) -> Owner | None:
        if form.owner in self.names:
            return Owner(self.names[form.owner].value)
        if form.owner in (LATEST, ASK):
            return Owner(form.owner)
        known = (*self.names, LATEST, ASK)
        near = did_you_mean(form.owner, known)
        self.ends.problem((*place, "owner"), f"no owner `{form.owner}`{near}")
        return None

    def _strange(self, place: Path, form: PairForm) -> None:
        for name in form.of_each:
            if name not in self.names:
                known = (*self.names, *_OPTIONS)
                self.ends.key_problem(
                    (*place, name), f"unknown key `{name}`{did_you_mean(name, known)}"
                )

    def _table(
        self, place: Path, form: PairForm, left: Slot, right: Slot, owner: Owner
    ) -> Mapping[str, Any] | None:
        tables = self.ends.ground.worlds.tables
        if form.map is None:
            return None
        if form.map not in tables:
            self.ends.problem(
                (*place, "map"), f"no map `{form.map}`{did_you_mean(form.map, tables)}"
            )
            return None
        table = tables[form.map]
        for text in sync_maps.mistakes(form.map, table, left, right, owner):
            self.ends.problem((*place, "map"), text)
        return table

    def _converter(self, place: Path, form: PairForm, slots: Sequence[Slot]) -> Converter | None:
        made = built(form, {*self.names, *(slot.system for slot in slots)})
        for path, text in made.mistakes:
            self.ends.problem((*place, *path), text)
        return made.converter

    def _alike(self, place: Path, form: PairForm, left: Slot, right: Slot, owner: Owner) -> None:
        """Two fields of different types need something that carries one to the other."""
        if form.converter is not None:
            return
        if form.map is None and is_markup(left.place) != is_markup(right.place):
            text = f"`{left.name}` and `{right.name}` are not written alike: one is wiki markup"
            self.ends.problem(place, f"{text}; say `as: plain_text`, or for HTML `as: rich_text`")
            return
        table = self.ends.ground.worlds.tables.get(form.map or "")
        if form.map is None and bare(left.annotation) != bare(right.annotation):
            text = f"`{left.name}` and `{right.name}` are not of one type"
            self.ends.problem(
                place, f"{text}; say with `map` or `as` what carries one to the other"
            )
        elif form.map is None or table is not None:
            for text in sync_maps.unwritable(left, right, owner, table):
                self.ends.problem(place, text)
