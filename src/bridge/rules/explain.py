"""One event explained on a page of plain text, for people who know the business and no code. Pure.

What stands in fields that hold personal data or free text is not shown, unless it is revealed.
"""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bridge.canonical.event import Change, Event
from bridge.canonical.kind import Kind
from bridge.canonical.text import cut
from bridge.ledger.facts import Facts
from bridge.rules.account import WHOLE, Account, Wanted, Write, accounts
from bridge.rules.decision import Answer
from bridge.rules.ruleset import RuleSet
from bridge.rules.spoken import happening, spoken
from bridge.rules.template import LINKED, text
from bridge.rules.why_not import Change as NeededChange
from bridge.rules.why_not import WhyNot

WIDTH = 80  # characters of a line
LONGEST = 120  # characters of a value
Became = Mapping[tuple[str, str, str], Sequence[str]]  # rule, step and target -> sentences
_HOW = frozenset({"stale_after", "ambiguous"})  # about the sending, not about what is sent
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
_LATER = re.compile(r"\$\{([\w-]+)\.(key|url|id|ref)\}")
_FAULT = "cannot be evaluated: "
_HEADINGS = {
    Answer.MATCHED: "matched",
    Answer.ERROR: "cannot be evaluated",
    Answer.NO_MATCH: "did not match",
}
_CAME = {
    "own": "it is a change that Bridge made itself, come back",
    "backfill": "it was there before Bridge came, and was read in later",
}


def tell(event: Event, facts: Facts, rules: RuleSet, kind: Kind, *, wanted: Wanted = WHOLE) -> str:
    """What these rules would do about an event, and what failed: for whoever shows rules at work.

    A page of text: the event, then each rule that it concerns with every value it would write, or
    the conditions that failed with actual and needed values and the fewest changes that would do.
    Nothing is stored or sent, and nothing is read but what is given. `accounts` gives the same as
    values, for JSON.
    """
    found = accounts(event, facts, rules, wanted)
    return page([*head(event, kind, wanted, facts=facts), "", *about_rules(event, found)])


def page(lines: Sequence[str]) -> str:
    """Lines as one text."""
    return "\n".join(lines).rstrip() + "\n"


def head(
    event: Event, kind: Kind | None, wanted: Wanted = WHOLE, *, facts: Facts | None = None
) -> Iterator[str]:
    """What happened, when, and how it came to us; of what time brought about, why just then."""
    record = event.record
    called = record.get("key") or record.get("number")
    yield f"{happening(event.kind)}  {f'{called}  ' if called else ''}{event.subject}"
    yield f"  event     {event.id}"
    yield f"  happened  {moment(event.occurred_at)}, recorded {moment(event.recorded_at)}"
    yield f"  came by   {event.origin} from {event.connection}"
    if event.actor is not None:
        place = f", {event.department}" if event.department else ""
        yield f"  by        {event.actor.kind}{place}"
    if event.stale:
        yield "  stale     a newer state of the record was known already"
    if facts is not None and facts.due is not None:
        late = "; Bridge was not there to say so in time" if facts.due.late else ""
        came = f"due at {moment(facts.due.at)}: {facts.due.said}{late}"
        yield from wrapped(came, first="  because   ")
    said = [_changed(change, kind, wanted) for change in event.changes]
    yield from wrapped("; ".join(said) or "nothing that is tracked", first="  changed   ")


def _changed(change: Change, kind: Kind | None, wanted: Wanted) -> str:
    name = change.field.replace("_", " ")
    if not wanted.revealed and (kind is None or change.field in kind.private):
        return name
    if change.before is None:
        return f"{name} {_value(change.after)}"
    return f"{name} from {_value(change.before)} to {_value(change.after)}"


def about_rules(
    event: Event, found: Sequence[Account], became: Became | None = None, *, cel: bool = False
) -> Iterator[str]:
    """Each rule with its answer, why, and what it writes. `became`: what became of each write."""
    if not found:
        yield "No rule is about this kind of event."
        return
    asked = [one for one in found if one.decision is not None]
    count = sum(one.answer is Answer.MATCHED for one in asked)
    yield f"Rules: {len(asked)} looked at, {count} matched"
    for one in found:
        yield ""
        yield from about_rule(event, one, became, cel=cel)


def in_short(event: Event, found: Sequence[Account], became: Became | None = None) -> Iterator[str]:
    """A line or two for each rule, for a list of events."""
    if not found:
        yield "  no rule is about this"
    for one in found:
        name = f"{one.rule.id}{f' for {_far(one)}' if one.linked else ''}"
        if one.answer is not Answer.MATCHED:
            why = "; ".join(_reasons(event, one))
            heading = _HEADINGS[one.answer] if one.decision else "not asked"
            yield from wrapped(f"{heading}: {why}", first=f"  {name}: ", rest="    ")
            continue
        yield f"  {name}: matched"
        for write in one.writes:
            key = (one.rule.id, write.step, one.decision.target if one.decision else "")
            told = (became or {}).get(key, ())
            said = _reasons(event, Account(rule=one.rule, why=write.why)) if write.why else told[:1]
            tail = f": {'; '.join(said)}" if said else ""
            yield from wrapped(f"{_doing(write)}{tail}", first="    ", rest="      ")


