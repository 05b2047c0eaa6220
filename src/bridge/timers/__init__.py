"""Timers: what time will make an event of, for which rule and when. One row a record and rule."""
