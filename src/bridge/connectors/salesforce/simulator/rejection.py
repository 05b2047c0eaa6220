"""What Salesforce says no with: a code, a sentence, and the fields it concerns."""

from collections.abc import Sequence
from typing import Any


class Rejection(Exception):
    """One refusal. `status` is the HTTP status of the plain REST call."""

    def __init__(
        self, code: str, message: str, *, status: int = 400, fields: Sequence[str] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = tuple(fields) if fields is not None else None

    def body(self) -> list[dict[str, Any]]:
        """REST answers a list of one; `fields` only where the error concerns fields."""
        error: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            error["fields"] = list(self.fields)
        return [error]

    def item(self) -> dict[str, Any]:
        """The same inside a collection's result: `statusCode`, and `fields` always."""
        error = {
            "statusCode": self.code,
            "message": self.message,
            "fields": list(self.fields or ()),
        }
        return {"success": False, "errors": [error]}


class ManyRecords(Exception):
    """An external id that several records share: 300 with their addresses, nothing changed."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__("several records share this external id")
        self.ids = tuple(ids)


def no_resource() -> Rejection:
    return Rejection("NOT_FOUND", "The requested resource does not exist", status=404)


def no_external_field(name: str) -> Rejection:
    text = f"Provided external ID field does not exist or is not accessible: {name}"
    return Rejection("NOT_FOUND", text, status=404)


def deleted() -> Rejection:
    return Rejection("ENTITY_IS_DELETED", "entity is deleted", status=404, fields=())


def no_column(field: str, kind: str) -> Rejection:
    return Rejection("INVALID_FIELD", f"No such column '{field}' on sobject of type {kind}")


def unparsable(message: str) -> Rejection:
    return Rejection("JSON_PARSER_ERROR", message)


def wrong_json(kind: str, token: str, value: object) -> Rejection:
    return unparsable(
        f"Cannot deserialize instance of {kind} from {token} value {value} or request may be "
        "missing a required field"
    )


def invalid_session() -> Rejection:
    return Rejection("INVALID_SESSION_ID", "Session expired or invalid", status=401)


def limit_exceeded() -> Rejection:
    """The daily allocation is used up: 403, and nothing says when to come back."""
    return Rejection("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)


def unavailable() -> Rejection:
    text = "Server unavailable. Please try again later."
    return Rejection("SERVER_UNAVAILABLE", text, status=503)


def locked(holder: str = "") -> Rejection:
    suffix = f": {holder}" if holder else ""
    text = f"unable to obtain exclusive access to this record or 1 records{suffix}"
    return Rejection("UNABLE_TO_LOCK_ROW", text, fields=())


def clashed(field: str, record: str) -> Rejection:
    """A twin of this upsert was first."""
    text = f"duplicate value found: {field} duplicates value on record with id: {record}"
    return Rejection("DUPLICATE_VALUE", text, fields=())


def by_duplicate_rule() -> Rejection:
    return Rejection("DUPLICATES_DETECTED", "Use one of these records?", fields=())
