"""Any rich text for the tests: trees as their readers make them, and sources of every kind of trouble."""

from collections.abc import Iterable
from itertools import chain

from hypothesis import strategies as st

from bridge.converters.rich import tree
from bridge.converters.rich.tree import Block, Line, Rule, Run, Style

SIGNS = "ab1 .*_-+^~{}[]|!?\\#&;:()<>/\"'="
MARKS = "h1. |bq. |{code}|{quote}|{noformat}|{*}|{{|}}|??|----|- |# |1. |> |* |&amp;|&#92;|\\\\|(x)"
BRACKETS = (
    "[~ann] !a.png! {color:red} [a|https://x.y] https://ex.am/a_b?c=1 word é \N{GRINNING FACE}"
)
TAGS = (
    "<p> </p> <b> </b> <i> <ul> </ul> <ol> <li> </li> <br> <br/> </a> <pre> </pre> <table><tr><td>"
    " </td><td> </table> <blockquote> </blockquote> <h2> </h2> <hr> <code> </code> <!--c--> <script>"
    " </script> <!-- &nbsp; &lt;b&gt; <o:p> < > </div> <h3> <th>"
)
SPACED = ["<a href='https://x.y/a b'>", '<a href="/rel">', "<img src='x' alt='>'>"]
SPACED += ['<li class="ql-indent-1">', "|a|", "||a||b||", "two words", "  ", "\u00a0", "\r\n", "\t"]

WORDS = st.sampled_from([*MARKS.split("|"), *BRACKETS.split(), "two words", "|", "  ", "\u00a0"])
TEXTS = st.lists(st.one_of(WORDS, st.text(SIGNS, max_size=4)), min_size=1, max_size=5).map("".join)
URLS = st.sampled_from(["https://ex.am/a", "http://x.y/p?q=1&r=_z_", "mailto:ann@ex.am"])
STYLES = st.frozensets(st.sampled_from(list(Style)), max_size=2)
RUNS = st.lists(
    st.builds(Run, TEXTS.map(tree.plain_blanks), STYLES, st.one_of(st.just(""), st.just(""), URLS)),
    min_size=1,
    max_size=4,
)


def _flat(parts: Iterable[Iterable[Block]]) -> tuple[Block, ...]:
    return tuple(chain.from_iterable(parts))


def _indented(runs: list[Run]) -> Line:
    return tree.line(runs, keep_indent=True)


LINES = st.lists(RUNS.map(tree.line).filter(bool), min_size=1, max_size=2)
ITEMS = st.tuples(st.text("*#", min_size=1, max_size=3), LINES)
CODES = st.lists(st.one_of(TEXTS, st.just("")), min_size=1, max_size=4).map("\n".join)
PLAIN: st.SearchStrategy[list[Block]] = st.one_of(
    st.lists(RUNS.map(_indented), min_size=1, max_size=3).map(
        lambda lines: [*tree.paragraphs(lines)]
    ),
    st.builds(tree.heading, st.integers(1, 6), LINES).map(lambda found: [found] if found else []),
    st.lists(ITEMS, min_size=1, max_size=4).map(lambda items: [*tree.listings(items)]),
    CODES.map(lambda text: [found] if (found := tree.code(text)) else []),
    st.just([Rule()]),
)
QUOTES = st.lists(PLAIN, max_size=3).map(lambda parts: [*tree.quotes(_flat(parts))])
TREES = st.lists(st.one_of(PLAIN, QUOTES), max_size=4).map(_flat)
PIECES = st.one_of(WORDS, st.sampled_from([*TAGS.split(" "), *SPACED, "\n\n"]), TEXTS)
SOURCES = st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=12).map("".join)
