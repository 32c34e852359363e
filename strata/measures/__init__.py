"""From rows of sql/indicators to published numbers.

Belongs here: the catalogue (indicators.toml) and how each computation makes a value. Not here: formulas (strata/statistics), what may be
told (strata/disclosure).
"""
