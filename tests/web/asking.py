"""Requests made up from what OpenAPI says of one operation, each answer held against it."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

EXAMPLES = 10


def ask(operation: Any, headers: dict[str, str]) -> set[int]:
    """The statuses that came. Raises for an answer that is not described."""
    statuses: set[int] = set()

    @seed(11)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def once(case: schemathesis.Case[Any]) -> None:
        # A cursor, an id, a mapping file is text to OpenAPI, but not any text.
        answer = case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])
        statuses.add(answer.status_code)

    once()
    return statuses
