"""Retrievers made of retrievers: fused by ranks or weights, and reordered by a model.

hybrid.py    several retrievers as one, chosen on pairs
weights.py   how several lists of hits become one, and the weights that are learned
reranked.py  the first hits of a retriever, reordered by a model of pairs
"""
