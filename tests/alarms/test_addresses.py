"""Alarms find an address that works, and tell no secret on the way."""

import pytest
from structlog.testing import capture_logs

from alarms.listeners import KEY, TEAMS, WEBHOOK, Channels, Secrets, Tell, Tls, smtp
from alarms.mailbox import Mailbox
from alarms.receiver import Receiver
from bridge.alarms.addresses import beat
from bridge.alarms.alarm import Alarm
from bridge.errors import BridgeError
from bridge.settings import Heartbeat


def test_the_first_address_that_works_is_the_only_one_told(
    alarm: Alarm, secrets: Secrets, receiver: Receiver, channels: Channels, tell: Tell
) -> None:
    both = [TEAMS, {"webhook": secrets}]

    heard = tell(*both, broken={"jira"})

    assert heard == "teams:teams/alerts"
    assert receiver.calls == []
    [(connection, channel, title, text, link)] = channels.cards
    assert (connection, channel, link) == ("teams", "alerts", alarm.link)
    assert "\n" not in title
    assert "renew them" in text


def test_a_link_that_leads_nowhere_is_not_told(
    alarm: Alarm, mailbox: Mailbox, channels: Channels, tell: Tell
) -> None:
    """Nobody has said under which address people reach Bridge."""
    nowhere = alarm.model_copy(update={"link": "/api/v1/holds"})

    tell(TEAMS, about=nowhere)
    tell(smtp(mailbox), about=nowhere)

    assert [card[-1] for card in channels.cards] == [""]
    assert "/api/v1/holds" not in mailbox.mails[0].message.get_content()


def test_an_address_that_is_itself_broken_is_passed_over(
    secrets: Secrets, receiver: Receiver, channels: Channels, tell: Tell
) -> None:
    both = [TEAMS, {"webhook": secrets}]

    heard = tell(*both, broken={"teams"})

    assert heard == "webhook:127.0.0.1"
    assert channels.cards == []
    assert len(receiver.calls) == 1


@pytest.mark.parametrize("status", [302, 410, 500])
def test_an_address_that_fails_falls_through_to_the_next(
    receiver: Receiver, mailbox: Mailbox, channels: Channels, status: int, tell: Tell
) -> None:
    receiver.status, channels.away = status, True
    all_three = [TEAMS, WEBHOOK, smtp(mailbox)]

    heard = tell(*all_three)

    assert heard == "smtp:127.0.0.1"
    assert len(receiver.calls) == len(mailbox.mails) == 1


def test_nothing_is_raised_and_nothing_secret_is_logged_when_nobody_takes_it(
    secrets: Secrets, receiver: Receiver, channels: Channels, tls: Tls, tell: Tell
) -> None:
    receiver.status, channels.away = 500, True
    mailbox = Mailbox(tls=tls.server, welcome=False)
    login = {"user": "bridge", "password": "env:MAIL_PASSWORD", "tls": "starttls"}
    unset = {"url": "env:NOBODY_SET_THIS", "secret": "env:ALARM_KEY"}
    everywhere = [TEAMS, {"webhook": secrets}, {"webhook": unset}, smtp(mailbox, **login)]

    with capture_logs() as lines:
        heard = tell(*everywhere)

    mailbox.close()
    assert heard is None
    assert [line["event"] for line in lines] == [*["alarms.not_taken"] * 4, "alarms.unheard"]
    for word in ("hunter2", "s3cr3t", KEY, "sig=", "anna@"):
        assert word not in str(lines)


def test_a_heartbeat_is_a_get_that_fails_aloud_and_without_its_url(
    secrets: Secrets, receiver: Receiver
) -> None:
    heartbeat = Heartbeat.model_validate({"url": "env:ALARM_URL"})

    beat(heartbeat)
    receiver.status = 500
    with pytest.raises(BridgeError) as error:
        beat(heartbeat)

    assert [call.method for call in receiver.calls] == ["GET", "GET"]
    assert "s3cr3t" not in str(error.value)
