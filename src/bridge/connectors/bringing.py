"""An action that brings a file from another system: it is handed the open file before it runs."""

from typing import Any, ClassVar, Self

from pydantic import PrivateAttr

from bridge.connectors.contract import Action, C
from bridge.connectors.files import File
from bridge.errors import PermanentError


class Bringing(Action[C]):
    """`source` is the file's ref. What it is must be known beforehand: `find` goes by it."""

    brings: ClassVar[str | None] = "source"

    source: str
    name: str
    size: int
    _file: File | None = PrivateAttr(default=None)

    def carrying(self, file: File) -> Self:
        """The same with the file in its hands."""
        made = self.model_copy()
        made._file = file  # noqa: SLF001  (its own)
        return made

    def file(self) -> File:
        if self._file is None:
            raise PermanentError(f"{self.kind}: there is no file in its hands", code="no_file")
        return self._file


def example(name: str) -> dict[str, Any]:
    return {"source": "salesforce:ContentVersion:068Wq00000KfLmNIAV", "name": name, "size": 4}
