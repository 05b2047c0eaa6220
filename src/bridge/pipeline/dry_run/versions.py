"""The sets of rules of then, compiled for one run: apart from those that live traffic goes by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bridge.db import Database
from bridge.errors import RuleError
from bridge.rules import store
from bridge.rules.ruleset import RuleSet

KEPT = 4  # events come in the order of time, and so do the sets that decided them
Compile = Callable[[Mapping[str, str]], RuleSet]


@dataclass(kw_only=True)
class Versions:
    """Sets by hash, those that were asked for last. One that cannot be loaded is not tried again."""

    database: Database
    compile: Compile
    candidate: RuleSet
    gone: set[str] = field(default_factory=set)
    _kept: dict[str, RuleSet] = field(default_factory=dict)
    _same: dict[str, frozenset[str]] = field(default_factory=dict)

    def of(self, wanted: str) -> RuleSet | None:
        """`None`: it is not stored, or this version of Bridge cannot load it."""
        if wanted == self.candidate.hash:
            return self.candidate
        if wanted in self.gone:
            return None
        found = self._kept.pop(wanted, None) or self._load(wanted)
        if found is None:
            self.gone.add(wanted)
            return None
        self._kept[wanted] = found
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return found

    def same_as_now(self, then: RuleSet) -> frozenset[str]:
        """Rules that the candidate has to the letter, maps and connections too: they answer alike."""
        if then.hash not in self._same:
            now = {rule.id: rule.version for rule in self.candidate.rules}
            alike = then.systems == self.candidate.systems
            self._same[then.hash] = frozenset(
                rule.id for rule in then.rules if alike and now.get(rule.id) == rule.version
            )
        return self._same[then.hash]

    def _load(self, wanted: str) -> RuleSet | None:
        with self.database.reading() as session:
            files = store.files(session, wanted)
        if files is None:
            return None
        try:
            return self.compile(files)
        except RuleError:
            return None
