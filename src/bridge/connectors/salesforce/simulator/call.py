"""A REST call and its answer, apart from HTTP: composite subrequests are calls too."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.connectors.salesforce.simulator.rejection import wrong_json


@dataclass(frozen=True, kw_only=True)
class Call:
    """`segments` are the parts of the path below `/services/data/vXX.0/`, decoded."""

    method: str
    segments: tuple[str, ...]
    version: int
    by: str  # the user's id
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # lower-case names
    body: Any = None

    @property
    def root(self) -> str:
        return f"/services/data/v{self.version}.0"

    @property
    def path(self) -> str:
        return "/".join(self.segments)

    def fields(self) -> dict[str, Any]:
        """The body as an object."""
        if not isinstance(self.body, dict):
            raise wrong_json("sobject", "START_ARRAY", self.body)
        return self.body


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`body` None: no content."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.status < 300
