"""Who is who at the other system: people.yaml, then an e-mail address, then a line in the report."""

from datetime import timedelta

import pytest

from bridge.connectors.roster import Account
from bridge.duties.retention import thin
from bridge.erasure.eraser import Eraser
from bridge.erasure.person import Person
from bridge.erasure.store import erase
from bridge.errors import PermanentError, TransientError
from bridge.pipeline.people import match, report, store
from bridge.pipeline.people.match import Match, Reason
from bridge.settings import Retention
from people.folk import DANA, Streets

ADDRESS = "dana@example.com"
HERE = Account(id="dana-1", name="Dana Reyes", email=ADDRESS)
THERE = Account(id="005Dana", name="Dana Reyes", email=ADDRESS)
DAY = timedelta(days=1)
PEOPLE = """
version: 1
people: [{name: Dana Reyes, department: engineering, identities: {tracker: dana-1, crm: 005Yaml}}]
"""


def test_somebody_is_found_by_an_address_that_both_systems_show(streets: Streets) -> None:
    streets.folk.accounts = {"tracker": [HERE], "crm": [THERE]}
    streets.meet()

    assert streets.carried() is None
    assert streets.look() == 1
    assert streets.carried() == "005Dana"
    assert streets.report() == []


def test_people_yaml_comes_before_what_was_learnt(streets: Streets) -> None:
    streets.folk.accounts = {"tracker": [HERE], "crm": [THERE]}
    streets.meet()
    streets.look()

    streets.town.live_by(people=PEOPLE)

    assert streets.carried() == "005Yaml"


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        ([THERE], Match(found="005Dana")),
        ([THERE, THERE], Match(found="005Dana")),
        ([THERE, Account(id="005Old", email=ADDRESS, active=False)], Match(found="005Dana")),
        ([THERE, Account(id="005Portal", email=ADDRESS, person=False)], Match(found="005Dana")),
        ([THERE, Account(id="005Two", email=ADDRESS)], Match(reason=Reason.SEVERAL)),
        ([Account(id="005Old", email=ADDRESS, active=False)], Match(reason=Reason.INACTIVE)),
        ([Account(id="005Portal", email=ADDRESS, person=False)], Match(reason=Reason.NOBODY)),
        ([], Match(reason=Reason.NOBODY)),
    ],
)
def test_only_one_active_person_is_no_guess(candidates: list[Account], expected: Match) -> None:
    assert match.matched(candidates) == expected


@pytest.mark.parametrize(
    ("here", "reason"),
    [
        ([], Reason.GONE),
        ([Account(id="dana-1", email=None)], Reason.NO_EMAIL),
        ([Account(id="dana-1", name="Second Line", person=False)], Reason.QUEUE),
    ],
)
def test_who_has_no_address_is_not_looked_for_elsewhere(
    streets: Streets, here: list[Account], reason: Reason
) -> None:
    streets.folk.accounts = {"tracker": here, "crm": [THERE]}
    streets.meet()
    streets.look()

    assert streets.row().reason == reason
    assert streets.folk.calls == [("tracker", "dana-1")]
    assert streets.carried() is None


def test_nobody_is_asked_for_twice_a_day_however_often_they_are_met(streets: Streets) -> None:
    streets.folk.accounts = {"tracker": [HERE]}
    for _ in range(5):
        streets.meet()
        streets.look()
    streets.town.clock.advance(DAY - timedelta(minutes=1))
    streets.look()

    assert len(streets.folk.calls) == 2
    assert streets.row().seen == 5

    streets.town.clock.advance(timedelta(minutes=1))
    streets.folk.accounts["crm"] = [THERE]
    assert streets.look() == 1
    assert streets.carried() == "005Dana"


