"""Salesforce's own words: objects, fields, picklists and lengths, from describe."""

from collections.abc import Iterator

from bridge.connectors.salesforce.client import SalesforceClient
from bridge.connectors.salesforce.metadata import Describe
from bridge.connectors.salesforce.payloads import FieldDescribe
from bridge.connectors.vocabulary import Holds, Missing, Said, Told, Unknown, Vocabulary, or_nearest
from bridge.errors import PermanentError

PICKLISTS = frozenset({"picklist", "multipicklist"})
RICH = "richtextarea"  # what describe says beside the type of a Rich Text Area
_HOLDS = {
    **dict.fromkeys(("string", "textarea", "email", "phone", "url"), Holds.TEXT),
    **dict.fromkeys(("double", "int", "currency", "percent"), Holds.NUMBER),
    **dict.fromkeys(PICKLISTS, Holds.CHOICE),
    "date": Holds.DAY,
    "datetime": Holds.MOMENT,
    "boolean": Holds.CHECKBOX,
}
_OBJECT = ("object",)


def field(client: SalesforceClient, object_: str, path: str) -> Told:
    """A field by API name; of `Account.Name` the way to the other object is looked at."""
    describe = _describe(client, object_)
    first, *rest = path.split(".")
    found = describe.relationship(first) if rest else describe.field(first)
    if found is None:
        describe = client.describe_anew(object_)
        found = describe.relationship(first) if rest else describe.field(first)
    if found is None:
        known = [one.relationship for one in describe.object.fields if one.relationship]
        names = known if rest else describe.names
        what = "relationship" if rest else "field"
        raise Missing(f"{object_} has no {what} `{first}`{or_nearest(first, names)}")
    if rest:
        return Told(closed=found.restricted)
    return Told(words=_words(found), closed=found.restricted, holds=_holds(found))


def step(client: SalesforceClient, action: str, said: Said) -> Iterator[Unknown]:
    """What Salesforce would refuse of a record that is written."""
    for name in sorted(map(str, said.get(_OBJECT, ()))):
        try:
            describe = _describe(client, name)
        except Missing as error:
            yield Unknown(place=_OBJECT, text=str(error), word=name)
            continue
        yield from _keys(client, action, said, describe)
        for place, words in said.items():
            if place[0] == "fields" and len(place) > 1:
                yield from _written(
                    describe, place, words, creates=action.endswith("create_record")
                )


VOCABULARY = Vocabulary[SalesforceClient](field=field, step=step)


def _describe(client: SalesforceClient, name: str) -> Describe:
    try:
        return client.describe(name)
    except PermanentError as error:
        raise Missing(f"Salesforce has no object `{name}`; {error}") from None


def _keys(
    client: SalesforceClient, action: str, said: Said, describe: Describe
) -> Iterator[Unknown]:
    """What an upsert goes by must be an external id."""
    names = {str(one): ("key_field",) for one in said.get(("key_field",), ())}
    if action == "salesforce.create_record":
        names = {client.settings.write_key_field: _OBJECT}
    for name, place in names.items():
        found = describe.field(name)
        if found is None or not found.external_id:
            text = f"{describe.object.name} has no external id `{name}`; make that field one, and unique"
            yield Unknown(place=place, text=text)


def _written(
    describe: Describe, place: tuple[str, ...], words: frozenset[object], *, creates: bool
) -> Iterator[Unknown]:
    name = place[-1]
    found = describe.field(name)
    if found is None:
        if describe.relationship(name) is None:
            text = f"{describe.object.name} has no field `{name}`{or_nearest(name, describe.names)}"
            yield Unknown(place=place, text=text)
        return
    if not (found.createable if creates else found.updateable):
        yield Unknown(
            place=place, text=f"`{name}` cannot be written; take it out, or ask for the right to"
        )
    known = _words(found)
    taken = {one.casefold() for each in found.picklist for one in (each.value, each.label or "")}
    for word in sorted(one for one in words if isinstance(one, str)):
        parts = {part.casefold() for part in word.split(";") if part}
        if known and found.restricted and not parts <= taken:
            text = f'`{name}` has no value "{word}"{or_nearest(word, known)}'
            yield Unknown(place=place, text=text, word=word)
        elif not known and found.length and len(word) > found.length:
            text = f"`{name}` holds {found.length} characters, this is {len(word)} long; shorten it"
            yield Unknown(place=place, text=text, word=word)


def _holds(found: FieldDescribe) -> Holds | None:
    return Holds.RICH_TEXT if found.extra == RICH else _HOLDS.get(found.type)


def _words(found: FieldDescribe) -> tuple[str, ...]:
    if found.type not in PICKLISTS:
        return ()
    return tuple(one.value for one in found.picklist if one.active)
