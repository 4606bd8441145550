"""Language models on this machine, and what they are made of.

weights.py      short names, files and checksums
engine.py       llama.cpp in this process
llama.py        `Llama`: writes, and gives the likelihood of labels
spelling.py     labels as tokens, and where they part
pretrained.py   networks for torch, converted once from a GGUF
causal.py       `Causal`: the scores of every next token
tokenizers.py   bytes, or the vocabulary of a pretrained model
kneser_ney.py   smoothed counts of n-grams
ngram.py        `NGram`: a model of n-grams, fitted in seconds
lm.py           `LM`: a network of one's own, from scratch or by LoRA, with or without a teacher
lm_training.py  how that network is trained
divergence.py   how far a student is from its teacher
across/         read with another tokenizer: `Bytewise`, `Respelled`
on_policy.py    learning from a teacher on texts that the student writes itself
top_store.py    what a teacher said, its likeliest tokens only, on disk
"""
