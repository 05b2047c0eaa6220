"""What a write would overwrite, as far as the ledger knows the record. Pure.

A field counts if a source reads it as it is, or by a map, and the record has a value in it. What
no source reads, what is computed and what nobody has shown yet does not count.
"""

from collections.abc import Mapping
from typing import Any

from bridge.pipeline.caps.use import Use
from bridge.rules.model import FieldForm
from bridge.rules.reading import UNKNOWN, Unknown, at, coerce
from bridge.rules.sources import Source

_EMPTY: tuple[Any, ...] = (None, "", [], {})


def weight(sets: Mapping[str, Any] | None, record: Mapping[str, Any], source: Source) -> Use:
    """One write that sets these vendor fields of a record, which the ledger knows so."""
    known = overwritten = 0
    for name in sets or ():
        answers = [
            answer
            for field in source.reads.get(name, ())
            if (answer := _other(sets or {}, record, source, field)) is not None
        ]
        known += bool(answers)
        overwritten += any(answers)
    return Use(writes=1, known=known, overwritten=overwritten)


def _other(
    sets: Mapping[str, Any], record: Mapping[str, Any], source: Source, field: str
) -> bool | None:
    """Whether a canonical field that has a value would get another. `None`: nobody knows."""
    now = record.get(field)
    if now in _EMPTY:
        return None
    form = source.fields[field]
    try:
        then = _read(sets, form, source, source.model.model_fields[field].annotation)
    except (ValueError, KeyError):
        return None
    return None if isinstance(then, Unknown) else bool(then != now)


def _read(sets: Mapping[str, Any], form: FieldForm, source: Source, annotation: Any) -> Any:
    """The new value in canonical terms. Vendors take a name where they show `{name: …}`."""
    assert form.field is not None
    first, _, rest = form.field.partition(".")
    said = sets[first]
    value = at(said, rest) if rest and isinstance(said, Mapping) else said
    if isinstance(value, Unknown) or value is None:
        return value
    if form.map is None:
        return coerce(value, annotation)
    words = source.maps[form.map]
    return words.get(str(value), UNKNOWN)
