"""Drift: linked records that syncs keep the same are compared, live, and brought in step on request."""
