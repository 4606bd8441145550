"""Weak teachers of strong models, and explanations: a row each.

    python -m benchmarks.strong                   # all rows, finished ones as they were
    python -m benchmarks.strong gap --texts 1000  # fewer texts: kept beside the full row
    python -m benchmarks.strong gap --strong 'encoder()' --only sst2

A finished row is kept as JSON in ``benchmarks/.cache``; ``--again`` makes it again.
"""
