"""How far scores of outputs can be believed: against ratings, beside the length alone."""
