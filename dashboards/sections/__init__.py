"""The parts of a page about one condition, one file each.

Belongs here: from published rows to blocks. Not here: whole pages (pages).
"""
