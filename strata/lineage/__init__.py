"""From a number back to code lists and fields of the files, by parsing the SQL.

Not here: the graph of tables (strata/engine/models.py).
"""
