"""Rich text reads back as it was written, in wiki markup, in HTML and in plain text."""

from collections.abc import Callable

import pytest
from hypothesis import given

from bridge.converters.rich import html_reader, html_writer, plain, wiki_reader, wiki_writer
from bridge.converters.rich.tree import Block
from converters.trees import SOURCES, TREES

Read = Callable[[str], tuple[Block, ...]]
Write = Callable[[tuple[Block, ...]], str]
WIKI: tuple[Read, Write] = (wiki_reader.read, wiki_writer.write)
HTML: tuple[Read, Write] = (html_reader.read, html_writer.write)
PLAIN: tuple[Read, Write] = (plain.read, plain.write)


@given(TREES)
def test_wiki_markup_reads_back_as_the_tree_it_was_written_from(blocks: tuple[Block, ...]) -> None:
    assert wiki_reader.read(wiki_writer.write(blocks)) == blocks


@given(TREES)
def test_html_reads_back_as_the_tree_it_was_written_from(blocks: tuple[Block, ...]) -> None:
    assert html_reader.read(html_writer.write(blocks)) == blocks


@pytest.mark.parametrize("form", [WIKI, HTML, PLAIN], ids=["wiki", "html", "plain"])
@given(source=SOURCES)
def test_a_form_that_was_read_and_written_once_stays_as_it_is(
    form: tuple[Read, Write], source: str
) -> None:
    read, write = form
    once = write(read(source))

    assert write(read(once)) == once


@given(SOURCES)
def test_plain_text_of_any_tree_is_read_to_the_same_text(source: str) -> None:
    text = plain.write(wiki_reader.read(source))
    text = plain.write(plain.read(text))

    back = wiki_writer.write(plain.read(text))

    assert plain.write(wiki_reader.read(back)) == text
