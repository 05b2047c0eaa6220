"""Which cells there are, and which of them are measured when."""

from bench.cell import Cell

SQLITE = Cell(database="sqlite", events=4_000)
POSTGRESQL = Cell(database="postgresql", events=4_000, works=1)
NAIVE = Cell(database="memory", events=4_000)

SERVED = (SQLITE, POSTGRESQL)  # one process; `serve` and `work` apart


def _each(**changes: object) -> tuple[Cell, ...]:
    return tuple(one.model_copy(update=changes) for one in SERVED)


SINGLE = _each(keys="distinct", bulk=False, events=1_600)
HOT = _each(keys="hot")
HALF = _each(rate="half", events=2_000)
STEADY = _each(rate=20.0, events=240, works=0)
ARRIVAL = _each(rate=1_000.0, events=5_000)
QUEUED = _each(queued=True, events=10_000, rounds=1)
IDLE = _each(latency_ms=0, idle=15.0, rate=2.0, events=24, rounds=1)
LONG = _each(parts=10, events=20_000, rounds=1)
PAST = _each(past=100_000, rounds=1)
ONE_WORKER = Cell(
    database="postgresql",
    events=960,
    latency_ms=200,
    keys="distinct",
    bulk=False,
    works=1,
    rounds=2,
)
THREE_WORKERS = ONE_WORKER.model_copy(update={"works": 3})


def goals() -> list[Cell]:
    """What the table of goals asks for: some twelve minutes in two rounds."""
    compared = [NAIVE, *SERVED, *SINGLE, *HOT, *HALF, *STEADY, *ARRIVAL]
    return [*compared, ONE_WORKER, THREE_WORKERS, *QUEUED, *IDLE, *LONG]


def whole() -> list[Cell]:
    """Everything that `make bench` measures."""
    cells = goals()
    for latency in (0, 200):
        cells += [NAIVE.model_copy(update={"latency_ms": latency, "events": 2_000})]
        cells += _each(latency_ms=latency, events=2_000)
    three = POSTGRESQL.model_copy(update={"works": 0, "serves": 3})
    return [*cells, *PAST, three, three.model_copy(update={"keys": "hot"})]


def quick() -> list[Cell]:
    """The few that fit in two minutes."""
    cells = [NAIVE, *SERVED, SINGLE[0]]
    return [one.model_copy(update={"events": 800}) for one in cells]
