"""Random conditions of comparisons, random records, and the fewest changes found by trying everything."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from hypothesis import strategies as st

from bridge.canonical.event import Change
from bridge.ledger.facts import Facts
from bridge.rules.account import accounts
from bridge.rules.engine import Moment
from bridge.rules.formula import Values
from bridge.rules.ruleset import Rule
from bridge.rules.solving import changed_values
from bridge.rules.tree import Path
from bridge.rules.why_not import WhyNot
from rules.fakes import NOW, event, loaded, rule

WORDS = (None, "a", "b", "c")
SCORES = (None, 1.0, 2.0, 3.0)
DAYS = (None, *(f"2026-01-0{day}T00:00:00Z" for day in (2, 3, 4)))
STATES: Mapping[Path, tuple[Any, ...]] = {
    ("work_item", "priority"): WORDS,
    ("before", "priority"): WORDS,
    ("work_item", "status"): (None, "todo", "in_progress", "done"),
    ("work_item", "estimate"): SCORES,
    ("work_item", "spent"): SCORES,
    ("work_item", "due"): DAYS,
    ("work_item", "promised"): DAYS,
    ("work_item", "labels"): (None, ["x"], ["y"], ["x", "y"], ["z"]),
    ("changed", "title"): (True, False),
    ("changed", "status"): (True, False),
}
# What lies between the values above and beyond them, for two fields to differ there.
_SCORES = (*SCORES, 0.0, -1.0, 4.0, 5.0, *(one + part for one in (1, 2) for part in (0.3, 0.6)))
_DAYS = (
    *DAYS,
    *(f"2026-01-0{day}T00:00:00Z" for day in (1, 5, 6)),
    *(f"2026-01-0{day}T{hour}:00:00Z" for day in (2, 3) for hour in ("08", "16")),
    "2025-12-31T00:00:00Z",
)
# Of every field all values that can matter to the conditions below.
DOMAINS: Mapping[Path, tuple[Any, ...]] = {
    **STATES,
    ("work_item", "priority"): (*WORDS, "d"),
    ("before", "priority"): (*WORDS, "d"),
    ("work_item", "estimate"): _SCORES,
    ("work_item", "spent"): _SCORES,
    ("work_item", "due"): _DAYS,
    ("work_item", "promised"): _DAYS,
}
NUMBERS = ("work_item.estimate", "work_item.spent")
TIMES = ("work_item.due", "work_item.promised")
OPS = ("==", "!=", "<", "<=", ">", ">=")
DAY = st.sampled_from(["2026-01-02", "2026-01-03"]).map(lambda day: f'timestamp("{day}T00:00:00Z")')
NUMBER = st.sampled_from(["1.0", "2.0", "3.0"])


def _guarded(field: str, rest: str, other: str = "") -> str:
    also = f" && has({other})" if other else ""
    return f"(has({field}){also} && {field} {rest})"


def _compared(field: str, constants: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda op, word: _guarded(field, f"{op} {word}"), st.sampled_from(OPS), constants
    )


def _pair(one: str, other: str) -> st.SearchStrategy[str]:
    return st.sampled_from(OPS).map(lambda op: _guarded(one, f"{op} {other}", other))


TERMS = st.one_of(
    st.sampled_from(["changed.title", "changed.status", "!changed.title"]),
    st.sampled_from(['"x" in work_item.labels', '"y" in work_item.labels']),
    st.sampled_from([f"has({'.'.join(path)})" for path in DOMAINS if path[0] == "work_item"]),
    st.sampled_from(['work_item.status == "done"', 'work_item.status in ["todo", "done"]']),
    st.sampled_from(['work_item.priority in ["a", "b"]', 'work_item.priority == "b"']),
    _compared("work_item.priority", st.just('"a"')).filter(
        lambda term: "<" not in term and ">" not in term
    ),
    _compared("work_item.estimate", NUMBER),
    _compared("work_item.spent", NUMBER),
    _compared("work_item.due", DAY),
    _compared("work_item.promised", DAY),
    _pair("work_item.due", "work_item.promised"),
    _pair("work_item.estimate", "work_item.spent"),
    st.just(_guarded("work_item.priority", "!= before.priority", "before.priority")),
)
_NEGATABLE = TERMS.filter(lambda term: term.startswith(("(", "has(", "changed", "!")))


def _joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    parts = st.lists(inner, min_size=2, max_size=3)
    return st.builds(
        lambda how, some: f"({f' {how} '.join(some)})", st.sampled_from(["&&", "||"]), parts
    )


_OPPOSITES = st.recursive(_NEGATABLE, _joined, max_leaves=3).map(lambda term: f"!({term})")
CONDITIONS = st.recursive(st.one_of(TERMS, _OPPOSITES), _joined, max_leaves=5)
RECORDS = st.fixed_dictionaries({path: st.sampled_from(some) for path, some in STATES.items()})


@dataclass(frozen=True)
class Trial:
    """One condition, asked of one state of the world."""

    rule: Rule
    moment: Moment

    @classmethod
    def of(cls, condition: str, state: Mapping[Path, Any]) -> "Trial":
        record = {path[1]: value for path, value in state.items() if path[0] == "work_item"}
        before = {path[1]: value for path, value in state.items() if path[0] == "before"}
        flags = [path[1] for path, value in state.items() if path[0] == "changed" and value]
        changes = tuple(Change(field=name, before="old", after="new") for name in flags)
        rules = loaded(rule(condition=condition, when="work_item.updated"))
        happened = event(record, kind="work_item.updated", changes=changes)
        facts = Facts(now=NOW, before=before)
        return cls(rules.rules[0], Moment(event=happened, facts=facts, rules=rules))

    @property
    def values(self) -> Values:
        return self.moment.values(self.rule.world, None)

    def holds(self, values: Values) -> bool:
        """Whether CEL says that the condition holds."""
        assert self.rule.condition is not None
        binding = self.moment.changed(self.rule.world, values).binding
        return self.rule.condition.whole.evaluate(binding) is True

    def why(self) -> WhyNot:
        (found,) = accounts(self.moment.event, self.moment.facts, self.moment.rules)
        assert found.why is not None
        return found.why

    def fewest(self) -> int | None:
        """The fewest fields that must change; `None` if no values of all fields would do."""
        assert self.rule.condition is not None
        named = [path for path in DOMAINS if path in self.rule.condition.whole.names]
        sizes = range(len(named) + 1)
        return next(
            (size for size in sizes if any(map(self.holds, self._worlds(named, size)))), None
        )

    def _worlds(self, named: list[Path], size: int) -> Iterator[Values]:
        """All states in which that many of these fields may be otherwise."""
        for chosen in combinations(named, size):
            for some in product(*(DOMAINS[path] for path in chosen)):
                yield changed_values(self.values, dict(zip(chosen, some, strict=True)))
