"""The process of one dry-run: `python -m bridge.pipeline.dry_run`, its task in, a line for each step out.

It has an interpreter of its own, so that it takes none of the time of those who receive and deliver,
and the least priority. It ends when nobody reads it any more.
"""

import os
import sys

from bridge.pipeline.dry_run.task import read_task, steps

NICE = 10

if __name__ == "__main__":
    os.nice(NICE)
    try:
        for line in steps(read_task(sys.stdin.buffer)):
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        os._exit(0)
