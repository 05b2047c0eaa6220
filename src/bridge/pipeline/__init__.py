"""The whole path on one screen: inbox -> ledger -> rules -> outbox.

    message --translate--> snapshots --interpret--> sightings --apply--> events
    event --decide--> decisions --owe--> deliveries --dispatch--> the outside systems
    delivery --finished--> links, what waited, write-back

`intake` brings messages to the ledger, `deciding` takes an event to the outbox, `owing` turns what a
rule asks into deliveries, `after` follows up on a delivery that ended, and `write_back` keeps the
fields on the customer's record that say how its work stands.
"""

from bridge.pipeline.intake import Intake
from bridge.pipeline.world import World

__all__ = ["Intake", "World"]
