"""Floor 3b. What is good, what is true, what is wrong with the data."""
