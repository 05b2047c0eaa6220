"""What one transaction has read of the ledger: each record and each link once, many at a time."""

from collections import defaultdict
from collections.abc import Iterable
from operator import attrgetter

from sqlalchemy.orm import Session

from bridge.ledger import latest, links
from bridge.ledger.latest import Latest
from bridge.ledger.tables import LinkRow

_OLDEST_FIRST = attrgetter("created_at", "id")


class Known:
    """Records and links, read when they are asked for, or beforehand for a whole batch.

    It stays right while the caller holds the locks of its subjects, and tells it of what it adds.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._records: dict[str, Latest | None] = {}
        self._links: dict[str, LinkRow] = {}
        self._from: defaultdict[str, dict[str, LinkRow]] = defaultdict(dict)
        self._to: defaultdict[str, dict[str, LinkRow]] = defaultdict(dict)
        self._whole: set[str] = set()  # records of which every link is here
        self._starts: set[str] = set()  # records of which every link that starts there is here

    def fetch(self, refs: Iterable[str]) -> None:
        """Read what facts about these records need: their links, all work of their far ends, records."""
        subjects = set(refs)
        self._read_links(subjects)
        self._read_starts({link.left_ref for link in self._links.values()})
        ends = {end for link in self._links.values() for end in (link.left_ref, link.right_ref)}
        self.records(subjects | {end for end in ends if end})

    def forget(self) -> None:
        """Others have changed records and links: all is read again when it is asked for."""
        for kept in (self._records, self._links, self._from, self._to, self._whole, self._starts):
            kept.clear()

    def record(self, ref: str) -> Latest | None:
        return self.records([ref]).get(ref)

    def records(self, refs: Iterable[str]) -> dict[str, Latest]:
        """Those of them that are known, by ref."""
        wanted = set(refs)
        missing = wanted - self._records.keys()
        if missing:
            self._records |= dict.fromkeys(missing)
            self._records |= {row.ref: row for row in latest.read(self._session, missing)}
        found = {ref: self._records[ref] for ref in wanted}
        return {ref: row for ref, row in found.items() if row is not None}

    def hanging_on(self, ref: str) -> list[Latest]:
        """What hangs on this record by now; what was deleted is left out."""
        found = {row.ref: row for row in latest.hanging_on(self._session, [ref])}
        found |= {row.ref: row for row in self._records.values() if row and row.parent == ref}
        return [row for row in found.values() if row.deleted_at is None]

    def add_record(self, row: Latest) -> None:
        self._records[row.ref] = row

    def links_of(self, ref: str) -> list[LinkRow]:
        """Every link with this record at either end, oldest first."""
        self._read_links({ref})
        found = {**self._from[ref], **self._to[ref]}.values()
        ends = (link for link in found if ref in (link.left_ref, link.right_ref))
        return sorted(ends, key=_OLDEST_FIRST)

    def links_from(self, refs: Iterable[str]) -> list[LinkRow]:
        """Links that start at these records, oldest first."""
        wanted = set(refs)
        self._read_starts(wanted)
        found = [link for ref in wanted for link in self._from[ref].values()]
        return sorted(found, key=_OLDEST_FIRST)

    def link(self, link_id: str) -> LinkRow | None:
        if link_id not in self._links:
            self._add(links.by_id(self._session, [link_id]).values())
        return self._links.get(link_id)

    def add_link(self, row: LinkRow) -> None:
        self._add([row])

    def _read_links(self, refs: set[str]) -> None:
        missing = refs - self._whole
        if missing:
            self._add(links.touching(self._session, missing))
            self._whole |= missing
            self._starts |= missing

    def _read_starts(self, refs: set[str]) -> None:
        missing = refs - self._starts
        if missing:
            self._add(links.from_left(self._session, missing))
            self._starts |= missing

    def _add(self, rows: Iterable[LinkRow]) -> None:
        for row in rows:
            self._links[row.id] = row
            self._from[row.left_ref][row.id] = row
            if row.right_ref:
                self._to[row.right_ref][row.id] = row
