"""Alarms by mail, to a server on a real socket."""

import smtplib

import pytest

from alarms.listeners import Channels, Secrets, Tell, Tls, addresses, smtp
from alarms.mailbox import Mailbox
from bridge.alarms import mail
from bridge.alarms.addresses import Means, say
from bridge.alarms.alarm import Alarm
from bridge.settings import SmtpAlarm
from clocks import FakeClock


def test_a_mail_says_what_is_wrong_and_what_to_do(mailbox: Mailbox, tell: Tell) -> None:
    heard = tell(smtp(mailbox))

    [got] = mailbox.mails
    text = got.message.get_content()
    assert heard == "smtp:127.0.0.1"
    assert (got.sender, got.to) == ("bridge@example.com", ["anna@example.com", "ben@example.com"])
    assert got.message["Subject"].startswith(
        "Bridge needs you: salesforce does not accept our cred"
    )
    assert "客户 😀" in text
    assert "What to do: renew them" in text
    assert "https://bridge.example.com/api/v1/connections/salesforce" in text
    assert got.message["Message-ID"].endswith("@example.com>")
    assert "Mon, 23 Nov 2026 09:01:00" in got.message["Date"]


def test_a_password_goes_over_tls_only(secrets: Secrets, tls: Tls, tell: Tell) -> None:
    mailbox = Mailbox(tls=tls.server)
    login = {"user": "bridge", "password": "env:MAIL_PASSWORD", "tls": "starttls"}

    heard = tell(smtp(mailbox, **login))

    mailbox.close()
    assert heard == "smtp:127.0.0.1"
    assert [(got.secure, got.login) for got in mailbox.mails] == [(True, "\0bridge\0hunter2")]


def test_a_mail_server_without_starttls_gets_nothing(
    alarm: Alarm, secrets: Secrets, mailbox: Mailbox, means: Means, clock: FakeClock
) -> None:
    login = {"user": "bridge", "password": "env:MAIL_PASSWORD", "tls": "starttls"}
    [address] = addresses(smtp(mailbox, **login))
    assert isinstance(address.way, SmtpAlarm)

    with pytest.raises(smtplib.SMTPNotSupportedError):
        mail.send(alarm, address.way, now=clock.now(), context=means.tls())

    assert mailbox.mails == []


def test_a_mail_server_that_nobody_vouches_for_gets_nothing(
    alarm: Alarm, channels: Channels, clock: FakeClock, tls: Tls, tell: Tell
) -> None:
    mailbox = Mailbox(tls=tls.server)

    heard = say(
        alarm,
        addresses(smtp(mailbox, tls="starttls")),
        broken=frozenset(),
        means=Means(post_to_channel=channels.post),
        now=clock.now(),
    )

    mailbox.close()
    assert heard is None
    assert mailbox.mails == []
