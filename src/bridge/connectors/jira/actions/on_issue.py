"""What is done to an issue is in order with all else that is done to it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from typing_extensions import override

from bridge.connectors.action import Action
from bridge.connectors.jira.address import told_ref
from bridge.connectors.jira.client import JiraClient
from bridge.errors import PermanentError


class OnIssue(Action[JiraClient]):
    """Its issue is named by ref, id or key."""

    target: ClassVar[str | None] = "issue"

    issue: str

    @override
    def ordering_key(self) -> str:
        return self.issue

    @override
    def target_ref(self, connection: str) -> str | None:
        return told_ref(connection, self.issue)


def unlisted(
    error: PermanentError, number: str, listed: Callable[[], Iterable[Mapping[str, Any]]]
) -> bool:
    """Whether something on an issue is gone. A 404 alone proves nothing, it may be a permission that
    is missing: so what is there is listed.
    """
    return error.code == "404" and all(str(one["id"]) != number for one in listed())
