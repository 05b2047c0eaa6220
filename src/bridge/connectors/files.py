"""Files that hang on records: how one is read at its system, piece by piece, and sent to another."""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Generic, TypeVar
from unicodedata import category

import httpx

from bridge.errors import PermanentError

C = TypeVar("C")
UNKNOWN = "application/octet-stream"
MAX_NAME = 255  # Salesforce, ContentVersion.Title; and what most file systems hold
# What Jira refuses in the name of an attachment (its FileNameCharacterCheckerUtil), paths among it.
_REFUSED = re.compile(r'[\\/":?*<|>]')
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # what turns or hides the rest
_TYPE = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,100}", re.ASCII)


class NoFile(PermanentError):
    """The file is not there any more, or is not shown to our account: its system does not say which."""


@dataclass(frozen=True, kw_only=True)
class File:
    """An open file. `size` in bytes, as its system says; `pieces` begins to read it."""

    name: str
    type: str
    size: int
    pieces: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, kw_only=True)
class Files(Generic[C]):
    """(client, the vendor's id) -> the file, open within the block. Raises DeliveryErrors, NoFile
    among them.
    """

    open: Callable[[C, str], AbstractContextManager[File]]


@contextmanager
def reread(
    opened: Callable[[], AbstractContextManager[httpx.Response]],
) -> Iterator[Callable[[], Iterator[bytes]]]:
    """The pieces of what is opened here, and anew each time they are asked for again: whoever takes a
    file may want it a second time, as where its session was over.
    """
    with opened() as response:
        unread = [response]

        def pieces() -> Iterator[bytes]:
            with nullcontext(unread.pop()) if unread else opened() as one:
                yield from one.iter_bytes()

        yield pieces


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


def plain_name(name: str) -> str:
    """A name that is no path, shows as it is written, and is taken by every system.

    Two names that differ may become one: files are told apart by more.
    """
    seen = "".join(letter for letter in name if category(letter) not in _UNSEEN)
    safe = " ".join(_REFUSED.sub("_", seen).split()).rstrip(". ") or "file"
    ending = PurePosixPath(safe).suffix[:20]
    return safe if len(safe) <= MAX_NAME else safe[: MAX_NAME - len(ending)] + ending


def plain_type(said: str) -> str:
    """A MIME type, and nothing after it."""
    found = _TYPE.match(said)
    return found.group().lower() if found else UNKNOWN


def form(
    file: File, *, part: str, told: Mapping[str, bytes] | None = None
) -> tuple[dict[str, str], Iterator[bytes]]:
    """Headers and body of a form with this file in it, and what is `told` of it before it: JSON by
    the part's name.

    What stands between the parts is made anew each time: a file that holds it would say what else is
    in the form.
    """
    boundary = f"bridge-{secrets.token_hex(16)}"
    head = "".join(
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{name}"\r\n'
        f"Content-Type: application/json\r\n\r\n{value.decode()}\r\n"
        for name, value in (told or {}).items()
    )
    head += (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{part}"; filename="{plain_name(file.name)}"\r\n'
        f"Content-Type: {plain_type(file.type)}\r\n\r\n"
    )
    begin, end = head.encode(), f"\r\n--{boundary}--\r\n".encode()

    def body() -> Iterator[bytes]:
        yield begin
        yield from measured(file)
        yield end

    headers = {
        "content-type": f"multipart/form-data; boundary={boundary}",
        "content-length": str(len(begin) + file.size + len(end)),
    }
    return headers, body()
