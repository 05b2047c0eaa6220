"""Reads the files of a mappings folder. The only part of the rules that touches a disk."""

from pathlib import Path

from bridge.errors import RuleError
from bridge.rules.document import LONGEST

MOST = 500  # files
_FOLDERS = ("sources", "rules")
_ENDINGS = frozenset({".yaml", ".yml"})


def read_folder(path: Path) -> dict[str, str]:
    """Relative path -> text of the YAML files under `sources/` and `rules/`, and `people.yaml`.

    Raises RuleError for a folder that is not there, too many or too long files, or one that is
    not UTF-8.
    """
    if not path.is_dir():
        raise RuleError(f"{path}: no such folder of mappings; BRIDGE_MAPPINGS names it")
    found = [file for name in _FOLDERS for file in sorted((path / name).rglob("*"))]
    found += sorted(path.glob("people.y*ml"))
    files = [file for file in found if file.suffix in _ENDINGS and file.is_file()]
    if len(files) > MOST:
        raise RuleError(f"{path}: more than {MOST} mapping files")
    return {file.relative_to(path).as_posix(): _text(file) for file in files}


def is_mapping(file: Path, folder: Path) -> bool:
    """Whether `read_folder` would take this file for a part of the set."""
    parts = file.relative_to(folder).parts
    named = parts[0] in _FOLDERS if len(parts) > 1 else file.stem == "people"
    return named and file.suffix in _ENDINGS and file.is_file()


def _text(file: Path) -> str:
    if file.stat().st_size > 4 * LONGEST:
        raise RuleError(f"{file}:1:1: the file is longer than {LONGEST:,} characters")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RuleError(f"{file}:1:1: not UTF-8: {error.reason}") from None
