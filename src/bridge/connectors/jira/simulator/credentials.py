"""The integration's credentials: taken away, expired and changed as the vendor does."""

import base64
import binascii
import threading
from dataclasses import dataclass, field

from bridge.connectors.jira.simulator.refusal import NOT_SIGNED_IN, Refused

_HEADERS = {
    "X-Seraph-LoginReason": "AUTHENTICATED_FAILED",
    "WWW-Authenticate": 'Basic realm="Jira"',
}


@dataclass(kw_only=True)
class Credentials:
    """Basic `name:token`, or Bearer with the same token. `failures` counts refused requests."""

    names: tuple[str, ...]
    token: str
    valid: bool = True
    failures: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, authorization: str) -> None:
        """Raises Refused 401."""
        scheme, _, rest = authorization.partition(" ")
        if self.valid and self._right(scheme.lower(), rest.strip()):
            return
        with self._lock:
            self.failures += 1
        raise Refused(401, NOT_SIGNED_IN, headers=_HEADERS)

    def _right(self, scheme: str, rest: str) -> bool:
        if scheme == "bearer":
            return rest == self.token
        return scheme == "basic" and _decoded(rest) in {
            f"{name}:{self.token}" for name in self.names
        }


def _decoded(rest: str) -> str:
    try:
        return base64.b64decode(rest, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
