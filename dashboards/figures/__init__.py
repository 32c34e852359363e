"""Figures as inline SVG made in Python: they print, need no script, and carry a title and a description."""
