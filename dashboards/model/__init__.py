"""What a page is made of, for every renderer: blocks, measures, how numbers are written.

Belongs here: plain values and their text. Not here: which of them a page shows (sections, pages), how they look (render.py, exports).
"""
