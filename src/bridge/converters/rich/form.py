"""The three forms of rich text, and the way from one to another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bridge.converters.rich import (
    cutting,
    html_reader,
    html_writer,
    plain,
    wiki_reader,
    wiki_writer,
)
from bridge.converters.rich.tree import Block


@dataclass(frozen=True, kw_only=True)
class Form:
    """`read` takes any text and `write` any tree; `block` writes one block, as `write` would."""

    name: str
    read: Callable[[str], tuple[Block, ...]]
    write: Callable[[Sequence[Block]], str]

    def normal(self, text: str) -> str:
        """The one spelling of all that says the same."""
        return self.write(self.read(text))


WIKI = Form(name="wiki", read=wiki_reader.read, write=wiki_writer.write)
HTML = Form(name="html", read=html_reader.read, write=html_writer.write)
PLAIN = Form(name="plain", read=plain.read, write=plain.write)


def carried(
    text: str,
    source: Form,
    target: Form,
    *,
    limit: int | None = None,
    size: cutting.Size = cutting.units,
    url: str = "",
) -> str:
    """The same text in another form, at most `limit` long as `size` counts, cut between words.

    What was cut says so at its end, with the address of the whole. Raises ValueError for a text
    that such a cut has left: it must not take the place of the whole.
    """
    blocks = source.read(text)
    if cutting.is_cut(blocks):
        raise ValueError("the text was cut here; the whole of it is at the other end")
    written = target.normal(target.write(blocks))
    if limit is None or size(written) <= limit:
        return written
    return cutting.cut(target.read(written), target.write, limit=limit, size=size, url=url)
