"""Servers that tests and the benchmark start for themselves, and end."""
