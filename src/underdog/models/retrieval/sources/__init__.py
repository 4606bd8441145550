"""Other things that are searched as they are: code, tables in files, operations of a service.

code.py    symbols and docstrings of a folder or of an installed library
tables.py  sheets in files, found by their header and content
tools.py   the operations of a service, read from its OpenAPI document
"""
