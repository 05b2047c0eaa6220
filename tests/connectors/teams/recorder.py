"""A Teams that remembers what it was sent, for tests of actions and checks."""

from bridge.connectors.teams.client import Posted
from bridge.connectors.teams.settings import TeamsSettings
from bridge.errors import DeliveryError


class Recorder:
    """Answers every card alike."""

    def __init__(
        self, answer: Posted | DeliveryError | None = None, *, settings: TeamsSettings | None = None
    ) -> None:
        self.name = "teams"
        self.settings = settings or TeamsSettings()
        self.sent: list[tuple[str, bytes]] = []
        self._answer = answer or Posted(status=202)

    def post(self, channel: str, message: bytes) -> Posted:
        self.sent.append((channel, message))
        if isinstance(self._answer, DeliveryError):
            raise self._answer
        return self._answer
