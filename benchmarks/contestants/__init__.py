"""Measured results of the recipes on real data: ``python -m benchmarks.contestants``.

Each result is a cell: one row of the table and one random seed. A finished cell is kept as JSON and
reused; the table shows the finished cells and counts the missing ones, so the command can be run
several times. The modules of this package list their cells in a function ``cells()``.
"""
