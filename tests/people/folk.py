"""A town whose vendors can be asked who somebody is."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.connectors.roster import Account, Roster
from bridge.ledger.tables import CounterpartRow
from bridge.pipeline.people import report, store
from bridge.pipeline.people.directory import learnt
from bridge.pipeline.people.report import Unresolved
from bridge.pipeline.people.store import Stranger
from bridge.pipeline.people.work import LookUps
from pipeline.town import Town
from pipeline.vendors import SYSTEMS, connector

DANA = Stranger(at="tracker", account="dana-1", to="crm", record="tracker:issue:1")


@dataclass
class Folk:
    """Accounts by connection. `calls` are those that were made; `trouble` is raised by the next ones."""

    accounts: dict[str, list[Account]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    trouble: Exception | None = None

    def roster(self, name: str) -> Roster[Any]:
        def who(_: Any, account: str) -> Account | None:
            return next((one for one in self._at(name, account) if one.id == account), None)

        def with_email(_: Any, address: str) -> Sequence[Account]:
            return [one for one in self._at(name, address) if one.email == address]

        return Roster(who=who, with_email=with_email)

    def _at(self, name: str, said: str) -> list[Account]:
        self.calls.append((name, said))
        if self.trouble is not None:
            raise self.trouble
        return self.accounts.get(name, [])


@dataclass
class Streets:
    """A town and its folk. `meet` is what a converter's miss does, `look` the look-ups of a node."""

    town: Town
    folk: Folk

    @classmethod
    def build(cls, town: Town) -> "Streets":
        folk = Folk()
        rosters = {name: replace(connector(name), roster=folk.roster(name)) for name in SYSTEMS}
        town.connectors = rosters
        town.forget_compiled()
        town.live_by()
        return cls(town=town, folk=folk)

    def meet(self, *strangers: Stranger) -> None:
        now = self.town.clock.now()
        self.town.act(lambda session: store.meet(session, strangers or (DANA,), now=now))

    def look(self) -> int:
        """Until nothing is due; how many were."""
        ups = LookUps(world=self.town.world, pulse=self.town.dispatcher.pulse)
        return sum(iter(ups.step, 0))

    def row(self, stranger: Stranger = DANA) -> CounterpartRow:
        with self.town.database.reading() as session:
            found = session.get(CounterpartRow, stranger.id)
        assert found is not None
        return found

    def carried(self, account: str = "dana-1", at: str = "tracker", to: str = "crm") -> str | None:
        """What converters are told."""
        world = self.town.world
        with self.town.database.reading() as session:
            directory = learnt(session, world, world.sets.active(session))
            return directory.account(account, at=at, to=to)

    def report(self) -> list[Unresolved]:
        world = self.town.world
        with self.town.database.reading() as session:
            return report.unresolved(session, world, world.sets.active(session))
