"""Files that came with comments: what came with one that few may read is for those few. Pure.

Jira restricts a file that is added in a private comment as it does the comment (Atlassian, REST
reference, get attachment content) and shows nothing of that on the file. What it shows is the comment,
whose markup names its files: `[^log.txt]`, `[the log|^log.txt]`, `!shot.png!`, `!shot.png|width=200!`. A
Data Center has a dialog for files that takes a comment along, which names none of them: both are by one
person, of one moment.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from bridge.ledger.latest import Latest
from bridge.pipeline.talking.crossing import COMMENT

TOGETHER = timedelta(seconds=2)  # a dialog writes its file and its comment one after the other
_NAMED = re.compile(r"(?:\[\^|\|\^|!)([^\r\n|!\]]+)(?=[|!\]])")


def shaded(file: Latest, beside: Iterable[Latest]) -> bool:
    """Whether it came with a hidden comment, and with none that everybody may read. `beside`: what
    hangs on the file's record.
    """
    comments = [one for one in beside if one.kind == COMMENT and came_with(one, file)]
    hidden = [one for one in comments if one.data.get("public") is False]
    return bool(hidden) and len(hidden) == len(comments)


def came_with(comment: Latest, file: Latest) -> bool:
    """Whether the comment names the file, or both were put there by one person at one moment. Who is
    not told may be the same one.
    """
    named = _NAMED.findall(str(comment.data.get("body") or ""))
    return file.data.get("name") in named or _together(comment, file)


def _together(comment: Latest, file: Latest) -> bool:
    (who, when), (other, then) = _put(comment), _put(file)
    if when is None or then is None or abs(when - then) > TOGETHER:
        return False
    return who is None or other is None or who == other


def _put(one: Latest) -> tuple[str | None, datetime | None]:
    """By whom, and when, as the source reads it or as the vendor tells it with the record."""
    at = one.data.get("created_at")
    author = (one.data.get("author") or {}).get("id")
    return author, datetime.fromisoformat(at) if at else one.created_at
