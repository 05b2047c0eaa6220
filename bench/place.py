"""The databases of one round: Bridge's own, made ready before it starts, and an empty one beside it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import raw
from bench.cell import Cell
from bridge import schema
from bridge.access import keys
from bridge.access.keys import Role
from bridge.clock import SystemClock
from bridge.db import Database
from embedded.postgres import Server

_UNREAD = "SELECT count(*) FROM message WHERE state = 'pending'"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Two databases of one round, by URL, and the server's process, if there is one."""

    folder: Path
    url: str
    empty: str
    server_pid: int | None

    def key(self) -> str:
        """An operator's API key, made before Bridge has the database."""
        database = Database(self.url)
        schema.upgrade(database)
        with database.transaction() as session:
            made = keys.create(session, "bench", role=Role.OPERATOR, now=SystemClock().now())
        database.close()
        return made.token

    def unread(self) -> int:
        """Messages that are not translated and decided yet."""
        with closing(raw.connect(self.url)) as connection:
            return int(connection.execute(_UNREAD).fetchone()[0])


@contextmanager
def place(cell: Cell, server: Server) -> Iterator[Place]:
    """A folder and databases for one round, gone after it."""
    with TemporaryDirectory(prefix="bridge-bench-") as name:
        folder = Path(name)
        if cell.database != "postgresql":
            url, empty = (f"sqlite:///{folder / file}" for file in ("bridge.db", "raw.db"))
            yield Place(folder=folder, url=url, empty=empty, server_pid=None)
            return
        url, empty = server.create("bench"), server.create("bench_raw")
        try:
            yield Place(folder=folder, url=url, empty=empty, server_pid=server.process.pid)
        finally:
            server.drop("bench")
            server.drop("bench_raw")
