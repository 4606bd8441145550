"""Models behind an API as language models: their likeliest next tokens, one request each."""
