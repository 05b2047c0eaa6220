"""How an action names a record that is there: a ref's text, an id, or the key people use."""

from bridge.canonical.ref import Ref
from bridge.connectors.salesforce.client import SalesforceClient
from bridge.connectors.salesforce.ids import full_id, is_id
from bridge.connectors.salesforce.paths import api_name
from bridge.connectors.salesforce.quoting import format_soql
from bridge.errors import PermanentError

DEFAULT_KEY_FIELD = "Name"


def order_of(name: str, address: str) -> str:
    """The ordering key of a record: the same for its ref and its id of either length."""
    bare = address.rpartition(":")[2] if address.count(":") >= 2 else address
    return f"{name}:{full_id(bare)}" if is_id(bare) else f"{name}:{address}"


def told_ref(connection: str, name: str, address: str) -> str | None:
    """The ref of a record whose address is a ref or an id. A key does not tell it."""
    bare = address.rpartition(":")[2]
    return str(Ref(connection, name, full_id(bare))) if name and is_id(bare) else None


def object_of(address: str) -> str:
    """The object that a ref names; empty for an id or a key, which name none."""
    return address.split(":", 2)[1] if address.count(":") >= 2 else ""


def named_by_id(address: str) -> bool:
    """Whether a ref or an id names the record, so that no call is needed to find it."""
    return is_id(address.rpartition(":")[2])


def record_id(client: SalesforceClient, name: str, address: str) -> str:
    """The record's 18 character id. Raises PermanentError for an address that leads nowhere."""
    if not name:
        raise PermanentError(
            f"{client.name}: an id or a key alone does not tell its object; set `object`",
            code="bad_address",
        )
    if address.count(":") >= 2:
        return _of_ref(client, name, Ref(*address.split(":", 2)))
    if is_id(address):
        return full_id(address)
    return _of_key(client, name, address)


def key_field(client: SalesforceClient, name: str) -> str:
    """The field that people call records of an object by."""
    return client.settings.key_fields.get(name, DEFAULT_KEY_FIELD)


def _of_ref(client: SalesforceClient, name: str, ref: Ref) -> str:
    if ref.connection != client.name or ref.kind != name or not is_id(ref.id):
        raise PermanentError(
            f"{client.name}: the address is a {ref.kind} of {ref.connection};"
            f" a {name} of {client.name} is wanted",
            code="bad_address",
        )
    return full_id(ref.id)


def _of_key(client: SalesforceClient, name: str, key: str) -> str:
    field = key_field(client, name)
    soql = format_soql(
        f"SELECT Id FROM {api_name(name)} WHERE {api_name(field)} = {{}} LIMIT 2",  # noqa: S608
        key,
    )
    found = [full_id(str(row["Id"])) for row in client.query(soql)]
    if len(found) != 1:
        count = "several" if found else "no"
        raise PermanentError(
            f"{client.name}: {count} {name} with this {field}; give its id", code="bad_address"
        )
    return found[0]
