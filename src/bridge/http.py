"""Outbound HTTP: one bounded client per connection, no retries, nothing secret in an error.

Retries belong to the outbox alone. A call ends in a response, whatever its status; or in
`TransientError` (surely not sent), or in `AmbiguousOutcome` (sent, and no whole answer came).
"""

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Protocol

import httpx
import requests
from requests.adapters import BaseAdapter
from typing_extensions import override

from bridge.errors import AmbiguousOutcome, PermanentError, TransientError
from bridge.exchange import FILE, record

CONNECT_SECONDS = 5.0
MAX_RESPONSE_BYTES = 8_000_000
MAX_REDIRECTS = 4
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Meter(Protocol):
    """What keeps a connection within its vendor's limits: every call passes it, whoever makes it."""

    def admit(self, method: str, path: str, part: str) -> None:
        """Before a call. Raises OverBudget when there is none left for it: nothing is sent."""

    def answered(self, response: httpx.Response, part: str) -> None:
        """What the vendor says about what is left. Never raises."""


_left: ContextVar[Callable[[], float] | None] = ContextVar("bridge_http_left", default=None)


@contextmanager
def within(left: Callable[[], float]) -> Iterator[None]:
    """In this block no call begins that may last longer than what is `left`, in seconds.

    A claim is ours for a while only, and its action may look something up before it writes.
    """
    token = _left.set(left)
    try:
        yield
    finally:
        _left.reset(token)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """One CA context for all clients: building one costs a third of a second."""
    return httpx.create_ssl_context()


def _lower(hosts: frozenset[str]) -> frozenset[str]:
    return frozenset(host.lower() for host in hosts)


