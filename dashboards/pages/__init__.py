"""The pages of a run, one file each: pure functions from a published run to a page.

Not here: their parts (sections), how they look (render.py), which files they become (site.py).
"""
