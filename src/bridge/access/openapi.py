"""What OpenAPI says of this API beyond what FastAPI reads off its functions."""

from typing import Any

from fastapi import FastAPI

_REQUIRED = "Idempotency-Key"  # optional to FastAPI, since we answer 400 with the remedy ourselves


def install(app: FastAPI) -> None:
    """Say that a request that acts must have its key."""
    describe = app.openapi

    def described() -> dict[str, Any]:
        document = describe()
        for path in document.get("paths", {}).values():
            for operation in path.values():
                _require(operation.get("parameters", []))
        return document

    app.openapi = described  # type: ignore[method-assign]


def _require(parameters: list[dict[str, Any]]) -> None:
    for parameter in parameters:
        if parameter["in"] == "header" and parameter["name"] == _REQUIRED:
            parameter["required"] = True
            parameter["schema"] = {"type": "string", "minLength": 1, "maxLength": 255}
