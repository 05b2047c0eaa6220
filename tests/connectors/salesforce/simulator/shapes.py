"""The shapes of composite subrequests and collection results."""

from collections.abc import Sequence
from typing import Any

ROOT = "/services/data/v67.0"


def subrequest(method: str, path: str, reference: str, body: Any = None) -> dict[str, Any]:
    """One subrequest below the API version."""
    request = {"method": method, "url": f"{ROOT}/{path}", "referenceId": reference}
    return request if body is None else {**request, "body": body}


def codes(results: Sequence[dict[str, Any]]) -> list[str]:
    """Each result's status code; empty for a success."""
    return [each["errors"][0]["statusCode"] if each["errors"] else "" for each in results]
