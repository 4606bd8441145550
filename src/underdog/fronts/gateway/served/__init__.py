"""Models in folders, served: batches, new versions without a pause, endpoints."""
