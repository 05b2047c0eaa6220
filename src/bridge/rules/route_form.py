"""The form of a step's `route:`: its card is an alert, told together with others of its group."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from bridge.canonical.duration import Duration, text
from bridge.rules.part import Form, Text

LEAST = timedelta(minutes=1)  # between repeats, and of a cap's window
LabelName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]


class CapForm(Form):
    """At most so many cards of this step in a window; the rest is told together when there is room."""

    cards: int = Field(ge=1, le=1_000, description="how many")
    per: Duration = Field(description="in any window of this length")

    @model_validator(mode="after")
    def _long(self) -> Self:
        if self.per < LEAST:
            raise ValueError(f"`per` is {text(LEAST)} or more")
        return self


class RouteForm(Form):
    """How the cards of a step are told as alerts, in Alertmanager's words.

    Each event that the rule matches raises an alert, or is one more sign of it: one fingerprint is
    open once. Alerts of one group go into one card.
    """

    group_by: tuple[Text, ...] = Field(
        default=(),
        description="expressions; what has the same values is told in one card. Left out: all of the step",
    )
    title: Text | None = Field(
        default=None,
        description="head of a card that tells several; left out: what they have in common",
    )
    fingerprint: Text | None = Field(
        default=None, description="what makes two of them the same; left out: the record"
    )
    labels: Mapping[LabelName, Text] = Field(
        default={},
        description="what silences match, besides `rule`, `step`, `connection` and each `group_by`",
    )
    group_wait: Duration = Field(
        default=timedelta(seconds=30), description="from a group's first alert to its card"
    )
    group_interval: Duration = Field(
        default=timedelta(minutes=5), description="at least, between two cards of a group"
    )
    repeat_interval: Duration = Field(
        default=timedelta(hours=4),
        description="it is told again after this time: while it lasts, or if it was seen again",
    )
    lasting: Duration | None = Field(
        default=None,
        alias="for",
        description="told only if the rule's condition still holds then, on the record as it is then",
    )
    resolve: Text | None = Field(
        default=None,
        description=(
            "condition, looked at with each later event of the record, that ends it and says so;"
            " left out: each is a notice that passes"
        ),
    )
    quiet_hours: Text | None = Field(
        default=None,
        description="a calendar of `bridge.yaml`: nothing is told in its quiet hours, all of it in one card at their end",
    )
    business_hours: Text | None = Field(
        default=None,
        description="a calendar: told only while people work, the rest in one card when they begin",
    )
    cap: CapForm | None = Field(default=None, description="so many cards in a window")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.repeat_interval < max(LEAST, self.group_interval):
            least = text(max(LEAST, self.group_interval))
            raise ValueError(
                f"`repeat_interval` is {text(self.repeat_interval)}, and nothing is said more often"
                f" than every {least}"
            )
        return self
