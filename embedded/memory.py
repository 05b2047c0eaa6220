"""A folder in memory, for data that need not outlive its process."""

import os
import shutil
from pathlib import Path

FOLDER = Path("/dev/shm")  # noqa: S108
ROOM = 2 << 30  # bytes that must be free: several processes of a test run share it


def memory() -> Path | None:
    """Where files cost no disk, or `None`: no such place here, or little room in it.

    A disk is slow for tests in a way of its own: thousands of small files made and removed at once
    are most of what a run costs the kernel (ext4 looks for an inode that was not used just now).
    """
    if not os.access(FOLDER, os.W_OK | os.X_OK):
        return None
    return FOLDER if shutil.disk_usage(FOLDER).free >= ROOM else None
