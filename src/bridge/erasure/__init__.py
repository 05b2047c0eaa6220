"""Erasure of a person from all that is stored: found first, then replaced by a marker. Rows stay."""
