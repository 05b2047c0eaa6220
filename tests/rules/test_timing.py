"""Rules that time sets off: what they rest on, when they come, and how they are written."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge.calendars import Calendar, Span
from bridge.calendars.term import parse
from bridge.canonical.event import Origin
from bridge.canonical.kind import standard
from bridge.ledger.facts import Due, Facts
from bridge.rules.engine import decide
from bridge.rules.examples import run_examples
from bridge.rules.ruleset import RuleSet
from bridge.rules.timing import Standing, Timing, answers
from bridge.rules.trial import ExampleResult
from rules.fakes import ACTIONS, NOW, event, loaded, problems, rule

BERLIN = Calendar(zone=ZoneInfo("Europe/Berlin"), country="DE")
CHINA = Calendar(zone=ZoneInfo("Asia/Shanghai"), country="CN")
CALENDARS = {"default": BERLIN, "shanghai": CHINA}
WORK = """\
version: 1
sources:
  - id: work
    from: {connection: jira, object: issue}
    as: work_item
    tracked: [title]
    fields: {title: summary, due: duedate, status: status}
"""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def timing(event: str, field: str, term: str = "", *, calendar: Calendar = BERLIN) -> Timing:
    return Timing(
        rule="r",
        event=event,
        field=field,
        term=parse(term) if term else None,
        calendar_name="default",
        calendar=calendar,
    )


def due(data: dict[str, Any], made: Timing, **more: Any) -> datetime | None:
    since = made.since(Standing(data=data, **more))
    return None if since is None else made.at(since)


DUE = {"status": "todo", "due": "2026-11-30T00:00:00Z"}  # a Monday, as a day


@pytest.mark.parametrize(
    ("made", "at"),
    [
        (timing("work.due_soon", "due", "2 days"), "2026-11-27T23:00"),
        (timing("work.due_soon", "due", "1 business day"), "2026-11-27T08:00"),
        (timing("work.due_soon", "due", "4 business hours"), "2026-11-27T12:00"),
        (timing("work.overdue", "due"), "2026-11-30T23:00"),
        (timing("work.overdue", "due", "1 business day"), "2026-12-02T08:00"),
        (timing("work.overdue", "due", "2h"), "2026-12-01T01:00"),
        (timing("work.overdue", "due", calendar=CHINA), "2026-11-30T16:00"),
    ],
)
def test_a_day_lasts_as_long_as_in_the_zone_of_the_calendar(made: Timing, at: str) -> None:
    assert due(DUE, made) == utc(at)


def test_a_moment_is_a_moment() -> None:
    data = {"due": "2026-11-30T12:30:00Z"}

    assert due(data, timing("work.due_soon", "due", "2h")) == utc("2026-11-30T10:30")
    assert due(data, timing("work.overdue", "due")) == utc("2026-11-30T12:30")
    assert due(data, timing("work.overdue", "due", "1 day")) == utc("2026-12-01T12:30")


def test_a_make_up_sunday_in_china_counts() -> None:
    data = {"due": "2026-09-18T02:00:00Z"}  # a Friday; the Sunday after it is worked

    made = timing("work.overdue", "due", "1 business day", calendar=CHINA)

    assert due(data, made) == utc("2026-09-20T02:00")


def test_the_clocks_change_between_the_date_and_the_term() -> None:
    spring = {"due": "2026-03-28T09:00:00Z"}  # 10:00 in Berlin

    assert due(spring, timing("work.overdue", "due", "1 day")) == utc("2026-03-29T08:00")
    assert due(spring, timing("work.overdue", "due", "24h")) == utc("2026-03-29T09:00")


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"due": None},
        {"due": "2026-11-30T00:00:00Z", "status": "done"},
        {"promised": "2026-11-30T00:00:00Z"},
    ],
)
def test_no_date_and_no_open_work_is_never_overdue(data: dict[str, Any]) -> None:
    assert due(data, timing("work.overdue", "due")) is None


def test_another_date_may_count() -> None:
    data = {"promised": "2026-11-30T00:00:00Z"}

    assert due(data, timing("work.overdue", "promised")) == utc("2026-11-30T23:00")


@pytest.mark.parametrize("told", ["0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"])
def test_a_date_at_the_end_of_time_comes_never_and_breaks_nothing(told: str) -> None:
    soon = timing("work.due_soon", "due", "1 business day")
    late = timing("work.overdue", "due", "1 business day")
    never = soon if told.startswith("0001") else late

    assert due({"due": told}, never) is None
    assert never.moot(utc(told[:19]), now=NOW) is (told.startswith("0001"))


def test_what_is_deleted_waits_for_nothing() -> None:
    assert due(DUE, timing("work.overdue", "due"), gone=True) is None


def test_stalled_is_work_in_progress_that_nobody_touched() -> None:
    made = timing("work.stalled", "changed_at", "5 business days")
    moved = {"changed_at": utc("2026-11-20T09:00"), "created_at": utc("2026-11-01T09:00")}

    assert due({"status": "in_progress"}, made, **moved) == utc("2026-11-27T09:00")
    assert due({"status": "in_progress"}, made, **moved, heard_at=utc("2026-11-23T09:00")) == utc(
        "2026-11-30T09:00"
    )
    assert due({"status": "todo"}, made, **moved) is None
    assert due({"status": "done"}, made, **moved) is None
    assert due({}, made, **moved) is None


def test_unanswered_is_feedback_that_nobody_took_up() -> None:
    made = timing("feedback.unanswered", "created_at", "1 business day")
    came = {"created_at": utc("2026-11-26T09:00")}

    assert due({}, made, **came) == utc("2026-11-27T09:00")
    assert due({"status": "todo"}, made, **came) == utc("2026-11-27T09:00")
    assert due({"status": "in_progress"}, made, **came) is None
    assert due({"status": "done"}, made, **came) is None
    assert due({}, made, **came, answered_at=utc("2026-11-26T09:30")) is None


def test_feedback_that_is_reopened_waits_anew() -> None:
    made = timing("feedback.unanswered", "created_at", "1 business day")
    again = {"created_at": utc("2026-11-02T09:00"), "status_at": utc("2026-11-26T09:00")}

    assert due({"status": "todo"}, made, **again, answered_at=utc("2026-11-02T10:00")) == utc(
        "2026-11-27T09:00"
    )


@pytest.mark.parametrize(
    ("comment", "answer"),
    [
        ({"author": {"department": "Support"}}, True),
        ({"author": {"department": "Support"}, "public": True}, True),
        ({"author": {"department": "Support"}, "public": False}, False),
        ({"author": {"department": "unattributed"}}, False),  # the customer, say
        ({"author": {"id": "bridge"}}, False),
        ({}, False),
    ],
)
def test_an_answer_is_what_staff_say_to_the_customer(comment: dict[str, Any], answer: bool) -> None:
    assert answers(comment) is answer


def test_what_is_over_is_not_soon() -> None:
    soon = timing("work.due_soon", "due", "2 days")

    assert not soon.moot(utc("2026-11-30T00:00"), now=utc("2026-11-30T22:59"))
    assert soon.moot(utc("2026-11-30T00:00"), now=utc("2026-11-30T23:00"))
    assert not timing("work.overdue", "due").moot(utc("2026-11-30T00:00"), now=utc("2027-01-01"))


def test_the_basis_changes_when_the_same_record_may_come_due_at_another_time() -> None:
    one = timing("work.overdue", "due", "1 business day")
    longer = timing("work.overdue", "due", "2 business days")
    earlier = Calendar(zone=BERLIN.zone, country="DE", hours=(Span(480, 960),))
    off = Calendar(zone=BERLIN.zone, country="DE", extra_holidays=frozenset([date(2026, 12, 1)]))
    quiet = Calendar(zone=BERLIN.zone, country="DE", quiet_hours=(Span(0, 60),))
    moved = [
        timing("work.overdue", "due", "1 business day", calendar=one) for one in (earlier, off)
    ]

    assert len({made.basis for made in (one, longer, *moved)}) == 4
    assert timing("work.overdue", "due", "1 business day", calendar=quiet).basis == one.basis


def test_it_says_what_it_rests_on() -> None:
    day, moment = utc("2026-11-30T00:00"), utc("2026-11-30T12:30")

    assert timing("work.overdue", "due", "1 business day").said(day) == (
        "1 business day after due 2026-11-30 (calendar default, Europe/Berlin)"
    )
    assert timing("work.overdue", "due").said(moment) == (
        "due 2026-11-30 12:30 UTC (calendar default, Europe/Berlin)"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (rule(when="work.overdue", more="after: 1 buisness day"), "7:12: not a term; write it as 1 business day"),
        (rule(when="work.overdue", more="after: 3"), "7:12: not a term"),
        (rule(when="work.stalled", more="after: 0 days"), "7:12: a term is longer than nothing"),
        (rule(when="work.overdue", more="before: 2 days"), "7:5: `work.overdue` takes `after`, not `before`"),
        (rule(when="work.due_soon", more="after: 2 days"), "7:5: `work.due_soon` takes `before`, not `after`"),
        (rule(when="work.due_soon"), "6:11: how long before? `work.due_soon` needs `before: 1 business day`"),
        (rule(when="feedback.unanswered"), "how long after? `feedback.unanswered` needs `after: 1 business day`"),
        (rule(more="after: 2 days"), "7:5: `after` belongs to a rule that time sets off: work.due_soon"),
        (rule(more="calendar: shanghai"), "7:5: `calendar` belongs to a rule that time sets off"),
        (rule(when="work.overdue", more="calendar: shangai"), "7:15: no calendar `shangai` in bridge.yaml; did you mean `shanghai`?"),
        (rule(when="feedback.unanswered", more="{after: 2h, of: due}").replace("{after: 2h, of: due}", "after: 2h\n    of: due"), "8:5: `of` belongs to work.due_soon and work.overdue"),
        (rule(when="[work.overdue, work.stalled]", more="after: 2h"), "one rule waits for one time, this one for work.overdue and work.stalled"),
        (rule(when="[work.overdue, feedback.created]"), "one rule is about one record kind"),
        (rule(when="work.overdue", more="origins: [webhook]"), "7:14: `work.overdue` never comes: it comes by `clock`"),
        (rule(when="work.overdu"), "no record kind `work`; did you mean `work.overdue`?"),
        (rule(when="work_item.overdue"), "`work_item` has no event `overdue`; write `work.overdue`"),
        (rule(when="work.overdue", more="existing: all"), "'all' is none of skip, tell"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_place(text: str, said: str) -> None:
    (found,) = problems(text, calendars=CALENDARS)

    assert said in found


def test_what_no_source_tracks_never_comes() -> None:
    (due_, status) = (
        problems(rule(when=when, more="after: 2h"), sources=WORK)
        for when in ("work.overdue", "work.stalled")
    )

    assert "`work.overdue` never comes: no source of work_item reads and tracks `due`" in due_[0]
    assert (
        "`work.stalled` never comes: no source of work_item reads and tracks `status`" in status[0]
    )
    tracked = WORK.replace("[title]", "[title, due, status]")
    assert problems(rule(when="work.overdue"), sources=tracked) == []


def test_any_calendar_will_do_while_it_is_not_known_which_are_declared() -> None:
    assert problems(rule(when="work.overdue", more="calendar: shanghai")) == []


@pytest.fixture
def two() -> RuleSet:
    first = rule(when="work.overdue", condition="event.late || has(event.since)")
    second = first.split("rules:\n")[1].replace("id: r", "id: s", 1)
    return loaded(first + second)


def test_time_makes_an_event_for_one_rule(two: RuleSet) -> None:
    happened = event({}, kind="work.overdue", origin=Origin.CLOCK)
    why = Due(rule="s", since=NOW, at=NOW)

    (decision,) = decide(happened, Facts(now=NOW, due=why), two)

    assert (decision.rule, decision.answer) == ("s", "matched")


def test_facts_of_time_are_read_as_they_were_kept() -> None:
    facts = Facts(now=NOW, due=Due(rule="s", since=NOW, at=NOW, late=True, said="due"))

    assert Facts.from_json(facts.as_json()) == facts


def tried(tests: str, **about: str) -> ExampleResult:
    text = rule(**about)
    plain = text[text.index("    tests:") :]
    rules = loaded(text.replace(plain, f"    tests:\n      - {tests}\n"), calendars=CALENDARS)
    (result,) = run_examples(rules, actions=ACTIONS, kinds=standard())
    return result


@pytest.mark.parametrize(
    ("given", "does"),
    [
        ("{event: work.overdue, work_item: {due: 2026-11-30}}", True),
        ("{event: work.overdue, work_item: {due: 2026-11-30}, now: 2026-12-02T08:00:00Z}", True),
        ("{event: work.overdue, work_item: {due: 2026-11-30}, now: 2026-12-02T07:59:00Z}", False),
        ("{event: work.overdue, work_item: {due: 2026-11-30, status: done}}", False),
        ("{event: work.overdue, work_item: {}}", False),
        ("{event: work_item.updated, work_item: {due: 2026-11-30}}", False),
    ],
)
def test_a_test_may_give_an_event_of_time(given: str, does: bool) -> None:
    expect = "[teams.post_card]" if does else "[]"

    result = tried(
        f"{{name: t, given: {given}, expect: {expect}}}",
        when="work.overdue",
        more="after: 1 business day",
    )

    assert result.problem is None


@pytest.mark.parametrize(
    ("given", "does"),
    [
        ("{work_item: {status: in_progress}}", True),
        ("{work_item: {status: in_progress}, since: 2026-11-20T09:00:00Z}", True),
        (
            "{work_item: {status: in_progress}, since: 2026-11-20T09:00:00Z, now: 2026-11-27T08:59:00Z}",
            False,
        ),
        ("{work_item: {status: todo}}", False),
    ],
)
def test_a_test_may_say_since_when(given: str, does: bool) -> None:
    given = given.replace("{work_item", "{event: work.stalled, work_item")
    expect = "[teams.post_card]" if does else "[]"

    result = tried(
        f"{{name: t, given: {given}, expect: {expect}}}",
        when="work.stalled",
        more="after: 5 business days",
    )

    assert result.problem is None


def test_a_test_too_early_says_when_it_would_be_due() -> None:
    result = tried(
        "{name: t, given: {event: work.overdue, work_item: {due: 2026-11-30}, now: 2026-11-30T09:00:00Z},"
        " expect: [teams.post_card]}",
        when="work.overdue",
    )

    assert result.problem is not None
    assert (
        "not yet: due at 2026-11-30 23:00 UTC, due 2026-11-30 (calendar default, Europe/Berlin)"
        in result.problem.text
    )


def test_a_test_that_comes_late_is_late() -> None:
    given = "{event: work.overdue, work_item: {due: 2026-11-30}, now: 2026-12-03T09:00:00Z}"

    late = tried(
        f"{{name: t, given: {given}, expect: [teams.post_card]}}",
        when="work.overdue",
        condition="event.late",
    )

    assert late.problem is None
