"""Searches for what no message told, so that a lost webhook is found by itself."""
