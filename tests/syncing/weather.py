"""Any edits at both ends, and any weather between: messages late, lost, doubled and out of order."""

from dataclasses import dataclass, field
from typing import Any

from syncing.pair import ENDS, Pair

VALUES: dict[str, dict[str, list[Any]]] = {
    "crm": {
        "Title": ["A", "B", "C"],
        "Body": ["x", "y", None],
        "State": ["todo", "in_progress", "done"],
        "Promised": [None, "2026-12-24T00:00:00Z", "2026-12-31T00:00:00Z"],
    },
    "tracker": {
        "summary": ["A", "B", "C"],
        "text": ["x", "y", None],
        "status": ["todo", "in_progress", "done"],
        "due": [None, "2026-12-24", "2026-12-31"],
        "labels": [["no-sync"], []],
    },
}
EDITS = [
    ("edit", name, field, value)
    for name, fields in VALUES.items()
    for field, values in fields.items()
    for value in values
]
STEPS = [("hear", 0), ("hear", 1), ("hear", 9), ("twice", 0), ("lose", 0), ("tick", 0.3), ("tick", 1.0),
         ("tick", 60.0), ("show", "crm"), ("show", "tracker"), ("pause", "crm"), ("pause", "tracker"),
         ("go_on", "crm"), ("go_on", "tracker")]  # fmt: skip


@dataclass(kw_only=True)
class Weather:
    """`mail` is what the systems have told and Bridge has not heard."""

    pair: Pair
    mail: list[bytes] = field(default_factory=list)
    edits: int = 0

    def do(self, step: tuple[Any, ...]) -> None:
        getattr(self, step[0])(*step[1:])

    def edit(self, name: str, key: str, value: Any) -> None:
        """Somebody changes a field, a moment after what happened last; the message is on its way."""
        self.pair.clock.advance(0.001)
        vendor, number = self.pair.vendor(name), ENDS[name][1]
        if vendor.records[number].get(key) != value:
            vendor.edit(number, **{key: value})
            self.edits += 1
            self.mail.append(self.pair.say(name))

    def edit_while_written(self, name: str, key: str, value: Any) -> None:
        """Somebody changes another field while the next write to that record arrives."""
        vendor, number = self.pair.vendor(name), ENDS[name][1]
        self.edits += 1

        def meanwhile(written: str, given: Any) -> Any:
            vendor.makes = lambda _, kept: kept
            if written != key:
                vendor.records[number][key] = value
                self.mail.append(self.pair.say(name))
            return given

        vendor.makes = meanwhile

    def hear(self, which: int) -> None:
        """One of the messages arrives, in whatever order."""
        if self.mail:
            self.pair.hear(self.mail.pop(which % len(self.mail)))

    def twice(self, which: int) -> None:
        if self.mail:
            self.pair.hear(self.mail[which])

    def lose(self, which: int) -> None:
        if self.mail:
            self.mail.pop(which)

    def show(self, name: str) -> None:
        """A message of a record as it is now, such as our echo."""
        self.mail.append(self.pair.say(name))

    def tick(self, seconds: float) -> None:
        self.pair.clock.advance(seconds)
        self.pair.town.settle()

    def pause(self, name: str) -> None:
        self.pair.town.pause(name)

    def go_on(self, name: str) -> None:
        self.pair.resume(name)

    def clear(self) -> None:
        """All is told as it is, and what may go goes."""
        for name in ENDS:
            self.go_on(name)
        self.edit("tracker", "labels", [])
        for body in self.mail:
            self.pair.hear(body)
        self.mail = []
        self.pair.quiet()

    def ends(self) -> dict[str, tuple[Any, Any]]:
        """What stands at both."""
        case, issue = self.pair.case, self.pair.issue
        return {
            "title": (case("Title"), issue("summary")),
            "body": (case("Body"), issue("text")),
            "status": (case("State"), issue("status")),
            "due": ((case("Promised") or "")[:10], (issue("due") or "")[:10]),
        }

    def writes(self) -> int:
        return len(self.pair.crm.writes) + len(self.pair.tracker.writes)
