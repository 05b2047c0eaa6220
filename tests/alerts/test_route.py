"""A route is checked when the mapping is loaded: what is wrong, and what would be right."""

import re

import pytest

from alerts.siren import RULE, Siren
from bridge.rules.problem import MappingProblems


@pytest.mark.parametrize(
    ("route", "said"),
    [
        ("group_buy: [feedback.product]", "unknown key `group_buy`; did you mean `group_by`?"),
        ("group_by: [feedback.prodct]", "`feedback` has no field `prodct`; did you mean `product`?"),
        ('group_by: ["${feedback.product}"]', "`group_by` takes expressions, without ${…}"),
        ("group_by: [feedback.product, feedback.product]", "`feedback.product` stands here twice"),
        ("labels: {rule: x}", "`rule` is a label that every alert has"),
        ('title: "${feedback.titel}"', "`feedback` has no field `titel`"),
        ("resolve: feedback.product", "a condition is true or false"),
        ('resolve: feedback.severity != "critical"', "`feedback.severity` may have no value"),
        ("group_wait: soon", "not a duration"),
        ("repeat_interval: 1m", "nothing is said more often than every 5m"),
        ("group_interval: 0s, repeat_interval: 1s", "nothing is said more often than every 1m"),
        ("cap: {cards: 0, per: 1h}", "should be greater than or equal to 1; got 0"),
        ("cap: {cards: 5, per: 1s}", "`per` is 1m or more"),
        ("business_hours: defautl", "no calendar `defautl` in bridge.yaml; did you mean `default`?"),
        ("quiet_hours: default", "calendar `default` has no `quiet_hours` in bridge.yaml"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_remedy(small_siren: Siren, route: str, said: str) -> None:
    with pytest.raises(MappingProblems, match=re.escape(said)):
        small_siren.live_by(route)


def test_only_what_can_tell_several_takes_a_route(small_siren: Siren) -> None:
    rule = RULE.format(route="group_wait: 30s").replace(
        'chat.post: {channel: ops, title: "${feedback.title}"}',
        'tracker.create_issue: {summary: "${feedback.title}"}',
    )

    with pytest.raises(MappingProblems, match=r"tracker\.create_issue cannot"):
        small_siren.town.live_by(rule)


def test_a_test_in_the_mapping_may_expect_where_it_is_told(small_siren: Siren) -> None:
    route = 'group_by: [feedback.product], title: "About ${feedback.product}"'
    there = small_siren.examined(route, "{group: {feedback.product: Router}, title: About Router}")
    other = small_siren.examined(route, "{group: {feedback.product: Phone}}")
    none = small_siren.examined(route, "null")

    assert there == ""
    assert "expected 'Phone', got 'Router'" in other
    assert "expected null" in none


def test_a_title_may_wait_for_what_an_earlier_step_makes(siren: Siren) -> None:
    siren.town.live_by(
        RULE.format(route="group_wait: 30s").replace(
            '      - id: card\n        chat.post: {channel: ops, title: "${feedback.title}"}',
            '      - id: task\n        tracker.create_issue: {summary: "${feedback.title}"}\n'
            '      - id: card\n        chat.post: {channel: ops, title: "${task.key}"}',
        )
    )
    siren.town.clock.advance(1)

    siren.critical("1")
    siren.wait(30)

    assert siren.chat == ["outage: new T-1"]


def test_what_a_rule_that_is_gone_had_raised_is_told_at_once_and_no_more(siren: Siren) -> None:
    siren.live_by('group_wait: 10m, repeat_interval: 1h, resolve: feedback.title == "x"')
    siren.critical("1")

    siren.town.live_by(RULE.format(route="group_wait: 10m").replace("id: outage", "id: other"))
    siren.wait(600)
    siren.wait(7_200)

    assert siren.chat == ["outage: new case 1"]
    assert [row.state for row in siren.alerts()] == ["over"]


def test_a_deleted_record_ends_what_lasted(siren: Siren) -> None:
    siren.live_by('group_wait: 0s, resolve: feedback.title == "x"')
    siren.critical("1")

    siren.delete("1")
    siren.wait(300)

    assert siren.chat == ["outage: new case 1", "outage: resolved case 1"]


def test_a_rule_that_only_observes_has_its_cards_held(siren: Siren) -> None:
    rule = RULE.format(route="group_wait: 0s").replace("    do:", "    mode: observe\n    do:")
    siren.town.live_by(rule)
    siren.town.clock.advance(1)

    siren.critical("1")

    assert siren.chat == []
    assert [row.state for row in siren.town.deliveries("outage")] == ["held"]


def test_a_replay_of_the_event_does_not_count_it_again(siren: Siren) -> None:
    siren.live_by("group_wait: 30s")
    siren.critical("1")
    (event,) = siren.town.events("feedback.created")

    siren.redecide(event.id)
    siren.wait(30)

    assert siren.chat == ["outage: new case 1"]
    assert [row.times for row in siren.alerts()] == [1]
