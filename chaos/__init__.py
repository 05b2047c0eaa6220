"""Chaos: a town of real processes, bad weather drawn from a seed, and what the simulators say afterwards."""
