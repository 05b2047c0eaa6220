"""People: the account at the other end of whoever it is, or nothing at all."""

from collections.abc import Mapping
from typing import Any, ClassVar

from typing_extensions import override

from bridge.converters.contract import Converter, NotCarried, Trip


class User(Converter):
    """A person by the identities of `people.yaml`, then by what was learnt from their e-mail address.

    Where nobody is known the field at the other end stays as it is, and the person is reported.
    """

    name: ClassVar[str] = "user"

    @override
    def __call__(self, value: Any, trip: Trip) -> dict[str, str]:
        identity = value.get("id") if isinstance(value, Mapping) else value
        if not identity:
            raise NotCarried("a person without an account", code="person")
        at, to = trip.at.connection, trip.to.connection
        found = trip.directory.account(str(identity), at=at, to=to)
        if found is None:
            text = f"nobody at {to} is known to be this person; name both accounts in people.yaml"
            raise NotCarried(text, code="person")
        return {"id": found}
