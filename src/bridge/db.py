"""The database: one transaction per edge, the same code on SQLite and PostgreSQL."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import orjson
from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    func,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

from bridge.canonical.text import NUL, storable, storable_json
from bridge.rows import put
from bridge.turns import Turns

BUSY_MILLISECONDS = 30_000
_RUNG = "bridge_rung"

# SQLite counts rows up by itself only for a column that is INTEGER to the letter.
Serial = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC, to the microsecond. SQLite forgets zones, so it keeps sortable text there."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind = String(27) if dialect.name == "sqlite" else DateTime(timezone=True)
        return dialect.type_descriptor(kind)

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone reached the database; use aware UTC")
        utc = value if value.tzinfo is UTC else value.astimezone(UTC)
        if dialect.name != "sqlite":
            return utc
        return utc.isoformat(timespec="microseconds").replace("+00:00", "Z")

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A JSON value that both databases take: NUL and lone surrogates are replaced on the way in."""

    impl = Text
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind: TypeEngine[Any] = JSONB(none_as_null=True) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kind)

    @override
    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if dialect.name == "postgresql" or value is None:
            return value  # its engine has a serialiser: this one
        return as_json(value)

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return orjson.loads(value) if isinstance(value, str) and dialect.name == "sqlite" else value


def as_json(value: Any) -> str:
    """JSON text that both databases take. Only what is not fit as it is, is walked through."""
    try:
        text = orjson.dumps(value).decode()  # refuses lone surrogates, and keys that are no text
    except TypeError:
        return json.dumps(storable_json(value), ensure_ascii=False)
    return json.dumps(storable_json(value), ensure_ascii=False) if NUL in text else text


class Words(TypeDecorator[str]):
    """Text of any origin in a column of any table: what PostgreSQL refuses is replaced, as in JSON."""

    impl = String
    cache_ok = True

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class Prose(Words):
    """The same for a column that says at length what somebody wrote."""

    impl = Text
    cache_ok = True


class Base(DeclarativeBase):
    """Every table; constraint names follow one convention, because migrations need them."""

    type_annotation_map: ClassVar = {str: Words}
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of the rows that fit, in words that both databases know."""
    fits = text(where)
    return Index(name, *columns, unique=unique, postgresql_where=fits, sqlite_where=fits)


class Database:
    """An engine and its transactions. `url`: `sqlite:///path` or `postgresql://…`."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(url) if self.is_sqlite else _postgresql(url, pool_size)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._turns = Turns()
        self.rung: Callable[[str], None] = _nobody  # hears of each bell after its commit

    @contextmanager
    def transaction(self, *, first: bool = False, hasty: bool = False) -> Iterator[Session]:
        """A write transaction: commits at the end, rolls back on any error.

        SQLite lets one writer in at a time and its busy handler is not fair, so the writers of this
        process queue before they ask the file. `first`: somebody waits for an answer outside.
        `hasty`: it outlives this process, but need not outlive a power cut (on SQLite; waiting for
        the disk is most of what a small commit costs): for what is taken again after a start.
        """
        if not self.is_sqlite:
            with self._sessions.begin() as session:
                yield session
            self._tell(session)
            return
        with self._turns.taken(first=first), self._sessions() as session:
            options = {"bridge_begin": "IMMEDIATE", "bridge_hasty": hasty}
            session.connection(execution_options=options)
            yield session
            session.commit()
        self._tell(session)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A short read. Long reads are pages: no read stays open longer than a second."""
        with self._sessions() as session:
            yield session  # closing rolls back, and rows stay readable: rollback() would expire them

    def now(self, session: Session) -> datetime:
        """The database's own time, which every node shares: leases are written and compared in it."""
        if self.is_sqlite:
            return datetime.now(UTC)
        moment: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        return moment.astimezone(UTC)

    def close(self) -> None:
        self.engine.dispose()

    def _tell(self, session: Session) -> None:
        for bell in sorted(session.info.pop(_RUNG, ())):
            self.rung(bell)


def ring(session: Session, bell: str) -> None:
    """Whoever rests by this bell looks at once when this transaction is committed: once, however often."""
    session.info.setdefault(_RUNG, set()).add(bell)


def insert_once(
    session: Session, table: type[Base], rows: Sequence[dict[str, Any]], *, key: str
) -> set[Any]:
    """Insert what is not there yet; the values of `key` (a unique column) that were new.

    Rows go in sorted by key and unique: overlapping batches in arrival order deadlock on PostgreSQL.
    """
    return insert_in_order(session, table, sorted(rows, key=lambda row: row[key]), key=key)


def insert_in_order(
    session: Session, table: type[Base], rows: Sequence[dict[str, Any]], *, key: str
) -> set[Any]:
    """The same in the order given, which serial numbers then follow. For rows of one subject under its lock."""
    unique = list({row[key]: row for row in rows}.values())
    if not unique:
        return set()
    return set(put(session, _insert_new(dialect(session), table, key), unique).scalars())


def dialect(session: Session) -> str:
    """`sqlite` or `postgresql`."""
    return session.get_bind().dialect.name


def table_of(row: type[Base]) -> Table:
    """Its table. A statement over it takes half the time of one over the class, and gives values:
    no session keeps them, or writes first what waits in it.
    """
    return Base.metadata.tables[row.__tablename__]


def insert_into(dialect: str, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT in the words of this database, which knows ON CONFLICT.

    Build on it once, in a function with `@cache`: putting a statement together costs more than to
    execute it. Execute it with a list of rows: `.values(rows)` is compiled anew for each call.
    """
    target = table_of(table)
    return postgresql.insert(target) if dialect == "postgresql" else sqlite.insert(target)


@cache
def _insert_new(dialect: str, table: type[Base], key: str) -> ReturningInsert[Any]:
    statement = insert_into(dialect, table).on_conflict_do_nothing()
    return statement.returning(table.__table__.c[key])


def _nobody(_: str) -> None:
    """Where no loop runs."""


def _postgresql(url: str, pool_size: int) -> Engine:
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,  # an error text must not carry a customer's words
        json_serializer=as_json,
        json_deserializer=orjson.loads,
        connect_args={"connect_timeout": 10, "prepare_threshold": None},  # pgbouncer
    )


def _sqlite(url: str) -> Engine:
    _keep_private(make_url(url).database)
    engine = create_engine(
        url, connect_args={"check_same_thread": False, "timeout": 30}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_MILLISECONDS}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        options = connection.get_execution_options()
        words = [f"BEGIN {options.get('bridge_begin', 'DEFERRED')}"]
        if words == ["BEGIN IMMEDIATE"]:
            words.insert(
                0, f"PRAGMA synchronous={'NORMAL' if options.get('bridge_hasty') else 'FULL'}"
            )
        driver = connection.connection.driver_connection  # spares what SQLAlchemy does around it
        try:
            for word in words:
                driver.execute(word)
        except sqlite3.OperationalError as error:
            raise OperationalError(words[-1], None, error) from error

    return engine


def _keep_private(path: str | None) -> None:
    """A new file is for this user alone, and so are the ones that SQLite puts beside it."""
    if path and path != ":memory:" and not path.startswith("file:"):
        with suppress(FileNotFoundError):  # no such folder: SQLite says so in its own words
            Path(path).touch(mode=0o600)
