"""`python -m chaos`: rounds of bad weather, each from a seed of its own, until the time is up."""

import time
from random import SystemRandom
from typing import Annotated

import typer

from chaos.round import Plan, play
from chaos.town import WAYS

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def chaos(
    seed: Annotated[int, typer.Option(help="Repeat the rounds of this seed; 0 draws one.")] = 0,
    minutes: Annotated[float, typer.Option(help="Begin no round after so many.")] = 10.0,
    rounds: Annotated[
        int, typer.Option(help="At most so many; 0: as many as there is time for.")
    ] = 0,
    only: Annotated[str, typer.Option(help=f"One of: {', '.join(WAYS)}.")] = "",
    seconds: Annotated[float, typer.Option(help="Of weather in each round.")] = 25.0,
) -> None:
    """Play rounds. The first that goes wrong ends it, with how to repeat it.

    Example: python -m chaos --seed 17 --rounds 1 --only sqlite
    """
    if only and only not in WAYS:
        raise typer.BadParameter(f"there is {', '.join(WAYS)}", param_hint="--only")
    number = seed or SystemRandom().randrange(1, 1_000_000)
    kinds = [only] if only else list(WAYS)
    until = time.monotonic() + minutes * 60
    played = 0
    while time.monotonic() < until and (not rounds or played < rounds):
        plan = Plan(seed=number + played, kind=kinds[played % len(kinds)], seconds=seconds)
        outcome = play(plan)
        typer.echo(outcome.line)
        for text in outcome.excused:
            typer.echo(f"  excused (the send window of a frozen node): {text}")
        if outcome.wrong:
            typer.echo(outcome.story, err=True)
            for text in outcome.wrong:
                typer.echo(f"  WRONG: {text}")
            typer.echo(f"again: {outcome.again} ROUNDS=1")
            raise typer.Exit(1)
        played += 1
    typer.echo(f"{played} rounds, seeds {number} to {number + played - 1}: nothing wrong")


if __name__ == "__main__":
    app()
