"""What differs between two sets of mapping files, by meaning: rules, sources, maps, people. Pure.

Comments, order of keys, and where an item stands in a file mean nothing. A form that is read today
is compared as it is understood (`when: x` is `when: [x]`, a default is the same as left out); one
that is not is compared as it is written, so that a set of an older version can be compared too.
"""

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ValidationError

from bridge.rules import document
from bridge.rules.form import OPEN
from bridge.rules.model import PersonForm, RuleForm, SourceForm
from bridge.rules.sync_form import SyncForm

FILE, MAP = "file", "map"
_FORMS: Mapping[str, type[BaseModel]] = {
    "rule": RuleForm,
    "source": SourceForm,
    "sync": SyncForm,
    "person": PersonForm,
}
_NOUNS = {"rules": "rule", "sources": "source", "syncs": "sync", "people": "person"}
_ORDER = ("rule", "sync", "link", "source", MAP, "person")


class Act(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"  # the order of what is there on both sides


@dataclass(frozen=True, kw_only=True)
class Key:
    """One value that differs: its path inside the item, and what it was and is. `None` where none."""

    path: str  # do.task.jira.create_issue.summary
    act: Act
    before: Any = None
    after: Any = None


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One item that differs. `keys` is empty for what was added or removed as a whole."""

    what: str  # rule, source, map, person; file, where no item of it can be read
    name: str
    act: Act
    file: str
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True)
class _Item:
    file: str
    value: Any


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Difference, ...]:
    """What has to be said of two sets of files (relative path -> text): rules first, then by name."""
    left, right = _items(before), _items(after)
    found = [
        difference
        for what, name in sorted({*left, *right}, key=_place)
        if (difference := _compared(what, name, left.get((what, name)), right.get((what, name))))
    ]
    return (*found, *_reordered(left, right))


def phrase(found: Sequence[Difference]) -> str:
    """The differences in one line that names rules, but no people: `rule x changed, 2 maps added`."""
    groups: dict[tuple[str, Act], list[str]] = {}
    for one in found:
        groups.setdefault((one.what, one.act), []).append(one.name)
    said = [_counted(what, act, names) for (what, act), names in groups.items()]
    return ", ".join(said) or "nothing that means anything"


def text_difference(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """The unified difference of the files, line by line, as `diff -u` and git write it."""
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old != new:
            yield from difflib.unified_diff(
                (old or "").splitlines(),
                (new or "").splitlines(),
                f"a/{name}" if old is not None else "/dev/null",
                f"b/{name}" if new is not None else "/dev/null",
                lineterm="",
            )


def _items(files: Mapping[str, str]) -> dict[tuple[str, str], _Item]:
    found: dict[tuple[str, str], _Item] = {}
    for file in sorted(files):
        read, _ = document.read(file, files[file])
        if read is None or not isinstance(read.value, Mapping):
            found[FILE, file] = _Item(file, "\n".join(files[file].splitlines()))
            continue
        for what, name, value in _named(read.value):
            found.setdefault((what, name), _Item(file, _meaning(what, value)))
    return found


def _named(content: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Every item of one file: what it is, its name, and what it says."""
    for key, value in content.items():
        if key == "maps" and isinstance(value, Mapping):
            yield from ((MAP, name, table) for name, table in value.items())
        elif key == "links" and isinstance(value, Mapping):
            yield from (("link", name, item) for name, item in value.items())
        elif key in _NOUNS and isinstance(value, list):
            for number, item in enumerate(value):
                yield _NOUNS[key], _name(item) or f"number {number + 1}", item
        elif key != "version":
            yield key, key, value


def _meaning(what: str, value: Any) -> Any:
    """An item as it is understood, or as it is written where it is not."""
    form = _FORMS.get(what)
    if form is None:
        return value
    try:
        read = form.model_validate(value)
    except ValidationError:
        return value
    return _written(read.model_dump(mode="json", by_alias=True, exclude_defaults=True))


def _written(value: Any) -> Any:
    """As people write it: what is called stands beside the other keys."""
    if isinstance(value, list):
        return [_written(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    rest = {key: _written(item) for key, item in value.items() if key not in OPEN}
    held = [_written(value[key]) for key in OPEN if isinstance(value.get(key), Mapping)]
    return {key: item for part in (rest, *held) for key, item in part.items()}


def _compared(what: str, name: str, old: _Item | None, new: _Item | None) -> Difference | None:
    if old is None or new is None:
        there = new or old
        assert there is not None
        act = Act.ADDED if old is None else Act.REMOVED
        return Difference(what=what, name=name, act=act, file=there.file)
    keys = tuple(_keys("", old.value, new.value))
    if not keys:
        return None
    shown = () if what == FILE else keys
    return Difference(what=what, name=name, act=Act.CHANGED, file=new.file, keys=shown)


def _keys(path: str, old: Any, new: Any) -> Iterator[Key]:
    """The innermost values that differ. Lists of named things are compared by name."""
    left, right = _table(old), _table(new)
    if left is None or right is None:
        if not _same(old, new):
            yield Key(path=path, act=Act.CHANGED, before=old, after=new)
        return
    for name in dict.fromkeys([*left, *right]):
        inner = _inner(path, name)
        if name not in right:
            yield Key(path=inner, act=Act.REMOVED, before=left[name])
        elif name not in left:
            yield Key(path=inner, act=Act.ADDED, after=right[name])
        else:
            yield from _keys(inner, left[name], right[name])
    if isinstance(old, list) and isinstance(new, list):
        yield from _moved(path, list(left), list(right))


def _inner(path: str, name: str) -> str:
    """A step that is called like its action holds that action: it is said once."""
    said = "." in name and (path == name or path.endswith(f".{name}"))
    return path if said else f"{path}.{name}".removeprefix(".")


def _table(value: Any) -> Mapping[str, Any] | None:
    """A mapping, or a list of named things as one. `None` for all else."""
    if isinstance(value, Mapping):
        return value
    if not isinstance(value, list) or not value:
        return None
    names = [_name(item) for item in value]
    if None in names or len(set(names)) < len(names):
        return None
    return {str(name): item for name, item in zip(names, value, strict=True)}


def _name(item: Any) -> str | None:
    """Its `id` or `name`; a step without one is called like its action."""
    if not isinstance(item, Mapping):
        return None
    found = item.get("id") or item.get("name") or next((key for key in item if "." in key), None)
    return None if found is None else str(found)


def _moved(path: str, left: Sequence[str], right: Sequence[str]) -> Iterator[Key]:
    old = [name for name in left if name in set(right)]
    new = [name for name in right if name in set(left)]
    if old != new:
        yield Key(path=path, act=Act.MOVED, before=old, after=new)


def _same(old: Any, new: Any) -> bool:
    """Equal as they are written: 1 is not true, and 1.0 is not 1."""
    return json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)


def _reordered(
    left: Mapping[tuple[str, str], _Item], right: Mapping[tuple[str, str], _Item]
) -> Iterator[Difference]:
    """Rules are decided in the order of the files, and their deliveries are owed in it."""
    rules = [[name for what, name in side if what == "rule"] for side in (left, right)]
    for key in _moved("", *rules):
        yield Difference(what="order", name="of the rules", act=Act.MOVED, file="", keys=(key,))


def _place(named: tuple[str, str]) -> tuple[int, str, str]:
    what, name = named
    return (_ORDER.index(what) if what in _ORDER else len(_ORDER), what, name)


def _counted(what: str, act: Act, names: Sequence[str]) -> str:
    if what == "order":
        return "the order of the rules changed"
    if what != "person" and len(names) <= 2:
        return f"{what} {_listed(names)} {act}"
    many = {"person": "people"}.get(what, f"{what}s")
    return f"{len(names)} {what if len(names) == 1 else many} {act}"


def _listed(names: Iterable[str]) -> str:
    return " and ".join(names)