def test_who_was_found_is_looked_at_again_after_a_week(streets: Streets) -> None:
    streets.folk.accounts = {"tracker": [HERE], "crm": [THERE]}
    streets.meet()
    streets.look()

    streets.folk.accounts["crm"] = []
    streets.town.clock.advance(7 * DAY)
    streets.look()

    assert streets.carried() is None
    assert [one.row.reason for one in streets.report()] == [Reason.NOBODY]


@pytest.mark.parametrize("trouble", [TransientError("crm: 503"), PermanentError("crm: 403")])
def test_a_system_that_does_not_answer_is_asked_again_later(
    streets: Streets, trouble: Exception
) -> None:
    streets.folk.accounts = {"tracker": [HERE], "crm": [THERE]}
    streets.folk.trouble = trouble
    streets.meet()
    streets.look()

    assert streets.row().reason == Reason.NOT_ASKED

    streets.folk.trouble = None
    streets.town.clock.advance(2 * 3600)
    streets.look()
    assert streets.carried() == "005Dana"


def test_the_report_says_who_where_how_often_and_what_to_write(streets: Streets) -> None:
    streets.town.live_by(
        sources="""
version: 1
sources:
  - id: issues
    from: {connection: tracker, object: issue}
    as: work_item
    fields: {title: summary, assignee: {id: who, name: called}}
""",
        rules="version: 1\nrules: []\n",
    )
    streets.town.issue("1", summary="Reboots", who="dana-1", called="Dana Reyes")
    streets.town.settle()
    streets.folk.accounts = {"tracker": [Account(id="dana-1", name="Dana Reyes")]}
    streets.meet()
    streets.meet()
    streets.look()

    (told,) = streets.report()

    assert (told.row.account, told.name, told.row.seen) == ("dana-1", "Dana Reyes", 2)
    assert told.why == "tracker does not show an e-mail address"
    assert told.remedy == (
        'in mappings/people.yaml add: - {name: "Dana Reyes", department: "DEPARTMENT",'
        ' identities: {tracker: "dana-1", crm: "THEIR-ACCOUNT"}}'
    )
    assert report.counts([told]) == {("tracker", "crm"): 1}


def test_of_somebody_in_people_yaml_only_the_other_account_is_missing(streets: Streets) -> None:
    streets.town.live_by(people=PEOPLE.replace(", crm: 005Yaml", ""))
    streets.meet()

    (told,) = streets.report()

    assert told.remedy == (
        "in mappings/people.yaml add to the identities of Dana Reyes: crm: THEIR-ACCOUNT"
    )


def test_whoever_people_yaml_names_by_now_is_in_the_report_no_more(streets: Streets) -> None:
    streets.meet()
    streets.town.live_by(people=PEOPLE)

    assert streets.report() == []


def test_who_is_erased_is_nobody_s_counterpart_until_met_again(streets: Streets) -> None:
    streets.folk.accounts = {"tracker": [HERE], "crm": [THERE]}
    streets.meet()
    streets.look()
    person = Person(keys=frozenset({"dana-1", "005dana"}), names=frozenset(), found=())

    counts = erase(streets.town.database, Eraser(person, "erased-1"))

    assert counts["counterparts"] == 1
    assert streets.row().account == "erased-1"
    assert streets.carried() is None
    assert streets.report() == []

    streets.meet()
    assert streets.row().found is None
    streets.look()
    assert streets.carried() == "005Dana"


def test_who_is_not_met_any_more_is_forgotten_with_the_attempts(streets: Streets) -> None:
    streets.meet()
    streets.look()
    streets.town.clock.advance(91 * DAY)

    thin(streets.town.database, Retention(), streets.town.clock)

    assert streets.report() == []


def test_another_node_does_not_look_for_the_same_one_meanwhile(streets: Streets) -> None:
    now = streets.town.clock.now()
    streets.meet()
    with streets.town.database.transaction() as session:
        assert store.take(session, DANA.id, now=now) is not None
    with streets.town.database.transaction() as session:
        assert store.take(session, DANA.id, now=now) is None
