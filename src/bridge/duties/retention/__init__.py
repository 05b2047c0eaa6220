"""Retention: what is old goes, class by class; bodies go before the rows they are of.

Never by age alone: a dead, held or open delivery keeps its event, its attempts, and whatever newer
state was written to the same record, or its replay would go backwards. Links, shadows, reservations,
latest records and rule sets stay.
"""

from bridge.duties.retention.run import thin

__all__ = ["thin"]
