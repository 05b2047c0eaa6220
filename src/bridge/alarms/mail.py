"""Alarms by SMTP."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from bridge.alarms.alarm import Alarm
from bridge.canonical.ids import stable_id
from bridge.settings import SmtpAlarm, Tls

TIMEOUT_SECONDS = 15.0


def send(alarm: Alarm, to: SmtpAlarm, *, now: datetime, context: ssl.SSLContext) -> None:
    """One mail to everybody named. Raises SMTPException or OSError when nobody could be reached."""
    message = _message(alarm, to, now)
    with _connected(to, context) as server:
        if to.user and to.password:
            server.login(to.user, to.password.reveal())
        server.send_message(message, from_addr=to.sender, to_addrs=list(to.to))


@contextmanager
def _connected(to: SmtpAlarm, context: ssl.SSLContext) -> Iterator[smtplib.SMTP]:
    """A connection as secret as the setting asks; STARTTLS that is not offered is an error."""
    if to.tls is Tls.IMPLICIT:
        with smtplib.SMTP_SSL(
            to.host, to.port, timeout=TIMEOUT_SECONDS, context=context
        ) as implicit:
            yield implicit
        return
    with smtplib.SMTP(to.host, to.port, timeout=TIMEOUT_SECONDS) as server:
        if to.tls is Tls.STARTTLS:
            server.starttls(context=context)
        yield server


def _message(alarm: Alarm, to: SmtpAlarm, now: datetime) -> EmailMessage:
    identity = stable_id("msg", alarm.key, alarm.state, alarm.since.isoformat())
    message = EmailMessage()
    message["From"] = to.sender
    message["To"] = ", ".join(to.to)
    message["Subject"] = alarm.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{identity}@{to.sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message.set_content("\n\n".join(part for part in (alarm.story, alarm.page) if part))
    return message
