"""Pages and tables for the people of the DIM, made by runs and commands.

Belongs here: quality, status, validity, definitions. Not here: the pages of a territory (dashboards).
"""
