"""What was asked against what a test expects: which actions came, and where their fields differ."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from bridge.canonical import duration
from bridge.rules.decision import Answer, Ask, Decision
from bridge.rules.example import Expected
from bridge.rules.template import shown

NOTHING = "nothing"  # in place of a value that is not there


class What(StrEnum):
    """How an action is not as expected."""

    DIFFERENT = "different"
    MISSING = "missing"  # it was expected and did not come
    UNEXPECTED = "unexpected"  # it came and was not expected


@dataclass(frozen=True, kw_only=True)
class Field:
    """One value: where it stands, what was expected there, what is. Both as text."""

    path: str
    expected: str
    got: str


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One action. `fields` are those that differ; of one that is missing or too much, its own."""

    what: What
    action: str
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Came:
    """An action that was asked for, with the decision that did."""

    decision: Decision
    ask: Ask

    @property
    def sent(self) -> Mapping[str, Any]:
        """How it is sent, in the words of the rule."""
        ask = self.ask
        return {
            "id": ask.step,
            "connection": ask.connection,
            "role": ask.role,
            "relation": ask.relation,
            "expires": ask.expires,
            "waits_for": ask.needs,
            "merge": "never" if ask.alone else None,
            "urgent": ask.urgent,
            "route": None if ask.route is None else asdict(ask.route),
            "mode": "observe" if self.decision.observe else "live",
            "dead_head": self.decision.dead_head,
        }


def differences(
    expected: Sequence[Expected], decisions: Sequence[Decision]
) -> tuple[Difference, ...]:
    """What is not as expected: those that differ first, the nearest before the others."""
    came = [Came(decision, ask) for decision in decisions for ask in decision.asks]
    found = [_difference(*pair) for pair in _pairs(tuple(expected), tuple(came))]
    order = list(What)
    told = [one for one in found if one is not None]
    return tuple(sorted(told, key=lambda one: (order.index(one.what), len(one.fields))))


def _difference(wanted: Expected | None, came: Came | None) -> Difference | None:
    if came is None:
        assert wanted is not None
        own = tuple(
            Field(path=key, expected=text(v), got=NOTHING) for key, v in wanted.args.items()
        )
        return Difference(what=What.MISSING, action=wanted.action, fields=own)
    if wanted is None:
        args = shown(came.ask.args)
        own = tuple(Field(path=key, expected=NOTHING, got=text(v)) for key, v in args.items())
        return Difference(what=What.UNEXPECTED, action=came.ask.action, fields=own)
    found = tuple(_fields(wanted, came))
    return Difference(what=What.DIFFERENT, action=wanted.action, fields=found) if found else None


def _fields(wanted: Expected, came: Came) -> Iterator[Field]:
    yield from _compared(wanted.args, shown(came.ask.args), "")
    sent = came.sent
    for name in sorted(wanted.model_fields_set - {"calls"}):
        yield from _compared(getattr(wanted, name), sent[name], name)


def _compared(wanted: Any, got: Any, where: str) -> Iterator[Field]:
    """Where the wanted part is not in what came. Lists are compared whole."""
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        for key, item in wanted.items():
            path = f"{where}.{key}" if where else str(key)
            if key in got:
                yield from _compared(item, got[key], path)
            else:
                yield Field(path=path, expected=text(item), got=NOTHING)
    elif not _same(wanted, got):
        yield Field(path=where, expected=text(wanted), got=text(got))


def _same(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, list | tuple) and isinstance(got, list | tuple):
        wanted, got = list(wanted), list(got)
    return bool(wanted == got) and isinstance(wanted, bool) is isinstance(got, bool)


def text(value: Any) -> str:
    """A value as it is shown beside another."""
    match value:
        case str():
            return repr(value)
        case timedelta():
            return duration.text(value)
        case _:
            return json.dumps(value, ensure_ascii=False, default=str)


Pair = tuple[Expected | None, Came | None]


def _pairs(wanted: tuple[Expected, ...], came: tuple[Came, ...]) -> list[Pair]:
    """Both lists side by side in their order, so that least is left over and least differs.

    The usual alignment of two sequences: one that is missing or too much costs 1, a pair of the
    same action less, the fewer of its fields differ.
    """
    names = [one.action for one in wanted]
    if names == [one.ask.action for one in came]:
        return list(zip(wanted, came, strict=True))
    best: dict[tuple[int, int], tuple[float, list[Pair]]] = {(0, 0): (0.0, [])}
    for row in range(len(wanted) + 1):
        for column in range(len(came) + 1):
            ways = []
            if row:
                cost, pairs = best[row - 1, column]
                ways.append((cost + 1, [*pairs, (wanted[row - 1], None)]))
            if column:
                cost, pairs = best[row, column - 1]
                ways.append((cost + 1, [*pairs, (None, came[column - 1])]))
            if row and column:
                ways += _paired(best[row - 1, column - 1], wanted[row - 1], came[column - 1])
            if ways:
                best[row, column] = min(ways, key=lambda way: way[0])
    return best[len(wanted), len(came)][1]


def _paired(
    before: tuple[float, list[Pair]], wanted: Expected, came: Came
) -> Iterator[tuple[float, list[Pair]]]:
    if wanted.action == came.ask.action:
        many = len(list(_fields(wanted, came)))
        cost, pairs = before
        yield cost + many / (many + 1), [*pairs, (wanted, came)]


def sentence(
    expected: Sequence[Expected], decisions: Sequence[Decision], found: Sequence[Difference]
) -> str:
    """The same in one line: which actions came if they are others, else field by field."""
    if all(one.what is What.DIFFERENT for one in found):
        return " and ".join(
            f"{one.action}: {field.path}: expected {field.expected}, got {field.got}"
            for one in found
            for field in one.fields
        )
    wanted = ", ".join(one.action for one in expected) or NOTHING
    came = ", ".join(ask.action for one in decisions for ask in one.asks) or NOTHING
    why = " and ".join(one.reason for one in decisions if one.answer is Answer.NO_MATCH)
    return f"expected {wanted}, got {came}{f' ({why})' if why else ''}"
