"""Floor 5. Curation: which documents are worth learning from, proved by an ablation."""
