"""How comments are carried to a system: what says one there, changes it, takes it back; whose are ours."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from bridge.canonical.ref import Ref

S = TypeVar("S")
Asked = tuple[str, dict[str, Any]]  # an action's kind, and its fields without its target
Markup = Literal["text", "wiki"]


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a copy says, in the markup of its system. `public`: customers may see it.

    `original`: where the whole text is, for one that must be cut.
    """

    body: str
    public: bool = False
    original: str = ""


@dataclass(frozen=True, kw_only=True)
class Brought:
    """A file that is copied: its ref, its name, its size in bytes."""

    source: str
    name: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Talk(Generic[S]):
    """A system's comments.

    on       the vendor's object that they hang on: `issue`, `Case`
    comment  the vendor's object of a comment
    markup   how their texts are written
    shades   a file may come with a comment, and is then as hidden, though nothing shows that on the file
    quoted   plain text from outside, so that it shows as it was written
    add      (said) -> what says it; its target is the record
    edit     (said, the record's address, the write key that it was made with) -> what changes it;
             its target is the comment
    delete   (the record's address) -> what takes it back; its target is the comment
    bring    (file) -> what brings it to a record, its target
    remove   (the record's address) -> what takes a file away, its target
    account  (settings) -> our own account, as the author of a comment names it; `None`: not told
    page     (settings, ref, key) -> where people open a record; empty where that cannot be told
    """

    on: str
    comment: str
    markup: Markup
    shades: bool
    quoted: Callable[[str], str]
    add: Callable[[Said], Asked]
    edit: Callable[[Said, Any, str], Asked]
    delete: Callable[[Any], Asked]
    bring: Callable[[Brought], Asked]
    remove: Callable[[Any], Asked]
    account: Callable[[S], str | None]
    page: Callable[[S, Ref, str], str]


def titled(system: str) -> str:
    """A system as people write it."""
    return system[:1].upper() + system[1:]
