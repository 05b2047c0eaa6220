"""An action that brings a file from another system: it is handed the open file before it runs."""

from dataclasses import replace
from typing import Any, ClassVar, Self

from pydantic import PrivateAttr

from bridge.connectors.action import Action
from bridge.connectors.contract import C
from bridge.connectors.files import File, plain_name
from bridge.errors import PermanentError


class Bringing(Action[C]):
    """`source` is the file's ref. What it is must be known beforehand: `find` goes by it.

    It is sent under `name`, and only if it has `size` bytes.
    """

    brings: ClassVar[str | None] = "source"

    source: str
    name: str
    size: int
    _file: File | None = PrivateAttr(default=None)

    def carrying(self, file: File) -> Self:
        """The same with the file in its hands."""
        if file.size != self.size:
            raise PermanentError(f"{self.kind}: the file is not as long as was said", code="size")
        made = self.model_copy()
        made._file = replace(file, name=self.plain_name)  # noqa: SLF001  (its own)
        return made

    @property
    def plain_name(self) -> str:
        """As it is called where it is brought to."""
        return plain_name(self.name)

    def file(self) -> File:
        if self._file is None:
            raise PermanentError(f"{self.kind}: there is no file in its hands", code="no_file")
        return self._file


def example(name: str) -> dict[str, Any]:
    return {"source": "salesforce:ContentVersion:068Wq00000KfLmNIAV", "name": name, "size": 4}
