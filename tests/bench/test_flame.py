"""Stacks as py-spy writes them, read into shares."""

from bench.flame import shares, stacks

LINES = """
thread (12): bridge-call_3;run (/x/lib/python3.11/threading.py:10);act (/w/src/bridge/outbox/a.py:4);\
get (/v/site-packages/httpx/_client.py:9) 3
thread (13): bridge-call_0;run (/x/lib/python3.11/threading.py:10);act (/w/src/bridge/outbox/a.py:7) 1
thread (14): MainThread;f (<string>) 1
nothing that can be read
"""


def test_shares_are_of_samples_by_thread_by_our_function_and_by_what_is_at_work() -> None:
    found = shares(list(stacks(LINES.replace("\\\n", "").splitlines())))

    assert found["thread"] == {"bridge-call": 4, "MainThread": 1}
    assert found["Bridge's innermost function"] == {"outbox/a.py: act": 4, "none of Bridge": 1}
    assert found["package at work"] == {"httpx": 3, "bridge": 1, "python's <string>": 1}
    assert found["function at work"]["httpx: get"] == 3
