"""A page as a browser without scripts takes it: its texts, its buttons and where they lead, what it loads."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Protocol, Self

from typing_extensions import override

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Answer(Protocol):
    """Of whichever client."""

    @property
    def text(self) -> str: ...


@dataclass
class Leaf(HTMLParser):
    """`tags`: every element that is opened, in order; `open`: those that were never closed."""

    text: str = ""
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    @classmethod
    def of(cls, answer: Answer) -> Self:
        made = cls()
        made.feed(answer.text)
        made.close()
        return made

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data

    @property
    def names(self) -> set[str]:
        return {tag for tag, _ in self.tags}

    def buttons(self) -> list[str]:
        """What each form's action adds to the address of the page."""
        return [attrs["action"] or "" for tag, attrs in self.tags if tag == "form"]

    def links(self) -> list[str]:
        return [attrs["href"] or "" for tag, attrs in self.tags if tag == "a"]
