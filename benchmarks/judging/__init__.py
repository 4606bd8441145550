"""Small models that judge: what was asked of the graders of outputs, and what was reached."""
