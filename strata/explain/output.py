"""The output contract of the clinical text (section 1.10), for who reads the warehouse: a receipt, an explanation, a notebook.

Belongs here: asking it. Not here: the strata themselves (sql/strata), nor their words (pipelines/commands/explain_report.py).
"""

from functools import cache
from pathlib import Path
from typing import Any

import duckdb

_SQL = Path(__file__).parent
SYSTEM = "organ_"  # how the criteria of organ systems are named (strata/conditions/README.md)


@cache
def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


def method_terms(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """lookback_years, position_policy, fields_included, geo_method, alive_method of a warehouse; see method_term.sql."""
    asked = connection.sql(_sql("method_term"))
    return dict(zip(asked.columns, asked.fetchall()[0], strict=True))


def person_output(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    """One row per person x condition x year with a status, as person_output.sql says; nothing is made until it is read."""
    return connection.sql(f"WITH method_term AS ({_sql('method_term')}) SELECT * FROM ({_sql('person_output')})")
