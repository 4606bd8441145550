"""Which demonstrations go into a prompt, by a model: those that help, and those that are alike.

trained.py   demonstrations that raise the likelihood of the right answer
covering.py  demonstrations whose tokens are alike, by an encoder
"""
