"""Labels from annotators of any kind: asked, combined, and paid for once."""
