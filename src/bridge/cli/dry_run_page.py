"""The report of a dry-run at the terminal."""

from collections.abc import Iterator

import typer

from bridge.cli.show import block, table, wrapped
from bridge.pipeline.dry_run.report import Calls, Report, RuleReport
from bridge.pipeline.dry_run.words import (
    NAMES,
    both,
    calls_line,
    compared,
    example_line,
    outcomes_line,
    quota_line,
    records_line,
    verdict,
)

RULES = ("matched", "owed", "added", "removed", "changed", "failed", "rule")


def show(report: Report) -> None:
    """A table of what differs, then each such rule with examples, calls, and what to know."""
    differing = [one for one in report.rules if one.differs]
    block(verdict(report), *compared(report))
    if differing:
        typer.echo()
        table([_row(one) for one in differing], RULES, as_json=False)
    typer.echo()
    alike = len(report.rules) - len(differing)
    for line in wrapped(f"{alike} rules without a difference; {records_line(report)}", indent=""):
        typer.echo(line)
    for one in differing:
        typer.echo()
        block(f"{one.rule} ({one.state})", *_about(one))
    typer.echo()
    block("calls at most", *(line for one in report.calls for line in _calls(one)))
    typer.echo()
    block("to know", *(f"- {note}" for note in report.notes))


def _row(one: RuleReport) -> dict[str, str]:
    owed = one.deliveries
    return {
        "matched": both(one.matched_then, one.matched_now),
        "owed": both(owed.then, owed.now),
        "added": f"{owed.added:,}",
        "removed": f"{owed.removed:,}",
        "changed": f"{owed.changed:,}",
        "failed": both(one.errors_then, one.errors_now),
        "rule": one.rule,
    }


def _about(one: RuleReport) -> Iterator[str]:
    if one.fields:
        changed = ", ".join(f"{name} ({many:,})" for name, many in one.fields.items())
        yield f"fields that change: {changed}"
    for what, examples in one.examples.items():
        yield f"{NAMES[what]}:"
        yield from (f"- {example_line(example)}" for example in examples)
    yield from outcomes_line(one)


def _calls(one: Calls) -> Iterator[str]:
    yield calls_line(one)
    yield from (f"- {quota_line(quota)}" for quota in one.quotas)