def _reasons(event: Event, one: Account) -> Sequence[str]:
    """Why a rule did nothing."""
    if one.why is not None:
        return [failed.words for failed in one.why.failed]
    if one.decision is None:
        return [one.apart]
    if one.answer is Answer.ERROR:
        return [one.decision.reason]
    return [_passed_over(event, one)]


def about_rule(
    event: Event, one: Account, became: Became | None = None, *, cel: bool = False
) -> Iterator[str]:
    """One rule: its answer, why, what it writes or would write, and what became of that."""
    rule, decision = one.rule, one.decision
    target = f" for {_far(one)}" if one.linked else ""
    observed = " (observed only: what it asks is held)" if decision and decision.observe else ""
    heading = _HEADINGS[one.answer] if decision else "not asked"
    yield f"{rule.id}{target}: {heading}{observed}"
    yield from wrapped(rule.form.description, first="  ")
    if cel and rule.form.condition:
        yield from wrapped(" ".join(rule.form.condition.split()), first="  if        ")
    if decision is None:
        yield from wrapped(one.apart, first="  why not   ")
    elif one.answer is Answer.ERROR:
        yield from _failure(decision.reason.removeprefix(_FAULT), decision.detail)
    elif one.why is not None:
        yield from _why_not(one.why, one.would, one.would_fail)
    elif one.answer is Answer.NO_MATCH and not one.writes:
        yield from wrapped(_passed_over(event, one), first="  why not   ")
    for write in one.writes:
        key = (rule.id, write.step, decision.target if decision else "")
        yield from _write(write, (became or {}).get(key, ()))


def _far(one: Account) -> str:
    assert one.linked is not None
    return one.linked.key or one.linked.ref or "the record that is being made"


def _passed_over(event: Event, one: Account) -> str:
    assert one.decision is not None
    if event.origin in _CAME and event.origin not in one.rule.origins:
        return f"{_CAME[event.origin]}; the rule does not react to that"
    return one.decision.reason


def _why_not(why: WhyNot, would: Sequence[Write] = (), fault: str = "") -> Iterator[str]:
    first = "  why not   "
    for failed in why.failed:
        yield from wrapped(failed.words, first=first)
        first = "            "
    yield from wrapped(why.unsolved, first="            ")
    lead = "  it would  if "
    mine = [fix for fix in why.fixes if not any(_is_given(one) for one in fix.changes)]
    for words in dict.fromkeys(fix.words for fix in mine or why.fixes):
        yield from wrapped(words, first=lead)
        lead = "         or if "
    steps = [_doing(write) for write in would if write.why is None]
    if steps:
        yield from wrapped("; ".join(steps), first="  and then  ")
    elif fault:
        yield from wrapped(f"it would fail: {fault}", first="  and then  ")


def _is_given(change: NeededChange) -> bool:
    """Whether nobody can change it: it is how the event came to be."""
    return change.field.startswith("event.")


def _failure(reason: str, detail: Mapping[str, Any]) -> Iterator[str]:
    yield from wrapped(reason, first="  fault     ")
    if "file" in detail:
        yield f"            at {detail['file']}:{detail['line']}:{detail['column']}"
    for name, value in detail.get("values", {}).items():
        yield f"            {name} {'has no value' if value is None else 'is ' + text(value)}"


def _write(write: Write, became: Sequence[str]) -> Iterator[str]:
    step = "" if write.step == write.action else f"{write.step}: "
    yield f"  {step}{_doing(write)}"
    if write.why is not None:
        yield from wrapped("not this time", first="    ")
        yield from (f"  {line}" for line in _why_not(write.why))
        return
    for name, value in _flat(write.values):
        if name not in _HOW:
            yield from wrapped(f"{name}: {_later(_value(value))}", first="    ", rest="      ")
    for sentence in became:
        yield from wrapped(sentence, first="    → ")


def _doing(write: Write) -> str:
    """`update record 00001234 at salesforce, once task is there`."""
    system, _, verb = write.action.partition(".")
    about = f" {write.about}" if write.about else ""
    place = f" at {write.connection or system}"
    needs = ["the linked record" if one == LINKED else one for one in write.waits_for]
    waits = f", once {' and '.join(needs)} is there" if needs else ""
    return f"{verb.replace('_', ' ')}{about}{place}{waits}"


def _flat(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names and values; the vendor's fields in one action are named as they are there."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value)
        else:
            yield name, value


def _later(said: str) -> str:
    return _LATER.sub(r"(the \2 of \1)", said)


def _value(value: Any) -> str:
    if isinstance(value, bool) or (isinstance(value, str) and _TIME.fullmatch(value)):
        return spoken(value if isinstance(value, bool) else datetime.fromisoformat(value))
    return cut(" ".join(text(value).split()), LONGEST) or "nothing"


def moment(when: datetime) -> str:
    """`2026-11-26 03:12:09 UTC`."""
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def wrapped(said: str, *, first: str, rest: str = "") -> Iterator[str]:
    """Lines of a page; the second goes on below the first."""
    below = rest or " " * len(first)
    yield from textwrap.wrap(
        said,
        WIDTH,
        initial_indent=first,
        subsequent_indent=below,
        break_long_words=False,
        break_on_hyphens=False,
    )
