"""Many rows in one statement: on PostgreSQL they are one JSON value, which the server takes apart.

The driver would send them one by one, each to be parsed and planned anew (nothing is prepared, for
pgbouncer's sake), or as one statement of thousands of placeholders, which it takes apart itself.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    Insert,
    LargeBinary,
    Result,
    Table,
    TableValuedAlias,
    Text,
    Update,
    bindparam,
    cast,
    column,
    func,
    select,
    update,
)
from sqlalchemy.orm import Session

from bridge.canonical.text import NUL, storable_json

_KEPT = 256  # statements; there are some twenty
_THIS = "this"
Rows = Sequence[Mapping[str, Any]]
More = Callable[[Mapping[str, Any]], Mapping[str, Any]]  # columns by name -> further ones


def put(session: Session, statement: Insert, rows: Rows, more: More | None = None) -> Result[Any]:
    """Execute an INSERT over a table with these rows, in their order. All have the same names.

    Build the statement once: what is made of it is kept for the next call. `more` makes further
    columns out of those of a row. JSON has no bytes: rows with some go one by one. Raises ValueError
    for a time without a zone.
    """
    names = tuple(rows[0])
    if _takes_json(session) and not _has_bytes(statement, names):
        return session.execute(_inserted(statement, names, more), {"rows": _as_text(rows)})
    return session.execute(_one_by_one(statement, names, more) if more else statement, list(rows))


def change(session: Session, table: Table, rows: Rows, *, key: str) -> None:
    """Set what these rows say, each of the one with its `key`. All have the same names, as above."""
    if _takes_json(session):
        session.execute(_updated(table, key, tuple(rows[0])), {"rows": _as_text(rows)})
        return
    told = [{_THIS if name == key else name: value for name, value in row.items()} for row in rows]
    session.execute(update(table).where(table.c[key] == bindparam(_THIS)), told)


def _takes_json(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


@lru_cache(_KEPT)
def _has_bytes(statement: Insert, names: tuple[str, ...]) -> bool:
    return any(isinstance(statement.table.c[name].type, LargeBinary) for name in names)


@lru_cache(_KEPT)
def _one_by_one(statement: Insert, names: tuple[str, ...], more: More) -> Insert:
    given: dict[str, Any] = {name: bindparam(name) for name in names}
    return statement.values({**given, **more(given)})


@lru_cache(_KEPT)
def _inserted(statement: Insert, names: tuple[str, ...], more: More | None) -> Insert:
    table = statement.table
    assert isinstance(table, Table)
    source = _shown(table, names)
    further = more({name: source.c[name] for name in names}) if more else {}
    told = {*names, *further}
    made = [one.name for one in table.c if one.name not in told and _is_made_here(one.default)]
    if made:
        raise TypeError(f"{table.name}: {', '.join(made)} would be the same in each row")
    return statement.from_select([*names, *further], select(*source.c, *further.values()))


@lru_cache(_KEPT)
def _updated(table: Table, key: str, names: tuple[str, ...]) -> Update:
    source = _shown(table, names)
    values = {name: source.c[name] for name in names if name != key}
    return update(table).values(values).where(table.c[key] == source.c[key])


def _shown(table: Table, names: Sequence[str]) -> TableValuedAlias:
    """The rows as the server sees them."""
    columns = [column(name, table.c[name].type) for name in names]
    given = func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON))
    return given.table_valued(*columns).render_derived(with_types=True)


def _is_made_here(default: Any) -> bool:
    return default is not None and not default.is_scalar and not default.is_sequence


def _as_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """JSON text that PostgreSQL takes. Only what is not fit as it is, is walked through."""
    plain = [dict(row) for row in rows]
    try:
        text = orjson.dumps(plain, _moment, orjson.OPT_PASSTHROUGH_DATETIME).decode()
    except orjson.JSONEncodeError as error:  # a lone surrogate, a number beyond 64 bits
        if isinstance(error.__cause__, ValueError):
            raise error.__cause__ from None
        return _mended(plain)
    return _mended(plain) if NUL in text else text


def _mended(rows: Sequence[dict[str, Any]]) -> str:
    told = json.loads(json.dumps(rows, default=_moment))
    return json.dumps(storable_json(told), ensure_ascii=False)


def _moment(value: Any) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"a {type(value).__name__} is no JSON")
    if value.tzinfo is None:
        raise ValueError("a time without a zone reached the database; use aware UTC")
    return value.isoformat()
