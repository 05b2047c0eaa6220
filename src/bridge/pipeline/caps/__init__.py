"""Caps: a rule that writes more than it may is held, and a person decides."""
