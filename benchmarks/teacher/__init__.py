"""What a large model teaches: labels, distillation, repair, choice of texts, prices; a row each.

    python -m benchmarks.teacher                # all rows, those that were finished as they were
    python -m benchmarks.teacher votes repair   # these alone
    python -m benchmarks.teacher --seeds 1      # fewer seeds: another row, kept beside the full one

A finished row is kept as JSON in ``benchmarks/.cache``; ``--again`` makes it again.
Embeddings of sentences are computed once and kept (`benchmarks.deferral.minilm`).
"""
