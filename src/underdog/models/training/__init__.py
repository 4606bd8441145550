"""What every trained network shares: examples, batches, the loop, checkpoints."""
