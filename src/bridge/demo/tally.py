"""The tally: what arrived at the simulators, against what should have. Our own tables are not asked."""

from dataclasses import dataclass

from sqlalchemy import func, select

from bridge.demo.agreed import Expected, agreed
from bridge.demo.stage import Stage
from bridge.demo.story import CASES, CLICKED, Played, issues_by_title
from bridge.ledger.tables import EventRow
from bridge.outbox.tables import GOOD, DeliveryRow, State
from bridge.pipeline.syncing import conflicts

ARRIVED = GOOD | {State.SUPERSEDED}  # what a newer one has said as well


@dataclass(frozen=True, kw_only=True)
class Tally:
    """`missing` and `twice` name what is wrong."""

    events: int
    deliveries: int
    succeeded: int
    dead: int
    uncertain: int
    missing: tuple[str, ...]
    twice: tuple[str, ...]

    @property
    def line(self) -> str:
        return (
            f"demo: events={self.events} deliveries={self.deliveries} succeeded={self.succeeded}"
            f" dead={self.dead} lost={len(self.missing)} duplicates={len(self.twice)}"
            f" uncertain={self.uncertain}"
        )

    @property
    def good(self) -> bool:
        return not (self.missing or self.twice or self.dead)


def tally(stage: Stage, played: Played) -> Tally:
    """Count at the simulators; of our own tables only the numbers of rows."""
    expected = [
        *_issues(stage, played),
        *_board(stage, played),
        *_cards(stage, played),
        *agreed(stage, played),
    ]
    with stage.bridge.database.reading() as session:
        counted = select(DeliveryRow.state, func.count()).group_by(DeliveryRow.state)
        counted = counted.where(
            ~DeliveryRow.step.startswith(conflicts.STEP)
        )  # a question, no write
        states = {row[0]: row[1] for row in session.execute(counted)}
        events = session.scalar(select(func.count()).select_from(EventRow)) or 0
        uncertain = session.scalar(
            select(func.count()).select_from(DeliveryRow).where(DeliveryRow.uncertain)
        )
    return Tally(
        events=events,
        deliveries=sum(states.values()),
        succeeded=sum(count for state, count in states.items() if state in ARRIVED),
        dead=states.get(State.DEAD, 0),
        uncertain=uncertain or 0,
        missing=tuple(what for what, wanted, found in expected if found < wanted),
        twice=tuple(what for what, wanted, found in expected if found > wanted),
    )


def _issues(stage: Stage, played: Played) -> list[Expected]:
    """One issue for each serious case, one for the click, none for the rest."""
    found = issues_by_title(stage)
    wanted = {title: int(title in played.serious) for title, _, _ in CASES}
    wanted[CLICKED] += 1
    return [(f"issue for {title!r}", wanted[title], len(found.get(title, ()))) for title in wanted]


def _board(stage: Stage, played: Played) -> list[Expected]:
    """Each linked case shows its key; a done issue shows as done; the clicked box is cleared."""
    found = issues_by_title(stage)
    lines: list[Expected] = []
    for title in (*played.serious, CLICKED):
        case = stage.salesforce.record("Case", played.cases[title])
        key = found.get(title, ["?"])[0]
        lines.append((f"key on case {title!r}", 1, int(case["Jira_Key__c"] == key)))
        column = played.columns.get(title, "Planned")
        lines.append((f"column of {title!r}", 1, int(case["Jira_Status__c"] == column)))
    clicked = stage.salesforce.record("Case", played.cases[CLICKED])
    lines.append(("box cleared", 1, int(clicked["Send_To_Engineering__c"] is False)))
    return lines


def _cards(stage: Stage, played: Played) -> list[Expected]:
    """One card each; a second copy counts unless its delivery is marked uncertain."""
    found = issues_by_title(stage)
    wanted = {("engineering", found.get(title, ["?"])[0]) for title in played.serious}
    wanted |= {("support", key) for key in played.slipped}
    wanted.add(("operations", played.incident))
    doubtful = _doubtful(stage)
    lines = []
    for channel, key in sorted(wanted):
        count = sum(
            _names(" ".join((card.title, *card.texts)), key) for card in stage.teams.cards(channel)
        )
        allowed = 1 if count > 1 and (channel, key) in doubtful else count
        lines.append((f"card about {key} in {channel}", 1, allowed))
    return lines


def _doubtful(stage: Stage) -> set[tuple[str, str]]:
    """Channel and key of the cards whose delivery is marked uncertain."""
    query = select(DeliveryRow).where(DeliveryRow.uncertain)
    with stage.bridge.database.reading() as session:
        rows = list(session.scalars(query))
    keys = [issue["key"] for issue in stage.jira.issues()]
    return {
        (row.args["channel"], key) for row in rows for key in keys if _names(str(row.args), key)
    }


def _names(text: str, key: str) -> bool:
    """Whether a text names an issue: ENG-1 is not named by ENG-12."""
    return any(word.strip(".,:;'\"()/").split("/")[-1] == key for word in text.split())
