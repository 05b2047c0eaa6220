"""A list of pairs as spreadsheets write it."""

from pathlib import Path

import pytest

from bridge.cli.pairs import read_pairs
from bridge.errors import Malformed


@pytest.mark.parametrize("comma", [",", ";", "\t"])
def test_columns_may_stand_in_any_order_and_be_parted_as_spreadsheets_do(
    tmp_path: Path, comma: str
) -> None:
    file = tmp_path / "pairs.csv"
    rows = [["Right ", "role", "left"], ["ENG-1", "", " 00001234 "], ["ENG-2", "task", ""]]
    text = "\r\n".join(comma.join(row) for row in rows)
    file.write_text(text, encoding="utf-8-sig")  # Excel begins with a byte order mark

    assert read_pairs(file) == [
        {"right": "ENG-1", "left": "00001234"},
        {"right": "ENG-2", "role": "task", "left": ""},
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "pairs.csv:1: the first line names the columns"),
        (b"case,issue\n1,2\n", "it says: case,issue"),
        (b"left,right\n1,2\n1\n", "pairs.csv:3: this line has more or fewer columns"),
        (b"left,right\n1,2,3\n", "pairs.csv:2: this line has more or fewer columns"),
        (b'left,right\n"1,2\n', r"pairs.csv:\d: unexpected end of data"),
        (b"left,right\n\xff\xfe,2\n", "cannot be read as UTF-8"),
    ],
)
def test_a_list_that_cannot_be_read_says_where(tmp_path: Path, text: bytes, said: str) -> None:
    file = tmp_path / "pairs.csv"
    file.write_bytes(text)

    with pytest.raises(Malformed, match=said):
        read_pairs(file)


def test_a_list_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="cannot be read"):
        read_pairs(tmp_path / "none.csv")
