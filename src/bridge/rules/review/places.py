"""Where in the files the sources and maps of a set stand."""

from collections.abc import Iterator, Mapping
from typing import Any

from bridge.rules import document as documents
from bridge.rules.document import Document
from bridge.rules.ruleset import Site


class Places:
    """The files of a set, read once more for the places of what a rule set keeps without them."""

    def __init__(self, files: Mapping[str, str]) -> None:
        found = (documents.read(name, text)[0] for name, text in sorted(files.items()))
        self.documents = tuple(one for one in found if one is not None)

    def sources(self) -> Iterator[tuple[Site, Mapping[str, Any]]]:
        """Every source, and what is written there."""
        yield from self._items("sources")

    def rules(self) -> Iterator[tuple[Site, Mapping[str, Any]]]:
        """Every rule, and what is written there."""
        yield from self._items("rules")

    def map(self, name: str) -> Site | None:
        """The map of this name."""
        for document in self.documents:
            if ("maps", name) in document.places:
                return Site(document, ("maps", name))
        return None

    def _items(self, key: str) -> Iterator[tuple[Site, Mapping[str, Any]]]:
        for document in self.documents:
            if document.file.partition("/")[0] == key:
                for number, item in enumerate(_listed(document, key)):
                    yield Site(document, (key, number)), item


def _listed(document: Document, key: str) -> list[Mapping[str, Any]]:
    value = document.value.get(key) if isinstance(document.value, dict) else None
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
