"""Each setting, its value and where it came from, for people: nothing secret is shown."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from sqlalchemy import make_url

from bridge.errors import Unconfigured
from bridge.secret import SecretRef
from bridge.settings.document import Loc, spelled
from bridge.settings.environment import variable
from bridge.settings.loaded import Loaded

HIDDEN = "(hidden)"
_SECRET_NAME = re.compile(r"secret|password|token|private|credential", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Source:
    """One line of `bridge doctor`. `origin`: default, environment, or the file and line."""

    name: str
    value: str
    origin: str


_URLS = ("database_url", "listen_url")


def sources(loaded: Loaded, connections: Mapping[str, BaseModel]) -> list[Source]:
    """Every setting; `connections` are the judged ones, so that their defaults are shown too."""
    found = [*_environment(loaded)]
    for name, model in connections.items():
        found += _model(loaded, ("connections", name), model)
    for field in ("alarms", "heartbeat", "retention", "rules", "calendars"):
        found += _tree(loaded, (field,), getattr(loaded.file, field))
    return found


def _environment(loaded: Loaded) -> Iterator[Source]:
    for field in type(loaded.settings).model_fields:
        name = variable(field)
        value = getattr(loaded.settings, field)
        shown = _database(value) if field in _URLS and "://" in value else str(value)
        origin = "environment" if name in loaded.given else "default"
        yield Source(name=name, value=shown, origin=origin)


def _database(url: str) -> str:
    """Without the password, which may also stand in the query."""
    made = make_url(url)
    hidden = {key: HIDDEN for key in made.query if _SECRET_NAME.search(key)}
    return made.update_query_dict(hidden).render_as_string(hide_password=True)


def _model(loaded: Loaded, at: Loc, model: BaseModel) -> Iterator[Source]:
    for field, about in type(model).model_fields.items():
        yield from _tree(loaded, (*at, about.alias or field), getattr(model, field))


def _tree(loaded: Loaded, at: Loc, value: Any) -> Iterator[Source]:
    match value:
        case BaseModel():
            yield from _model(loaded, at, value)
        case Mapping() if value:
            for key, item in value.items():
                yield from _tree(loaded, (*at, str(key)), item)
        case tuple() | list() if value:
            for number, item in enumerate(value):
                yield from _tree(loaded, (*at, number), item)
        case _:
            lines = loaded.document.lines
            said = at in lines or (isinstance(at[-1], int) and at[:-1] in lines)
            origin = loaded.document.where(at) if said else "default"
            yield Source(name=spelled(at), value=_shown(at, value), origin=origin)


def _shown(at: Loc, value: Any) -> str:
    if isinstance(value, SecretRef):
        return f"{value} ({_state(value)})"
    if value is None or value in ((), {}):
        return "none"
    if _SECRET_NAME.search(spelled(at[-1:])) and not isinstance(value, bool):
        return HIDDEN
    return str(value)


def _state(secret: SecretRef) -> str:
    try:
        secret.reveal()
    except Unconfigured:
        return "missing"
    return "set"
