"""The story: what people at a customer-facing team and in engineering do on one day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bridge.connectors.jira.simulator.catalogue import IMPACT_FIELD, IMPACTS
from bridge.demo.stage import Stage

SERIOUS = ("Critical", "High")
CASES: tuple[tuple[str, str, str | None], ...] = (
    ("Router reboots every night", "Critical", "Router"),
    ("Export loses the last row", "High", "Cloud"),
    ("Typo on the welcome page", "Low", "Cloud"),
    ("Cannot pair the new sensor", "High", "Sensor"),
    ("Colours are hard to read", "Medium", "Cloud"),
    ("Login fails after the update", "Critical", "Cloud"),
    ("Dark mode, please", "Low", "Cloud"),
    ("Battery lasts half a day", "High", "Sensor"),
    ("Invoice shows the wrong month", "Medium", "Cloud"),
    ("Firmware update never ends", "Critical", "Router"),
    ("The manual is missing a page", "Low", "Router"),
    ("Wi-Fi drops in meetings", "High", "Router"),
)
CLICKED = "Dark mode, please"
INCIDENT = "Cloud is down in two regions"

Wait = Callable[[], bool]
Say = Callable[[str], None]


@dataclass(kw_only=True)
class Played:
    """What was done, for the tally: case ids by title, their columns of the board, and what engineering did to which issue."""

    cases: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)  # of the board, by title
    promised: dict[str, int] = field(default_factory=dict)  # days from now, by title
    slipped: list[str] = field(default_factory=list)
    incident: str = ""

    @property
    def done(self) -> tuple[str, ...]:
        return tuple(title for title, column in self.columns.items() if column == "Done")

    @property
    def serious(self) -> tuple[str, ...]:
        return tuple(title for title, severity, _ in CASES if severity in SERIOUS)


def play(stage: Stage, wait: Wait, say: Say) -> Played:
    """Act after act; `wait` lets everything arrive before the next one depends on it."""
    played = Played()
    say(f"{len(CASES)} customers give feedback in Salesforce")
    _feedback(stage, played)
    wait()
    say("somebody clicks 'send to engineering' on one case")
    stage.salesforce.click_send_to_engineering(played.cases[CLICKED])
    wait()
    say("engineering works: comments, two issues done, one due date slips past its promise")
    _engineering(stage, played)
    wait()
    say("an incident is raised")
    played.incident = stage.jira.create_issue(
        INCIDENT, "Incident", fields={IMPACT_FIELD: {"value": IMPACTS[-1].name}}
    )
    wait()
    return played


def _feedback(stage: Stage, played: Played) -> None:
    account = stage.salesforce.create("Account", Name="Acme Networks", AnnualRevenue=1_200_000)
    for title, severity, product in CASES:
        played.cases[title] = stage.salesforce.create_case(
            RecordType="Feedback",
            Subject=title,
            Description=f"A customer writes: {title}.",
            Severity__c=severity,
            Product_Line__c=product,
            AccountId=account,
        )


def _engineering(stage: Stage, played: Played) -> None:
    issues = issues_by_title(stage)
    first, second, third = played.serious[:3]
    for title in (first, second):
        key = issues[title][0]
        stage.jira.comment(key, "Found it; a fix is on its way.")
        stage.jira.transition(key, "Done")
        played.columns[title] = "Done"
    today = stage.bridge.clock.now().date()
    promised, later = today + timedelta(days=14), today + timedelta(days=28)
    key = issues[third][0]
    stage.jira.edit_issue(
        key, {"customfield_10035": promised.isoformat(), "duedate": today.isoformat()}
    )
    stage.jira.set_due(key, later.isoformat())
    played.slipped.append(key)


def issues_by_title(stage: Stage) -> Mapping[str, list[str]]:
    """Keys of the issues at the Jira simulator by the case title in their summary."""
    found: dict[str, list[str]] = {}
    for issue in stage.jira.issues():
        summary = issue["fields"]["summary"]
        title = next((title for title, _, _ in CASES if title in summary), summary)
        found.setdefault(title, []).append(issue["key"])
    return found
