"""A gate before a vendor: after so many creates no answer comes out any more, until it is opened."""

import threading

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOK_SECONDS = 0.02
CREATES = ("/issue", "/issue/bulk")


class Gate:
    """What is held has happened at the vendor: its answer is all that is not there.

    free   calls that are answered before it shuts
    held   calls whose answer is, or was, waited for
    """

    def __init__(self, app: ASGIApp, *, free: int) -> None:
        self.free, self.held = free, 0
        self._app = app
        self._opened = threading.Event()

    def open(self) -> None:
        """All answers come out, and from now on at once."""
        self._opened.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._holds(scope):
            await self._app(scope, receive, send)
            return
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._app(scope, receive, keep)
        self.held += 1
        while not self._opened.is_set():  # noqa: ASYNC110  (another thread opens it)
            await anyio.sleep(LOOK_SECONDS)
        for message in answer:
            await send(message)

    def _holds(self, scope: Scope) -> bool:
        if scope["type"] != "http" or scope["method"] != "POST":
            return False
        if self._opened.is_set() or not scope["path"].endswith(CREATES):
            return False
        self.free -= 1
        return self.free < 0
