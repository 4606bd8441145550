"""A small model where a guarantee allows it, the large one for the rest; with a certificate."""
