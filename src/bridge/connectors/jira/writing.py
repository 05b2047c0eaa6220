"""Write values to a form; when Jira refuses a field, look at the form anew and try once more."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bridge.connectors.jira.failure import FieldRefusal
from bridge.connectors.jira.fields import People, Shaped, shape
from bridge.connectors.jira.form import Form, UnknownField
from bridge.connectors.jira.wiki import Markup

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Written(Generic[T]):
    """What the call answered, the fields as they were sent, and what was left alone."""

    answer: T
    fields: Mapping[str, Any]
    note: str
    strangers: tuple[str, ...]


def write(
    send: Callable[[Mapping[str, Any]], T],
    values: Mapping[str, Any],
    *,
    form: Callable[[], Form],
    fresh: Callable[[], Form],
    people: People,
    markup: Markup,
) -> Written[T]:
    """Shape `values` by `form()` and send them; a 400 about a field did nothing, so it may be repeated.

    Raises what `send` raises, and UnknownField.
    """
    shaped: Shaped | None = None
    try:
        shaped = shape(values, form(), people=people, markup=markup)
        return _written(send, shaped)
    except (FieldRefusal, UnknownField) as error:
        again = shape(values, fresh(), people=people, markup=markup)
        if shaped is not None and again.fields == shaped.fields:
            raise error from None
        return _written(send, again)


def _written(send: Callable[[Mapping[str, Any]], T], shaped: Shaped) -> Written[T]:
    answer = send(shaped.fields)
    return Written(
        answer=answer, fields=shaped.fields, note=shaped.note, strangers=shaped.strangers
    )