class Http:
    """The HTTP client of one connection.

    `secret_path`: the URL itself is a credential (a Teams Workflows URL), so it is recorded as its
    host alone.
    """

    def __init__(
        self,
        connection: str,
        *,
        allow_hosts: frozenset[str],
        concurrency: int = 8,
        deadline: float = 30.0,
        secret_path: bool = False,
        transport: httpx.BaseTransport | None = None,
        meter: Meter | None = None,
    ) -> None:
        self.connection = connection
        self._meter = meter
        self.deadline = deadline
        self._allow_hosts = _lower(allow_hosts)
        self._secret_path = secret_path
        self._client = httpx.Client(
            verify=_tls(),
            timeout=httpx.Timeout(deadline, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency),
            follow_redirects=False,
            trust_env=False,
            transport=transport,
            headers={"user-agent": "bridge"},
        )

    def allow(self, hosts: frozenset[str]) -> None:
        """From now on these hosts may be called, and no others."""
        self._allow_hosts = _lower(hosts)

    def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        content: bytes | Iterator[bytes] | None = None,
        data: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        deadline: float | None = None,
    ) -> httpx.Response:
        """One call, read whole, within `deadline` seconds. Any status is an answer.

        `content` may come piece by piece, as a file does: it is never held whole, nor kept in the log.
        It may take as long as its claim lasts, but for one deadline, in which the answer must come.
        """
        if not isinstance(content, bytes | None):
            deadline = deadline or self._while_claimed()
            content = _until(content, time.monotonic() + deadline)
        request = self._client.build_request(
            method, url, json=json, content=content, data=data, params=params, headers=headers
        )
        request.extensions[FILE] = not isinstance(content, bytes | None)
        return self.send(request, deadline=deadline)

    def send(
        self, request: httpx.Request, *, deadline: float | None = None, part: str = ""
    ) -> httpx.Response:
        """Send a request that is built already. `part` of the connection has limits of its own."""
        self._refuse_foreign_host(request.url)
        each = self.deadline if request.extensions.get(FILE) else deadline or self.deadline
        self._refuse_late(request, each)
        if self._meter is not None:
            self._meter.admit(request.method, request.url.path, part)
        started = time.monotonic()
        until = started + (deadline or self.deadline)
        response: httpx.Response | None = None
        try:
            response = self._read_within(request, until, each=each)
        except _NOT_SENT as error:
            raise TransientError(f"{self._name(request)}: did not connect") from _bare(error)
        except httpx.HTTPError as error:
            raise AmbiguousOutcome(f"{self._name(request)}: no whole answer") from _bare(error)
        finally:
            seconds = time.monotonic() - started
            record(request, response, url=self._url(request.url), seconds=seconds, part=part)
        if self._meter is not None:
            self._meter.answered(response, part)
        return response

    @contextmanager
    def streamed(
        self, method: str, url: str, *, json: Any, headers: Mapping[str, str]
    ) -> Iterator[httpx.Response]:
        """A call whose answer is read as it comes, for as long as it comes: `deadline` is between
        two parts of it. Errors are those of `send`, in the block as well.
        """
        request = self._client.build_request(method, url, json=json, headers=headers)
        self._refuse_foreign_host(request.url)
        try:
            response = self._client.send(request, stream=True)
            try:
                yield response
            finally:
                response.close()
        except _NOT_SENT as error:
            raise TransientError(f"{self._name(request)}: did not connect") from _bare(error)
        except httpx.HTTPError as error:
            raise AmbiguousOutcome(f"{self._name(request)}: no whole answer") from _bare(error)

    @contextmanager
    def download(self, url: str, *, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """A file, to be read piece by piece in the block; the log keeps none of it.

        It may be led elsewhere, to hosts that are allowed, where `headers` do not go along. Whatever
        breaks has done nothing: TransientError.
        """
        try:
            with self._led(url, headers) as response:
                yield response
        except httpx.HTTPError as error:
            what = f"{self.connection}: a file broke off"
            raise TransientError(what) from _bare(error)

    @contextmanager
    def _led(self, url: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        for _ in range(MAX_REDIRECTS):
            request = self._client.build_request("GET", url, headers=headers)
            self._refuse_foreign_host(request.url)
            self._refuse_late(request, self.deadline)
            if self._meter is not None:
                self._meter.admit(request.method, request.url.path, "")
            response = self._client.send(request, stream=True)
            try:
                if not response.has_redirect_location:
                    yield response
                    return
            finally:
                response.close()
            there = request.url.join(response.headers["location"])
            here = request.url.scheme, request.url.netloc
            headers = headers if (there.scheme, there.netloc) == here else {}
            url = str(there)
        raise PermanentError(f"{self.connection}: a file is led from place to place", code="led")

    def session(self) -> requests.Session:
        """A `requests` session for vendor libraries whose every call goes through this client."""
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", _Adapter(self))
        session.mount("http://", _Adapter(self))
        return session

    def close(self) -> None:
        self._client.close()

    def _read_within(self, request: httpx.Request, until: float, *, each: float) -> httpx.Response:
        """Timeouts are per chunk in httpx; the whole-call deadline is kept here. `each`: for a chunk."""
        remaining = max(0.1, min(each, until - time.monotonic()))
        request.extensions["timeout"] = httpx.Timeout(
            remaining, connect=min(CONNECT_SECONDS, remaining)
        ).as_dict()
        response = self._client.send(request, stream=True)
        try:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MAX_RESPONSE_BYTES:
                    raise httpx.ReadError("answer too large", request=request)
                if time.monotonic() > until:
                    raise httpx.ReadTimeout("deadline passed", request=request)
        finally:
            response.close()
        headers = [
            (key, value)
            for key, value in response.headers.multi_items()
            if key not in {"content-encoding", "transfer-encoding", "content-length"}
        ]
        self._client.cookies.clear()  # cookies of one account must not follow into the next
        return httpx.Response(
            response.status_code, headers=headers, content=bytes(body), request=request
        )

    def _refuse_foreign_host(self, url: httpx.URL) -> None:
        if url.host.lower() not in self._allow_hosts:
            raise PermanentError(
                f"{self.connection}: host {url.host!r} is not on the allow-list of this connection;"
                f" add it to allow_hosts in bridge.yaml if it is yours"
            )
        if url.scheme != "https" and url.host not in {"127.0.0.1", "localhost", "::1"}:
            raise PermanentError(f"{self.connection}: only https leaves this machine")

    def _while_claimed(self) -> float:
        """Seconds for a body that comes piece by piece: its claim must outlast the answer, too."""
        left = _left.get()
        return self.deadline if left is None else max(self.deadline, left() - self.deadline)

    def _refuse_late(self, request: httpx.Request, deadline: float) -> None:
        left = _left.get()
        if left is not None and left() < deadline:
            raise TransientError(
                f"{self._name(request)}: not begun, as its claim ends too soon", retry_after=0.0
            )

    def _name(self, request: httpx.Request) -> str:
        return f"{self.connection}: {request.method} {self._url(request.url)}"

    def _url(self, url: httpx.URL) -> str:
        path = "/…" if self._secret_path else url.path
        return f"{url.scheme}://{url.host}{path}"


class _Adapter(BaseAdapter):
    """Lets `jira` and `simple-salesforce` speak through our client: deadline, allow-list, log."""

    def __init__(self, http: Http) -> None:
        super().__init__()
        self._http = http

    @override
    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        body = request.body.encode() if isinstance(request.body, str) else request.body
        answer = self._http.request(
            request.method or "GET", request.url or "", content=body, headers=dict(request.headers)
        )
        response = requests.Response()
        response.status_code = answer.status_code
        response.headers.update(answer.headers)
        response._content = answer.content  # noqa: SLF001  (requests offers no setter)
        response.url = request.url or ""
        response.request = request
        response.encoding = answer.encoding
        return response

    @override
    def close(self) -> None:
        """The client is closed by its owner."""


def _until(pieces: Iterator[bytes], end: float) -> Iterator[bytes]:
    """Raises httpx.WriteTimeout where they are not through by then (monotonic seconds)."""
    for piece in pieces:
        if time.monotonic() > end:
            raise httpx.WriteTimeout("deadline passed")
        yield piece


def _bare(error: httpx.HTTPError) -> Exception:
    """The kind of a transport error without its text, which may hold a secret URL."""
    return ConnectionError(type(error).__name__)
