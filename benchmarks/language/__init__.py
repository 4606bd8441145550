"""Language models on this machine: labelling, mixtures, speculation, n-grams."""
