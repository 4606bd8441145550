"""The same work on many items: in this process, in others, on a Ray cluster."""
