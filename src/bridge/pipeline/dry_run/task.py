"""What the process of a dry-run is told by the one that serves, and what it tells it."""

import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import orjson
from sqlalchemy.exc import SQLAlchemyError

from bridge.calendars import Calendars
from bridge.canonical.kind import Kinds
from bridge.clock import SystemClock
from bridge.db import Database
from bridge.errors import RuleError
from bridge.outbox.arming import Actions
from bridge.pipeline.dry_run.allowance import Allowance
from bridge.pipeline.dry_run.report import Progress
from bridge.pipeline.dry_run.run import DryRun, Wish
from bridge.pipeline.world import Sets

SAY_SECONDS = 0.5  # between two lines of progress


@dataclass(frozen=True, kw_only=True)
class Task:
    """Everything that a process needs to know. It holds the database's password: for a pipe alone."""

    database_url: str = field(repr=False)
    files: Mapping[str, str]
    kinds: Kinds
    actions: Actions
    systems: Mapping[str, str]
    calendars: Calendars
    allowances: tuple[Allowance, ...]
    wish: Wish

    def as_bytes(self) -> bytes:
        return pickle.dumps(self)


def read_task(stream: BinaryIO) -> Task:
    """From the process that serves, and from nobody else."""
    found: Task = pickle.load(stream)  # noqa: S301  (our own parent wrote it)
    return found


def steps(task: Task) -> Iterator[bytes]:
    """Lines of JSON: `{"progress": …}` now and then, and `{"report": …}` or `{"problem": …}` last."""
    database, clock = Database(task.database_url, pool_size=1), SystemClock()
    sets = Sets(
        kinds=task.kinds, actions=task.actions, systems=task.systems, calendars=task.calendars
    )
    said = -SAY_SECONDS
    try:
        run = DryRun(
            database=database,
            clock=clock,
            compile=sets.compile,
            actions=task.actions,
            candidate=sets.compile(task.files),
            allowances=task.allowances,
        )
        for step in run.run(task.wish):
            if not isinstance(step, Progress):
                yield _line("report", step.model_dump(mode="json"))
            elif clock.monotonic() >= said + SAY_SECONDS:
                said = clock.monotonic()
                yield _line("progress", step.model_dump(mode="json"))
    except RuleError as error:
        yield problem("mappings-not-loaded", "The mappings cannot be loaded", str(error))
    except SQLAlchemyError as error:
        yield problem("database", "The database does not answer", type(error).__name__)
    finally:
        database.close()


def problem(slug: str, title: str, detail: str) -> bytes:
    """The last line of a dry-run that came to no report."""
    return _line("problem", {"type": f"/problems/{slug}", "title": title, "detail": detail})


def _line(name: str, told: Any) -> bytes:
    return orjson.dumps({name: told}) + b"\n"
