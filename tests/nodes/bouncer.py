"""A pgbouncer in transaction mode before a test's own server, where the machine has one."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from patience import until

BINARY = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
CONFIG = """\
[databases]
* = host={server} user=postgres
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 300
"""


@contextmanager
def pooling(server: Path) -> Iterator[Path]:
    """Its socket's folder, on port 6432. Four connections to the server, for any number of clients."""
    folder = Path(tempfile.mkdtemp(prefix="bridge-bouncer-", dir=server.parent))
    lent = _lent(folder)
    (folder / "ini").write_text(CONFIG.format(server=server, folder=folder), encoding="utf-8")
    process = subprocess.Popen(
        [str(BINARY), "-q", str(folder / "ini")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **lent,
    )
    try:
        _await(folder)
        yield folder
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _lent(folder: Path) -> dict[str, Any]:
    """It refuses to run as root, as the server does."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}


def _await(folder: Path) -> None:
    def answers() -> bool:
        with suppress(psycopg.OperationalError):
            psycopg.connect(f"postgresql://postgres@/postgres?host={folder}&port=6432").close()
            return True
        return False

    if not until(answers):
        raise TimeoutError("pgbouncer did not come up")
