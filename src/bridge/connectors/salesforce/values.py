"""Values as a field's describe wants them: what `wrote` says is what Salesforce is sent.

A field that takes no such value is a PermanentError that names it and says what would do. A
restricted picklist is Salesforce's to refuse: its answer is better than our copy of the list.
"""

import difflib
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Literal

from bridge.canonical.ref import Ref
from bridge.canonical.text import storable
from bridge.connectors.salesforce.ids import full_id, is_id
from bridge.connectors.salesforce.metadata import Describe
from bridge.connectors.salesforce.payloads import FieldDescribe
from bridge.errors import Malformed, PermanentError

TooLong = Literal["cut", "refuse"]
MARKER = "…"
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_TRUE = frozenset({"true", "yes", "1", "on"})
_FALSE = frozenset({"false", "no", "0", "off", ""})
_CUTTABLE = frozenset({"string", "textarea", "combobox"})
_COMPOUND = frozenset({"address", "location", "base64", "complexvalue"})


def prepared(
    describe: Describe, fields: Mapping[str, Any], *, too_long: TooLong = "cut"
) -> dict[str, Any]:
    """Fields by their API names with values to send. Raises PermanentError."""
    return dict(_entry(describe, name, value, too_long) for name, value in fields.items())


def converted(field: FieldDescribe, value: Any, *, too_long: TooLong = "cut") -> Any:
    """One value for one field. Salesforce keeps no empty text: it is null, and no null in a box."""
    if field.type == "boolean":
        return _boolean(field, value)
    if value is None or value in ("", (), []):
        return None
    if field.type in _COMPOUND:
        raise _wrong(field, "a compound value; write its parts")
    convert = _CONVERTERS.get(field.type)
    return convert(field, value) if convert else _text(field, value, too_long)


def long_text(text: str) -> str:
    """Text of several lines as Salesforce keeps it: CRLF, which counts twice, and no end of blanks."""
    return _LINE_BREAK.sub("\r\n", storable(text)).rstrip()


def line(text: str) -> str:
    """Text of one line as Salesforce keeps it: trimmed, a blank for a line break."""
    return _LINE_BREAK.sub(" ", storable(text)).strip()


def cut_units(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units, as Java counts, never half a character, with a marker."""
    if _units(text) <= limit:
        return text
    kept, used = [], len(MARKER)
    for char in text:
        used += _units(char)
        if used > limit:
            break
        kept.append(char)
    return "".join(kept) + MARKER


def cut_bytes(text: str, limit: int, marker: str = MARKER) -> str:
    """At most `limit` bytes of UTF-8, never half a character, with a marker."""
    raw = text.encode("utf-8")
    if len(raw) <= limit:
        return text
    room = max(0, limit - len(marker.encode()))
    return raw[:room].decode("utf-8", "ignore") + marker


def _entry(describe: Describe, name: str, value: Any, too_long: TooLong) -> tuple[str, Any]:
    parent = describe.relationship(name)
    if parent is not None and isinstance(value, Mapping):
        return str(parent.relationship), dict(value)  # {"Contact": {"Email_Ext__c": "a@b.c"}}
    field = describe.field(name)
    if field is None:
        raise _unknown(describe, name)
    if not field.createable and not field.updateable:
        raise _wrong(field, "read-only for our user; check field-level security")
    return field.name, converted(field, value, too_long=too_long)


def _unknown(describe: Describe, name: str) -> PermanentError:
    near = difflib.get_close_matches(name, describe.names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else ""
    return PermanentError(
        f"salesforce: {describe.object.name} has no field {name!r} that our user may see{hint}"
        " (field-level security hides fields, too)",
        code="unknown_field",
    )


def _wrong(field: FieldDescribe, wanted: str) -> PermanentError:
    return PermanentError(f"salesforce: field {field.name} is {wanted}", code="bad_value")


def _boolean(field: FieldDescribe, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = "" if value is None else str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise _wrong(field, "a checkbox: true or false")


def _whole(field: FieldDescribe, value: Any) -> int:
    number = _decimal(field, value)
    if number != number.to_integral_value():
        raise _wrong(field, "a whole number")
    return int(number)


def _number(field: FieldDescribe, value: Any) -> float | int:
    number = _decimal(field, value)
    if field.scale is not None:
        number = number.quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP)
    return int(number) if number == number.to_integral_value() else float(number)


def _decimal(field: FieldDescribe, value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise _wrong(field, "a number")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise _wrong(field, "a number") from None
    if not number.is_finite() or abs(number.adjusted()) > 18:
        raise _wrong(field, "a number of at most 18 digits")
    return number


def _date(field: FieldDescribe, value: Any) -> str:
    """The day in UTC of a moment; a day as it is."""
    found = _moment(field, value)
    return found.isoformat() if type(found) is date else _utc(field, found).date().isoformat()


def _datetime(field: FieldDescribe, value: Any) -> str:
    """Salesforce keeps whole seconds, in UTC. A day alone is its first moment."""
    moment = _utc(field, _moment(field, value))
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + ".000Z"


def _moment(field: FieldDescribe, value: Any) -> date:
    if isinstance(value, date):
        return value
    text = str(value).strip()
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(field, "a date or time in ISO 8601 form") from None


def _utc(field: FieldDescribe, moment: date) -> datetime:
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise _wrong(field, "a time inside the calendar") from None


def _picklist(field: FieldDescribe, value: Any) -> str | None:
    """The API value; a label stands for its value, whatever its case."""
    text = line(_plain(field, value))
    options = [option for option in field.picklist if option.active]
    if any(option.value == text for option in options):
        return text
    for said in (str.strip, _folded):
        for option in options:
            if said(text) in {said(option.label or option.value), said(option.value)}:
                return option.value
    return text or None


def _multipicklist(field: FieldDescribe, value: Any) -> str | None:
    parts = value if isinstance(value, list | tuple | set | frozenset) else [value]
    words = [word for part in parts for word in _plain(field, part).split(";")]
    wanted = [_picklist(field, word) for word in words]
    return ";".join(dict.fromkeys(filter(None, wanted))) or None


def _reference(field: FieldDescribe, value: Any) -> str:
    text = str(value).strip()
    if text.count(":") >= 2:
        try:
            text = Ref.parse(text).id
        except Malformed:
            raise _wrong(field, "a record's id") from None
    if not is_id(text):
        raise _wrong(field, "a record's id of 15 or 18 characters, or a ref")
    return full_id(text)


def _text(field: FieldDescribe, value: Any, too_long: TooLong) -> str | None:
    shape = long_text if field.type == "textarea" else line
    text = shape(_plain(field, value))
    if not field.length or _units(text) <= field.length:
        return text or None
    keyed = field.external_id or field.unique
    if too_long == "refuse" or field.type not in _CUTTABLE or keyed:
        raise _wrong(field, f"at most {field.length} characters long and is not cut")
    return cut_units(text, field.length)


def _plain(field: FieldDescribe, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        raise _wrong(field, "a text, not an object")
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(_plain(field, item) for item in value)
    if isinstance(value, float) and not math.isfinite(value):
        raise _wrong(field, "a text, and no number that is not one")
    return storable(value.isoformat() if isinstance(value, date) else str(value))


def _folded(text: str) -> str:
    return text.strip().casefold()


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


_CONVERTERS: Mapping[str, Callable[[FieldDescribe, Any], Any]] = {
    "int": _whole,
    "long": _whole,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "date": _date,
    "datetime": _datetime,
    "picklist": _picklist,
    "multipicklist": _multipicklist,
    "reference": _reference,
    "id": _reference,
}
