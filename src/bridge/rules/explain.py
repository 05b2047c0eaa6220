"""One event explained on a page of plain text: every rule, whether it matched, and why or why not."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bridge.canonical.event import Event
from bridge.rules.decision import Answer, Ask, Decision
from bridge.rules.template import shown, text

_HEADINGS = {
    Answer.MATCHED: "matched",
    Answer.ERROR: "cannot be evaluated",
    Answer.NO_MATCH: "did not match",
}


def explain_event(
    event: Event, decisions: Sequence[Decision], deliveries_text: Sequence[str]
) -> str:
    """The page. `deliveries_text` is one line for each delivery that came of the event.

    Names fields that changed, not what stands in them: the page may be shown to anybody.
    """
    lines = [*_head(event), "", *_rules(decisions), "", *_deliveries(deliveries_text)]
    return "\n".join(lines) + "\n"


def _head(event: Event) -> Iterator[str]:
    yield f"{event.kind}  {event.subject}"
    yield f"  event     {event.id}"
    yield f"  happened  {_time(event.occurred_at)}, recorded {_time(event.recorded_at)}"
    yield f"  came by   {event.origin} from {event.connection}"
    if event.actor is not None:
        yield f"  by        {event.actor.kind} {event.actor.id}"
    if event.stale:
        yield "  stale     a newer state of the record was known already"
    changed = ", ".join(change.field for change in event.changes) or "nothing that is tracked"
    yield f"  changed   {changed}"


def _rules(decisions: Sequence[Decision]) -> Iterator[str]:
    if not decisions:
        yield "No rule is about this kind of event."
        return
    count = sum(decision.answer is Answer.MATCHED for decision in decisions)
    yield f"Rules: {len(decisions)} looked at, {count} matched"
    for decision in decisions:
        yield from _decision(decision)


def _decision(decision: Decision) -> Iterator[str]:
    target = f" for {decision.target}" if decision.target else ""
    observed = " (observed only: its deliveries are held)" if decision.observe else ""
    yield f"  {decision.rule}{target}: {_HEADINGS[decision.answer]}{observed}"
    if decision.answer is not Answer.MATCHED:
        yield f"      {decision.reason}"
    if decision.answer is Answer.ERROR:
        yield from _detail(decision.detail)
    for ask in decision.asks:
        yield f"      {_ask(ask)}"


def _detail(detail: Mapping[str, Any]) -> Iterator[str]:
    if "file" in detail:
        yield f"      at {detail['file']}:{detail['line']}:{detail['column']}"
    for name, value in detail.get("values", {}).items():
        yield f"      {name} {'has no value' if value is None else 'is ' + text(value)}"


def _ask(ask: Ask) -> str:
    fields = ", ".join(sorted(shown(ask.args)))
    waits = f", waits for {' and '.join(ask.needs)}" if ask.needs else ""
    return f"{ask.step}: {ask.action} on {ask.connection} ({fields}){waits}"


def _deliveries(lines: Sequence[str]) -> Iterator[str]:
    yield "Deliveries:" if lines else "No deliveries."
    yield from (f"  {line}" for line in lines)


def _time(moment: Any) -> str:
    return str(moment.isoformat(timespec="seconds").replace("+00:00", "Z"))
