"""Floor 1. Names, files, meters, workers."""
