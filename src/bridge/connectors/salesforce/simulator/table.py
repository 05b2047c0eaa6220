"""Rows of all objects in memory, indexed by their external ids, with an undo log."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock

from bridge.connectors.salesforce.simulator.change import Change
from bridge.connectors.salesforce.simulator.schema import Field, ObjectType, Row, Schema

_Undo = tuple[ObjectType, str, Row | None, Change]


class Tables:
    """Rows are never changed in place, so undoing a write is putting the old row back.

    Deleted rows stay (queryAll and undelete need them) but leave the indexes.
    """

    def __init__(self, schema: Schema, lock: RLock) -> None:
        self._lock, self._schema = lock, schema
        self._rows: dict[str, dict[str, Row]] = {kind.name: {} for kind in schema}
        self._index: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        self._log: list[_Undo] = []
        self._depth = 0
        self.journal: list[Change] = []
        self.listeners: list[Callable[[Change], None]] = []

    def row(self, kind: ObjectType, record_id: str) -> Row | None:
        """Deleted ones too."""
        return self._rows[kind.name].get(record_id)

    def kind_of(self, record_id: str) -> ObjectType | None:
        return self._schema.of_id(record_id)

    def rows(self, kind: ObjectType) -> list[Row]:
        """In the order of creation, deleted ones too."""
        with self._lock:
            return list(self._rows[kind.name].values())

    def ids_with(self, kind: ObjectType, field: Field, value: str) -> list[str]:
        """Ids of the live rows whose indexed field has this value, oldest first."""
        return sorted(self._index.get((kind.name, field.name, field.key(value)), ()))

    def put(self, kind: ObjectType, change: Change) -> None:
        """Only inside a transaction."""
        self._log.append((kind, change.id, self.row(kind, change.id), change))
        self._set(kind, change.id, change.after)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. May nest; listeners hear of the writes when the outermost commits."""
        with self._lock:
            mark = len(self._log)
            self._depth += 1
            try:
                yield
            except BaseException:
                self._undo_to(mark)
                raise
            finally:
                self._depth -= 1
                if not self._depth:
                    self._commit()

    def _commit(self) -> None:
        changes = [change for _, _, _, change in self._log]
        self._log.clear()
        for change in changes:
            self.journal.append(change)
            for listener in self.listeners:
                listener(change)

    def _undo_to(self, mark: int) -> None:
        while len(self._log) > mark:
            kind, record_id, before, _ = self._log.pop()
            self._set(kind, record_id, before)

    def _set(self, kind: ObjectType, record_id: str, row: Row | None) -> None:
        rows = self._rows[kind.name]
        for key in self._keys(kind, rows.get(record_id)):
            self._index[key].discard(record_id)
        for key in self._keys(kind, row):
            self._index[key].add(record_id)
        if row is None:
            rows.pop(record_id, None)
        else:
            rows[record_id] = row

    def _keys(self, kind: ObjectType, row: Row | None) -> Iterator[tuple[str, str, str]]:
        if row is None or row["IsDeleted"]:
            return
        for field in kind:
            value = row.get(field.name)
            if (field.finds or field.unique) and value is not None:
                yield kind.name, field.name, field.key(str(value))
