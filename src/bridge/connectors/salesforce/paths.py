"""Names and keys as parts of a path. What cannot be one raises PermanentError."""

import re

from bridge.connectors.salesforce.quoting import format_external_id
from bridge.connectors.salesforce.settings import API_NAME
from bridge.errors import PermanentError

_NAME = re.compile(API_NAME)
_DOTS = frozenset({".", ".."})  # a path would be shortened by them


def api_name(name: str) -> str:
    """An object's or field's name, safe in a path and in SOQL."""
    if not _NAME.fullmatch(name):
        raise PermanentError(f"salesforce: not an API name: {name[:40]!r}", code="bad_name")
    return name


def key_segment(key: str) -> str:
    """An external id as part of a path."""
    if not key or key in _DOTS:
        raise PermanentError("salesforce: an external id that is empty or dots", code="bad_key")
    try:
        return str(format_external_id("", key)).removeprefix("/")
    except UnicodeEncodeError:
        raise PermanentError("salesforce: an external id that is no text", code="bad_key") from None


def next_page(url: str) -> str:
    """A query's next page: a path on the host we talk to, and nothing else."""
    if not url.startswith("/services/data/") or ".." in url:
        raise PermanentError("salesforce: nextRecordsUrl points elsewhere", code="bad_next_url")
    return url
