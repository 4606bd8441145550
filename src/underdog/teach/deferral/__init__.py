"""The small model where it can be trusted, the large one for the rest; with a certificate."""
