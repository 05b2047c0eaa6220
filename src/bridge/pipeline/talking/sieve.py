"""Which files are brought: by size and type, as their system tells them. Pure."""

import mimetypes
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from bridge.connectors.files import UNKNOWN, plain_type
from bridge.rules.sync_talk import AttachmentsForm, CommentsForm


def refusal(form: CommentsForm | AttachmentsForm, file: Mapping[str, Any]) -> str:
    """Why a file is not brought, in words; empty where it is. A comment always is."""
    if isinstance(form, CommentsForm):
        return ""
    size = file.get("size")
    if size is None:
        return "its system does not say how large it is"
    if size > form.max:
        return f"it has {int(size):,} bytes, and {form.max:,} are the most that is brought"
    for kind in _types(file):
        if not any(fnmatchcase(kind, pattern.lower()) for pattern in form.types):
            return f"it is of type {kind}, which is not brought"
    return ""


def _types(file: Mapping[str, Any]) -> Sequence[str]:
    """As its system says, and as its name says: by that it is opened wherever it goes."""
    guessed = mimetypes.guess_type(str(file.get("name") or ""))[0]
    told = file.get("type")
    known = [plain_type(str(one)) for one in (told, guessed) if one]
    return known or [UNKNOWN]
