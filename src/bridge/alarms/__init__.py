"""Alarms: what needs a person, said once on the way down and once on the way up."""
