"""Who an account is at one system, and who there has an e-mail address."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

C = TypeVar("C")


@dataclass(frozen=True, kw_only=True)
class Account:
    """`email` is `None` where the system does not show it. Not a `person`: a queue, an app."""

    id: str
    name: str | None = None
    email: str | None = None
    active: bool = True
    person: bool = True


@dataclass(frozen=True, kw_only=True)
class Roster(Generic[C]):
    """Calls that a connection can make about people. Both raise DeliveryErrors.

    who        (client, account id) -> who that is; `None`: nobody
    with_email (client, address) -> everybody whose address is shown to be this one, or who is
               found by it alone where addresses are not shown: then without an `email`
    """

    who: Callable[[C, str], Account | None]
    with_email: Callable[[C, str], Sequence[Account]]
