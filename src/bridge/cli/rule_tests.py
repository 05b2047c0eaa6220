"""The tests that stand in the mappings, run at the terminal."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.canonical.kind import standard
from bridge.cli.group import FAULT
from bridge.cli.proposal import Folder, Proposal, given
from bridge.cli.show import Json, count, table, whole
from bridge.connectors.registry import actions
from bridge.errors import SettingError
from bridge.rules.coverage import Coverage, coverage
from bridge.rules.examples import trials
from bridge.rules.expectation import Difference, What
from bridge.rules.junit import junit
from bridge.rules.problem import MappingProblems, did_you_mean
from bridge.rules.ruleset import RuleSet
from bridge.rules.sync import is_sync
from bridge.rules.trial import ExampleResult, results

Only = Annotated[
    list[str] | None, typer.Option("--rule", help="Only tests of this rule, or sync:ID; repeat.")
]
Named = Annotated[str, typer.Option("--name", help="Only tests with this text in their name.")]
WithCoverage = Annotated[bool, typer.Option("--coverage", help="Also name what no test reaches.")]
FailUnder = Annotated[
    float, typer.Option(min=0, max=100, help="Exit code 1 if coverage is less, in percent.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit code 1 if anything is not reached.")]
Report = Annotated[Path | None, typer.Option("--junit", help="Also write a JUnit file, for CI.")]

CONTEXT = 40  # characters that two values share before they are cut there
SHOWN = 20  # of these


def run_tests(  # noqa: PLR0917
    folder: Folder = None,
    only: Only = None,
    name: Named = "",
    with_coverage: WithCoverage = False,
    fail_under: FailUnder = 0.0,
    strict: Strict = False,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Run the tests that stand in the mappings; exit code 1 if one fails. Example: bridge rules test

    Others: bridge rules test --rule incident-raised --name told · bridge rules test --strict
    """
    proposal = given(folder)
    rules = _only(_loaded(proposal), only or [], name)
    tried = tuple(trials(rules, actions=actions(), kinds=standard(), name=name))
    found = [replace(one, file=str(proposal.place / one.file)) for one in results(tried)]
    wanted = with_coverage or strict or bool(fail_under)
    reached = _at(proposal, coverage(rules, tried)) if wanted else None
    if report is not None:
        report.write_text(junit(found), encoding="utf-8")
    if as_json:
        whole({"tests": [_as_json(one) for one in found], "coverage": _numbers(reached)})
    else:
        _tell(found)
        _tell_coverage(reached)
    least = 100.0 if strict else fail_under
    if any(not one.ok for one in found) or (reached and _falls_short(reached, least)):
        raise typer.Exit(FAULT)


def _loaded(proposal: Proposal) -> RuleSet:
    try:
        return proposal.load()
    except MappingProblems as error:
        for one in error.problems:
            typer.echo(str(replace(one, file=str(proposal.place / one.file))))
        typer.echo("no test was run; mend these first", err=True)
        raise typer.Exit(FAULT) from None


def _only(rules: RuleSet, only: Sequence[str], name: str) -> RuleSet:
    """The rules and syncs asked for. It is an error to ask for what is not there."""
    syncs = (*rules.syncs, *rules.idle)
    known = [*(rule.id for rule in rules.rules), *(sync.rule for sync in syncs)]
    for one in only:
        if one not in known:
            raise SettingError(f"--rule: no rule `{one}`{did_you_mean(one, known)}")
    kept = tuple(rule for rule in rules.rules if not only or rule.id in only)
    syncs = tuple(sync for sync in syncs if not only or sync.rule in only)
    names = [test.name.lower() for rule in kept for test in rule.form.tests]
    names += [test.name.lower() for sync in syncs for test in sync.form.tests]
    if name and not any(name.lower() in one for one in names):
        raise SettingError(f"--name: no test has {name!r} in its name")
    return replace(rules, rules=kept, syncs=syncs, idle=())


