"""The other end of what the simulator pushes: keeps every request, answers as it is told."""

from dataclasses import dataclass, field

from fastapi import FastAPI, Request, Response

ACK = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
    'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>{}</Ack>'
    "</notificationsResponse></soapenv:Body></soapenv:Envelope>"
)
ACKNOWLEDGED = (200, ACK.format("true"))
NOT_ACKNOWLEDGED = (200, ACK.format("false"))


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answers` are used up one by one; then everything is acknowledged."""

    answers: list[tuple[int, str]] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    url: str = ""
    app: FastAPI = field(default_factory=FastAPI)

    def __post_init__(self) -> None:
        self.app.add_api_route("/{path:path}", self._take, methods=["POST"])

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        self.received.append(Received(request.url.path, dict(request.headers), body))
        status, text = self.answers.pop(0) if self.answers else ACKNOWLEDGED
        return Response(text, status_code=status, media_type="text/xml")
