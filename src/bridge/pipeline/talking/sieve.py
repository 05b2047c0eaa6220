"""Which files are brought: by size and type, as their system tells them. Pure."""

import mimetypes
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from bridge.rules.sync_talk import AttachmentsForm, CommentsForm

UNKNOWN = "application/octet-stream"


def refusal(form: CommentsForm | AttachmentsForm, file: Mapping[str, Any]) -> str:
    """Why a file is not brought, in words; empty where it is. A comment always is."""
    if isinstance(form, CommentsForm):
        return ""
    size, kind = file.get("size"), _type(file)
    if size is None:
        return "its system does not say how large it is"
    if size > form.max:
        return f"it has {int(size):,} bytes, and {form.max:,} are the most that is brought"
    if not any(fnmatchcase(kind, pattern.lower()) for pattern in form.types):
        return f"it is of type {kind}, which is not brought"
    return ""


def _type(file: Mapping[str, Any]) -> str:
    """As its system says, else as its name tells."""
    guessed = mimetypes.guess_type(str(file.get("name") or ""))[0]
    return str(file.get("type") or guessed or UNKNOWN).lower().partition(";")[0].strip()
