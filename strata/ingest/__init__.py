"""From the files people have to the tables as read (docs/design.md).

Belongs here: recognition, reading, quarantine, replacement of a slice. Not here: any judgement on a stay (sql/staging).
"""
