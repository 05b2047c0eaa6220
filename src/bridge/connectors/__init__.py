"""The outside systems: one folder each, one contract for all."""
