"""Our mark on what we made: by it a create whose answer was lost is known again."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A create of ours made this object: it carries the write key. `key` and `url` as in its receipt."""

    write_keys: tuple[str, ...]
    key: str
    url: str
