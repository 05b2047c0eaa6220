"""Replays: what somebody wants sent or decided again, item by item, as it was planned and as it came."""
