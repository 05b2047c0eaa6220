"""The benchmark: real processes over loopback, beside the raw database in the same run."""
