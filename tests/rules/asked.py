"""A condition that is asked about one record, and why it did not hold."""

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.canonical.event import Change
from bridge.ledger.facts import Facts
from bridge.rules.account import Account, Wanted, accounts
from bridge.rules.why_not import WhyNot
from rules.fakes import NOW, event, loaded, rule


def account(
    condition: str,
    record: Mapping[str, Any],
    *,
    when: str = "feedback.created",
    changed: Sequence[str] = (),
    do: str = "[{teams.post_card: {channel: a, title: b}}]",
    more: str = "",
    revealed: bool = False,
    **facts: Any,
) -> Account:
    """What one rule with this condition says of a record."""
    changes = tuple(Change(field=name, before="old", after="new") for name in changed)
    happened = event(record, kind=when, changes=changes)
    rules = loaded(rule(condition=condition, when=when, do=do, more=more))
    known = Facts(**{"now": NOW, **facts})
    (found,) = accounts(happened, known, rules, Wanted(revealed=revealed))
    return found


def asked(condition: str, record: Mapping[str, Any], **given: Any) -> WhyNot:
    """Why this condition does not hold of a record."""
    why = account(condition, record, **given).why
    assert why is not None
    return why


def failed(why: WhyNot) -> list[str]:
    return [one.words for one in why.failed]


def fixes(why: WhyNot) -> list[str]:
    return [one.words for one in why.fixes]
