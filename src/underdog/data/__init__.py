"""Floor 1. Files, data frames and hub data sets, read into a `Dataset`."""
