"""Text between Jira's wiki markup and Salesforce: what is carried, what is text, what is cut."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.connectors.jira.wiki import wiki_escape
from bridge.converters.contract import NotCarried
from bridge.converters.rich.form import HTML, PLAIN, WIKI, Form
from bridge.converters.rich.tree import words
from bridge.converters.rich_text import PlainText, RichText
from converters.trees import SOURCES
from converters.trips import CASE, ISSUE, to_jira, to_salesforce

URL = "https://acme.lightning.force.com/500Hs1"
CARRIED = [
    ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
    ("h2. Steps", "<h2>Steps</h2>"),
    ("* a\n** b\n*# c\n* d", "<ul><li>a<ul><li>b</li></ul><ol><li>c</li></ol></li><li>d</li></ul>"),
    ("# one\n# two", "<ol><li>one</li><li>two</li></ol>"),
    ("see [the case|https://x.y/1]", '<p>see <a href="https://x.y/1">the case</a></p>'),
    ("*bold* and _soft_", "<p><strong>bold</strong> and <em>soft</em></p>"),
    ("half{*}bold{*}", "<p>half<strong>bold</strong></p>"),
    ("{{x = 1}}", "<p><code>x = 1</code></p>"),
    ("{code}\nif a < b:\n    go\n{code}", "<pre>if a &lt; b:\n    go</pre>"),
    ("{quote}\nsaid\n{quote}", "<blockquote><p>said</p></blockquote>"),
    ("----", "<hr>"),
    ("tea & cake", "<p>tea &amp; cake</p>"),
]


@pytest.mark.parametrize(("wiki", "html"), CARRIED)
def test_each_form_of_text_is_carried_both_ways(wiki: str, html: str) -> None:
    assert RichText()(wiki, to_salesforce()) == html
    assert RichText()(html, to_jira()) == wiki


@pytest.mark.parametrize(
    ("wiki", "html"),
    [
        ("!screen.png|thumbnail!", "<p>!screen.png|thumbnail!</p>"),
        ("ask [~accountid:712020:1f0c]", "<p>ask [~accountid:712020:1f0c]</p>"),
        ("{color:red}late{color}", "<p>{color:red}late{color}</p>"),
        ("{panel:title=Note}x{panel}", "<p>{panel:title=Note}x{panel}</p>"),
        ("see [^log.txt]", "<p>see [^log.txt]</p>"),
        ("||Name||Age||\n|Ann|7|", "<p>Name | Age<br>Ann | 7</p>"),
        (
            "{code:title=Main.java|java}\ngo();\n{code}",
            "<p><strong>Main.java</strong></p><pre>go();</pre>",
        ),
        ("{code}no end", "<p>{code}no end</p>"),
    ],
)
def test_what_html_cannot_carry_is_text_there(wiki: str, html: str) -> None:
    assert RichText()(wiki, to_salesforce()) == html


@pytest.mark.parametrize(
    ("html", "wiki"),
    [
        ('<p><img src="https://x.y/a.png" alt="screen"></p>', r"\[screen: https://x.y/a.png]"),
        ('<img src="data:image/png;base64,AAAA">', r"\[image]"),
        ('<p><span style="color:red">late</span></p>', "late"),
        ('<a href="/servlet/x?file=1">file</a>', "file (/servlet/x?file=1)"),
        ("<a href=\"javascript:alert('x')\">go</a>", "go"),
        ("<table><tr><th>Name</th><th>Age</th></tr><tr><td>Ann</td><td>7</td></tr></table>",
         "Name | Age\nAnn | 7"),
        ('<ul><li>a</li><li class="ql-indent-1">b</li></ul>', "* a\n** b"),
        ("<ul><li>a<ul><li>b</ul><li>c</ul>", "* a\n** b\n* c"),
        ("a &lt;b&gt; c", "a <b> c"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<p>x</p><script>steal()</script><style>p{}</style><!-- mso -->", "x"),
        ("<o:p>Word</o:p>", "Word"),
        ("<!DOCTYPE html><![if !mso]>Word<![endif]>", "Word"),
        ("<! no tag > at all", r"<\! no tag > at all"),
        ("a&nbsp;&nbsp;b", "a  b"),
    ],
)  # fmt: skip
def test_html_of_any_editor_becomes_wiki_markup(html: str, wiki: str) -> None:
    assert RichText()(html, to_jira()) == wiki


@pytest.mark.parametrize(
    "hostile",
    [
        "!http://evil/x.png!",
        "[~accountid:1]",
        "{html}<b>{html}",
        "[x|javascript:y]",
        "h1._big",
        "*_item",
        "|cell|",
        "bq._said",
        "{code}",
        "----",
        "-_item",
        "#_item",
        "(x)",
        "&nbsp;",
        "??x??",
    ],
)
def test_foreign_text_never_becomes_active_markup(hostile: str) -> None:
    text = hostile.replace("_", " ")

    carried = RichText()(f"<p>{html.escape(text)}</p>", to_jira())

    assert WIKI.read(carried) == HTML.read(RichText()(carried, to_salesforce()))
    assert words(WIKI.read(carried)) == text
    assert "\\" in carried or "&amp;" in carried


@given(st.text("ab1 !*_+^~{}[]|?\\().h:/", max_size=40))
def test_what_actions_escape_reads_as_the_text_it_was(text: str) -> None:
    """Two writers of wiki markup agree on what does nothing: `wiki_escape` is that of the actions."""
    assert words(WIKI.read(wiki_escape(text))) == text.rstrip()


@pytest.mark.parametrize("converter", [PlainText(), RichText()], ids=["plain", "rich"])
@given(source=SOURCES)
def test_there_and_back_and_there_is_what_there_was(converter: PlainText, source: str) -> None:
    there = converter(source, to_salesforce())
    back = converter(there, to_jira()) if there else ""

    assert converter.normal(converter(back, to_salesforce()), CASE) == converter.normal(there, CASE)


@pytest.mark.parametrize("converter", [PlainText(), RichText()], ids=["plain", "rich"])
@given(source=SOURCES)
def test_back_and_there_and_back_is_what_was_back(converter: PlainText, source: str) -> None:
    there = converter(source, to_jira())
    back = converter(there, to_salesforce())

    assert converter.normal(converter(back, to_jira()), ISSUE) == converter.normal(there, ISSUE)


@pytest.mark.parametrize("form", [WIKI, HTML, PLAIN], ids=lambda form: form.name)
@pytest.mark.parametrize("target", [WIKI, HTML, PLAIN], ids=lambda form: form.name)
@given(between=st.lists(SOURCES.map(lambda text: re.sub(r"\w|<!--", "", text)), max_size=6))
def test_no_word_is_lost_between_whatever_markup(
    form: Form, target: Form, between: list[str]
) -> None:
    source = "".join(f" word{number}x {markup}" for number, markup in enumerate(between)) + " last "

    shown = words(target.read(target.write(form.read(source))))

    assert re.findall(r"word\d+x|last", shown) == [f"word{n}x" for n in range(len(between))] + [
        "last"
    ]


@pytest.mark.parametrize("converter", [PlainText, RichText])
@given(text=SOURCES.map(lambda text: text * 40), limit=st.integers(200, 600))
def test_a_text_that_is_too_long_is_cut_within_the_limit_and_stays_well_formed(
    converter: type[PlainText], text: str, limit: int
) -> None:
    short = converter(limits={"salesforce": limit, "jira": limit})
    there = short(text, to_salesforce(url=URL))
    here = short(text, to_jira(url=URL))

    assert len(there) <= limit
    assert len(here) <= limit
    assert short.normal(there, CASE) == there
    assert short.normal(here, ISSUE) == here


def test_what_was_cut_says_so_with_the_address_of_the_whole() -> None:
    short = RichText(limits={"salesforce": 300})

    cut = short("*word* " * 100, to_salesforce(url=URL))

    assert cut.startswith("<p><strong>word</strong> <strong>word</strong>")
    assert (
        f'cut here, because it is too long for this field. The whole text: <a href="{URL}">' in cut
    )


def test_what_was_cut_never_takes_the_place_of_the_whole() -> None:
    short = PlainText(limits={"salesforce": 300})
    cut = short("word " * 100, to_salesforce(url=URL))

    with pytest.raises(NotCarried, match="the whole of it is at the other end") as refused:
        short(f"edited {cut}", to_jira())

    assert refused.value.code == "cut"


@pytest.mark.parametrize(
    "shown",
    [
        "<p>a &quot;b&quot;</p>\r\n<p>c</p>",
        '<p>a "b"<br></p><p class="x">c</p>',
        "<p>a&nbsp;&#34;b&#34;</p><p>c</p>",
    ],
)
def test_what_a_vendor_makes_of_html_is_the_same_text(shown: str) -> None:
    written = RichText()('a "b"\n\nc', to_salesforce())

    assert RichText().normal(shown, CASE) == RichText().normal(written, CASE)


def test_line_ends_and_blanks_at_the_end_are_no_change_of_plain_text() -> None:
    assert PlainText().normal("a  \r\nb\r\n\r\n", CASE) == PlainText().normal("a\nb", CASE)
