"""How many different things there were, in little memory: exact up to a number, an estimate beyond."""

from dataclasses import dataclass, field

MOST = 8_192  # kept at least: an estimate is within two per cent or so
_SPACE = 1 << 64


@dataclass(kw_only=True)
class Distinct:
    """Keeps the smallest hashes (k minimum values): the more there are, the closer they lie."""

    most: int = MOST
    _kept: set[int] = field(default_factory=set)
    _limit: int = _SPACE  # of what is kept

    def add(self, name: str) -> None:
        hashed = hash(name) % _SPACE
        if hashed >= self._limit:
            return
        self._kept.add(hashed)
        if len(self._kept) >= 2 * self.most:
            smallest = sorted(self._kept)[: self.most]
            self._kept, self._limit = set(smallest), smallest[-1] + 1

    @property
    def is_exact(self) -> bool:
        return self._limit == _SPACE

    def count(self) -> int:
        """How many; about how many, unless it is exact."""
        if self.is_exact:
            return len(self._kept)
        return round(len(self._kept) / self._limit * _SPACE)
