"""How one pair of a sync stands, in words for people. Pure."""

from dataclasses import dataclass

from bridge.rules.agree import End, Verdict
from bridge.rules.judged import Judged, named
from bridge.rules.sync import Sync

IN_STEP, CONFLICT, LEFT_ALONE = "in_step", "conflict", "left_alone"
_WORDS = {
    Verdict.IN_STEP: IN_STEP,
    Verdict.CONFLICT: CONFLICT,
    Verdict.STUCK: LEFT_ALONE,
    Verdict.UNKNOWN: LEFT_ALONE,
}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One pair as it was judged. `stopped`: the end at which its sync stands still."""

    sync: Sync
    judged: Judged
    stopped: End | None = None

    @property
    def name(self) -> str:
        return self.judged.pair.name

    @property
    def owner(self) -> str:
        """Whose word counts, as the mapping says it."""
        owner = self.judged.pair.owner
        return self.connection(End(owner.value)) if owner.value in set(End) else owner.value

    @property
    def end(self) -> End | None:
        """The end that is written."""
        return None if self.stopped else self.judged.end

    @property
    def word(self) -> str:
        """What is done; where something is written, the connection."""
        if self.stopped is not None:
            return LEFT_ALONE
        end = self.judged.end
        return _WORDS[self.judged.verdict] if end is None else self.connection(end)

    @property
    def reason(self) -> str:
        if self.stopped is not None:
            return f"stopped at {self.connection(self.stopped)}: neither end is written"
        names = {end: self.connection(end) for end in End}
        return named(self.judged.judgement.reason, names)

    def connection(self, end: End) -> str:
        return self.sync.source(end).connection
