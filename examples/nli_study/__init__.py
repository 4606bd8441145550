"""*Are Bigger Models Always Better?*, run anew: ``python -m examples.nli_study``."""
