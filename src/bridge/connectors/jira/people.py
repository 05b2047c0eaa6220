"""Which account a text means: an exact match or nobody, because the first hit may be a stranger."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bridge.connectors.jira.settings import Flavour

ACCOUNT_ID = re.compile(r"^(?:[0-9a-z-]+:[0-9a-f-]+|[0-9a-f]{24})$")  # two forms are in use
CLOUD_NAMES = ("accountId", "emailAddress", "displayName")
DATACENTER_NAMES = ("name", "key", "emailAddress", "displayName")


def matching(
    said: str, hits: Iterable[Mapping[str, Any]], flavour: Flavour
) -> dict[str, str] | None:
    """`{"accountId": …}` on Cloud, `{"name": …}` on Data Center; None for nobody or several.

    Names are tried from the surest to the least: an id before an address, that before a name.
    """
    names, written = (
        (CLOUD_NAMES, "accountId") if flavour is Flavour.CLOUD else (DATACENTER_NAMES, "name")
    )
    known = [hit for hit in hits if hit.get(written) and hit.get("active") is not False]
    for name in names:
        same = [hit for hit in known if str(hit.get(name) or "").casefold() == said.casefold()]
        if len(same) == 1:
            return {written: str(same[0][written])}
        if same:
            return None
    return None
