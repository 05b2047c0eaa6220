"""Who is unresolved, where they were met, and the line of people.yaml that would say who they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bridge.canonical.kind import Kinds
from bridge.canonical.personal import personal
from bridge.ledger import latest
from bridge.ledger.latest import Latest
from bridge.ledger.tables import CounterpartRow
from bridge.pipeline.people import store
from bridge.pipeline.people.directory import learnt
from bridge.pipeline.people.match import WORDS, Reason
from bridge.pipeline.world import World
from bridge.rules.ruleset import RuleSet


@dataclass(frozen=True, kw_only=True)
class Unresolved:
    """One account that has no counterpart at a connection. `name`: as its record shows it."""

    row: CounterpartRow
    name: str | None
    why: str
    remedy: str


def unresolved(session: Session, world: World, rules: RuleSet) -> list[Unresolved]:
    """Those whom the active people.yaml does not tell either, those met most often first."""
    directory = learnt(session, world, rules)
    rows = [
        row
        for row in store.unresolved(session)
        if row.at == row.to or directory.account(row.account, at=row.at, to=row.to) is None
    ]
    records = {one.ref: one for one in latest.read(session, sorted({row.record for row in rows}))}
    return [_told(row, world.kinds, rules, records.get(row.record)) for row in rows]


def counts(found: Sequence[Unresolved]) -> dict[tuple[str, ...], int]:
    """How many, by where they were met and where they were wanted."""
    told: dict[tuple[str, ...], int] = {}
    for one in found:
        key = (one.row.at, one.row.to)
        told[key] = told.get(key, 0) + 1
    return told


def _told(row: CounterpartRow, kinds: Kinds, rules: RuleSet, record: Latest | None) -> Unresolved:
    name = None if record is None else _name(row.account, kinds, record)
    why = WORDS[Reason(row.reason or Reason.NOT_ASKED)].format(at=row.at, to=row.to)
    return Unresolved(row=row, name=name, why=why, remedy=_remedy(row, name, rules))


def _name(account: str, kinds: Kinds, record: Latest) -> str | None:
    found = personal(kinds[record.kind].model, record.data)
    return next((one.get("name") for one in found if one.get("id") == account), None)


def _remedy(row: CounterpartRow, name: str | None, rules: RuleSet) -> str:
    if row.at == row.to:
        return (
            f"name {row.account!r} by an account id of {row.to} or an e-mail address, in the rule or"
            " in mappings/people.yaml"
        )
    here = rules.people.find((row.at, rules.systems.get(row.at, row.at)), row.account)
    if here is not None:
        return (
            f"in mappings/people.yaml add to the identities of {here.name}: {row.to}: THEIR-ACCOUNT"
        )
    identities = _flow({row.at: row.account, row.to: "THEIR-ACCOUNT"})
    said = _flow({"name": name or "NAME", "department": "DEPARTMENT"}).strip("{}")
    return f"in mappings/people.yaml add: - {{{said}, identities: {identities}}}"


def _flow(values: Mapping[str, Any]) -> str:
    """YAML on one line; a text that YAML could take for something else stands in quotes."""
    return "{" + ", ".join(f'{key}: "{value}"' for key, value in values.items()) + "}"
