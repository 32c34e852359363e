"""A country that does not exist, written as real-format extracts, with a truth the pipeline never reads.

Belongs here: people, their latent illness, their stays, the dirt of real files, the writers, and an own reading of the clinical
text from latent facts. Not here: anything the pipeline uses. Only strata.errors and strata.ingest.lines.layouts are imported, or the
truth would prove nothing.
"""

from strata.synthetic.country import write_country

__all__ = ["write_country"]
