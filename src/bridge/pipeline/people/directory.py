"""Who is who for converters: people.yaml first, then who was found by an e-mail address."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from bridge.converters.contract import Directory
from bridge.pipeline.people import store
from bridge.pipeline.world import World
from bridge.rules.ruleset import RuleSet

Spellings = Callable[[str], Sequence[str]]


@dataclass(kw_only=True)
class Learnt:
    """For one transaction, which asks for each account once."""

    session: Session
    written: Directory
    spellings: Mapping[str, Spellings] = field(default_factory=dict)  # by connection
    _found: dict[str, str | None] = field(default_factory=dict)

    def account(self, account: str, *, at: str, to: str) -> str | None:
        """The account at the connection `to` of who has this one at `at`; `None`: nobody is known."""
        for one in self.spellings.get(at, _as_it_is)(account):
            found = self.written.account(one, at=at, to=to)
            if found is not None:
                return found
        return self._learnt(account, at, to)

    def _learnt(self, account: str, at: str, to: str) -> str | None:
        id_ = store.counterpart_id(at, account, to)
        if id_ not in self._found:
            row = store.known(self.session, [id_]).get(id_)
            self._found[id_] = row.found if row is not None and store.is_whole(row) else None
        return self._found[id_]


def learnt(session: Session, world: World, rules: RuleSet) -> Learnt:
    """The directory of converters in one transaction."""
    spellings = {name: one.connector.spellings for name, one in world.connections.items()}
    return Learnt(session=session, written=rules.directory, spellings=spellings)


def _as_it_is(account: str) -> Sequence[str]:
    return (account,)
