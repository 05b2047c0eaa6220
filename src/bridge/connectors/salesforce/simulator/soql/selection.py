"""A query run: rows found, ordered and shown with their parents nested."""

from collections.abc import Callable, Sequence
from typing import Any

from bridge.connectors.salesforce.simulator.render import attributes, shown
from bridge.connectors.salesforce.simulator.schema import ObjectType, Row, Schema
from bridge.connectors.salesforce.simulator.soql.condition import Conditions, refuse_long_text
from bridge.connectors.salesforce.simulator.soql.parser import parse
from bridge.connectors.salesforce.simulator.soql.path import Bound, bind, parent
from bridge.connectors.salesforce.simulator.soql.syntax import Order, Path, Query
from bridge.connectors.salesforce.simulator.table import Tables


class Selection:
    """Runs queries over the tables. `deleted`: rows in the recycle bin too (queryAll)."""

    def __init__(self, schema: Schema, tables: Tables) -> None:
        self._schema = schema
        self._tables = tables

    def run(self, text: str, root: str, *, deleted: bool) -> list[dict[str, Any]]:
        """The records as REST shows them. Raises `Rejection`."""
        query = parse(text)
        kind = self._schema.supported(query.object)
        select = [bind(path, query, self._schema) for path in query.select]
        rows = self._matching(query, kind, deleted=deleted)
        for order in reversed(query.order):
            rows.sort(key=self._sort_key(order, query), reverse=order.descending)
        return [self._shown(kind, row, select, root=root) for row in rows[: query.limit]]

    def row_shown(
        self, kind: ObjectType, row: Row, names: Sequence[str], *, root: str
    ) -> dict[str, Any]:
        """One row's fields and parent paths as a query for them would show it."""
        paths = tuple(Path(tuple(name.split("."))) for name in names)
        query = Query(text=", ".join(names), select=paths, object=kind.name)
        select = [bind(path, query, self._schema) for path in paths]
        return self._shown(kind, row, select, root=root)

    def _matching(self, query: Query, kind: ObjectType, *, deleted: bool) -> list[Row]:
        test = (
            Conditions(query, self._schema, self._tables).test(query.where)
            if query.where is not None
            else None
        )
        return [
            row
            for row in self._tables.rows(kind)
            if (deleted or not row["IsDeleted"]) and (test is None or test(row))
        ]

    def _sort_key(self, order: Order, query: Query) -> Callable[[Row], tuple[bool, Any]]:
        bound = bind(order.path, query, self._schema)
        refuse_long_text(bound.field, "sorted")
        nulls_low = order.nulls_first is not order.descending

        def key(row: Row) -> tuple[bool, Any]:
            value = bound.read(row, self._tables)
            if value is None:
                return (not nulls_low, 0)
            return (nulls_low, value.casefold() if isinstance(value, str) else value)

        return key

    def _shown(
        self, kind: ObjectType, row: Row, select: list[Bound], *, root: str
    ) -> dict[str, Any]:
        record: dict[str, Any] = {"attributes": attributes(kind, row["Id"], root)}
        for bound in select:
            self._show(bound, record, row, root=root)
        return record

    def _show(self, bound: Bound, record: dict[str, Any], row: Row, *, root: str) -> None:
        """Into `record`, parents as nested objects; a missing parent is null."""
        at: Row | None = row
        for reference, kind in bound.parents:
            at = parent(reference, kind, at, tables=self._tables)
            name = reference.relationship or reference.name
            if at is None:
                record[name] = None
                return
            record = record.setdefault(name, {"attributes": attributes(kind, at["Id"], root)})
        assert at is not None  # the walk ends at a row
        record[bound.field.name] = shown(at.get(bound.field.name))
