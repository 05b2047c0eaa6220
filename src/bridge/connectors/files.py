"""Files that hang on records: how one is read at its system, piece by piece, and sent to another."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bridge.canonical.text import storable
from bridge.errors import PermanentError

C = TypeVar("C")
BOUNDARY = "bridge-file-3f0c9a52b7"  # a line that no file holds, as good as surely
SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class File:
    """An open file. `size` in bytes, as its system says; `pieces` begins to read it."""

    name: str
    type: str
    size: int
    pieces: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, kw_only=True)
class Files(Generic[C]):
    """(client, the vendor's id) -> the file, open within the block. Raises DeliveryErrors."""

    open: Callable[[C, str], AbstractContextManager[File]]


def measured(file: File) -> Iterator[bytes]:
    """Its pieces, as long as they are no more and no less than its system said."""
    left = file.size
    for piece in file.pieces():
        left -= len(piece)
        if left < 0:
            break
        yield piece
    if left != 0:
        raise PermanentError("the file is not as long as its system says", code="size")


def form(file: File, *, part: str, fields: str = "") -> tuple[dict[str, str], Iterator[bytes]]:
    """Headers and body of a form with this file in it, and `fields` before it as they are."""
    name = storable(file.name).replace('"', "'").replace("\r", " ").replace("\n", " ")
    head = (
        f"{fields}--{BOUNDARY}\r\n"
        f'Content-Disposition: form-data; name="{part}"; filename="{name}"\r\n'
        f"Content-Type: {file.type}\r\n\r\n"
    ).encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()

    def body() -> Iterator[bytes]:
        yield head
        yield from measured(file)
        yield tail

    headers: dict[str, Any] = {
        "content-type": f"multipart/form-data; boundary={BOUNDARY}",
        "content-length": str(len(head) + file.size + len(tail)),
    }
    return headers, body()
