"""The contestants on real data: ``python -m benchmarks.contestants``, in as many goes as it takes.

Each number is a cell: one row of the table, one seed. A cell that was run is kept as JSON and not
run again; the table shows what there is and says what is missing. Modules beside this one offer
their cells by a function ``cells()``.
"""
