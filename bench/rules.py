"""`python -m bench.rules`: what deciding on one event and loading a folder cost, beside the bare libraries.

Each round measures everything once, in turn, by the CPU time of this process. *bare CEL*: the
conditions of the rules that hear of the event, evaluated by the expression library alone with values
that are bound already. *bare YAML*: libyaml's events of the same files, and nothing made of them.
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer
import yaml

from bench.many_rules import EVENT, FACTS, SYSTEMS, many
from bench.result import begun
from bridge.canonical.kind import standard
from bridge.cli.memory import spare_what_was_imported
from bridge.connectors.registry import actions
from bridge.rules.engine import Moment, decide
from bridge.rules.loader import load
from bridge.rules.ruleset import RuleSet

AGAIN = 200  # times in a round: one decision is shorter than the clock's tick


@dataclass(kw_only=True)
class Figure:
    """What is measured, and the bare library beside it; CPU milliseconds, round by round."""

    name: str
    goal: str
    do: Callable[[], Any]
    beside: Callable[[], Any]
    times: int = 1
    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)

    def measure(self) -> None:
        self.ours.append(_cpu_ms(self.do, self.times))
        self.bare.append(_cpu_ms(self.beside, self.times))

    def row(self) -> str:
        ratios = [ours / bare for ours, bare in zip(self.ours, self.bare, strict=True)]
        cells = (self.name, self.goal, *map(_spread, (self.ours, self.bare, ratios)))
        return f"| {' | '.join(cells)} |"


def main(
    rounds: Annotated[int, typer.Option(min=2)] = 7,
    rules: Annotated[int, typer.Option(min=1, help="In the set that decides.")] = 200,
    loaded: Annotated[int, typer.Option(min=1, help="In the folder that is loaded.")] = 300,
) -> None:
    """Measure, and print the table of docs/benchmarks.md. Example: python -m bench.rules --rounds 9"""
    here = begun()
    spare_what_was_imported()  # as the commands do
    files = many(loaded)
    figures = [
        _deciding(f"decide, {rules} rules, a third of which hear", _loaded(many(rules))),
        _deciding(f"decide, {rules} rules, all hear", _loaded(many(rules, alike=True))),
        Figure(
            name=f"load {loaded} rules",
            goal="≪ 1,000 ms",
            do=lambda: _loaded(files),
            beside=lambda: _bare_yaml(files),
        ),
    ]
    for _ in range(rounds):
        for one in figures:
            one.measure()
    typer.echo(
        f"{here.began:%Y-%m-%d %H:%M} UTC, commit {here.commit or 'unknown'}, {here.machine}. Load"
        f" average before the run: {here.load_average}. Rounds: {rounds}, interleaved; median"
        " (lowest to highest).\n\n"
        "| CPU of | goal | ms | bare library, ms | × bare |\n| --- | --: | --: | --: | --: |"
    )
    for one in figures:
        typer.echo(one.row())


def _deciding(name: str, found: RuleSet) -> Figure:
    return Figure(
        name=name,
        goal="about 1 ms",
        do=lambda: decide(EVENT, FACTS, found, reasons=False),
        beside=_bare_cel(found),
        times=AGAIN,
    )


def _loaded(files: Mapping[str, str]) -> RuleSet:
    return load(files, kinds=standard(), actions=actions(), connections=SYSTEMS)


def _bare_cel(found: RuleSet) -> Callable[[], Any]:
    """Evaluates the conditions alone."""
    moment = Moment(event=EVENT, facts=FACTS, rules=found)
    heard = found.rules_for(frozenset({EVENT.kind}))
    pairs = [
        (rule.condition.whole, moment.view(rule.world, FACTS.linked[0]).binding)
        for rule in heard
        if rule.condition is not None
    ]
    return lambda: [expression.evaluate(binding) for expression, binding in pairs]


def _bare_yaml(files: Mapping[str, str]) -> None:
    for text in files.values():
        for _ in yaml.parse(text, Loader=yaml.CSafeLoader):
            pass


def _cpu_ms(do: Callable[[], Any], times: int = 1) -> float:
    began = time.process_time()
    for _ in range(times):
        do()
    return 1_000 * (time.process_time() - began) / times


def _spread(values: Sequence[float]) -> str:
    middle = statistics.median(values)
    digits = 0 if middle >= 100 else 2
    low, high = min(values), max(values)
    return f"{middle:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"


if __name__ == "__main__":
    typer.run(main)
