"""A record that few may see: what is said on it is for those few."""

from bridge.ledger.latest import Latest

FIELD = "restricted_to"  # of a canonical record: the security level of an issue


def is_closed(record: Latest | None) -> bool:
    """Also one that nobody has shown yet: that everybody may see it is not known."""
    return record is None or bool(record.data.get(FIELD))
