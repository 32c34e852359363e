"""strata: who lives here with a chronic disease, how sick they are, what they cost, against what the country expects."""

__version__ = "0.1.0"