def _at(proposal: Proposal, reached: Coverage) -> Coverage:
    """With files named from here."""
    gaps = (replace(gap, file=str(proposal.place / gap.file)) for gap in reached.gaps)
    return replace(reached, gaps=tuple(gaps))


def _tell(found: Sequence[ExampleResult]) -> None:
    failed = [one for one in found if not one.ok]
    for one in failed:
        typer.echo("\n".join(_lines(one)) + "\n")
    said = f"{len(found) - len(failed)} passed, {len(failed)} failed"
    typer.echo(typer.style(said, fg="red" if failed else "green", bold=True))


def _as_json(one: ExampleResult) -> dict[str, Any]:
    return {**asdict(one), "ok": one.ok, "problem": one.problem and one.problem.text}


def _tell_coverage(reached: Coverage | None) -> None:
    if reached is None:
        return
    typer.echo()
    rows = [
        {"rule": one.rule, "tests": one.tests, "reached": f"{one.covered} of {one.total}"}
        for one in reached.rules
    ]
    table(rows, ("rule", "tests", "reached"), as_json=False)
    typer.echo()
    for gap in reached.gaps:
        typer.echo(f"{gap.file}:{gap.line}:{gap.column}: {gap.rule}: {gap.text}")
    said = f"coverage {_floor(reached)} %, {count(len(reached.gaps), 'gap')}"
    typer.echo(typer.style(said, fg="yellow" if reached.gaps else "green", bold=True))


def _numbers(reached: Coverage | None) -> dict[str, Any] | None:
    return None if reached is None else {"percent": reached.percent, **asdict(reached)}


def _falls_short(reached: Coverage, least: float) -> bool:
    if reached.percent >= least:
        return False
    typer.echo(f"coverage is {_floor(reached)} %, less than {least:g} %", err=True)
    return True


def _floor(reached: Coverage) -> float:
    """One decimal, and never 100 while there is a gap."""
    return math.floor(reached.percent * 10) / 10


def _lines(one: ExampleResult) -> Iterator[str]:
    """One test that failed: where it stands, then by action or pair what differs, and why."""
    case = f" ({one.case})" if one.case else ""
    yield typer.style(f"{one.file}:{one.line}: {one.rule}: {one.name}{case}", bold=True)
    if not one.differences and one.problem is not None:
        head = f"test {one.name!r}{one.case and f', {one.case}'}: "
        yield f"  {one.problem.text.removeprefix(head)}"
    for difference in one.differences:
        yield from _action(difference)
    if one.differences:
        who = "the sync" if is_sync(one.rule) else "the rule"
        yield from (f"  {who} said: {reason}" for reason in one.why)


def _action(difference: Difference) -> Iterator[str]:
    match difference.what:
        case What.DIFFERENT:
            yield f"  {difference.action}"
        case What.MISSING:
            yield typer.style(f"  - {difference.action}: expected, and did not come", fg="green")
        case What.UNEXPECTED:
            yield typer.style(f"  + {difference.action}: came, and was not expected", fg="red")
    for field in difference.fields:
        wanted, got = _around(field.expected, field.got)
        match difference.what:
            case What.DIFFERENT:
                yield from [f"      {field.path}"] if field.path else ()
                yield typer.style(f"        expected {wanted}", fg="green")
                yield typer.style(f"        got      {got}", fg="red")
            case What.MISSING:
                yield f"      {field.path}: {wanted}"
            case What.UNEXPECTED:
                yield f"      {field.path}: {got}" if field.path else f"      {got}"


def _around(wanted: str, got: str) -> tuple[str, str]:
    """Two values that are the same for long: from shortly before the place where they differ."""
    same = next((n for n, (a, b) in enumerate(zip(wanted, got, strict=False)) if a != b), 0)
    if same <= CONTEXT:
        return wanted, got
    return f"…{wanted[same - SHOWN :]}", f"…{got[same - SHOWN :]}"
