"""What carries a value from one system's field to the other's: by name, pure, and never a guess."""
