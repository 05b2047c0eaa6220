"""What people do at the vendors while the weather is bad, drawn from a seed; they number what they say."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from bridge.connectors.jira.simulator.catalogue import IMPACT_FIELD, IMPACTS
from bridge.demo.simulators import Simulators

TITLE = re.compile(r"(Feedback \d+) #(\d+)")
DUE = date(2027, 1, 1)
COLUMNS = ("Planned", "In progress", "Done")  # on the customer side's board, as they follow
STATIONS = ("To Do", "In Progress", "Done")
SERIOUS = ("Critical", "High")
_MOST_CASES = 30
_HOT = 3


@dataclass(kw_only=True)
class Case:
    """A case at Salesforce. `edits` is the number in its title, the newest there is."""

    id: str
    name: str
    severity: str
    edits: int = 0
    clicked: bool = False

    @property
    def serious(self) -> bool:
        return self.severity in SERIOUS

    @property
    def title(self) -> str:
        return f"{self.name} #{self.edits}"


@dataclass(kw_only=True)
class Done:
    """What people did, for the verdict: what should have come of it is its question."""

    cases: list[Case] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)  # keys


@dataclass(kw_only=True)
class People:
    """They act at the vendors, and remember what they did."""

    there: Simulators
    random: Random
    done: Done = field(default_factory=Done)
    dues: Counter[str] = field(default_factory=Counter)  # issue's key -> number of its due date
    acts: int = 0
    _account: str = ""

    def act(self) -> None:
        """One of them does something."""
        self.acts += 1
        deeds = (
            (self._open_case, 4 if len(self.done.cases) < _MOST_CASES else 0),
            (self._edit_case, 4),
            (self._click, 1),
            (self._plan, 7),
            (self._move, 2),
            (self._raise_incident, 1),
        )
        deed = self.random.choices([one for one, _ in deeds], [weight for _, weight in deeds])[0]
        deed()

    def _open_case(self) -> None:
        sim = self.there.salesforce
        self._account = self._account or sim.create("Account", Name="Acme", AnnualRevenue=1_000)
        case = Case(
            id="",
            name=f"Feedback {len(self.done.cases) + 1:02}",
            severity=self.random.choice((*SERIOUS, "Low")),
        )
        case.id = sim.create_case(
            RecordType="Feedback",
            Subject=case.title,
            Severity__c=case.severity,
            Product_Line__c="Router",
            AccountId=self._account,
        )
        self.done.cases.append(case)

    def _edit_case(self) -> None:
        cases = self.done.cases
        if cases:
            case = self.random.choice(cases[:_HOT] if self.random.random() < 0.5 else cases)
            case.edits += 1
            self.there.salesforce.edit("Case", case.id, Subject=case.title)

    def _click(self) -> None:
        lesser = [one for one in self.done.cases if not one.serious]
        if lesser:
            case = self.random.choice(lesser)
            case.clicked = True
            self.there.salesforce.click_send_to_engineering(case.id)

    def _plan(self) -> None:
        key = self._any_issue()
        if key:
            self.dues[key] += 1
            self.there.jira.set_due(key, due(self.dues[key]))

    def _move(self) -> None:
        """One station on."""
        key = self._any_issue()
        if key:
            at = STATIONS.index(self.there.jira.status(key))
            if at + 1 < len(STATIONS):
                self.there.jira.transition(key, STATIONS[at + 1])

    def _raise_incident(self) -> None:
        fields = {IMPACT_FIELD: {"value": IMPACTS[-1].name}}
        text = f"Outage {len(self.done.incidents) + 1}"
        self.done.incidents.append(self.there.jira.create_issue(text, "Incident", fields=fields))

    def _any_issue(self) -> str | None:
        """One of all, or as often one of the few that everybody works on."""
        found = [
            str(one["key"])
            for one in self.there.jira.issues()
            if TITLE.search(one["fields"]["summary"])
        ]
        hot = self.random.random() < 0.5
        return self.random.choice(found[:_HOT] if hot else found) if found else None


def due(number: int) -> str:
    """The due date with this number: each is a day later."""
    return (DUE + timedelta(days=number)).isoformat()


def number_of(due_date: str | None) -> int:
    """The number of a due date, of whatever form; 0: there is none."""
    return (date.fromisoformat(due_date[:10]) - DUE).days if due_date else 0
