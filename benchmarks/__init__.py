"""What the tables claim, these commands print: ``python -m benchmarks.NAME`` from the root."""
