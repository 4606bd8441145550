"""Small models that learn from the answers of large ones, and labels that are put right."""
