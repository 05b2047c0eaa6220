"""Over the events of the demo's generator: unchanged rules reproduce what was decided, a change just itself.

`python -m bench.past` does the same with 100,000 events.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.db import Database
from dry_run.story import LAST, MENDED, SERIOUS, Story, shipped

COUNT = 1_400
# No day of the generator has an hour of its own: nothing comes due in it.
BY_TIME = {
    "promise-comes-near",
    "promise-is-broken",
    "feedback-is-unanswered",
    "work-for-a-customer-is-stalled",
}
TASK = "feedback-becomes-engineering-task"
WIDER = f'{SERIOUS} -> ["critical", "high", "medium"]'
STRICTER = f'{SERIOUS} -> ["critical"]'


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """For asking only."""
    folder = tmp_path_factory.mktemp("story")
    with Story.told(f"sqlite:///{folder / 'bridge.db'}", folder, COUNT) as story:
        yield story


@pytest.fixture
def short_story(postgres_database: Database, tmp_path: Path) -> Iterator[Story]:
    """On PostgreSQL, which keeps JSON in a form of its own."""
    url = postgres_database.url.render_as_string(hide_password=False)
    with Story.told(url, tmp_path, COUNT // 3) as story:
        yield story


def test_the_past_has_all_that_may_be_decided_otherwise(story: Story) -> None:
    """What follows would prove little over a past without it."""
    report = story.report(LAST)

    assert [one.events > 200 for one in report.versions] == [True] * 3
    assert {row.origin for row in story.events()} >= {"backfill", "own", "webhook"}
    assert [row for row in story.events() if row.stale]
    assert [len(story.mended()) > 5, len(story.replayed()) > 2] == [True, True]
    asked = {one.rule: one.deliveries.then for one in report.rules if one.rule not in BY_TIME}
    assert {rule: count for rule, count in asked.items() if count < 5} == {}


def test_every_event_comes_out_as_its_own_rules_decided_it(story: Story) -> None:
    """Under each of three sets, whatever the outbox made of it and whoever replayed it since."""
    report = story.report(LAST)

    assert (report.unlike, report.events.skipped) == (0, {})
    assert report.events.compared == len(story.events())


def test_every_event_does_so_on_postgresql(short_story: Story) -> None:
    report = short_story.report(LAST)

    assert (report.unlike, report.events.skipped) == (0, {})
    assert report.events.compared == len(short_story.events())
    assert {one.rule for one in report.rules if one.differs} == {TASK}


def test_rules_that_never_changed_make_no_difference(story: Story) -> None:
    assert {one.rule for one in story.report(LAST).rules if one.differs} == {TASK}


def test_the_active_rules_make_no_difference_to_themselves(story: Story) -> None:
    assert not story.report(LAST, against="active").differs


def test_a_lower_threshold_adds_exactly_what_it_lets_through(story: Story) -> None:
    report = story.report(shipped(feedback=WIDER, more=MENDED))
    let_through = [row for row in story.feedback() if row.record["severity"] != "low"]
    then = [row for row in story.feedback() if story.serious_then(row)]

    rule = next(one for one in report.rules if one.rule == TASK)

    assert {one.rule for one in report.rules if one.differs} == {TASK}
    assert (rule.matched_then, rule.matched_now) == (len(then), len(let_through))
    assert rule.newly_matched == len(let_through) - len(then)
    assert rule.deliveries.added == 2 * rule.newly_matched  # a task and a card
    assert (rule.deliveries.removed, rule.deliveries.changed) == (0, 0)


def test_a_higher_threshold_takes_away_exactly_what_it_stops(story: Story) -> None:
    report = story.report(shipped(feedback=STRICTER, more=MENDED))
    then = [row for row in story.feedback() if story.serious_then(row)]
    stopped = [row for row in then if row.record["severity"] != "critical"]

    rule = next(one for one in report.rules if one.rule == TASK)

    assert {one.rule for one in report.rules if one.differs} == {TASK}
    assert (rule.no_longer_matched, rule.newly_matched) == (len(stopped), 0)
    assert rule.deliveries.removed == 2 * len(stopped) > 0
    assert (rule.deliveries.added, rule.deliveries.changed) == (0, 0)


def test_another_word_in_a_field_changes_exactly_the_deliveries_that_have_it(story: Story) -> None:
    report = story.report(shipped(board="todo: Planned -> todo: Waiting", more=MENDED))

    rule = next(one for one in report.rules if one.rule == "progress-reaches-board")

    assert {one.rule for one in report.rules if one.differs} == {TASK, rule.rule}
    assert rule.fields == {"args.fields.Jira_Status__c": rule.deliveries.changed}
    assert rule.deliveries.changed == len(story.said("Jira_Status__c", "Planned")) > 0
    assert (rule.deliveries.added, rule.deliveries.removed) == (0, 0)
