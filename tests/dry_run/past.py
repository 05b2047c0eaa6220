"""A town that has a past, and the question what other rules would have made of it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from sqlalchemy import update

from bridge.insight.window import Window
from bridge.ledger.tables import EventRow
from bridge.outbox.tables import DeliveryRow
from bridge.pipeline.dry_run.allowance import Allowance
from bridge.pipeline.dry_run.report import Progress, Report, RuleReport
from bridge.pipeline.dry_run.run import DryRun, Wish
from pipeline.town import RULES, SOURCES, Town

LONG = timedelta(days=7)


@dataclass(kw_only=True)
class Past:
    """What happened in a town."""

    town: Town

    @classmethod
    def begun(cls, town: Town) -> Self:
        """Its rules are active, and nothing has happened yet."""
        town.live_by()
        return cls(town=town)

    def live(self) -> None:
        """Three cases, of which two are critical; one of those gets another title."""
        town = self.town
        town.case("1", Number="0001", Title="Reboots", Severity="Critical", Product="Router")
        town.case("2", Number="0002", Title="Crashes", Severity="Critical", Product="Cloud")
        town.case("3", Number="0003", Title="Typo", Severity="High", Product="Cloud")
        town.settle()
        town.case("1", Number="0001", Title="At night", Severity="Critical", Product="Router")
        town.settle()

    def asked(
        self,
        rules: str = RULES,
        *,
        sources: str = SOURCES,
        allowances: tuple[Allowance, ...] = (),
        since: timedelta = LONG,
        page: int = 3,
        **wish: Any,
    ) -> list[Progress | Report]:
        """All that a dry-run says of the last week under these rules."""
        world = self.town.world
        run = DryRun(
            database=world.database,
            clock=self.town.clock,
            compile=world.sets.compile,
            actions=world.actions,
            candidate=world.sets.compile({"sources/s.yaml": sources, "rules/r.yaml": rules}),
            allowances=allowances,
            page=page,
        )
        until = self.town.clock.now() + timedelta(seconds=1)
        span = Window(since=until - since, until=until)
        return list(run.run(Wish(span=span, **wish)))

    def report(self, rules: str = RULES, **wish: Any) -> Report:
        """What it says last."""
        found = self.asked(rules, **wish)[-1]
        assert isinstance(found, Report)
        return found

    def of(self, rule: str, rules: str = RULES, **wish: Any) -> RuleReport:
        """What it says of one rule."""
        return next(one for one in self.report(rules, **wish).rules if one.rule == rule)

    def rewrite_event(self, **values: Any) -> None:
        """Every stored event is so from now on."""
        self.town.act(lambda session: session.execute(update(EventRow).values(**values)))

    def rewrite_deliveries(self, **values: Any) -> None:
        """Every stored delivery is so from now on."""
        self.town.act(lambda session: session.execute(update(DeliveryRow).values(**values)))
