"""A record that few may see: what is said on it is for those few."""

from bridge.ledger.latest import Latest

FIELD = "restricted_to"  # of a canonical record: the security level of an issue


def is_closed(record: Latest) -> bool:
    return bool(record.data.get(FIELD))
