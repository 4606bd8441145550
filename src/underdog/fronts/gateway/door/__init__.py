"""The door to a language model: requests passed on byte for byte, and what they used."""
