"""From an event to a card in the chat: gathered, once, again, over."""

from alerts.siren import LASTS, Siren


def test_what_comes_together_is_told_in_one_card(siren: Siren) -> None:
    siren.live_by("group_wait: 30s")

    siren.critical("1")
    siren.wait(20)
    siren.critical("2")
    assert siren.chat == []
    siren.wait(10)

    assert siren.chat == ["outage: new case 1, new case 2"]


def test_groups_are_told_apart(siren: Siren) -> None:
    siren.live_by("group_by: [feedback.product]")

    siren.critical("1", product="Router")
    siren.critical("2", product="Phone")
    siren.critical("3", product="Router")
    siren.wait(30)

    assert sorted(siren.chat) == ["Phone: new case 2", "Router: new case 1, new case 3"]


def test_what_comes_later_waits_for_the_interval(siren: Siren) -> None:
    siren.live_by("group_wait: 30s, group_interval: 5m")
    siren.critical("1")
    siren.wait(30)

    siren.critical("2")
    siren.wait(299)
    assert siren.chat == ["outage: new case 1"]
    siren.wait(1)

    assert siren.chat[1:] == ["outage: new case 2"]


def test_the_same_again_is_counted_not_told(siren: Siren) -> None:
    siren.live_by("repeat_interval: 1h")
    siren.critical("1", "Reboots")
    siren.wait(30)

    siren.critical("1", "Reboots again")
    siren.wait(3_000)

    assert siren.chat == ["outage: new Reboots"]
    assert [row.times for row in siren.alerts()] == [2]


def test_a_notice_that_was_seen_again_is_told_again_after_the_repeat_interval(
    siren: Siren,
) -> None:
    siren.live_by("repeat_interval: 1h")
    siren.critical("1", "Reboots")
    siren.wait(30)
    siren.critical("1", "Reboots again")

    siren.wait(3_600)
    siren.wait(7_200)

    assert siren.chat == ["outage: new Reboots", "outage: again Reboots again"]
    assert [row.state for row in siren.alerts()] == ["over"]


def test_what_lasts_is_told_again_until_it_is_resolved_once(siren: Siren) -> None:
    siren.live_by(f"repeat_interval: 1h, {LASTS}")
    siren.critical("1")
    siren.wait(30)
    siren.wait(3_600)
    siren.wait(3_600)

    siren.calm("1")
    siren.wait(300)
    siren.wait(7_200)

    said = ["outage: new case 1", "outage: again case 1", "outage: again case 1"]
    assert siren.chat == [*said, "outage: resolved case 1"]


def test_what_is_over_before_anybody_was_told_is_not_told(siren: Siren) -> None:
    siren.live_by(LASTS)
    siren.critical("1")

    siren.calm("1")
    siren.wait(3_600)

    assert siren.chat == []
    assert [row.reason for row in siren.alerts()] == ["over before anybody was told"]


def test_what_begins_again_after_its_end_is_new(siren: Siren) -> None:
    siren.live_by(LASTS)
    siren.critical("1")
    siren.wait(30)
    siren.calm("1")
    siren.wait(300)

    siren.critical("1")
    siren.wait(300)

    assert siren.chat == ["outage: new case 1", "outage: resolved case 1", "outage: new case 1"]


def test_what_goes_on_before_its_end_was_told_is_still_there(siren: Siren) -> None:
    siren.live_by(LASTS)
    siren.critical("1")
    siren.wait(30)
    siren.calm("1")

    siren.critical("1")
    siren.wait(3_600)

    assert siren.chat == ["outage: new case 1"]


def test_for_tells_what_still_holds_on_the_record_as_it_is_then(siren: Siren) -> None:
    siren.live_by("for: 10m, group_wait: 0s")
    siren.critical("1")
    siren.critical("2")

    siren.wait(540)
    siren.calm("1")
    siren.wait(60)

    assert siren.chat == ["outage: new case 2"]
    reasons = {row.subject: row.reason for row in siren.alerts()}
    assert reasons["crm:Case:1"].startswith("it did not hold any more when its `for` was over")


def test_a_restart_between_any_two_steps_changes_nothing(siren: Siren) -> None:
    siren.live_by(f"group_wait: 30s, {LASTS}")

    siren.critical("1")
    siren.town.forget_compiled()
    siren.wait(30)
    siren.town.forget_compiled()
    siren.calm("1")
    siren.town.forget_compiled()
    siren.wait(300)

    assert siren.chat == ["outage: new case 1", "outage: resolved case 1"]
