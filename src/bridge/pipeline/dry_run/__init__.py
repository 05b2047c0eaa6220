"""Dry-run on the past: what rules would have done with the events that are stored, and nothing sent."""
