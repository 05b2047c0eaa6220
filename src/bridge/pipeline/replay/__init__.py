"""Replays: a plan first, then a run with that plan's id, both in small steps."""
