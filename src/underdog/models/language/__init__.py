"""Language models on this machine, and what they are made of.

weights.py   short names, files and checksums
engine.py    llama.cpp in this process
llama.py     `Llama`: writes, and gives the likelihood of labels
"""
