"""What the codes of the form of care and of the home of a patient mean, for the selects of SMR, HAD and PSY.

Belongs here: care_form.csv and had_home.csv as tables beside the raw tables. Not here: using them (sql/<field>/*.sql).
"""

import csv

import duckdb
import pyarrow as pa

from strata.ingest.lines.layouts import FORMATS

TABLES = {"care_form": ("field", "code", "care_form"), "had_home": ("code", "home")}  # file and table -> the columns that are used


def load_care_codes(connection: duckdb.DuckDBPyConnection) -> None:
    """Create `care_form` (field, code, care_form) and `had_home` (code, home: '' at home, 'esms', 'ssiad')."""
    for name, columns in TABLES.items():
        with (FORMATS / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
            rows = [{column: row[column] for column in columns} for row in csv.DictReader(handle)]
        connection.register("code_row", pa.Table.from_pylist(rows))
        connection.execute(f"CREATE TABLE {name} AS SELECT {', '.join(columns)} FROM code_row")
        connection.unregister("code_row")
