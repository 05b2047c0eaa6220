"""Adoption: pairs of records that existed before Bridge are linked, first as a plan, then for good."""
