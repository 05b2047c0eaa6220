"""A server for any ASGI app: uvicorn on a free loopback port, in a daemon thread."""

import socket
import threading
from typing import Self

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

_START_SECONDS = 20.0
_STOP_SECONDS = 40.0  # longer than the grace of a Bridge that ends with it


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class Served:
    """`app` on real sockets from now until `close()`; `url` has no slash at its end.

    `door` listens already, where the app had to know its address. Usable as a context manager.
    Raises RuntimeError if the server does not come up.
    """

    def __init__(self, app: ASGIApp, *, port: int = 0, door: socket.socket | None = None) -> None:
        self._socket = door or socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            app, log_level="critical", access_log=False, ws="none", timeout_graceful_shutdown=1
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), daemon=True, name="simulator"
        )
        self._thread.start()
        if not self._server.ready.wait(_START_SECONDS):
            raise RuntimeError(f"no server at {self.url}")

    def close(self) -> None:
        """Stop serving and free the port. A second call does nothing."""
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
