"""A channel's Workflows URL: what it must look like, kept as it was given, byte for byte.

`sig` is the only credential, so the whole URL is a secret: no message here quotes any part of it.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from bridge.errors import SettingError

MAX_URL_CHARS = 4_096  # longer than 255 is possible since the path may name a compute unit
QUERY_KEYS = frozenset({"api-version", "sp", "sv", "sig"})
LOOPBACK = frozenset({"127.0.0.1", "localhost"})

_WORKFLOWS_HOST = re.compile(r"[a-z0-9-]+\.[a-z0-9]{2}\.environment\.api\.powerplatform\.com")
_PARTS = re.compile(
    r"(?P<scheme>[A-Za-z]+)://(?P<netloc>[^/?#]+)(?P<path>/[^?#]*)\?(?P<query>[^#]+)"
)
_NETLOC = re.compile(r"(?P<host>[A-Za-z0-9.-]+)(?::(?P<port>\d{1,5}))?")
_HOST = re.compile(r"^[A-Za-z]+://(?:[^/?#@]*@)?([^/?#:@]+)")
_RETIRED = {
    re.compile(r"(?:.+\.)?webhook\.office\.com"): (
        "an Office 365 connector, retired by Microsoft in May 2026"
    ),
    re.compile(r"outlook\.office(?:365)?\.com"): (
        "an Office 365 connector, retired by Microsoft in May 2026"
    ),
    re.compile(r"(?:.+\.)?logic\.azure\.com"): (
        "an old Workflows URL, which stopped working on 30 November 2025"
    ),
}
_REPLACEMENT = (
    'in Teams, make a workflow from "When a Teams webhook request is received"'
    " and put its URL, as it is shown, in the channel's secret"
)


@dataclass(frozen=True, kw_only=True)
class Address:
    """One checked URL. `netloc` and `target` are the bytes that go on the wire."""

    host: str  # lower case
    port: int
    url: str = field(repr=False)
    netloc: str = field(repr=False)
    target: str = field(repr=False)


def address(url: str, *, channel: str, allow_hosts: Collection[str] = ()) -> Address:
    """Check a revealed URL. Raises SettingError that names the channel and says what would be right.

    A host in `allow_hosts` (a sovereign cloud, a simulator) may have any name and port, and plain
    http if it is this machine.
    """
    fault = _fault(url, frozenset(host.lower() for host in allow_hosts))
    if fault:
        raise SettingError(f"channels.{channel}.url is {fault}; {_REPLACEMENT}")
    parts, netloc = _split(url)
    default = 443 if parts["scheme"].lower() == "https" else 80
    return Address(
        host=netloc["host"].lower(),
        port=int(netloc["port"] or default),
        url=url,
        netloc=parts["netloc"],
        target=f"{parts['path']}?{parts['query']}",
    )


def _fault(url: str, allow_hosts: frozenset[str]) -> str:
    """What is wrong with it, in words without any part of it; empty when nothing is."""
    fault = _retired(url) or _fault_of_form(url)
    parts = _PARTS.fullmatch(url)
    if fault or parts is None:
        return fault or "not a Workflows URL (https://host/path?query)"
    return _fault_of_host(parts, allow_hosts) or _fault_of_query(parts["query"])


def _fault_of_form(url: str) -> str:
    if len(url) > MAX_URL_CHARS:
        return f"longer than {MAX_URL_CHARS} characters"
    if not re.fullmatch(r"[!-~]+", url) or "\\" in url:
        return "not plain printable ASCII"
    if "#" in url:
        return "one with a fragment (#), which a Workflows URL has not"
    if "@" in url.partition("?")[0]:
        return "one with a user name in it"
    return ""


def _retired(url: str) -> str:
    found = _HOST.match(url.strip())
    host = found[1].lower().rstrip(".") if found else ""
    return next((why for shape, why in _RETIRED.items() if shape.fullmatch(host)), "")


def _fault_of_host(parts: re.Match[str], allow_hosts: frozenset[str]) -> str:
    netloc = _NETLOC.fullmatch(parts["netloc"])
    if netloc is None:
        return "one whose host cannot be read"
    host = netloc["host"].lower()
    own = host in allow_hosts
    if parts["scheme"].lower() != "https" and not (own and host in LOOPBACK):
        return "not https"
    if own:
        return ""
    if netloc["port"] not in {None, "443"}:
        return "one with a port other than 443"
    if not _WORKFLOWS_HOST.fullmatch(host):
        return (
            "not at *.environment.api.powerplatform.com"
            " (the host of another cloud must stand in allow_hosts)"
        )
    return ""


def _fault_of_query(query: str) -> str:
    pairs = [pair.partition("=") for pair in query.split("&")]
    keys = [key for key, _, _ in pairs]
    if not set(keys) <= QUERY_KEYS or len(keys) != len(set(keys)):
        return "one with other query keys than api-version, sp, sv and sig, each once"
    if not any(key == "sig" and value for key, _, value in pairs):
        return 'without a signature (sig): "Who can trigger the flow" must be Anyone'
    return ""


def _split(url: str) -> tuple[re.Match[str], re.Match[str]]:
    parts = _PARTS.fullmatch(url)
    assert parts is not None
    netloc = _NETLOC.fullmatch(parts["netloc"])
    assert netloc is not None
    return parts, netloc
