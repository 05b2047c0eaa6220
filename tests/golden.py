"""Golden files: what came out, compared with what is kept beside the test.

`UPDATE_GOLDEN=1 make test` writes them anew; read the difference before you commit it.
"""

import json
import os
from difflib import unified_diff
from pathlib import Path
from typing import Any


def assert_golden(path: Path, value: Any) -> None:
    """Fail with a difference unless `value`, as indented JSON, is what the file at `path` holds."""
    got = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    assert_golden_text(path, got)


def assert_golden_text(path: Path, got: str) -> None:
    """The same for a text, such as a CSV table."""
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(got, encoding="utf-8")
    if not path.exists():
        raise AssertionError(f"no golden file {path}; run with UPDATE_GOLDEN=1 and read it")
    kept = path.read_text(encoding="utf-8")
    if got != kept:
        lines = unified_diff(
            kept.splitlines(), got.splitlines(), f"{path.name} (kept)", "now", lineterm=""
        )
        raise AssertionError("\n".join(["not what the golden file holds:", *lines]))
