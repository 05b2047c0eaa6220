"""Files that comments name: what came with a comment that few may read is for those few. Pure.

Jira restricts a file that is added in a private comment as it does the comment (Atlassian, REST
reference, get attachment content) and shows nothing of that on the file. What it shows is the comment,
whose markup names its files: `[^log.txt]`, `[the log|^log.txt]`, `!shot.png!`, `!shot.png|width=200!`.
"""

import re
from collections.abc import Iterable

from bridge.ledger.latest import Latest
from bridge.pipeline.talking.crossing import COMMENT

_NAMED = re.compile(r"(?:\[\^|\|\^|!)([^\r\n|!\]]+)(?=[|!\]])")


def named(comment: Latest) -> frozenset[str]:
    """The files that it names."""
    return frozenset(_NAMED.findall(str(comment.data.get("body") or "")))


def shaded(name: str, beside: Iterable[Latest]) -> bool:
    """Whether a hidden comment names this file, and none that everybody may read. `beside`: what
    hangs on the file's record.
    """
    naming = [one for one in beside if one.kind == COMMENT and name in named(one)]
    hidden = [one for one in naming if one.data.get("public") is False]
    return bool(hidden) and len(hidden) == len(naming)
