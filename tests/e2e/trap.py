"""A trap before a vendor: it springs at a call of one kind, whose answer never comes."""

import threading

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOK_SECONDS = 0.02


class Trap:
    """`set` says at which call of a path that ends so, or in one of several ways; until then, and once it is off, all go through."""

    def __init__(self, app: ASGIApp) -> None:
        self.sprung = threading.Event()
        self._app = app
        self._ending: str | tuple[str, ...] = ""
        self._left = 0
        self._off = threading.Event()

    def set(self, ending: str | tuple[str, ...], at: int) -> None:
        self._off.set()  # whoever is held is let go: nobody waits for it any more
        self._off = threading.Event()
        self.sprung.clear()
        self._ending, self._left = ending, at

    def take_away(self) -> None:
        self.set("", 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._springs(scope):
            await self._app(scope, receive, send)
            return
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        off = self._off
        await self._app(scope, receive, keep)
        self.sprung.set()
        while not off.is_set():  # noqa: ASYNC110  (another thread takes it away)
            await anyio.sleep(LOOK_SECONDS)
        for message in answer:
            await send(message)

    def _springs(self, scope: Scope) -> bool:
        if scope["type"] != "http" or not self._ending:
            return False
        if not scope["path"].endswith(self._ending):
            return False
        self._left -= 1
        return self._left == 0
