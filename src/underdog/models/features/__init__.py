"""Features of texts: tokens, TF-IDF rows, surface features and windows of tokens."""
