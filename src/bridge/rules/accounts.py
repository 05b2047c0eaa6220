"""Whose account an account is elsewhere, by `people.yaml`. Nobody found is nobody guessed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.rules.people import People


@dataclass(frozen=True)
class Accounts:
    """The directory of converters. `systems`: connection -> system, under whose name people may be
    written down as well."""

    people: People
    systems: Mapping[str, str] = field(default_factory=dict)

    def account(self, account: str, *, at: str, to: str) -> str | None:
        """The account at one connection of who has this one at another; of several the first."""
        person = self.people.find((at, self.systems.get(at, at)), account)
        if person is None:
            return None
        found = person.identities.get(to) or person.identities.get(self.systems.get(to, to))
        return found if found is None or isinstance(found, str) else found[0]
