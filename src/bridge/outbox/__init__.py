"""What we owe the outside systems, and every try."""
