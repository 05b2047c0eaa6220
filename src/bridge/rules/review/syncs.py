"""Rules and sources that write what a sync keeps, or what a sync says that nobody writes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bridge.converters.amounts import Money
from bridge.rules import arguments
from bridge.rules.agree import End
from bridge.rules.problem import Problem
from bridge.rules.review.places import Places
from bridge.rules.ruleset import Rule, RuleSet, Step
from bridge.rules.step_loader import system
from bridge.rules.sync import Sync
from bridge.rules.template import Table

LEVEL = "restricted_to"  # the field of a record that few may see: a security level
_MOVE = "to"  # by what name a sync moves a record from state to state


@dataclass(frozen=True)
class _Written:
    """What a step sets of a record that is there, by the names its action compares."""

    rule: Rule
    step: Step
    names: frozenset[str]

    def problem(self, text: str) -> Problem:
        site = self.step.site
        return site.document.key_problem(site.path, text)


def of_syncs(rules: RuleSet, places: Places) -> Iterator[Problem]:
    """Every sync beside every rule and source."""
    if not rules.syncs:
        return
    written = [one for rule in rules.rules for one in _steps(rule)]
    for sync in rules.syncs:
        for one in written:
            yield from _denied(rules, sync, one)
            yield from _twice(rules, sync, one)
        yield from _write_backs(sync, places)
        yield from _currencies(sync)
        yield from _levels(sync)


def _steps(rule: Rule) -> Iterator[_Written]:
    for step in rule.steps:
        if step.action.target is None:
            continue
        if step.action.moves:
            yield _Written(rule, step, frozenset({_MOVE}))
            continue
        found = arguments.sets(step.args, action=step.action, addressed=step.target is not None)
        yield _Written(rule, step, frozenset(name.casefold() for name in found))


def _goes_to(rules: RuleSet, one: _Written, connection: str) -> bool:
    """Whether a step may write to this connection."""
    if one.step.connection is not None:
        return one.step.connection == connection
    return rules.systems.get(connection, connection) == system(one.step.action)


def _denied(rules: RuleSet, sync: Sync, one: _Written) -> Iterator[Problem]:
    for connection, fields in sync.never.items():
        for name in sorted(one.names & fields) if _goes_to(rules, one, connection) else ():
            yield one.problem(
                f"`{name}` stands in `never` of sync `{sync.id}`; take it out of one of them"
            )


def _twice(rules: RuleSet, sync: Sync, one: _Written) -> Iterator[Problem]:
    each = one.rule.each
    kind = each.linked if each is not None else one.rule.kind
    for end in End:
        source = sync.source(end)
        if source.kind != kind or not _goes_to(rules, one, source.connection):
            continue
        for name in sorted(one.names & _written_by(sync, end, one)):
            text = f"`{name}` of the same record is written by sync `{sync.id}` too"
            found = one.problem(f"{text}; let one of the two write it")
            yield found if _surely(sync, one) else found.warning()


def _written_by(sync: Sync, end: End, one: _Written) -> frozenset[str]:
    slots = (pair.slot(end) for pair in sync.pairs if pair.writes(end))
    return frozenset(
        slot.sets.casefold()
        for slot in slots
        if slot.action is not None and slot.action.moves == one.step.action.moves
    )


def _surely(sync: Sync, one: _Written) -> bool:
    """Whether both mean one record: linked in a role of both, and not named by the step itself."""
    named = isinstance(one.step.args, Table) and one.step.action.target in one.step.args.items
    each = one.rule.each
    return not named and each is not None and bool({*each.roles} & {*sync.roles})


def _write_backs(sync: Sync, places: Places) -> Iterator[Problem]:
    """Fields that Bridge keeps at the records of a source, for people."""
    sites = {str(source.get("id")): site for site, source in places.sources()}
    for end in End:
        source = sync.source(end)
        taken: Mapping[str, str] = {
            **dict.fromkeys(
                sync.never.get(source.connection, ()), f"stands in `never` of sync `{sync.id}`"
            ),
            **{
                pair.slot(end).sets.casefold(): f"is written by sync `{sync.id}` too"
                for pair in sync.pairs
                if pair.writes(end)
            },
        }
        for name, field in source.write_back.items():
            if field.casefold() in taken:
                site = sites[source.id]
                text = f"`{field}` {taken[field.casefold()]}; take it out of one of them"
                yield site.document.problem((*site.path, "write_back", name), text)


def _currencies(sync: Sync) -> Iterator[Problem]:
    """Amounts that come as bare numbers: a field of Jira, an org with one currency."""
    for number, pair in enumerate(sync.pairs):
        if not isinstance(pair.converter, Money):
            continue
        for end in End:
            slot = pair.slot(end)
            form = sync.source(end).fields.get(slot.name)
            is_bare = form is not None and form.field is not None
            if is_bare and slot.place.said(pair.converter.currencies) is None:
                at = slot.place.connection
                text = (
                    f"amounts of `{slot.name}` come without a currency from {at}, and are taken for"
                    f" those of the other end; say `as: {{money: {{currencies: {{{at}: EUR}}}}}}`, with"
                    " the one they are in"
                )
                site = sync.site
                yield site.document.problem((*site.path, "fields", number), text).warning()


def _levels(sync: Sync) -> Iterator[Problem]:
    """Records that few may see, where nothing tells which."""
    for word, form in (("comments", sync.form.comments), ("attachments", sync.form.attachments)):
        for end in End if form is not None and form.restricted == "internal" else ():
            source = sync.source(end)
            if (
                LEVEL not in source.model.model_fields
                or LEVEL in source.fields.keys() & source.tracked
            ):
                continue
            text = (
                f"source `{source.id}` does not tell which {source.object}s few may see, and what is"
                f" said on them is carried; let it read and track `{LEVEL}`, or say"
                " `restricted: public`"
            )
            yield sync.site.document.key_problem((*sync.site.path, word), text).warning()
