"""*David vs. Goliath in AI*, run anew: ``python -m examples.david_vs_goliath``."""
