"""The rows of a CSV file that says which records belong together."""

import csv
import io
from pathlib import Path
from typing import Any

from bridge.errors import Malformed

COLUMNS = ("left", "right", "role", "relation")


def read_pairs(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, parted by commas, semicolons or tabs as spreadsheets write it.

    Raises Malformed with the line.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Malformed(f"{file}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise Malformed(f"{file}: cannot be read as UTF-8 text: {error}") from None
    first = text.partition("\n")[0]
    comma = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=comma, strict=True)
    names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    reader.fieldnames = names
    wrong = [name for name in names if name not in COLUMNS]
    if wrong or not {"left", "right"} <= set(names):
        raise Malformed(
            f"{file}:1: the first line names the columns: left,right and, if you like,"
            f" role,relation; it says: {first.strip()[:200]}"
        )
    try:
        return [_pair(file, reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise Malformed(f"{file}:{reader.line_num}: {error}") from None


def _pair(file: Path, line: int, row: dict[str | None, Any]) -> dict[str, str]:
    if None in row or None in row.values():
        raise Malformed(f"{file}:{line}: this line has more or fewer columns than the first")
    said = {str(name): str(value).strip() for name, value in row.items()}
    return {name: value for name, value in said.items() if value or name in {"left", "right"}}
