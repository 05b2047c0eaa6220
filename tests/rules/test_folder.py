"""The folder of mappings: only its YAML is read, and only so much of it."""

from pathlib import Path

import pytest

from bridge.errors import RuleError
from bridge.rules.folder import read_folder


def test_only_mapping_files_are_read(tmp_path: Path) -> None:
    for name in ("rules/a.yaml", "rules/deep/b.yml", "sources/c.yaml", "people.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"# {name}\n")
    for name in ("rules/notes.md", "other.yaml", "rules/.swp"):
        (tmp_path / name).write_text("x")

    files = read_folder(tmp_path)

    assert files == {
        name: f"# {name}\n"
        for name in ("sources/c.yaml", "rules/a.yaml", "rules/deep/b.yml", "people.yaml")
    }


def test_a_folder_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    file = tmp_path / "rules" / "a.yaml"

    with pytest.raises(RuleError, match="no such folder"):
        read_folder(tmp_path / "gone")
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(RuleError, match="not UTF-8"):
        read_folder(tmp_path)
    file.write_bytes(b"x" * 4_000_001)
    with pytest.raises(RuleError, match="longer than"):
        read_folder(tmp_path)
