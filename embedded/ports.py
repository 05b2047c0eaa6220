"""Ports on loopback for processes that are yet to start, or that start again and again."""

import atexit
import socket

_held: list[socket.socket] = []


def own_port() -> int:
    """A port that nobody else is given before this process ends.

    It is bound and nobody listens: Linux gives it to none who ask for any port, for a server or for
    a call, and lets who names it listen there, as often as they like. Until then calls are refused.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
    held.bind(("127.0.0.1", 0))
    _held.append(held)
    port: int = held.getsockname()[1]
    return port


@atexit.register
def _let_go() -> None:
    while _held:
        _held.pop().close()
