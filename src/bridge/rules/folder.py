"""Reads the files of a mappings folder. The only part of the rules that touches a disk."""

from collections.abc import Iterator
from pathlib import Path

from bridge.errors import RuleError
from bridge.rules.document import LONGEST

MOST = 500  # files
_FOLDERS = ("sources", "rules", "syncs")
_ENDINGS = frozenset({".yaml", ".yml"})
Fingerprint = tuple[tuple[str, int, int, int, int], ...]


def read_folder(path: Path) -> dict[str, str]:
    """Relative path -> text of the YAML files under `sources/`, `rules/` and `syncs/`, and `people.yaml`.

    Raises RuleError for a folder that is not there, too many or too long files, or one that is
    not UTF-8.
    """
    if not path.is_dir():
        raise RuleError(f"{path}: no such folder of mappings; BRIDGE_MAPPINGS names it")
    files = list(_files(path))
    if len(files) > MOST:
        raise RuleError(f"{path}: more than {MOST} mapping files")
    return {file.relative_to(path).as_posix(): _text(file) for file in files}


def fingerprint(path: Path) -> Fingerprint | None:
    """What the disk says of the files, without reading them: it differs once one was touched.

    `None` while they cannot be looked at, or come and go at this moment.
    """
    try:
        return tuple(_stat(file) for file in _files(path)) if path.is_dir() else ()
    except OSError:
        return None


def _files(path: Path) -> Iterator[Path]:
    """Those of the set, in a fixed order."""
    found = [file for name in _FOLDERS for file in sorted((path / name).rglob("*"))]
    found += sorted(path.glob("people.y*ml"))
    return (file for file in found if file.suffix in _ENDINGS and file.is_file())


def _stat(file: Path) -> tuple[str, int, int, int, int]:
    """A file that is replaced has another number; one that is written to has other times."""
    found = file.stat()
    return str(file), found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def is_mapping(file: Path, folder: Path) -> bool:
    """Whether `read_folder` would take this file for a part of the set."""
    parts = file.relative_to(folder).parts
    named = parts[0] in _FOLDERS if len(parts) > 1 else file.stem == "people"
    return named and file.suffix in _ENDINGS and file.is_file()


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > 4 * LONGEST:
            raise RuleError(f"{file}:1:1: the file is longer than {LONGEST:,} characters")
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RuleError(f"{file}:1:1: not UTF-8: {error.reason}") from None
    except OSError as error:
        raise RuleError(f"{file}:1:1: cannot be read: {error.strerror}") from None
