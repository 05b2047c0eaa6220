"""Where alarms go: the first address that works and is not itself what is broken."""

import ssl
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit

import structlog

from bridge.alarms import mail, webhook
from bridge.alarms.alarm import Alarm
from bridge.errors import BridgeError, DeliveryError, Unconfigured
from bridge.http import Http
from bridge.settings import AlarmAddress, Heartbeat, SmtpAlarm, TeamsAlarm, WebhookAlarm

HEARTBEAT_SECONDS = 10.0

Address = TeamsAlarm | WebhookAlarm | SmtpAlarm
PostToChannel = Callable[[str, str, str, str, str], None]
"""Connection, channel, title, text, link. Raises whatever it likes when the card was not taken."""

log = structlog.get_logger()


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


@dataclass(frozen=True, kw_only=True)
class Means:
    """What the senders need from outside. `tls`: whose certificates a mail server may show."""

    post_to_channel: PostToChannel
    tls: Callable[[], ssl.SSLContext] = field(default=_tls)


def say(
    alarm: Alarm,
    addresses: Sequence[AlarmAddress],
    *,
    broken: frozenset[str],
    means: Means,
    now: datetime,
) -> str | None:
    """Tell the first address that takes it; its name, or `None` when none did. Never raises.

    `broken`: connections that do not work now, so a Teams channel behind one is passed over.
    """
    for address in (address.way for address in addresses):
        if isinstance(address, TeamsAlarm) and address.connection in broken:
            continue
        try:
            _tell(alarm, address, means=means, now=now)
        except Exception as error:  # noqa: BLE001  (the next address is the remedy)
            log.warning("alarms.not_taken", address=name(address), error=_reason(error))
        else:
            log.info("alarms.said", address=name(address), alarm=alarm.key, state=alarm.state)
            return name(address)
    log.error("alarms.unheard", alarm=alarm.key, state=alarm.state)
    return None


def name(address: Address) -> str:
    """How logs and the API call an address; nothing in it is secret."""
    match address:
        case TeamsAlarm():
            return f"teams:{address.connection}/{address.channel}"
        case WebhookAlarm():
            return f"webhook:{_host(address)}"
        case SmtpAlarm():
            return f"smtp:{address.host}"


def beat(heartbeat: Heartbeat) -> None:
    """Tell the outside that we are alive. Raises a BridgeError when it was not taken."""
    url = heartbeat.address()
    host = frozenset({urlsplit(url).hostname or ""})
    http = Http("heartbeat", allow_hosts=host, deadline=HEARTBEAT_SECONDS, secret_path=True)
    try:
        answer = http.request("GET", url)
    finally:
        http.close()
    if not answer.is_success:
        raise DeliveryError("heartbeat: not taken", code=str(answer.status_code))


def _tell(alarm: Alarm, address: Address, *, means: Means, now: datetime) -> None:
    match address:
        case TeamsAlarm():
            means.post_to_channel(
                address.connection, address.channel, alarm.subject, alarm.story, alarm.page
            )
        case WebhookAlarm():
            webhook.post(alarm, address, now=now)
        case SmtpAlarm():
            mail.send(alarm, address, now=now, context=means.tls())


def _host(address: WebhookAlarm) -> str:
    """The host alone: the path of such a URL is often its password."""
    try:
        return urlsplit(address.address()).hostname or ""
    except Unconfigured:
        return str(address.url)


def _reason(error: Exception) -> str:
    """Our own words, or the kind of somebody else's error, whose text may hold an address."""
    match error:
        case DeliveryError(code=str(code)) if code:
            return f"{type(error).__name__} {code}"
        case BridgeError():
            return str(error)
        case _:
            return type(error).__name__


def nowhere(
    addresses: Sequence[AlarmAddress], channels: Mapping[str, Collection[str]]
) -> Iterator[str]:
    """What is wrong with Teams addresses; `channels` are those of each Teams connection."""
    for address in addresses:
        teams = address.teams
        if teams is None:
            continue
        if teams.connection not in channels:
            yield f"alarms: {teams.connection} is no Teams connection"
        elif teams.channel not in channels[teams.connection]:
            known = ", ".join(sorted(channels[teams.connection])) or "none"
            yield f"alarms: {teams.connection} has no channel {teams.channel}; there are: {known}"
