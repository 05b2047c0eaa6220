"""A test of the mappings as it was run, and how it went."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.rules.agree import End
from bridge.rules.condition import Site
from bridge.rules.decision import Decision
from bridge.rules.document import Path
from bridge.rules.engine import Moment
from bridge.rules.expectation import Difference
from bridge.rules.judged import Judged
from bridge.rules.problem import Problem
from bridge.rules.ruleset import Rule
from bridge.rules.stated import Unusable
from bridge.rules.sync import Sync


@dataclass(frozen=True, kw_only=True)
class ExampleResult:
    """How a test went. `problem` says in one line what differs, `differences` action by action, or
    pair by pair; `why` what the rule said to what it did not do; `case` which of several events it
    was. The `rule` of a sync begins with `sync:`."""

    rule: str
    name: str
    file: str
    line: int
    problem: Problem | None
    case: str = ""
    differences: tuple[Difference, ...] = ()
    why: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.problem is None


@dataclass(frozen=True, kw_only=True)
class Tested:
    """A test where it stands: the one with this number, of a rule or of a sync."""

    rule: str
    site: Site
    number: int
    name: str

    def unusable(self, error: Unusable) -> ExampleResult:
        """It cannot be run."""
        place = (*self._place, *error.path)
        return self._result(self.site.document.key_problem(place, f"{self._called()}: {error}"))

    def result(self, said: str, *, case: str = "", **more: Any) -> ExampleResult:
        """It was run; `said` is what went wrong, if anything has."""
        text = f"{self._called(case)}: {said}"
        problem = self.site.document.problem(self._place, text) if said else None
        return self._result(problem, case=case, **more)

    @property
    def _place(self) -> Path:
        return (*self.site.path, "tests", self.number)

    def _called(self, case: str = "") -> str:
        return f"test {self.name!r}{case and f', {case}'}"

    def _result(self, problem: Problem | None, **more: Any) -> ExampleResult:
        here = self.site.document.problem(self._place, "")
        return ExampleResult(
            rule=self.rule,
            name=self.name,
            file=here.file,
            line=here.line,
            problem=problem,
            **more,
        )


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One test as it was run: what its rule looked at, and what it said. A test that cannot be run
    has no `moment`; an event that does not concern the rule gives no decisions."""

    rule: Rule
    number: int  # of the test, among those of its rule
    result: ExampleResult
    moment: Moment | None = None
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SyncTrial:
    """One test of a sync: how its pairs were judged, or the end at which it was stopped. A test that
    cannot be run has neither."""

    sync: Sync
    number: int
    result: ExampleResult
    judged: Mapping[str, Judged] = field(default_factory=dict)  # by name of the pair
    stopped: End | None = None


def results(tried: Iterable[Trial | SyncTrial]) -> tuple[ExampleResult, ...]:
    """One result a test: of several trials the first that failed."""
    found: dict[tuple[str, int], ExampleResult] = {}
    for one in tried:
        test = (one.result.rule, one.number)
        if test not in found or found[test].ok:
            found[test] = one.result
    return tuple(found.values())
