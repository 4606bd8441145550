"""Weak teachers of strong models, and explanations: a row each.

    python -m benchmarks.strong                   # the rows that are missing
    python -m benchmarks.strong gap --texts 1000  # one row, with fewer texts
    python -m benchmarks.strong gap_sst2          # a fine-tuned encoder on one task, minutes

Rows stand in ``benchmarks/results/strong.json``. What they are made of is kept as JSON in
``benchmarks/.cache``, so a row that was stopped goes on; ``--again`` makes it again.
"""
