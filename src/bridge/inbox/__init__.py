"""Messages as they came, byte for byte."""
