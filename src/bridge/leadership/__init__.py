"""Leadership: one node keeps the clock, and the others wait for its lease to lapse."""
