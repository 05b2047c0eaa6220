"""Jira's own words: fields, issue types, priorities, statuses; from its lists and create metadata."""

from collections.abc import Iterator

from bridge.connectors.jira.actions.transition import CATEGORIES
from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.fields import TEXT_AREA, TEXT_AREAS
from bridge.connectors.jira.form import Field, Form, UnknownField
from bridge.connectors.vocabulary import (
    Holds,
    Missing,
    Said,
    Screen,
    Told,
    Unknown,
    Vocabulary,
    or_nearest,
)
from bridge.errors import PermanentError

ISSUE = "issue"
# What our snapshot of an issue adds to its fields, and where a list of all words is kept.
ADDED = frozenset({"id", "key", "url"})
LISTS = {"priority.name": "priority", "status.name": "status", "resolution.name": "resolution"}
_HOLDS = {  # by the type of a field's schema
    "string": Holds.TEXT,
    "date": Holds.DAY,
    "datetime": Holds.MOMENT,
    "number": Holds.NUMBER,
    "user": Holds.PERSON,
    "option": Holds.CHOICE,
    "priority": Holds.CHOICE,
}
CATEGORY = "status.statusCategory.key"
NAMED = {"priority": "priority", "resolution": "resolution"}
_IDS = {"due": "duedate"}  # an argument's name where it is not the field's id
_BESIDE = frozenset({"project", "type", "issue", "markup", "fields", "to"})


def field(client: JiraClient, object_: str, path: str) -> Told:
    """A field of an issue, by the id that a source reads it by. Other objects have no metadata."""
    if object_ != ISSUE:
        return Told()
    form = client.field_list()
    head = path if path in form else path.partition(".")[0]
    if head not in ADDED and head not in form:
        named = {one.name: one.id for one in form.fields.values()}
        hint = or_nearest(head, form.fields)
        said = f"; its id is `{named[head]}`" if head in named else hint
        raise Missing(f"Jira has no field `{head}`{said}")
    if path == CATEGORY:
        return Told(words=("new", "indeterminate", "done", "undefined"))
    holds = _holds(form.fields[head]) if head in form else None
    return Told(words=_names(client, LISTS[path]) if path in LISTS else (), holds=holds)


def _holds(found: Field) -> Holds | None:
    """Texts of several lines are markup, whatever their renderer shows of it."""
    if found.id in TEXT_AREAS or found.custom.endswith(TEXT_AREA):
        return Holds.MARKUP
    return _HOLDS.get(found.type)


def step(client: JiraClient, action: str, said: Said) -> Iterator[Unknown]:
    """What Jira would refuse of an issue that is made, changed or moved."""
    match action:
        case "jira.create_issue":
            yield from _create(client, said)
        case "jira.update_issue":
            yield from _fields(client, said, client.field_list())
        case "jira.transition_issue":
            yield from _to(client, said)
            yield from _fields(client, said, client.field_list())
        case _:
            return


def screen(client: JiraClient, object_: str) -> Screen | None:
    """What the issue that was changed last lets us edit: each type may have a screen of its own, and only
    an issue tells of it."""
    if object_ != ISSUE:
        return None
    project = client.settings.project
    which = f'project = "{project}"' if project else "updated >= -90d"
    jql = f"{which} ORDER BY updated DESC"
    newest = next(client.search(jql, ["summary"]), None)
    if newest is None:
        return None
    key = str(newest["key"])
    return Screen(of=key, fields=frozenset(client.edit_form(key).fields))


VOCABULARY = Vocabulary[JiraClient](field=field, step=step, screen=screen)


def _create(client: JiraClient, said: Said) -> Iterator[Unknown]:
    """Each project and type it may be made in has a form of its own."""
    projects = said.get(("project",)) or frozenset(filter(None, [client.settings.project]))
    for project in sorted(map(str, projects)):
        for kind in sorted(map(str, said.get(("type",), ()))):
            try:
                form = client.create_form(project, kind)
            except PermanentError as error:
                place, word = (("type",), kind) if error.code == "type" else (("project",), project)
                text = str(error).removeprefix("jira: ")
                yield Unknown(place=place, text=text, word=word)
                continue
            yield from _fields(client, said, form)


def _fields(client: JiraClient, said: Said, form: Form) -> Iterator[Unknown]:
    for place, words in said.items():
        name = place[-1]
        if place[0] in _BESIDE and len(place) == 1:
            continue
        try:
            found = form.find(_IDS.get(name, name))
        except UnknownField as error:
            hint = or_nearest(name, [one.name for one in form.fields.values()])
            yield Unknown(
                place=place, text=f"{str(error).removeprefix('jira: ').partition(';')[0]}{hint}"
            )
            continue
        known = _allowed(client, found)
        taken = {*map(str.casefold, known)}
        for word in sorted(one for one in words if isinstance(one, str)):
            if known and word.casefold() not in taken:
                text = f'`{found.name}` has no value "{word}"{or_nearest(word, known)}'
                yield Unknown(place=place, text=text, word=word)


def _allowed(client: JiraClient, found: Field) -> tuple[str, ...]:
    """The words it takes, by name, by value and by id; none where it takes any."""
    if found.id in NAMED and not found.allowed:
        return _names(client, NAMED[found.id])
    keys = ("name", "value", "id", "key")
    return tuple(str(one[key]) for one in found.allowed for key in keys if one.get(key))


def _to(client: JiraClient, said: Said) -> Iterator[Unknown]:
    shown = client.listed("status")
    names = [str(one.get("name")) for one in shown]
    known = {*map(str.casefold, names), *(str(one.get("id")) for one in shown), *CATEGORIES}
    for word in sorted(map(str, said.get(("to",), ()))):
        if word.casefold() not in known:
            text = f'Jira has no status "{word}"{or_nearest(word, names)}'
            yield Unknown(place=("to",), text=text, word=word)


def _names(client: JiraClient, kind: str) -> tuple[str, ...]:
    return tuple(str(one.get("name")) for one in client.listed(kind))
