"""What became of an alert is told where its event is explained."""

from alerts.siren import LASTS, Siren


def test_an_alert_that_waits_says_when_it_is_told(small_siren: Siren) -> None:
    small_siren.live_by("group_wait: 30s")
    small_siren.critical("1")

    (found,) = small_siren.town.why("crm:Case:1")

    (words,) = found.became.values()
    assert words == (
        (
            "an alert: to be told in chat, channel ops together with others of its group at"
            " 2026-11-23 09:00:31 UTC"
        ),
    )
    (group,) = {row.id for row in small_siren.groups()}
    said = " ".join(found.text.split())
    assert f"No deliveries of its own: it is told by {group} (bridge alerts show {group})." in said
    assert "    → an alert: to be told in chat, channel ops" in found.text


def test_an_alert_that_was_told_names_the_card_and_how_often_it_was_seen(
    small_siren: Siren,
) -> None:
    small_siren.live_by(f"repeat_interval: 1h, {LASTS}")
    small_siren.critical("1")
    small_siren.wait(30)
    small_siren.critical("1", "again")

    newest, first = small_siren.town.why("crm:Case:1")

    (card,) = small_siren.town.deliveries()
    (words,) = first.became.values()
    assert words == next(iter(newest.became.values()))
    assert words == (
        (
            f"told together with others of its group in chat, channel ops at 2026-11-23 09:00:31 UTC"
            f" ({card.id})"
        ),
        "2 events said the same",
    )


def test_an_alert_that_must_last_first_says_until_when(small_siren: Siren) -> None:
    small_siren.live_by("for: 10m")
    small_siren.critical("1")

    (found,) = small_siren.town.why("crm:Case:1")

    (words,) = found.became.values()
    assert words == (
        "an alert: told in chat, channel ops if it still holds at 2026-11-23 09:10:01 UTC",
    )


def test_an_alert_that_is_over_says_since_when_and_why(small_siren: Siren) -> None:
    small_siren.live_by(f"group_wait: 30s, {LASTS}")
    small_siren.critical("1")
    small_siren.calm("1")

    *_, first = small_siren.town.why("crm:Case:1")

    (words,) = first.became.values()
    assert words == ("over since 2026-11-23 09:00:01 UTC: over before anybody was told",)


def test_an_alert_that_is_silenced_names_the_silence(small_siren: Siren) -> None:
    small_siren.live_by(f"group_wait: 30s, {LASTS}")
    silence = small_siren.silence("rule=outage", hours=1)
    small_siren.critical("1")

    (found,) = small_siren.town.why("crm:Case:1")

    assert f"    → silenced by {silence} until 2026-11-23 10:00:01 UTC" in found.text
