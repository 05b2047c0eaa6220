"""Files on their way: what they are called, and what they may not say of the form that brings them."""

import unicodedata
from email.parser import BytesParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.connectors.files import MAX_NAME, File, form, plain_name, plain_type
from bridge.connectors.jira.actions import AddAttachment
from bridge.errors import PermanentError

INJECTED = (
    b"ebb\r\n--{}\r\n"
    b'Content-Disposition: form-data; name="file"; filename="run.exe"\r\n'
    b"Content-Type: text/plain\r\n\r\nMZ\r\n"
)


def file(content: bytes, *, name: str = "a.txt", kind: str = "text/plain") -> File:
    return File(name=name, type=kind, size=len(content), pieces=lambda: iter([content]))


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("shot.png", "shot.png"),
        ("Ärger – 日本.txt", "Ärger – 日本.txt"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("C:\\run\\a.txt", "C__run_a.txt"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("a\x00b\x07c\r\nd\ud800.txt", "abcd.txt"),
        ('"quoted\\".txt', "_quoted__.txt"),
        ("what? * <now>|.txt", "what_ _ _now__.txt"),
        ("  a \t b .txt. ", "a b .txt"),
        ("\u200b\u202e", "file"),
        ("", "file"),
    ],
)
def test_a_name_is_no_path_and_shows_as_it_is(name: str, plain: str) -> None:
    assert plain_name(name) == plain


@given(st.text())
def test_a_plain_name_holds_nothing_that_hides_and_stays_as_it_is(name: str) -> None:
    plain = plain_name(name)

    assert 0 < len(plain) <= MAX_NAME
    assert not set(plain) & set('\\/":?*<|>')
    assert {unicodedata.category(letter) for letter in plain} & {"Cc", "Cf", "Cs"} == set()
    assert plain_name(plain) == plain


def test_a_long_name_keeps_its_ending() -> None:
    assert plain_name("x" * 400 + ".png") == "x" * 251 + ".png"


def test_a_type_is_a_type_and_nothing_more() -> None:
    said = ["text/HTML; charset=x", "image/png\r\nX: y", "\r\n", "", "image"]

    found = ["text/html", "image/png", *["application/octet-stream"] * 3]
    assert [plain_type(one) for one in said] == found


def test_a_file_cannot_add_a_part_to_the_form_that_brings_it() -> None:
    headers, body = form(file(b""), part="file")
    list(body)
    before = headers["content-type"].partition("boundary=")[2].encode()
    content = INJECTED.replace(b"{}", before)  # what was seen once does not help

    headers, body = form(file(content, name='x";name="y.txt'), part="file", told={"say": b"{}"})
    kind = f"Content-Type: {headers['content-type']}\r\n\r\n".encode()
    parts = list(BytesParser().parsebytes(kind + b"".join(body)).walk())[1:]

    assert [one.get_param("name", header="content-disposition") for one in parts] == ["say", "file"]
    assert parts[1].get_payload(decode=True) == content


def test_a_file_is_sent_under_its_plain_name_and_only_as_long_as_was_said() -> None:
    action = AddAttachment(issue="ENG-1", source="salesforce:File:1", name="../a.txt", size=3)

    brought = action.carrying(file(b"ebb", name="other"))

    assert brought.file().name == ".._a.txt"
    with pytest.raises(PermanentError, match="not as long as was said"):
        action.carrying(file(b"flood"))
