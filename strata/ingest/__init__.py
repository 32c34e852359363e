"""From the files people have to the tables as read (docs/design.md).

Belongs here: recognition, reading, quarantine, replacement of a slice. Not here: any judgement on a stay (sql/staging).

The doors are `load.py` (into a warehouse) and `reading.py` (for a notebook). The rooms:
`lines` (fixed-width text), `atih`, `local` and `snds` (the files), `raw` (where both forms of a field meet),
`warehouse` (what is kept), `user` (what is brought beside), `listing` (what a folder holds).
"""
