"""Whether two values of one field say the same, whatever a vendor made of their form. Pure.

Blanks at the ends of lines, line ends, the order of a choice of several, empty text and nothing, an
id of 15 or 18 characters, 1.5 and 1.50: systems write these as they like, and nobody changed anything.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from bridge.rules.reading import Unknown

_SALESFORCE = (15, 18)  # characters of one id, as it is written


def same(one: Any, other: Any) -> bool:
    """A value nobody knows is the same as none."""
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return False
    return bool(plain(one) == plain(other))


def plain(value: Any) -> Any:
    """A value in the one form that is compared; what is empty is `None`."""
    match value:
        case None | "" | [] | ():
            return None
        case str():
            return _text(value)
        case Mapping():
            return _record(value)
        case list() | tuple():
            return tuple(sorted({str(_text(str(item))) for item in value})) or None
        case _:
            return value


def _text(value: str) -> str | None:
    lines = value.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip() or None


def _record(value: Mapping[str, Any]) -> Any:
    """A person is who they are, whatever they are called; money by what it is worth."""
    if value.get("id"):
        return ("id", _id(str(value["id"])))
    if value.get("amount") is not None:
        return ("amount", _amount(value["amount"]), value.get("currency"))
    parts = {name: plain(item) for name, item in value.items()}
    return {name: item for name, item in parts.items() if item is not None} or None


def _id(text: str) -> str:
    short, long = _SALESFORCE
    return text[:short] if len(text) == long and text.isalnum() else text


def _amount(value: Any) -> Any:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return value
