"""What leaves a run: its folder, its receipt, the pointer to the latest, what changed since.

Not here: what may be told (strata/disclosure), the pages (dashboards).
"""
