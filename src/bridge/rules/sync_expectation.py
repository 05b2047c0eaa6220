"""What the pairs of a sync were judged to be, against what a test expects: pair by pair. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.rules.agree import End, Verdict
from bridge.rules.expectation import NOTHING, Difference, Field, What, text
from bridge.rules.judged import Judged, named
from bridge.rules.reading import coerce
from bridge.rules.same import plain
from bridge.rules.sync import Sync
from bridge.rules.sync_example import CONFLICT, IN_STEP, LEFT_ALONE, Outcome

_SAID = {
    Verdict.IN_STEP: IN_STEP,
    Verdict.CONFLICT: CONFLICT,
    Verdict.STUCK: LEFT_ALONE,
    Verdict.UNKNOWN: LEFT_ALONE,
}


@dataclass(frozen=True, kw_only=True)
class Came:
    """What one pair has come to. `stopped`: the end at which its sync stands still."""

    sync: Sync
    name: str
    judged: Judged
    stopped: End | None = None

    @property
    def end(self) -> End | None:
        """The end that is written."""
        return None if self.stopped else self.judged.end

    @property
    def word(self) -> str:
        """How a test calls it; where something is written, the connection."""
        if self.stopped is not None:
            return LEFT_ALONE
        end = self.judged.end
        return _SAID[self.judged.verdict] if end is None else self.connection(end)

    @property
    def reason(self) -> str:
        if self.stopped is not None:
            return f"stopped at {self.connection(self.stopped)}: neither end is written"
        names = {end: self.connection(end) for end in End}
        return named(self.judged.judgement.reason, names)

    def connection(self, end: End) -> str:
        return self.sync.source(end).connection

    def written(self) -> str:
        """As text: what it has come to, with the value."""
        if self.end is None:
            return f"{self.word} ({self.reason})" if self.word == LEFT_ALONE else self.word
        return _gets(self.word, self.judged.judgement.value)


def differences(expect: Mapping[str, Outcome], came: Sequence[Came]) -> tuple[Difference, ...]:
    """The pairs that are not as expected, and those that nobody expected."""
    found = [_difference(expect, one) for one in came]
    return tuple(one for one in found if one is not None)


def _difference(expect: Mapping[str, Outcome], came: Came) -> Difference | None:
    wanted = expect.get(came.name)
    if wanted is None:
        if came.end is None and came.word != CONFLICT:
            return None
        field = Field(path="", expected=NOTHING, got=came.written())
        return Difference(what=What.UNEXPECTED, action=came.name, fields=(field,))
    fields = tuple(_fields(wanted, came))
    return Difference(what=What.DIFFERENT, action=came.name, fields=fields) if fields else None


def _fields(wanted: Outcome, came: Came) -> Iterator[Field]:
    if isinstance(wanted, str):
        if came.word != wanted:
            yield Field(path="", expected=wanted, got=came.written())
        return
    ((word, value),) = wanted.items()
    if word == LEFT_ALONE:
        if came.word != word or str(value) not in came.reason:
            yield Field(path="", expected=f"{word} ({value})", got=came.written())
    elif came.word != word or not _same(value, came):
        yield Field(path="", expected=_gets(word, value), got=came.written())


def _same(value: Any, came: Came) -> bool:
    end = came.judged.end
    assert end is not None
    try:
        wanted = coerce(value, came.judged.pair.slot(end).annotation)
    except ValueError:
        return False
    got = came.judged.judgement.value
    return bool(wanted == got or (plain(wanted) is None and plain(got) is None))


def _gets(connection: str, value: Any) -> str:
    return f"{connection} gets {text(value)}"


def sentence(found: Sequence[Difference]) -> str:
    """The same in one line."""
    return " and ".join(
        f"{one.action}: expected {field.expected}, got {field.got}"
        for one in found
        for field in one.fields
    )
