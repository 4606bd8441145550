"""What every request cost and who answered it, and the examples that tasks learn from."""
