"""Mappings: what a vendor's object means, and what follows from an event. Pure but for reading files."""
