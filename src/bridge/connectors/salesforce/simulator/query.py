"""The query resources: SOQL, with deleted rows or without, and the pages that follow."""

from bridge.connectors.salesforce.simulator.call import Answer, Call
from bridge.connectors.salesforce.simulator.org import Org
from bridge.connectors.salesforce.simulator.rejection import Rejection


def query(org: Org, call: Call) -> Answer:
    return _run(org, call, deleted=False)


def query_all(org: Org, call: Call) -> Answer:
    """Rows in the recycle bin too."""
    return _run(org, call, deleted=True)


def next_page(org: Org, call: Call, locator: str) -> Answer:
    return Answer(body=org.cursors.next(locator, call.root))


def _run(org: Org, call: Call, *, deleted: bool) -> Answer:
    text = call.params.get("q", "")
    if not text.strip():
        raise Rejection("MALFORMED_QUERY", "unexpected token: '<EOF>'")
    found = org.selection.run(text, call.root, deleted=deleted)
    return Answer(body=org.cursors.first(found, call.root))
