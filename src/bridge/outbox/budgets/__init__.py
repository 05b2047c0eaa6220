"""Budgets: what the vendors allow, shared by all nodes, spent in slices."""
