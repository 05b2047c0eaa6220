"""What each step costs on a database with a past: `python -m bench.growth --past 2000000 --backlog 200000`.

The steps are those of `bench.ground`, a few turns each, alone on the machine if the numbers are to
mean something. Milliseconds of a turn, of which in statements, and how many statements.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, event

from bench.cell import Database
from bench.ground import ground
from bench.seed import Past, seed
from embedded.postgres import DURABLE, start

TURNS = 3  # the second best of three is shown
app = typer.Typer(add_completion=False)


@dataclass(kw_only=True)
class Watch:
    """Of one turn: seconds in the driver, and statements."""

    seconds: float = 0.0
    statements: int = 0
    _since: float = field(default=0.0)

    def on(self, engine: Engine) -> None:
        event.listen(engine, "before_cursor_execute", self._begin)
        event.listen(engine, "after_cursor_execute", self._end)

    def _begin(self, *_: Any) -> None:
        self._since = time.perf_counter()

    def _end(self, *_: Any) -> None:
        self.seconds += time.perf_counter() - self._since
        self.statements += 1


@app.command()
def growth(
    database: Annotated[Database, typer.Option()] = "sqlite",
    past: Annotated[int, typer.Option(min=500)] = 200_000,
    backlog: Annotated[int, typer.Option(min=0)] = 20_000,
) -> None:
    """Make a database with that past and take each step in it. 2,000,000 take some minutes."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    table = Table("step", "ms", "in statements", "statements")
    with TemporaryDirectory(prefix="bridge-growth-") as name, _place(database, Path(name)) as url:
        seed(url, Past(deliveries=past, backlog=backlog))
        with ground(url, Path(name)) as found:
            watch = Watch()
            watch.on(found.bridge.database.engine)
            turns = [dict(_turns(found.steps, watch)) for _ in range(TURNS)]
    for step in turns[0]:
        whole, inside, count = sorted(turn[step] for turn in turns)[1]
        table.add_row(step, f"{1000 * whole:.1f}", f"{1000 * inside:.1f}", str(count))
    Console().print(table)


Turn = tuple[float, float, int]


def _turns(steps: Any, watch: Watch) -> Iterator[tuple[str, Turn]]:
    step: Callable[[], object]
    for name, step in steps.items():
        watch.seconds, watch.statements = 0.0, 0
        began = time.perf_counter()
        step()
        yield name, (time.perf_counter() - began, watch.seconds, watch.statements)


@contextmanager
def _place(database: Database, folder: Path) -> Iterator[str]:
    """An empty database, by URL, gone after the block."""
    if database == "sqlite":
        yield f"sqlite:///{folder / 'growth.db'}"
        return
    server = start(DURABLE)
    try:
        yield server.create("growth")
    finally:
        server.stop()


if __name__ == "__main__":
    app()
