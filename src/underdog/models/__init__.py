"""Floor 2a. Leaves: they do the work, and pay the bill."""
