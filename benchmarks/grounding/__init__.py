"""Retrieval, prompts, repair and grounding around a large model, against the figures asked for."""
