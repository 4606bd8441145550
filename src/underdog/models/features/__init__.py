"""What a text is to a model: tokens, TF-IDF rows, surface features, windows."""
