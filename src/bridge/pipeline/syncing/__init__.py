"""Syncs at work: linked records are judged pair by pair, and brought in step."""
