"""What the three simulators share: faults, time scale, and a sender of webhooks."""
