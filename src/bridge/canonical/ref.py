"""The address of a record: connection, vendor kind and the vendor's own id."""

from typing import NamedTuple, Self

from typing_extensions import override

from bridge.errors import Malformed


class Ref(NamedTuple):
    """`jira:issue:10231`: a connection's name, the vendor's kind of object, and an id (never a key).

    Keys move with a project (`FEED-42` becomes `ENG-7`); ids do not. The id may hold colons, the
    other two may not.
    """

    connection: str
    kind: str
    id: str

    @override
    def __str__(self) -> str:
        return f"{self.connection}:{self.kind}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        parts = text.split(":", 2)
        if len(parts) != 3 or not all(parts):
            raise Malformed(f"not a ref: {text!r}; a ref reads connection:kind:id")
        return cls(*parts)
