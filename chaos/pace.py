"""How fast the town lives: every wait of Bridge and of the vendors at a hundredth, leases in seconds."""

from datetime import timedelta

SCALE = 0.01  # of every wait, ours and the vendors'
DEADLINE = 4.0  # seconds for one whole call; real ones, since a busy machine is not scaled
TERM = timedelta(seconds=7)  # how long a claim is ours
LEADS = timedelta(seconds=3)  # how long a leader leads on after its last sign
