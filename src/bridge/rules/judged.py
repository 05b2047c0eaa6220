"""One pair of fields of two records, judged: what is to be done, and what the vendor then gets. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.converters.contract import NotCarried
from bridge.rules.agree import End, Judgement, Side, Verdict
from bridge.rules.sync import Pair


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One pair of fields with its judgement. `given`: what the vendor gets, where one is written."""

    pair: Pair
    sides: Mapping[End, Side]
    judgement: Judgement
    given: Any = None

    @property
    def verdict(self) -> Verdict:
        return self.judgement.verdict

    @property
    def end(self) -> End | None:
        """The end that is to be written."""
        return self.judgement.end


def in_vendor_words(pair: Pair, sides: Mapping[End, Side], found: Judgement) -> Judged:
    """With what the vendor gets, if anything is written."""
    if found.end is None:
        return Judged(pair=pair, sides=sides, judgement=found)
    try:
        given = pair.slot(found.end).vendor(found.value)
    except NotCarried as error:
        reason = f"the {found.end} end is left alone: {error}"
        stuck = Judgement(verdict=Verdict.STUCK, reason=reason)
        return Judged(pair=pair, sides=sides, judgement=stuck)
    return Judged(pair=pair, sides=sides, judgement=found, given=given)


def named(said: str, names: Mapping[End, str]) -> str:
    """A reason with the connections' names in place of left and right."""
    for end in End:
        said = said.replace(f"the {end} end", names[end])
    return said
