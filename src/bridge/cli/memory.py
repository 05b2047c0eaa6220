"""What start-up made stays for good, so the garbage collector need not look through it again."""

import gc

import structlog

YOUNG, MIDDLE, OLD = 10_000, 20, 20  # Python's own 700, 10, 10 are for small programs

log = structlog.get_logger()


def spare_what_was_imported() -> None:
    """Before a command: half of the time that it takes to load a folder was the collector's."""
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)


def spare_what_stays() -> None:
    """Take modules, tables and rules out of every later collection. Before the loops begin.

    A few hundred thousand objects: each whole collection walked through them, and a process that
    does little else at a time spent up to a twentieth of its work on that.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
    log.info("memory.spared", objects=gc.get_freeze_count())
