"""A small model that learns from traffic under a guarantee that audits check."""
