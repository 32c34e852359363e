"""Definitions of conditions as rows: read, checked, compiled.

Belongs here: strata/conditions as text and as tables. Not here: any evaluation (sql/strata), the pages about them (strata/documents).
"""
