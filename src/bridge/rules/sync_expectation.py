"""What the pairs of a sync were judged to be, against what a test expects: pair by pair. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bridge.rules.expectation import NOTHING, Difference, Field, What, text
from bridge.rules.reading import coerce
from bridge.rules.same import plain
from bridge.rules.standing import CONFLICT, LEFT_ALONE, Standing
from bridge.rules.sync_example import Outcome


def differences(expect: Mapping[str, Outcome], came: Sequence[Standing]) -> tuple[Difference, ...]:
    """The pairs that are not as expected, and those that nobody expected."""
    found = [_difference(expect, one) for one in came]
    return tuple(one for one in found if one is not None)


def _difference(expect: Mapping[str, Outcome], came: Standing) -> Difference | None:
    wanted = expect.get(came.name)
    if wanted is None:
        if came.end is None and came.word != CONFLICT:
            return None
        field = Field(path="", expected=NOTHING, got=_came(came))
        return Difference(what=What.UNEXPECTED, action=came.name, fields=(field,))
    fields = tuple(_fields(wanted, came))
    return Difference(what=What.DIFFERENT, action=came.name, fields=fields) if fields else None


def _fields(wanted: Outcome, came: Standing) -> Iterator[Field]:
    if isinstance(wanted, str):
        if came.word != wanted:
            yield Field(path="", expected=wanted, got=_came(came))
        return
    ((word, value),) = wanted.items()
    if word == LEFT_ALONE:
        if came.word != word or str(value) not in came.reason:
            yield Field(path="", expected=f"{word} ({value})", got=_came(came))
    elif came.word != word or not _same(value, came):
        yield Field(path="", expected=_gets(word, value), got=_came(came))


def _same(value: Any, came: Standing) -> bool:
    end = came.judged.end
    assert end is not None
    try:
        wanted = coerce(value, came.judged.pair.slot(end).annotation)
    except ValueError:
        return False
    got = came.judged.judgement.value
    return bool(wanted == got or (plain(wanted) is None and plain(got) is None))


def _came(came: Standing) -> str:
    """What it has come to, with the value."""
    if came.end is None:
        return f"{came.word} ({came.reason})" if came.word == LEFT_ALONE else came.word
    return _gets(came.word, came.judged.judgement.value)


def _gets(connection: str, value: Any) -> str:
    return f"{connection} gets {text(value)}"


def sentence(found: Sequence[Difference]) -> str:
    """The same in one line."""
    return " and ".join(
        f"{one.action}: expected {field.expected}, got {field.got}"
        for one in found
        for field in one.fields
    )
