"""People: one account is one person, on a day they are somewhere, and nobody found is nobody guessed."""

from datetime import UTC, date, datetime

import pytest

from bridge.canonical.event import Actor, ActorKind, Origin
from bridge.canonical.kind import standard
from bridge.rules.loader import load
from bridge.rules.model import PersonForm
from bridge.rules.people import department, people
from bridge.rules.problem import MappingProblems
from rules.fakes import ACTIONS, CONNECTIONS
from rules.staff import DANA, KIM, attribute, seen


def test_one_person_may_have_several_accounts_at_a_system() -> None:
    found = people([DANA])

    assert found.find(["jira"], "b") is DANA
    assert found.find(["salesforce"], "b") is None


def test_a_connection_knows_its_own_accounts_before_those_of_its_system() -> None:
    other = PersonForm(name="Other", department="x", identities={"jira-dc": "a"})
    found = people([DANA, other])

    assert found.find(["jira-dc", "jira"], "a") is other
    assert found.find(["jira-dc", "jira"], "b") is DANA


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2025, 12, 31), "support"),
        (date(2026, 1, 1), "engineering"),
        (date(2026, 5, 31), "engineering"),
        (date(2026, 6, 1), "unattributed"),
    ],
)
def test_a_department_is_that_of_the_day(day: date, expected: str) -> None:
    assert department(KIM, day) == expected


def test_somebody_without_roles_is_always_in_their_department() -> None:
    assert department(DANA, date(1999, 1, 1)) == "engineering"
    assert department(None, date(1999, 1, 1)) == "unattributed"


def test_who_acted_is_given_the_department_of_that_day() -> None:
    kim = Actor(id="kim", kind=ActorKind.PERSON)

    before = attribute(
        seen(kim, connection="jira-dc", at=datetime(2025, 12, 31, 23, 59, tzinfo=UTC))
    )
    after = attribute(seen(kim, connection="jira-dc"))

    assert (before.department, after.department) == ("support", "engineering")


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        (Actor(id="nobody", kind=ActorKind.PERSON), "unattributed"),
        (Actor(id="nobody"), "unattributed"),
        (Actor(id="robot", kind=ActorKind.APP), None),
        (Actor(id="portal", kind=ActorKind.CUSTOMER), None),
        (Actor(id="a", kind=ActorKind.APP), "engineering"),
        (None, None),
    ],
)
def test_nobody_found_is_nobody_guessed(actor: Actor | None, expected: str | None) -> None:
    assert attribute(seen(actor)).department == expected


def test_an_account_id_may_stand_in_the_file_in_another_spelling() -> None:
    sighting = seen(
        Actor(id="A", kind=ActorKind.PERSON), assignee={"id": "B"}, reporter={"id": "C"}
    )

    found = attribute(sighting, spellings=lambda one: (one, one.lower()))

    assert found.department == "engineering"
    assert found.record["assignee"] == {"id": "B", "department": "engineering"}
    assert found.record["reporter"] == {"id": "C", "department": "unattributed"}


def test_our_own_write_is_no_departments_work() -> None:
    bridge = Actor(id="bridge", kind=ActorKind.PERSON)

    found = attribute(seen(bridge, origin=Origin.OWN))

    assert found.department is None


def test_people_in_a_record_have_departments_too() -> None:
    found = attribute(
        seen(
            actor=None,
            assignee={"id": "a", "name": "Dana R"},
            reporter={"id": "nobody"},
            title="T",
        )
    )

    assert found.record == {
        "assignee": {"id": "a", "name": "Dana R", "department": "engineering"},
        "reporter": {"id": "nobody", "department": "unattributed"},
        "title": "T",
    }


def test_an_empty_person_stays_empty() -> None:
    assert attribute(seen(actor=None, assignee=None)).record == {"assignee": None}


PERSON = "version: 1\npeople:\n  - name: Kim\n    department: support\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            PERSON + "    identities: {jira: [k, a]}\n"
            "  - {name: Lee, department: x, identities: {jira: a}}\n",
            "people.yaml:6:51: `a` at jira is Kim already; an account is one person's",
        ),
        (
            PERSON + "    identities: {jria: a}\n",
            "people.yaml:5:18: no system or connection `jria`; did you mean `jira`?",
        ),
        (PERSON + '    identities: {jira: " "}\n', "people.yaml:5:24: an account id is not empty"),
        (
            PERSON + "    roles: [{role: a, from: 2026-02-01, to: 2026-02-01}]\n",
            "people.yaml:5:45: `to` is the first day the role no longer holds",
        ),
        (
            PERSON + "    roles:\n      - {role: a, to: 2026-02-01}\n"
            "      - {role: b, department: sales, from: 2026-01-31}\n",
            "people.yaml:7:9: Kim would be in two departments at once, support and sales",
        ),
        (PERSON.replace("support", "unattributed"), "people.yaml:4:17: `unattributed` is the word"),
        (PERSON + "    departmnt: x\n", "people.yaml:5:5: unknown key `departmnt`"),
        (PERSON + "    roles: [{role: a, from: yesterday}]\n", "people.yaml:5:29: "),
    ],
)
def test_a_mistake_is_told_at_its_place(text: str, said: str) -> None:
    with pytest.raises(MappingProblems) as error:
        load({"people.yaml": text}, kinds=standard(), actions=ACTIONS, connections=CONNECTIONS)

    (problem,) = error.value.problems
    assert str(problem).startswith(said)


def test_two_roles_at_once_in_one_department_are_no_mistake() -> None:
    text = PERSON + "    roles: [{role: a}, {role: b, from: 2026-01-01}]\n"

    rules = load({"people.yaml": text}, kinds=standard(), actions=ACTIONS, connections=CONNECTIONS)

    assert [person.name for person in rules.people.all] == ["Kim"]


def test_all_people_are_in_one_file() -> None:
    files = {"people.yaml": PERSON, "people.yml": PERSON}

    with pytest.raises(MappingProblems, match=r"people.yml:1:1: there is people.yaml already"):
        load(files, kinds=standard(), actions=ACTIONS, connections=CONNECTIONS)
