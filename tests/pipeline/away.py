"""A CRM whose records are read over a wire that may be cut."""

from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from bridge.errors import TransientError
from bridge.http import Http


@dataclass
class Line:
    """What each read asks first, and what is answered; 0: it cannot be reached."""

    status: int = 200
    statuses: dict[int, int] = field(default_factory=dict)  # of the n-th call
    calls: int = 0
    meanwhile: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        self._http = Http(
            "crm",
            allow_hosts=frozenset({"crm.example"}),
            deadline=5.0,
            transport=httpx.MockTransport(self._answer),
        )

    def __call__(self) -> None:
        """Raises what a vendor's client makes of the answer."""
        answer = self._http.request("GET", "https://crm.example/cases")
        if answer.status_code >= 500:
            raise TransientError(f"answered {answer.status_code}")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        self.meanwhile()
        status = self.statuses.get(self.calls, self.status)
        if not status:
            raise httpx.ConnectError("away", request=request)
        return httpx.Response(status)
