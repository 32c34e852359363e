"""`python -m strata.lineage`: writes docs/reference/lineage.md, strata/tables/lineage.csv and source_field.csv again."""

from strata.lineage.columns import EDGES, PAGE, edges, page, text_of
from strata.lineage.source_fields import TABLE, source_fields
from strata.lineage.source_fields import text_of as text_of_fields

made = edges()
TABLE.write_bytes(text_of_fields(source_fields()).encode())
EDGES.write_bytes(text_of(made).encode())
PAGE.write_bytes(page(made).encode())
