"""Caps of a rule: how much it may write before a person is asked."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

NONE: Literal["none"] = "none"
MOST = 10_000_000


def _count(value: Any) -> Any:
    if value != NONE and (isinstance(value, bool) or not isinstance(value, int)):
        raise ValueError("a cap is a whole number, or `none`")
    if value != NONE and not 1 <= value <= MOST:
        raise ValueError(f"a cap is 1 to {MOST:,}, or `none`")
    return value


def _share(value: Any) -> Any:
    if value != NONE and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError("a share is a number such as 0.5, or `none`")
    if value != NONE and not 0 < value < 1:
        raise ValueError("a share is more than 0 and less than 1, or `none`")
    return value


Count = Annotated[Annotated[int, Field(ge=1, le=MOST)] | Literal["none"], BeforeValidator(_count)]
Share = Annotated[Annotated[float, Field(gt=0, lt=1)] | Literal["none"], BeforeValidator(_share)]


class Caps(BaseModel):
    """How much a rule may write. A cap that is left out is the default's; `none`: there is none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    writes_per_hour: Count | None = Field(
        default=None, description="deliveries in any hour, to all records together"
    )
    per_record: Count | None = Field(
        default=None, description="deliveries of one step to one record in any hour"
    )
    overwrites: Share | None = Field(
        default=None,
        description=(
            "share, above 0 and below 1, of the fields that had a value before, as far as Bridge"
            " knows it, and get another in an hour; counted from 50 such fields on"
        ),
    )

    def over(self, defaults: "Caps") -> "Caps":
        """These caps, and the defaults' where one is left out."""
        said = {name: getattr(self, name) for name in Caps.model_fields}
        return Caps.model_construct(
            **{n: getattr(defaults, n) if v is None else v for n, v in said.items()}
        )


UNSAID = Caps()
UNCAPPED = Caps(writes_per_hour=NONE, per_record=NONE, overwrites=NONE)


def number(cap: float | Literal["none"] | None) -> float:
    """A cap to compare with: one that is not there is never reached."""
    return float("inf") if cap is None or cap == NONE else cap
