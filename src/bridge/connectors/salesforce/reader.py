"""Reads of live records by SOQL, a few hundred at a time."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import SplitResult, urlsplit

from bridge.canonical.ref import Ref
from bridge.connectors.contract import Reader, Snapshot
from bridge.connectors.found import Named, Touched
from bridge.connectors.salesforce import past
from bridge.connectors.salesforce.addresses import key_field
from bridge.connectors.salesforce.client import SalesforceClient
from bridge.connectors.salesforce.ids import full_id, is_id
from bridge.connectors.salesforce.paths import api_name
from bridge.connectors.salesforce.quoting import format_soql
from bridge.connectors.salesforce.settings import LIGHTNING, MY_DOMAIN, SalesforceSettings
from bridge.connectors.salesforce.snapshots import of_row
from bridge.connectors.salesforce.times import moment
from bridge.errors import Malformed, PermanentError

CHUNK = 200  # ids of 18 characters, quoted and encoded, make 5.5 kB of the 16 kB a URL may have
KEY_CHUNK = 50  # keys may be longer than ids
_PATH = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*){0,5}")  # SOQL goes 5 parents up
_R_PATH = 3  # lightning/r/Case/ and then the id
_SELECT = re.compile(r"\s*select\s", re.IGNORECASE)
_MASTER = "MasterRecordId"
_MERGES = 5  # one after the other, until somebody hears of the first
_ALWAYS = ("Id", "CreatedDate", "LastModifiedById")


def read(
    client: SalesforceClient,
    connection: str,
    object_name: str,
    ids: Sequence[str],
    fields: Sequence[str],
) -> Sequence[Snapshot]:
    """Records by id with dotted fields (`Account.Name` nests); one that is gone is left out."""
    wanted = list(dict.fromkeys(full_id(record_id) for record_id in ids if is_id(record_id)))
    select = _select(object_name, _columns(client, fields))
    return [
        of_row(client.settings, connection, object_name, row)
        for chunk in _chunks(wanted, CHUNK)
        for row in client.query(format_soql(f"{select} WHERE Id IN {{}}", chunk))
    ]


def query(
    client: SalesforceClient, text: str, fields: Sequence[str]
) -> Iterator[Mapping[str, Any]]:
    """Rows of a SOQL query, which names its own fields, so that `fields` adds nothing."""
    if not _SELECT.match(text):
        raise PermanentError("salesforce: a SOQL query starts with SELECT", code="bad_query")
    return client.query(text)


def holding(client: SalesforceClient, object_name: str, field: str) -> str:
    """Salesforce refuses to filter by a long text area; another field must name the other end."""
    select = _select(object_name, ["Id", api_name(field)])
    return f"{select} WHERE {field} != null"


def resolve(
    client: SalesforceClient, connection: str, object_name: str, keys: Sequence[str]
) -> Mapping[str, Sequence[Ref]]:
    """Refs by case number, by the object's key field, or by id. Only a case number is surely one's."""
    by_id = {full_id(key): key for key in keys if is_id(key)}
    found = _ids_by(client, object_name, "Id", list(by_id))
    by_key = _ids_by(
        client, object_name, key_field(client, object_name), [key for key in keys if not is_id(key)]
    )
    named = {by_id[value]: ids for value, ids in found.items() if value in by_id} | by_key
    return {
        key: [Ref(connection, object_name, one) for one in sorted(set(ids))]
        for key, ids in named.items()
    }


def touched(
    client: SalesforceClient, object_name: str, since: datetime, now: datetime, where: str
) -> Iterator[Touched]:
    """Records by their modification stamp, those in the recycle bin too."""
    stamp = api_name(client.settings.modstamp_field)
    select = _select(object_name, ["Id", stamp, "IsDeleted"])
    asked = [f"{stamp} >= {{}}"] + [f"({where.replace('{', '{{').replace('}', '}}')})"] * bool(
        where
    )
    soql = format_soql(f"{select} WHERE {' AND '.join(asked)} ORDER BY {stamp}, Id", since)
    for row in client.query(soql, deleted=True):
        at = moment(row.get(stamp))
        if at is None:
            raise Malformed(f"{object_name}: a row without {stamp}")
        yield Touched(id=full_id(str(row.get("Id"))), stamp=at, gone=bool(row.get("IsDeleted")))


def search(
    client: SalesforceClient, object_name: str, query: str, since: datetime | None, now: datetime
) -> Iterator[Touched]:
    """Records by their ids, those in the recycle bin left out.

    `query` is a whole SOQL query that selects the Id, or a condition as after WHERE.
    """
    if _SELECT.match(query):
        return _shown_by(client, object_name, query, since)
    stamp = api_name(client.settings.modstamp_field)
    asked = [f"({query.replace('{', '{{').replace('}', '}}')})"] * bool(query)
    asked += [f"{stamp} >= {{}}"] * bool(since)
    where = f" WHERE {' AND '.join(asked)}" if asked else ""
    soql = f"{_select(object_name, ['Id', stamp])}{where} ORDER BY Id"
    return _touched(client, object_name, format_soql(soql, *([since] * bool(since))))


def successors(client: SalesforceClient, object_name: str, ids: Sequence[str]) -> Mapping[str, str]:
    """The loser of a merge is in the recycle bin and names the winner, as long as it lies there.

    A winner may have lost against another since. Objects that cannot be merged have no such field.
    """
    if client.describe(object_name).field(_MASTER) is None:
        return {}
    found = _masters(client, object_name, [full_id(one) for one in ids if is_id(one)])
    for _ in range(_MERGES):
        further = _masters(client, object_name, sorted(set(found.values())))
        if not further:
            break
        found = {loser: further.get(winner, winner) for loser, winner in found.items()}
    return found


def name(settings: SalesforceSettings, said: str) -> Named | None:
    """An id, or a URL of this org: Lightning's /r/Case/500…/view, or the old /500…; else a key.

    Any text may be somebody's key, so only a foreign URL and a blank name nothing.
    """
    if "://" in said:
        return _named_by(settings, urlsplit(said))
    if is_id(said):
        return Named(id=full_id(said))
    return Named(key=said) if said else None


def _named_by(settings: SalesforceSettings, url: SplitResult) -> Named | None:
    """My Domain's and Lightning's host begin with the same name: acme.my…, acme.lightning.force.com."""
    ours = {
        urlsplit(settings.url).netloc.lower(),
        settings.host.removesuffix(MY_DOMAIN) + LIGHTNING,
    }
    if url.netloc.lower() not in ours:
        return None
    parts = [part for part in url.path.split("/") if part]
    if len(parts) > _R_PATH and parts[:2] == ["lightning", "r"] and is_id(parts[3]):
        return Named(object=parts[2], id=full_id(parts[3]))
    return Named(id=full_id(parts[0])) if len(parts) == 1 and is_id(parts[0]) else None


READER = Reader[SalesforceClient](
    read=read,
    query=query,
    resolve=resolve,
    name=name,
    row_id="Id",
    touched=touched,
    search=search,
    batch=CHUNK,
    successors=successors,
    holding=holding,
    history=past.history,
    history_fields=past.FIELDS,
    history_batch=past.BATCH,
)


def _touched(client: SalesforceClient, object_name: str, soql: str) -> Iterator[Touched]:
    stamp = api_name(client.settings.modstamp_field)
    for row in client.query(soql):
        at = moment(row.get(stamp))
        if at is None:
            raise Malformed(f"{object_name}: a row without {stamp}")
        yield Touched(id=full_id(str(row.get("Id"))), stamp=at)


def _shown_by(
    client: SalesforceClient, object_name: str, soql: str, since: datetime | None
) -> Iterator[Touched]:
    """Somebody's own query need not select the stamp, so that is asked for by id."""
    stamp = api_name(client.settings.modstamp_field)
    select = _select(object_name, ["Id", stamp])
    rows = client.query(soql)
    while some := list(islice(rows, CHUNK)):
        ids = [str(row.get("Id") or "") for row in some]
        if not all(map(is_id, ids)):
            raise PermanentError("salesforce: the query must select Id", code="bad_query")
        known = _touched(client, object_name, format_soql(f"{select} WHERE Id IN {{}}", ids))
        yield from (one for one in known if since is None or one.stamp >= since)


