"""What OpenAPI says of the whole API is true, on both databases: made-up requests find no surprise."""

import schemathesis
from schemathesis.core.result import Ok

from bridge.access.keys import Role
from web.asking import ask
from web.front import Front


def test_no_request_finds_an_answer_that_is_not_described(front: Front) -> None:
    headers = {"Authorization": f"Bearer {front.keys[Role.ADMIN]}"}
    described = schemathesis.openapi.from_asgi("/api/openapi.json", front.app, headers=headers)

    operations = [found.ok() for found in described.get_all_operations() if isinstance(found, Ok)]
    answered = {one.label: ask(one, headers) for one in operations}

    assert len(answered) > 35
    assert {label for label, statuses in answered.items() if max(statuses) >= 500} == set()
    assert {label for label, statuses in answered.items() if 401 in statuses} == set()
