"""Formats of files and tables: each is read into a `Sheet`, whatever its columns mean."""