def _masters(client: SalesforceClient, object_name: str, ids: Sequence[str]) -> dict[str, str]:
    """By id of a record that is deleted: the id of the one it was merged into."""
    select = _select(object_name, ["Id", _MASTER])
    asked = f"{select} WHERE IsDeleted = true AND Id IN {{}}"
    return {
        full_id(str(row["Id"])): full_id(str(row[_MASTER]))
        for chunk in _chunks(ids, CHUNK)
        for row in client.query(format_soql(asked, chunk), deleted=True)
        if row.get(_MASTER)
    }


def _ids_by(
    client: SalesforceClient, object_name: str, field: str, values: Sequence[str]
) -> dict[str, list[str]]:
    """Ids of the records that have one of these values in a field, by the value as it was asked."""
    select = _select(object_name, list(dict.fromkeys(["Id", api_name(field)])))
    asked = {value.lower(): value for value in values}  # SOQL compares text without case
    found: dict[str, list[str]] = {}
    for chunk in _chunks(list(values), KEY_CHUNK):
        for row in client.query(format_soql(f"{select} WHERE {field} IN {{}}", chunk)):
            value = asked.get(str(row.get(field)).lower())
            if value is not None:
                found.setdefault(value, []).append(full_id(str(row.get("Id"))))
    return found


def _columns(client: SalesforceClient, fields: Sequence[str]) -> list[str]:
    for path in fields:
        if not _PATH.fullmatch(path):
            raise PermanentError(f"salesforce: not a field: {path[:60]!r}", code="bad_name")
    unique = {name.lower(): name for name in (*fields, *_ALWAYS, client.settings.modstamp_field)}
    return list(unique.values())


def _select(object_name: str, columns: Sequence[str]) -> str:
    return f"SELECT {', '.join(columns)} FROM {api_name(object_name)}"  # noqa: S608


def _chunks(items: Sequence[str], size: int) -> Iterator[list[str]]:
    return (list(items[start : start + size]) for start in range(0, len(items), size))
