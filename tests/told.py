"""Updates and writes of the benchmark, with no more in them than a test of its arithmetic needs."""

from bench.load import Sent
from bench.sink import Write
from bench.webhook import case_id


def sent(number: int, record: int, *, status: int = 202, at: float = 0.0) -> Sent:
    """An update that was answered ten milliseconds later."""
    return Sent(number=number, record=record, sent=at, answered=at + 0.01, status=status)


def write(number: int, record: int, *, at: float = 0.0) -> Write:
    """The write of an update, at its record's case."""
    return Write(record=case_id(record), number=number, at=at)
