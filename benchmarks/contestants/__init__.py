"""The contestants on real data: ``python -m benchmarks.contestants``, in as many goes as it takes.

Each number is a cell: one row of the table, one seed. A cell that was run is kept as JSON and not
run again; the table shows what there is and says what is missing. A module beside this one
offers its cells by a function ``cells()``, and is named in ``__main__``.
"""
