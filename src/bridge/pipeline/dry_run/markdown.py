"""A dry-run's report as Markdown, fit for a pull request.

What comes from records is put between backquotes: it makes no markup, no mention and no HTML there.
"""

from collections.abc import Iterator, Sequence

from bridge.pipeline.dry_run.report import Example, Report, RuleReport
from bridge.pipeline.dry_run.words import (
    NAMES,
    both,
    calls_line,
    compared,
    field_line,
    outcomes_line,
    quota_line,
    records_line,
    step_of,
    verdict,
)

_RULES = ("rule", "", "matched", "owed", "added", "removed", "changed", "failed")


def markdown(report: Report) -> str:
    """Verdict, table, then each rule that differs folded up, calls, and what to know."""
    differing = [one for one in report.rules if one.differs]
    alike = len(report.rules) - len(differing)
    lines = [
        "## Dry-run on the past",
        "",
        f"**{verdict(report)}**",
        "",
        *_listed(compared(report)),
        *_listed([f"{alike} rules without a difference; {records_line(report)}."]),
        "",
        *(_table(_RULES, map(_row, differing)) if differing else ()),
    ]
    for one in differing:
        lines += _rule(one)
    lines += ["### Calls at most", ""]
    for calls in report.calls:
        lines += [f"- {calls_line(calls)}", *(f"  - {quota_line(one)}" for one in calls.quotas)]
    lines += ["", "### To know", "", *_listed(report.notes)]
    return "\n".join(lines) + "\n"


def _row(one: RuleReport) -> Sequence[str]:
    owed = one.deliveries
    return (
        _code(one.rule),
        one.state,
        both(one.matched_then, one.matched_now),
        both(owed.then, owed.now),
        f"{owed.added:,}",
        f"{owed.removed:,}",
        f"{owed.changed:,}",
        both(one.errors_then, one.errors_now),
    )


def _rule(one: RuleReport) -> Iterator[str]:
    yield f"<details><summary>{_plain(one.rule)}</summary>"
    yield ""
    if one.fields:
        yield from _table(
            ("field that changes", "deliveries"),
            ((_code(name), f"{many:,}") for name, many in one.fields.items()),
        )
    for what, examples in one.examples.items():
        yield f"**{NAMES[what]}**, the newest:"
        yield ""
        for example in examples:
            yield from _example(example)
        yield ""
    yield from _listed(outcomes_line(one))
    yield ""
    yield "</details>"
    yield ""


def _example(one: Example) -> Iterator[str]:
    step = f", step {_code(step_of(one))}" if one.step else ""
    why = f": {_code(one.reason)}" if one.reason else ""
    who = _code(one.record or one.subject)
    yield f"- {who} {_code(one.kind)} {one.occurred_at:%Y-%m-%d %H:%M}{step}{why} ({_code(one.event)})"
    for field in one.fields:
        yield f"  - {field_line(field, _code)}"


def _table(heads: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _listed(lines: Sequence[str] | Iterator[str]) -> Iterator[str]:
    yield from (f"- {line}" for line in lines)


def _code(text: str) -> str:
    """Between backquotes, on one line, in a cell of a table as well."""
    plain = " ".join(text.replace("`", "'").replace("|", "¦").split())
    return f"`{plain}`" if plain else ""


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
