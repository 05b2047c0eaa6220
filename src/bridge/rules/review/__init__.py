"""What a set that loads may still do wrong: conditions that never hold, keys a map lacks, two writers.

A condition is read as boxes (`boxes.py`): ways it can hold, each with what it asks of every field
(`domain.py`). What the boxes rule out is certain; what they leave open is certain only where
nothing stood in the condition that they cannot read, and then it is a fault, else a warning.
"""
