"""Where in a file something stands; and a condition that stands there."""

from dataclasses import dataclass

from bridge.rules.document import Document, Path
from bridge.rules.expression import Expression


@dataclass(frozen=True)
class Site:
    """Where in a file something stands."""

    document: Document
    path: Path


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A condition, and the terms it is made of, to say which one failed."""

    whole: Expression
    terms: tuple[Expression, ...]
    site: Site
