"""A secret is named in a setting, never written in it: `env:NAME` or `file:PATH`."""

import os
from pathlib import Path
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema
from typing_extensions import override

from bridge.errors import Unconfigured

MAX_SECRET_BYTES = 65_536  # a private key in PEM fits many times


class SecretRef:
    """Where a secret is kept. `reveal()` looks each time, so a rotated file needs no restart."""

    def __init__(self, where: str) -> None:
        scheme, _, rest = where.partition(":")
        if scheme not in {"env", "file"} or not rest:
            raise ValueError("a secret is given as env:NAME or file:PATH, never as its value")
        self._scheme, self._rest = scheme, rest
        self._read: tuple[tuple[int, ...], str] | None = (
            None  # which state of the file, and its text
        )

    def reveal(self) -> str:
        """The secret itself, without the line break a file may end with; never empty."""
        value = os.environ.get(self._rest, "") if self._scheme == "env" else self._from_file()
        if not value:
            raise Unconfigured(f"secret {self} is empty or not there")
        return value

    def _from_file(self) -> str:
        try:
            there = os.stat(self._rest)  # noqa: PTH116  (a third of the cost, at every message)
            state = (
                there.st_dev,
                there.st_ino,
                there.st_mtime_ns,
                there.st_ctime_ns,
                there.st_size,
            )
            if self._read is None or self._read[0] != state:
                with Path(self._rest).open(encoding="utf-8") as file:
                    self._read = state, file.read(MAX_SECRET_BYTES).strip("\r\n")
            return self._read[1]
        except (OSError, UnicodeDecodeError) as error:
            raise Unconfigured(f"secret {self} cannot be read: {type(error).__name__}") from error

    @override
    def __str__(self) -> str:
        return f"{self._scheme}:{self._rest}"

    @override
    def __repr__(self) -> str:
        return f"SecretRef({self})"

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretRef) and str(self) == str(other)

    @override
    def __hash__(self) -> int:
        return hash(str(self))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "pattern": "^(env|file):.+"}

    @classmethod
    def _validate(cls, value: Any) -> "SecretRef":
        if isinstance(value, SecretRef):
            return value
        if not isinstance(value, str):
            raise ValueError("a secret is given as env:NAME or file:PATH")
        return cls(value)
