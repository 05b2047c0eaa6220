"""How simple-salesforce quotes what goes into a query or a path, without the rest of that package.

The package loads its SOAP client at import, with an XML library: 7 MB a process for nothing, as Bridge
speaks SOAP to nobody.
"""

from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any


def _format_module() -> Any:
    package = find_spec("simple_salesforce")
    places = package.submodule_search_locations if package else None
    if not places:
        raise ImportError("simple-salesforce is not installed; run: make setup")
    found = spec_from_file_location("simple_salesforce_format", Path(places[0]) / "format.py")
    assert found
    assert found.loader
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


_format = _format_module()


def format_soql(query: str, *args: Any, **values: Any) -> str:
    """The query with its values quoted: `format_soql("… IN {ids}", ids=[…])`."""
    text: str = _format.format_soql(query, *args, **values)
    return text


def format_external_id(field: str, value: str) -> str:
    """Field and value as a part of a path."""
    text: str = _format.format_external_id(field, value)
    return text
