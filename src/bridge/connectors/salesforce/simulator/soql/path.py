"""A field path bound to an object: through parents to a field, for reading it off a row."""

from dataclasses import dataclass

from bridge.connectors.salesforce.simulator.schema import Field, ObjectType, Row, Schema
from bridge.connectors.salesforce.simulator.soql.syntax import Path, Query, Value
from bridge.connectors.salesforce.simulator.soql.token import at_place
from bridge.connectors.salesforce.simulator.table import Tables


@dataclass(frozen=True)
class Bound:
    """`parents` are the reference fields on the way, each with the object it leads to."""

    parents: tuple[tuple[Field, ObjectType], ...]
    field: Field

    def read(self, row: Row, tables: Tables) -> Value:
        """None where a parent is missing."""
        at: Row | None = row
        for reference, kind in self.parents:
            at = parent(reference, kind, at, tables=tables)
        found: Value = at.get(self.field.name) if at is not None else None
        return found


def parent(reference: Field, kind: ObjectType, row: Row | None, *, tables: Tables) -> Row | None:
    """The row a reference leads to: an owner may be a user or a queue."""
    key = row.get(reference.name) if row is not None else None
    if key is None:
        return None
    several = len(reference.reference_to) > 1
    return tables.row((tables.kind_of(key) if several else None) or kind, key)


def bind(path: Path, query: Query, schema: Schema) -> Bound:
    """Raises INVALID_FIELD for a field or a relationship that is not there."""
    kind = schema.supported(query.object)
    parents = []
    for name in path.parts[:-1]:
        reference = kind.parent(name)
        if reference is None:
            text = (
                f"Didn't understand relationship '{name}' in field path. If you are attempting to "
                "use a custom relationship, be sure to append the '__r' after the custom "
                "relationship name."
            )
            raise at_place("INVALID_FIELD", query.text, path.at, text)
        kind = schema.supported(reference.reference_to[0])
        parents.append((reference, kind))
    field = kind.find(path.parts[-1])
    if field is None:
        text = (
            f"No such column '{path.parts[-1]}' on entity '{kind.name}'. If you are attempting to "
            "use a custom field, be sure to append the '__c' after the custom field name."
        )
        raise at_place("INVALID_FIELD", query.text, path.at, text)
    return Bound(tuple(parents), field)
