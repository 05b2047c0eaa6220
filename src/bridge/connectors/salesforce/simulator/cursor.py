"""Results of queries waiting for their next page to be asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bridge.clock import Clock
from bridge.connectors.salesforce.simulator.identifier import record_id
from bridge.connectors.salesforce.simulator.rejection import Rejection
from bridge.connectors.salesforce.simulator.vendor import CURSOR_SECONDS
from bridge.connectors.simulation.scale import Pace

_PREFIX = "01g"


@dataclass(frozen=True)
class _Open:
    records: Sequence[dict[str, Any]]
    until: datetime


class Cursors:
    """Pages of `page_size` records. A cursor shows the result as it was when the query ran."""

    def __init__(self, page_size: int, *, clock: Clock, pace: Pace) -> None:
        self.page_size = page_size
        self._clock = clock
        self._life = timedelta(seconds=pace.seconds(CURSOR_SECONDS))
        self._open: dict[str, _Open] = {}

    def first(self, records: Sequence[dict[str, Any]], root: str) -> dict[str, Any]:
        """The first page; a cursor stays open only when there are more."""
        name = ""
        if len(records) > self.page_size:
            name = record_id(_PREFIX, len(self._open) + 1)
            self._open[name] = _Open(records, self._clock.now() + self._life)
        return self._page(name, records, 0, root=root)

    def next(self, locator: str, root: str) -> dict[str, Any]:
        """The page behind `<cursor>-<offset>`."""
        name, _, offset = locator.partition("-")
        found = self._open.get(name)
        if found is None or found.until <= self._clock.now() or not offset.isdigit():
            raise Rejection("INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(name, found.records, int(offset), root=root)

    def _page(
        self, name: str, records: Sequence[dict[str, Any]], start: int, *, root: str
    ) -> dict[str, Any]:
        end = start + self.page_size
        page: dict[str, Any] = {
            "totalSize": len(records),
            "done": end >= len(records),
            "records": list(records[start:end]),
        }
        if end < len(records):
            page["nextRecordsUrl"] = f"{root}/query/{name}-{end}"
        return page
