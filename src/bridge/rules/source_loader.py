"""One source of a file, checked against its record kind."""

from collections.abc import Iterator, Mapping
from typing import Any

from bridge.canonical.field import Record
from bridge.canonical.kind import Kind, Kinds
from bridge.rules.descriptors import bare
from bridge.rules.document import Document, Path
from bridge.rules.model import FieldForm, SourceForm
from bridge.rules.problem import Problem, did_you_mean
from bridge.rules.reading import coerce
from bridge.rules.sources import Source
from bridge.rules.trap import quoted, unbalanced
from bridge.rules.vendor import VendorExpression, check


class SourceLoader:
    """Checks the sources of all files; problems are collected."""

    def __init__(
        self,
        kinds: Kinds,
        maps: Mapping[str, Mapping[str, Any]],
        *,
        connections: Mapping[str, str] | None,
        problems: list[Problem],
    ) -> None:
        self.kinds = kinds
        self.maps = maps
        self.connections = connections
        self.problems = problems

    def source(self, document: Document, place: Path, form: SourceForm) -> Source | None:
        """The source, or `None` when its kind is unknown."""
        if form.kind not in self.kinds:
            known = (kind.name for kind in self.kinds)
            text = f"no record kind `{form.kind}`{did_you_mean(form.kind, known)}"
            self.problems.append(document.problem((*place, "as"), text))
            return None
        kind = self.kinds[form.kind]
        self._connection(document, (*place, "from", "connection"), form.origin.connection)
        only = self._expression(document, (*place, "only"), form.only, condition=bool)
        computed = self._fields(document, (*place, "fields"), form=form, model=kind.model)
        self._tracked(document, (*place, "tracked"), form=form, kind=kind)
        return Source(
            id=form.id,
            connection=form.origin.connection,
            object=form.origin.object,
            kind=form.kind,
            model=kind.model,
            reread=form.reread,
            poll=form.poll,
            fields=dict(form.fields),
            only=only,
            computed=computed,
            maps=self.maps,
            vendor_fields=tuple(dict.fromkeys(_vendor_fields(form, only, computed=computed))),
            tracked=kind.tracked if form.tracked is None else frozenset(form.tracked),
            write_back=dict(form.write_back),
        )

    def _connection(self, document: Document, place: Path, name: str) -> None:
        if self.connections is not None and name not in self.connections:
            text = f"no connection `{name}`{did_you_mean(name, self.connections)}"
            self.problems.append(document.problem(place, text))

    def _fields(
        self, document: Document, place: Path, *, form: SourceForm, model: type[Record]
    ) -> dict[str, VendorExpression]:
        computed: dict[str, VendorExpression] = {}
        for name, item in form.fields.items():
            if name not in model.model_fields:
                text = f"{form.kind} has no field `{name}`{did_you_mean(name, model.model_fields)}"
                self.problems.append(document.key_problem((*place, name), text))
                continue
            self._field(document, (*place, name), item, model=model)
            if item.value is not None and item.ref is None:
                at = (*place, name, "value")
                found = self._expression(document, at, item.value, condition=None)
                computed |= {name: found} if found else {}
        return computed

    def _field(
        self, document: Document, place: Path, item: FieldForm, *, model: type[Record]
    ) -> None:
        name = str(place[-1])
        parts = _parts(model, name)
        if item.ref is not None and "ref" not in parts:
            self.problems.append(document.problem(place, f"{name} is no customer, so no `ref`"))
        if item.id is not None and "id" not in parts:
            self.problems.append(document.problem(place, f"{name} is no person, so no `id`"))
        if item.scale is not None and f"{name}_min" not in model.model_fields:
            self.problems.append(
                document.problem(place, f"`{name}` has no scale; take `scale` out")
            )
        if item.map is not None:
            self._map(document, place, item, model=model)

    def _map(
        self, document: Document, place: Path, item: FieldForm, *, model: type[Record]
    ) -> None:
        table = self.maps.get(item.map or "")
        if table is None:
            text = f"no map `{item.map}`{did_you_mean(item.map or '', self.maps)}"
            self.problems.append(document.problem((*place, "map"), text))
            return
        annotation = model.model_fields[str(place[-1])].annotation
        words = {f"map `{item.map}`": tuple(table.values()), "`else`": (item.otherwise,)}
        for where, values in words.items():
            for word in values:
                self._word(document, place, word, annotation=annotation, where=where)

    def _word(
        self, document: Document, place: Path, word: Any, *, annotation: Any, where: str
    ) -> None:
        try:
            coerce(word, annotation)
        except ValueError as error:
            said = str(error).partition(";")[0]  # that a map can say which is of no use inside one
            self.problems.append(document.problem(place, f"{where}: {said}"))

    def _tracked(self, document: Document, place: Path, *, form: SourceForm, kind: Kind) -> None:
        for number, name in enumerate(form.tracked or ()):
            text = ""
            if name not in kind.model.model_fields:
                near = did_you_mean(name, kind.model.model_fields)
                text = f"{form.kind} has no field `{name}`{near}"
            elif name not in kind.tracked:
                known = ", ".join(sorted(kind.tracked))
                text = f"changes of `{name}` are kept for no {form.kind}; those it tracks: {known}"
            if text:
                self.problems.append(document.problem((*place, number), text))

    def _expression(
        self, document: Document, place: Path, text: str | None, *, condition: type[bool] | None
    ) -> VendorExpression | None:
        if text is None:
            return None
        comment = document.comment_after(place)
        if comment and unbalanced(text):
            whole = quoted(f"{text} {comment}")
            said = f"YAML cuts this at ` #`, which starts a comment; quote it: {whole}"
            self.problems.append(document.problem(place, said))
            return None
        found, problems = check(document, place, text, condition=condition)
        self.problems.extend(problems)
        return found


def _parts(model: type[Record], name: str) -> frozenset[str]:
    """The fields of a nested record, or nothing for a plain field."""
    inner = bare(model.model_fields[name].annotation)
    return frozenset(getattr(inner, "model_fields", ()))


def _vendor_fields(
    form: SourceForm, only: VendorExpression | None, *, computed: Mapping[str, VendorExpression]
) -> Iterator[str]:
    yield from only.paths if only else ()
    for name, item in form.fields.items():
        if name in computed:
            yield from computed[name].paths
            continue
        paths = (item.field, item.ref, item.id, item.name, item.email, item.value)
        yield from (path for path in paths if path)
