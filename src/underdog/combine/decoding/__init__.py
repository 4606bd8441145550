"""Decoding arithmetic: models of the next token made of such models, and what writes with them.

joint.py        several models read one text side by side; a model that has read something before
additive.py     scores added and subtracted: contrasted, context_aware, proxy_tuned, adapted
mixture.py      probabilities mixed, with weights that are learned from texts
guarded.py      two models of which neither is followed word for word
sampling.py     from scores to tokens
writers.py      `sampled`: a model that writes
search.py       `searched`: a small tuned model steers a large one, chunk by chunk
acceptance.py   which drafted tokens are kept, and why the law of the output stays the target's
drafts.py       what drafts: a language model, or the text itself
speculative.py  `speculative`: writes what its target writes, sooner
advice.py       whether speculation pays, measured on prompts of your own
"""
