"""Runs the `tests:` of the syncs: each gives two linked records and says what becomes of their fields.

They are judged as they would be for real, but for people that only a look-up could know, and the
addresses of records.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from bridge.canonical.kind import Kinds
from bridge.rules.agree import End, Owner, Side, Verdict, agree, winner
from bridge.rules.document import Path
from bridge.rules.judged import Judged, in_vendor_words
from bridge.rules.problem import did_you_mean
from bridge.rules.reading import UNKNOWN, Unknown
from bridge.rules.ruleset import RuleSet
from bridge.rules.standing import Standing
from bridge.rules.stated import Unusable, record_of, time_of
from bridge.rules.sync import Pair, Sync
from bridge.rules.sync_example import SyncExample, SyncGiven
from bridge.rules.sync_expectation import differences, sentence
from bridge.rules.trial import SyncTrial, Tested

_GIVEN: Path = ("given",)


def sync_trials(rules: RuleSet, *, kinds: Kinds, name: str = "") -> Iterator[SyncTrial]:
    """Tests of the syncs, also of those that are off: all, or those with a text in their name."""
    for sync in (*rules.syncs, *rules.idle):
        for number, test in enumerate(sync.form.tests):
            if name.lower() in test.name.lower():
                yield _tried(rules, sync, number, kinds=kinds)


def _tried(rules: RuleSet, sync: Sync, number: int, *, kinds: Kinds) -> SyncTrial:
    form = sync.form.tests[number]
    test = Tested(rule=sync.rule, site=sync.site, number=number, name=form.name)
    try:
        _known_pairs(sync, form)
        scene = Scene(rules=rules, sync=sync, given=form.given, kinds=kinds)
        stopped, judged = scene.stopped, scene.judged()
    except Unusable as error:
        return SyncTrial(sync=sync, number=number, result=test.unusable(error))
    came = [Standing(sync=sync, judged=one, stopped=stopped) for one in judged.values()]
    found = differences(form.expect, came)
    failed = {one.action for one in found}
    why = tuple(f"{one.name}: {one.reason}" for one in came if one.name in failed)
    result = test.result(sentence(found) if found else "", differences=found, why=why)
    return SyncTrial(sync=sync, number=number, result=result, judged=judged, stopped=stopped)


def _known_pairs(sync: Sync, test: SyncExample) -> None:
    known = [pair.name for pair in sync.pairs]
    for name in test.expect:
        if name not in known:
            text = f"the sync has no pair `{name}`{did_you_mean(name, known)}"
            raise Unusable(text, ("expect", name))


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Two linked records as a test gives them. What it reads raises Unusable."""

    rules: RuleSet
    sync: Sync
    given: SyncGiven
    kinds: Kinds

    @property
    def stopped(self) -> End | None:
        return self.sync.stopped(self.records)

    def judged(self) -> dict[str, Judged]:
        """Every pair, by name."""
        return {pair.name: self._judged(pair) for pair in self.sync.pairs}

    @cached_property
    def records(self) -> Mapping[End, Mapping[str, Any]]:
        """What each end shows now."""
        said = self.given.model_extra or {}
        self._no_strangers(said, _GIVEN, more=tuple(SyncGiven.model_fields))
        return {end: self._record(end, said, _GIVEN) for end in End}

    @cached_property
    def _shadows(self) -> Mapping[End, Mapping[str, Any]] | None:
        """What each end showed when they agreed; `None`: they never did."""
        said, place = self.given.agreed, (*_GIVEN, "agreed")
        if said is None:
            return None
        self._no_strangers(said, place)
        return {end: {**self.records[end], **self._record(end, said, place)} for end in End}

    @cached_property
    def _times(self) -> Mapping[End, datetime]:
        said, place = self.given.changed_at, (*_GIVEN, "changed_at")
        self._no_strangers(said, place)
        ends = {end: self._name(end) for end in End}
        return {
            end: time_of(said[name], (*place, name)) for end, name in ends.items() if name in said
        }

    def _record(self, end: End, said: Mapping[str, Any], place: Path) -> Mapping[str, Any]:
        name, kind = self._name(end), self.kinds[self.sync.source(end).kind]
        return record_of(kind, said.get(name, {}), place=(*place, name))

    def _name(self, end: End) -> str:
        return self.sync.source(end).connection

    def _no_strangers(
        self, said: Mapping[str, Any], place: Path, *, more: tuple[str, ...] = ()
    ) -> None:
        known = [self._name(end) for end in End]
        for name in said:
            if name not in known:
                text = f"`{name}` is neither of the two connections"
                raise Unusable(f"{text}{did_you_mean(name, (*known, *more))}", (*place, name))

    def _judged(self, pair: Pair) -> Judged:
        sides = {end: self._side(pair, end) for end in End}
        values = {end: side.value for end, side in sides.items()}
        shown = {end: one for end, one in values.items() if not isinstance(one, Unknown)}
        carry = pair.carry(self.rules.directory, shown=shown)
        found = agree(sides[End.LEFT], sides[End.RIGHT], pair.owner, carry)
        if found.verdict not in (Verdict.IN_STEP, Verdict.UNKNOWN):
            self._ask_for_times(pair, sides)
        return in_vendor_words(pair, sides, found)

    def _side(self, pair: Pair, end: End) -> Side:
        name, shadows = pair.slot(end).name, self._shadows
        return Side(
            value=self.records[end].get(name, UNKNOWN),
            shadow=UNKNOWN if shadows is None else shadows[end].get(name, UNKNOWN),
            changed_at=self._times.get(end),
            spelled=partial(pair.spelled, end),
        )

    def _ask_for_times(self, pair: Pair, sides: Mapping[End, Side]) -> None:
        """Where both have news and the later one counts, a test says which that is."""
        both = winner(sides[End.LEFT], sides[End.RIGHT], Owner.ASK) is None
        if pair.owner is Owner.LATEST and both and len(self._times) < len(End):
            text = f"both ends have changed {pair.name}: say in `changed_at` when each did"
            raise Unusable(text, _GIVEN)
