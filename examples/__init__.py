"""Two published studies of small models against large ones, run anew: one command each."""
