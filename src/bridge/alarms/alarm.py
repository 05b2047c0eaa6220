"""An alarm as people and machines read it."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from bridge.alarms.tables import AlarmRow, State
from bridge.canonical.text import cut

SUBJECT_CHARS = 120


class Alarm(BaseModel):
    """What is wrong (or was), since when, and what to do about it."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "seq": 4,
                    "key": "connection:salesforce",
                    "kind": "paused",
                    "state": "down",
                    "text": "salesforce does not accept our credentials",
                    "remedy": "renew them; the next delivery that succeeds ends the pause",
                    "link": "https://bridge.example.com/api/v1/connections/salesforce",
                    "over": "",
                    "since": "2026-11-23T09:55:30Z",
                    "count": 3,
                    "said": "down",
                    "said_at": "2026-11-23T09:55:31Z",
                    "address": "teams:teams/alerts",
                    "failures": 0,
                }
            ]
        },
    )

    seq: int
    key: str
    kind: str
    state: State
    text: str
    remedy: str
    link: str
    over: str = Field(description="Why it is over; empty while it is down.")
    since: datetime
    count: int
    said: State = Field(description="The state that people were last told.")
    said_at: datetime | None
    address: str = Field(description="The address that took it last.")
    failures: int = Field(description="Rounds in a row in which no address took it.")

    @classmethod
    def of(cls, row: AlarmRow) -> "Alarm":
        """The value of a row, which stays when the session is gone."""
        return cls.model_validate(row, from_attributes=True)

    @property
    def subject(self) -> str:
        """One line."""
        if self.state is State.UP:
            return cut(f"Bridge, over: {_line(self.over or self.text)}", SUBJECT_CHARS)
        return cut(f"Bridge needs you: {_line(self.text)}", SUBJECT_CHARS)

    @property
    def page(self) -> str:
        """The link where it leads somewhere: without BRIDGE_PUBLIC_URL it is a path and no more."""
        return "" if self.link.startswith("/") else self.link

    @property
    def story(self) -> str:
        """All of it, in plain text."""
        since = f"{self.since:%Y-%m-%d %H:%M} UTC"
        if self.state is State.UP:
            parts = [self.over, f"It was: {self.text}", f"Over since {since}."]
        else:
            parts = [self.text, f"What to do: {self.remedy}" if self.remedy else ""]
            parts += [f"Since {since}."]
        return "\n\n".join(part for part in parts if part)


def _line(text: str) -> str:
    """Without line breaks, which a mail header or a card's title must not have."""
    return " ".join(text.split())
