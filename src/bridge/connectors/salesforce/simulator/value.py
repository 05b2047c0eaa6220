"""One value on its way into a field: checked as the vendor checks, kept as the vendor keeps it."""

import math
import re
from datetime import UTC, date, datetime
from typing import Any

from bridge.canonical.text import storable
from bridge.connectors.salesforce.simulator import vendor
from bridge.connectors.salesforce.simulator.identifier import canonical
from bridge.connectors.salesforce.simulator.rejection import Rejection, wrong_json
from bridge.connectors.salesforce.simulator.rich import cleaned
from bridge.connectors.salesforce.simulator.schema import Field, Type

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


def kept(field: Field, value: Any) -> Any:
    """The value as the database holds it: text, bool, int, float, `date`, aware `datetime`, None.

    Raises `Rejection`. References are only brought to 18 characters here.
    """
    if value is None:
        return _null(field)
    match field.type:
        case Type.BOOLEAN:
            taken: Any = _boolean(value)
        case Type.DOUBLE | Type.CURRENCY:
            taken = _number(field, value)
        case Type.DATE:
            taken = _date(value)
        case Type.DATETIME:
            taken = _datetime(value)
        case Type.REFERENCE | Type.ID:
            taken = _identifier(field, value)
        case _:
            taken = _text(field, value)
    return taken


def moment(text: str) -> datetime:
    """An ISO 8601 time with its offset, `+0000` and `Z` alike. Raises `ValueError`."""
    if not _DATETIME.fullmatch(text):
        raise ValueError(text)
    return datetime.fromisoformat(text).astimezone(UTC)


def day(text: str) -> date:
    """Raises `ValueError`."""
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _null(field: Field) -> None:
    if field.type is Type.BOOLEAN:
        raise _wrong_type(field, "null")


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise wrong_json("boolean", _token(value), value)
    return value


def _number(field: Field, value: Any) -> int | float:
    match value:
        case bool():
            raise wrong_json("double", _token(value), value)
        case int() | float():
            return value
        case str() if vendor.NUMERIC_TEXT_INTO_NUMBER_IS_TAKEN:
            return _read_number(field, value)
        case _:
            raise wrong_json("double", _token(value), value)


def _read_number(field: Field, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise _wrong_type(field, text) from None
    if not math.isfinite(number):
        raise _wrong_type(field, text)
    return number


def _date(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return day(value)
    except (ValueError, TypeError):
        raise wrong_json("date", _token(value), value) from None


def _datetime(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    try:
        return moment(value)
    except (ValueError, TypeError, OverflowError):
        raise wrong_json("datetime", _token(value), value) from None


def _identifier(field: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        raise wrong_json("reference", _token(value), value)
    if not value.strip():
        return None
    found = canonical(value)
    if found is None:
        text = f"{field.name}: id value of incorrect type: {value}"
        raise Rejection("MALFORMED_ID", text, fields=(field.name,))
    return found


def _text(field: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        _refuse_into_text(value)
        value = str(value)
    text = _normalised(field, storable(value))
    _refuse_too_long(field, text)
    _refuse_foreign_choice(field, text)
    _refuse_bad_email(field, text)
    return text or None


def _refuse_into_text(value: Any) -> None:
    if vendor.NUMBER_INTO_TEXT_IS_REFUSED or isinstance(value, dict | list):
        raise wrong_json("string", _token(value), value)


def _normalised(field: Field, text: str) -> str:
    if field.type is Type.TEXTAREA and field.html:
        text = cleaned(text)
    if field.type is Type.TEXTAREA:
        return _LINE_BREAK.sub(vendor.LONG_TEXT_LINE_END, text).rstrip()
    line = _LINE_BREAK.sub(vendor.SINGLE_LINE_BREAK, text)
    return line.strip() if vendor.TEXT_IS_TRIMMED_IN_FRONT else line.rstrip()


def _refuse_too_long(field: Field, text: str) -> None:
    size = len(text)
    if vendor.LENGTH_IN_UTF16_UNITS:
        size = len(text.encode("utf-16-le")) // 2
    limit = field.length
    if field.bytes_limit and len(text.encode()) > field.bytes_limit:
        size, limit = len(text.encode()), field.bytes_limit
    if limit and size > limit:
        message = f"{field.name}: data value too large: {text} (max length={limit})"
        raise Rejection("STRING_TOO_LONG", message, fields=(field.name,))


def _refuse_foreign_choice(field: Field, text: str) -> None:
    if not (text and field.restricted) or text in field.picklist:
        return
    message = f"{field.name}: bad value for restricted picklist field: {text}"
    code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    raise Rejection(code, message, fields=(field.name,))


def _refuse_bad_email(field: Field, text: str) -> None:
    if field.type is Type.EMAIL and text and not _EMAIL.fullmatch(text):
        message = f"{field.name}: invalid email address: {text}"
        raise Rejection("INVALID_EMAIL_ADDRESS", message, fields=(field.name,))


def _wrong_type(field: Field, value: object) -> Rejection:
    text = f"{field.name}: value not of required type: {value}"
    return Rejection("INVALID_TYPE_ON_FIELD_IN_RECORD", text, fields=(field.name,))


def _token(value: Any) -> str:
    match value:
        case bool():
            return "VALUE_TRUE" if value else "VALUE_FALSE"
        case int():
            return "VALUE_NUMBER_INT"
        case float():
            return "VALUE_NUMBER_FLOAT"
        case dict():
            return "START_OBJECT"
        case list():
            return "START_ARRAY"
        case _:
            return "VALUE_STRING"
