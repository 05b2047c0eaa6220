"""A field that names the other end, as the query of the records where it holds something."""

import re

from bridge.connectors.connected import Connections
from bridge.errors import Malformed, PermanentError
from bridge.pipeline.adoption.ends import Ends
from bridge.pipeline.adoption.wish import HOLDER, QueryForm

_HOLDER = re.compile(HOLDER)


def as_query(connections: Connections, said: str, role: Ends) -> QueryForm:
    """`Case.Jira_Key__c` of the end of this role that has such an object. Raises Malformed."""
    found = _HOLDER.fullmatch(said)
    assert found is not None  # its form was judged
    connection, object_, field = found.groups()
    homes = [
        place[0]
        for place in (role.left, role.right)
        if place[1] == object_ and connection in {None, place[0]}
    ]
    if not homes:
        ends = ", ".join(":".join(place) for place in (role.left, role.right))
        raise Malformed(
            f"{said}: no end of the role {role.role!r} is such an object; it joins {ends}"
        )
    connected = connections.get(homes[0])
    reader = connected.connector.reader if connected is not None else None
    if connected is None or reader is None or reader.holding is None:
        raise Malformed(f"{homes[0]!r} is no connection whose records can be searched by a field")
    try:
        text = reader.holding(connected.client, object_, field)
    except PermanentError as error:
        raise Malformed(str(error)) from None
    return QueryForm(connection=homes[0], text=text, field=field)
