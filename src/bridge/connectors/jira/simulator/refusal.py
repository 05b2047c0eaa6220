"""What Jira says when it refuses. Wordings that are not documented are from memory."""

from collections.abc import Mapping
from typing import Any

NO_ISSUE = "Issue does not exist or you do not have permission to see it."
BAD_BODY = "Invalid request payload. Refer to the REST API documentation and try again."
NOT_SIGNED_IN = "Client must be authenticated to access this resource."
SEARCH_IS_GONE = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."
    " A full migration guideline is available at CHANGE-2046."
)
UNBOUNDED = (
    "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
)


class Refused(Exception):
    """An answer of Jira's that is no success, with its own error body."""

    def __init__(
        self,
        status: int,
        *messages: str,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, messages, errors)
        self.status = status
        self.messages = messages
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """`{"errorMessages": [...], "errors": {...}}`, as every REST path answers."""
        return {"errorMessages": list(self.messages), "errors": self.errors}


def no_issue() -> Refused:
    """Also what a caller without the permission to browse sees."""
    return Refused(404, NO_ISSUE)


def not_on_screen(field: str) -> str:
    return f"Field '{field}' cannot be set. It is not on the appropriate screen, or unknown."
