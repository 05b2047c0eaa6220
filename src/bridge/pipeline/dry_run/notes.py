"""What a reader of a dry-run must know: where it cannot tell what would have happened."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from bridge.insight.window import Window
from bridge.pipeline.dry_run.report import Against
from bridge.pipeline.dry_run.tally import Tally
from bridge.rules.ruleset import RuleSet

FACTS = (
    "Decided with the facts stored with each event: links, the record before and the time are those"
    " of then. What the candidate's own writes would have led to is not played on."
)
SYNCS = (
    "Syncs are not replayed: they go by what both records showed at that moment, and that is not kept."
    " What they would write for one record now says `bridge rules try RECORD`."
)
CALLS = (
    "Calls are an upper bound: one for each delivery (three for a transition). Merging, bulk calls,"
    " values that are there already and creates whose record is linked make them fewer; retries and"
    " look-ups are not counted."
)


def notes(
    span: Window,
    oldest: datetime | None,
    tally: Tally,
    *,
    against: Against,
    syncs: Mapping[str, int],
) -> Iterator[str]:
    """Sentences, those first that are about this very run. `syncs`: what each owed in this time."""
    if oldest is None or oldest >= span.until:
        yield "No event of this time is stored."
    elif oldest > span.since:
        yield f"The oldest event that is stored came at {oldest:%Y-%m-%d %H:%M} UTC."
    older = sum(many for one, many in tally.versions.items() if one != _hash(tally.active))
    if older and against == "then":
        yield (
            f"{older} events were decided by another set than the one that is active: what was"
            " changed since then is among the differences. Compare with the active rules instead"
            " to see this change alone (`--against active`)."
        )
    if tally.unlike:
        yield (
            f"{tally.unlike} events come out otherwise when the rules of then are asked again: their"
            " words were erased since, or this version of Bridge decides otherwise. They are"
            " compared as they come out today."
        )
    changed = sorted(_beside_rules(tally.candidate, tally.active))
    if changed:
        yield (
            f"Not tried: {', '.join(changed)} differ from the active set. Stored events were"
            " translated by the sources and people of then."
        )
    if tally.active and _terms(tally.active) != _terms(tally.candidate):
        yield (
            "Not tried: terms (`after:`) that differ. The events that time made are those of then."
        )
    if tally.decided_at_activation:
        yield (
            f"{tally.decided_at_activation} events that a rule could not decide are decided again"
            " as soon as the candidate is active; what it owes for them goes out then."
        )
    yield from _of_syncs(tally, syncs)
    yield FACTS
    yield CALLS


def _of_syncs(tally: Tally, owed: Mapping[str, int]) -> Iterator[str]:
    if owed or tally.candidate.syncs or (tally.active and tally.active.syncs):
        told = ", ".join(f"{sync} {many:,}" for sync, many in owed.items()) or "nothing"
        yield f"{SYNCS} In this time they owed: {told}."


def _hash(rules: RuleSet | None) -> str:
    return rules.hash if rules else ""


def _terms(rules: RuleSet) -> set[tuple[object, ...]]:
    """What time makes events by."""
    return {
        (one.rule, one.event, one.field, one.term, one.calendar_name)
        for timings in rules.timings.values()
        for one in timings
    }


def _beside_rules(candidate: RuleSet, active: RuleSet | None) -> Iterator[str]:
    """Files of another kind than rules that are not as they are in the active set."""
    if active is None:
        return
    for name in candidate.files.keys() | active.files.keys():
        now, before = (rules.files.get(name, "").splitlines() for rules in (candidate, active))
        if not name.startswith("rules/") and now != before:
            yield name
