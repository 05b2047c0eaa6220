"""Numbers, and money with its currency. Nothing is exchanged here: there is no rate."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar

from pydantic import Field
from typing_extensions import override

from bridge.converters.contract import Converter, NotCarried, Place, Trip

Scale = Annotated[int, Field(ge=0, le=12)]
MOST_DIGITS = 18  # of a number field at Salesforce


class Number(Converter):
    """A number, rounded half up to as many decimals as both ends keep."""

    name: ClassVar[str] = "number"

    scale: Scale = Field(default=6, description="decimals that both ends keep")

    @override
    def __call__(self, value: Any, trip: Trip) -> float:
        return float(rounded(value, self.scale))

    @override
    def normal(self, value: Any, at: Place) -> Any:
        try:
            return None if value is None else float(rounded(value, self.scale))
        except NotCarried:
            return value


class Money(Converter):
    """An amount with its currency, rounded half up.

    An end that says no currency (a number field, an org with one currency) has the one of
    `currencies`, else whatever the other end has. Two that differ are not carried.
    """

    name: ClassVar[str] = "money"

    scale: Scale = Field(default=2, description="decimals that both ends keep")
    currencies: Mapping[str, Annotated[str, Field(pattern=r"^[A-Z]{3}$")]] = Field(
        default={}, description="connection or system -> currency of its amounts, ISO 4217"
    )

    @override
    def __call__(self, value: Any, trip: Trip) -> dict[str, Any]:
        amount, said = _parts(value)
        currency = said or trip.at.said(self.currencies)
        there = _parts(trip.current)[1] or trip.to.said(self.currencies)
        if currency and there and currency != there:
            raise NotCarried(
                f"an amount in {currency} is none in {there}, and nothing is exchanged",
                code="currency",
            )
        carried = {"amount": str(rounded(amount, self.scale))}
        return carried | ({"currency": currency or there} if currency or there else {})

    @override
    def normal(self, value: Any, at: Place) -> Any:
        try:
            amount, _ = _parts(value)
            found = None if amount is None else str(rounded(amount, self.scale))
        except NotCarried:
            return value
        return None if found is None else {"amount": found}


def rounded(value: Any, scale: int) -> Decimal:
    """Half up, as Salesforce rounds. Raises NotCarried for what is no number of up to 18 digits."""
    if isinstance(value, bool):
        raise NotCarried("no number")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise NotCarried("no number") from None
    if not number.is_finite() or number.adjusted() > MOST_DIGITS:
        raise NotCarried(f"no number of at most {MOST_DIGITS} digits")
    small = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    return small.copy_abs() if small.is_zero() else small


def _parts(value: Any) -> tuple[Any, str | None]:
    if isinstance(value, Mapping):
        return value.get("amount"), value.get("currency") or None
    return value, None
