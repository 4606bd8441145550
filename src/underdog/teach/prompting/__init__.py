"""Which demonstrations go into a prompt, by a model: those that help, and those that are alike.

trained.py   demonstrations that raise the likelihood of the right answer
beliefs.py   which label a text probably has, by the words of labelled examples
covering.py  demonstrations whose tokens are alike, by an encoder
"""
