"""Alerts: what a step with a `route:` says is gathered into groups, told together, and ends."""
