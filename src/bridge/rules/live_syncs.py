"""The pairs of a sync against what the systems say of their fields: types, words, and who may write. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from bridge.connectors.vocabulary import Holds, Said, Told
from bridge.converters.contract import NotCarried
from bridge.converters.dates import Date
from bridge.rules import sync_maps
from bridge.rules.agree import End
from bridge.rules.slot import Slot
from bridge.rules.sync import Pair

_TIMES = frozenset({Holds.DAY, Holds.MOMENT})
# By converter: what the fields at both ends may hold.
_TAKES: Mapping[str, frozenset[Holds]] = {
    "date": _TIMES,
    "moment": frozenset({Holds.MOMENT}),
    "number": frozenset({Holds.NUMBER}),
    "money": frozenset({Holds.NUMBER}),
    "checkbox": frozenset({Holds.CHECKBOX, Holds.CHOICE, Holds.TEXT}),
    "user": frozenset({Holds.PERSON}),
    "plain_text": frozenset({Holds.TEXT, Holds.MARKUP}),
    "line": frozenset({Holds.TEXT}),
}
_REMEDY = {
    ("plain_text", Holds.RICH_TEXT): "; say `as: rich_text`",
    ("rich_text", Holds.TEXT): "; say `as: plain_text`",
    ("moment", Holds.DAY): "; say `as: date`",
}
_WITH_HTML = "salesforce"  # the system that has fields of both sorts


def misfits(pair: Pair, told: Mapping[End, Told | None]) -> Iterator[tuple[End, str]]:
    """What is wrong with the types of its fields, as far as they were told: at which end, in words."""
    holds = {end: one.holds for end, one in told.items() if one is not None}
    for end, held in holds.items():
        text = _misfit(pair, pair.slot(end), held) if held is not None else ""
        if text:
            yield end, text
    yield from _into_markup(pair, holds)
    if pair.converter is None and set(holds.values()) == _TIMES:
        end = next(end for end in End if holds[end] is Holds.MOMENT)
        slot = pair.slot(end)
        connection = slot.source.connection
        yield (
            end,
            (
                f"`{slot.path}` holds a time, and the other end a day, so the two never agree; say"
                f" `as: {{date: {{moments: {{{connection}: ZONE}}}}}}`"
            ),
        )


def _into_markup(pair: Pair, holds: Mapping[End, Holds | None]) -> Iterator[tuple[End, str]]:
    """A text goes as it is into one that is markup: what a customer says must not run there."""
    areas = [end for end, held in holds.items() if held is Holds.MARKUP]
    if pair.converter is not None or pair.words is not None or len(areas) != 1:
        return
    slot, other = pair.slot(areas[0]), pair.slot(areas[0].other)
    if slot.system == other.system and areas[0].other not in holds:
        return  # it may be markup as well
    text = f"`{slot.path}` of {slot.source.object} holds {Holds.MARKUP}, and `{other.path}` none"
    yield areas[0], f"{text}; say `as: plain_text`, or for HTML `as: rich_text`"


def _misfit(pair: Pair, slot: Slot, held: Holds) -> str:
    converter = pair.converter
    if converter is None:
        return ""
    name, what = converter.name, f"`{slot.path}` of {slot.source.object} holds {held}"
    takes = _TAKES.get(name)
    if name == "rich_text" and slot.system == _WITH_HTML:
        takes = frozenset({Holds.RICH_TEXT})
    if takes is not None and held not in takes:
        return f"{what}, which `as: {name}` does not carry{_REMEDY.get((name, held), '')}"
    if not isinstance(converter, Date):
        return ""
    zone = slot.place.said(converter.moments)
    if held is Holds.MOMENT and zone is None:
        place = f"{{{slot.source.connection}: ZONE}}"
        return f"{what}; say whose days count: `as: {{date: {{moments: {place}}}}}`"
    if held is Holds.DAY and zone is not None:
        return f"{what}, and no time; take it out of `moments`"
    return ""


def arguments(pair: Pair, end: End) -> Said:
    """What may be written to this end, as a step that writes it says it."""
    slot = pair.slot(end)
    assert slot.action is not None
    fields = slot.action.model_fields
    place = (slot.sets,) if slot.sets in fields else ("fields", slot.sets)
    said: dict[tuple[str, ...], frozenset[Any]] = {place: frozenset(words(pair, end))}
    if "object" in fields:
        said["object",] = frozenset({slot.source.object})
    return said


def words(pair: Pair, end: End) -> dict[Any, str]:
    """The vendor's words that may be written to this end, each with the key of the map it comes from."""
    slot, other = pair.slot(end), pair.slot(end.other)
    table = pair.words if end is End.RIGHT else pair.back
    if table is None:
        coming = dict.fromkeys(sync_maps.domain(other) or (), "")
    else:
        keys = table.items() if end is End.RIGHT else ((ours, ours) for ours in table.values())
        coming = {word: str(key) for key, word in keys}
    found: dict[Any, str] = {}
    for word, key in coming.items():
        try:
            found[slot.vendor(slot.fitted(word))] = key
        except NotCarried:
            continue  # told without asking anybody
    return found
