"""One memory of compiled statements for all databases of a kind.

To compile a statement costs more than to execute it, which is why an engine remembers. Tests make
thousands of engines, each would begin anew. They differ in nothing but where the database lies.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event

_first: dict[str, Engine] = {}


def share() -> None:
    """From now on, for each engine of this process."""
    event.listen(Engine, "engine_connect", _like_the_first)


def _like_the_first(connection: Connection) -> None:
    """The dialect is a part of each key, so it is shared too."""
    engine: Any = connection.engine
    first: Any = _first.setdefault(engine.dialect.name, engine)
    if engine.dialect is not first.dialect:
        engine.dialect = connection.dialect = first.dialect
        engine._compiled_cache = first._compiled_cache
