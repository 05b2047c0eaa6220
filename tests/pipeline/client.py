"""A client of the API for people."""

from typing import Any
from uuid import uuid4

from fastapi.testclient import TestClient


class Api:
    """A client that sends a new Idempotency-Key with each act."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.client.get(f"/api/v1{path}")
        assert answer.status_code == status, answer.text
        return answer.json() if "json" in answer.headers["content-type"] else answer.text

    def post(self, path: str, body: Any, status: int = 200, key: str = "") -> Any:
        headers = {"Idempotency-Key": key or str(uuid4())}
        answer = self.client.post(f"/api/v1{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()
