"""A mail server on a real socket: as much of SMTP as a sender needs, with STARTTLS and a log-in."""

import base64
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from typing_extensions import override


@dataclass(frozen=True, kw_only=True)
class Mail:
    sender: str
    to: list[str]
    login: str
    secure: bool
    message: EmailMessage


class Talk(socketserver.StreamRequestHandler):
    """One connection."""

    server: "Mailbox.Server"

    @override
    def setup(self) -> None:
        super().setup()
        self.sender, self.login, self.secure = "", "", False
        self.to: list[str] = []

    @override
    def handle(self) -> None:
        self.say("220 mailbox")
        while line := self.rfile.readline().decode().strip():
            verb = line.upper().split(" ")[0]
            answer = getattr(self, f"on_{verb.lower()}", self.unknown)(line)
            if answer is None:
                return
            self.say(answer)

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
        self.wfile.flush()

    def unknown(self, line: str) -> str:
        return "250 ok"

    def on_ehlo(self, line: str) -> str:
        offers = ["250-mailbox"]
        if self.server.mailbox.tls and not self.secure:
            offers.append("250-STARTTLS")
        return "\r\n".join([*offers, "250 AUTH PLAIN"])

    def on_starttls(self, line: str) -> str:
        assert self.server.mailbox.tls
        self.say("220 go")
        secure = self.server.mailbox.tls.wrap_socket(self.request, server_side=True)
        self.connection, self.secure = secure, True
        self.rfile, self.wfile = secure.makefile("rb"), secure.makefile("wb")
        return self.on_ehlo(self.rfile.readline().decode())

    def on_auth(self, line: str) -> str:
        self.login = base64.b64decode(line.split(" ")[2]).decode()
        return "235 welcome" if self.server.mailbox.welcome else "535 who are you"

    def on_mail(self, line: str) -> str:
        self.sender = line.partition("<")[2].partition(">")[0]
        return "250 ok"

    def on_rcpt(self, line: str) -> str:
        self.to.append(line.partition("<")[2].partition(">")[0])
        return "250 ok"

    def on_data(self, line: str) -> str:
        self.say("354 go on")
        lines = []
        while (got := self.rfile.readline()) != b".\r\n":
            lines.append(got)
        message = message_from_bytes(b"".join(lines), policy=default)
        assert isinstance(message, EmailMessage)
        self.server.mailbox.mails.append(
            Mail(
                sender=self.sender,
                to=self.to,
                login=self.login,
                secure=self.secure,
                message=message,
            )
        )
        return "250 kept"

    def on_quit(self, line: str) -> None:
        self.say("221 bye")

    @override
    def finish(self) -> None:
        self.wfile.close()
        self.rfile.close()
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.close()


@dataclass
class Mailbox:
    """`tls`: offers STARTTLS with this. `welcome`: takes any log-in, or none."""

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        mailbox: "Mailbox"

        @override
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that breaks off is part of the test."""

    tls: ssl.SSLContext | None = None
    welcome: bool = True
    mails: list[Mail] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._server = Mailbox.Server(("127.0.0.1", 0), Talk)
        self._server.mailbox = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def port(self) -> int:
        port: int = self._server.server_address[1]
        return port

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
