"""Signed Jira webhooks: issues that move, each update with its number in the summary."""

import hashlib
import hmac
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from bench.cell import Keys

RECORDS = 500
HOT_RECORDS = 8
EMPTY_FIELDS = 40  # custom fields that an issue shows although nobody filled them
_BEGIN = datetime(2026, 11, 23, 9, tzinfo=UTC)
_SITE = "https://acme.atlassian.net"
_STATUSES = (
    ("10000", "To Do", "new"),
    ("3", "In Progress", "indeterminate"),
    ("5", "Done", "done"),
)


@dataclass(frozen=True, kw_only=True)
class Update:
    """One update of one record. `number` grows over all records, `turn` counts within the record."""

    number: int
    record: int
    turn: int


def updates(count: int, *, first: int, keys: Keys, seed: int) -> Iterator[Update]:
    """`count` updates, numbered from `first`.

    Hot: half of them go to a few records. Distinct: each has a record of its own.
    """
    lot, turns = random.Random(seed), Counter[int]()
    for number in range(first, first + count):
        hot = keys == "hot" and lot.random() < 0.5
        record = number if keys == "distinct" else lot.randrange(HOT_RECORDS if hot else RECORDS)
        turns[record] += 1
        yield Update(number=number, record=record, turn=turns[record])


def request(update: Update, *, secret: str) -> bytes:
    """The whole HTTP request, signed."""
    body = _body(update)
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    head = (
        "POST /webhooks/jira HTTP/1.1\r\nhost: bridge\r\n"
        "content-type: application/json; charset=utf-8\r\n"
        "user-agent: Atlassian Webhook HTTP Client\r\n"
        f"x-atlassian-webhook-identifier: bench-{update.number}\r\n"
        f"x-hub-signature: sha256={signature}\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def case_id(record: int) -> str:
    """The id of the case that a record's updates are written to."""
    return f"500Wq{record:010}IAA"


def summary(number: int) -> str:
    """The text by which the sink knows an update again."""
    return f"{number} is the update that this summary tells of"


def number_of(text: str) -> int:
    """The update that a summary tells of."""
    return int(text.partition(" ")[0])


def _body(update: Update) -> bytes:
    """Over four kilobytes, in the form of Jira Cloud: users with avatars, many empty fields."""
    at = _BEGIN + timedelta(milliseconds=update.number)
    before, after = _STATUSES[update.turn % 3 - 1], _STATUSES[update.turn % 3]
    change = {
        "field": "status", "fieldtype": "jira", "fieldId": "status",
        "from": before[0], "fromString": before[1], "to": after[0], "toString": after[1],
    }  # fmt: skip
    return orjson.dumps(
        {
            "timestamp": int(at.timestamp() * 1000),
            "webhookEvent": "jira:issue_updated",
            "issue_event_type_name": "issue_generic",
            "user": _user("712020:1f0c", "Dana Reyes"),
            "issue": {
                "id": str(10_000 + update.record),
                "key": f"ENG-{update.record}",
                "self": f"{_SITE}/rest/api/2/issue/{10_000 + update.record}",
                "fields": _fields(update, at, after),
            },
            "changelog": {"id": str(20_000 + update.number), "items": [change]},
        }
    )


def _fields(update: Update, at: datetime, status: tuple[str, str, str]) -> dict[str, object]:
    number, name, category = status
    return {
        "summary": summary(update.number),
        "description": "The router restarts at night, and *nobody* knows why.\n" * 12,
        "issuetype": {"self": f"{_SITE}/rest/api/2/issuetype/10004", "id": "10004", "name": "Bug"},
        "project": {"self": f"{_SITE}/rest/api/2/project/10001", "id": "10001", "key": "ENG"},
        "status": {
            "id": number,
            "name": name,
            "statusCategory": {"id": 4, "key": category, "name": name},
        },
        "priority": {"id": "2", "name": "High", "iconUrl": f"{_SITE}/images/high.svg"},
        "assignee": _user("712020:2b1d", "Sam Okafor"),
        "reporter": _user("712020:3c2e", "Ines Duarte"),
        "creator": _user("712020:3c2e", "Ines Duarte"),
        "labels": ["customer-feedback", "router"],
        "fixVersions": [{"id": "10100", "name": "4.2", "released": False}],
        "components": [{"id": "10200", "name": "Firmware"}],
        "duedate": "2026-12-18",
        "customfield_10050": case_id(update.record),
        "created": "2026-11-02T08:15:00.000+0000",
        "updated": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}+0000",
        **{f"customfield_{10_100 + spare}": None for spare in range(EMPTY_FIELDS)},
    }


def _user(account: str, name: str) -> dict[str, object]:
    avatars = {
        f"{size}x{size}": f"https://avatar.example/{account}/{size}" for size in (16, 24, 48)
    }
    return {
        "self": f"{_SITE}/rest/api/2/user?accountId={account}",
        "accountId": account,
        "accountType": "atlassian",
        "active": True,
        "displayName": name,
        "timeZone": "Europe/Madrid",
        "avatarUrls": avatars,
    }
