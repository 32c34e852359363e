"""What pages are made from: the published run, and what a user brings for its pages.

Belongs here: reading and checking. Not here: any word or number of a page.
"""
