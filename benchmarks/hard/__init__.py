"""Attacks on everything that strangers may hand over: folders, files, specs, and words typed.

samples.py    a small thing of every registered kind, on disk
mutations.py  something wrong in one of them
attacks.py    one attempt: load, read or build what is wrong, and use it
worker.py     the process that makes attempts, with limits on time and memory
"""
