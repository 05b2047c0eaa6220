"""The part of a rule that says when time sets it off, checked."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.calendars import DEFAULT, Calendar, Calendars
from bridge.canonical.event import Origin
from bridge.canonical.timed import DUE_SOON, OVERDUE, STALLED, TIMED
from bridge.rules.document import Document, Path
from bridge.rules.model import RuleForm
from bridge.rules.problem import Problem, did_you_mean
from bridge.rules.sources import Source
from bridge.rules.timing import CHANGED, CREATED, Timing

_KEYS = ("after", "before", "of", "calendar", "existing")
_DATED = (DUE_SOON, OVERDUE)


@dataclass(frozen=True)
class TimingLoader:
    """Problems are collected. No `calendars`: it is not known which are declared."""

    calendars: Calendars | None
    sources: Sequence[Source]
    problems: list[Problem]

    def timing(self, document: Document, place: Path, form: RuleForm) -> Timing | None:
        """What sets the rule off; `None` where time does not."""
        timed = [one for one in form.when if one in TIMED]
        if not timed:
            self._not_asked(document, place, form)
            return None
        event = timed[0]
        if len(timed) > 1:
            text = f"one rule waits for one time, this one for {' and '.join(timed)}: write two"
            self.problems.append(document.problem((*place, "when"), text))
        self._terms(document, place, form, event)
        self._comes(document, place, form, event)
        return Timing(
            rule=form.id,
            event=event,
            field=_field(form, event),
            term=form.before if event == DUE_SOON else form.after,
            calendar_name=form.calendar,
            calendar=self._calendar(document, place, form),
            tells_existing=form.existing == "tell",
        )

    def _not_asked(self, document: Document, place: Path, form: RuleForm) -> None:
        for key in _KEYS:
            if key in form.model_fields_set:
                text = f"`{key}` belongs to a rule that time sets off: {', '.join(TIMED)}"
                self.problems.append(document.key_problem((*place, key), text))

    def _terms(self, document: Document, place: Path, form: RuleForm, event: str) -> None:
        wanted, other = ("before", "after") if event == DUE_SOON else ("after", "before")
        if getattr(form, other) is not None:
            text = f"`{event}` takes `{wanted}`, not `{other}`"
            self.problems.append(document.key_problem((*place, other), text))
        elif getattr(form, wanted) is None and event != OVERDUE:
            text = f"how long {wanted}? `{event}` needs `{wanted}: 1 business day`, or another term"
            self.problems.append(document.problem((*place, "when"), text))
        if "of" in form.model_fields_set and event not in _DATED:
            text = f"`of` belongs to {' and '.join(_DATED)}; `{event}` rests on no such date"
            self.problems.append(document.key_problem((*place, "of"), text))

    def _comes(self, document: Document, place: Path, form: RuleForm, event: str) -> None:
        """Refuse to wait for what never comes."""
        if Origin.CLOCK not in form.origins:
            text = f"`{event}` never comes: it comes by `clock`, which is not among the origins"
            self.problems.append(document.problem((*place, "origins"), text))
        field = form.of if event in _DATED else "status"
        sources = [source for source in self.sources if source.kind == TIMED[event]]
        if sources and not any(field in source.tracked & {*source.fields} for source in sources):
            text = f"`{event}` never comes: no source of {TIMED[event]} reads and tracks `{field}`"
            self.problems.append(document.problem((*place, "when"), text))

    def _calendar(self, document: Document, place: Path, form: RuleForm) -> Calendar:
        known = {DEFAULT: Calendar()} if self.calendars is None else self.calendars
        if form.calendar not in known and self.calendars is not None:
            text = (
                f"no calendar `{form.calendar}` in bridge.yaml{did_you_mean(form.calendar, known)}"
            )
            self.problems.append(document.problem((*place, "calendar"), text))
        return known.get(form.calendar) or known.get(DEFAULT) or Calendar()


def _field(form: RuleForm, event: str) -> str:
    if event in _DATED:
        return form.of
    return CHANGED if event == STALLED else CREATED
