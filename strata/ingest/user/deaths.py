"""The deaths a user brings: a person key and a date, for who died outside the hospital.

Belongs here: reading deaths.csv, finding the persons. Not here: which date is kept (sql/core/person_death.sql).
"""

from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from strata.ingest.user.csv_file import Text, UserCsv, read_user_csv
from strata.ingest.user.layouts import recognise
from strata.ingest.warehouse.store import transaction

_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d%m%Y", "%Y%m%d")
_FIRST, _LAST = date(1900, 1, 1), date(2100, 12, 31)


def load_deaths(connection: duckdb.DuckDBPyConnection, path: Path) -> Text | None:
    """Fill `user_death` (one row per known person, their earliest date) from `path`, all or nothing; without the file it is empty.

    Returns what must be said: how many keys no extract holds, never which. StrataError (exit 2) names the line and the column.
    """
    rows = _read(path) if path.exists() else pl.DataFrame(schema={"pseudonym": pl.String, "death_date": pl.Date})
    with transaction(connection):
        connection.register("incoming_death", rows.to_arrow())
        connection.execute("DELETE FROM user_death")
        connection.execute(_INSERT)
        connection.unregister("incoming_death")
    known = connection.execute("SELECT count(*) FROM user_death").fetchall()[0][0]
    keys = rows["pseudonym"].n_unique()
    if keys == known:
        return None
    return (
        f"  {path.name} : {keys - known} clé(s) sur {keys} sans séjour ni soin dans les extractions, laissée(s) de côté",
        f"  {path.name}: {keys - known} key(s) of {keys} without a stay or care in the extracts, left aside",
    )


_INSERT = """
    INSERT INTO user_death
    SELECT pseudonym.person_id, min(incoming_death.death_date) AS death_date
    FROM incoming_death
    JOIN pseudonym ON pseudonym.pseudonym = incoming_death.pseudonym
    GROUP BY pseudonym.person_id
"""


def _read(path: Path) -> pl.DataFrame:
    _, table = recognise(read_user_csv(path), "death")
    key = table.text("pseudonym")
    return pl.DataFrame({"pseudonym": key, "death_date": _dates(table)})


def _dates(table: UserCsv) -> pl.Series:
    """The dates of death; a line that holds none is at fault, never read as alive."""
    text = table.text("death_date").str.head(10)
    found = pl.Series("death_date", [None] * len(text), dtype=pl.Date)
    for form in _FORMATS:
        found = found.fill_null(text.str.to_date(form, strict=False, exact=True))
    is_bad = found.is_null() | (found < _FIRST) | (found > _LAST)
    what = ("Date de décès impossible.", "Impossible date of death.")
    why = ("Une date comme 2024-03-31 ou 31/03/2024 est attendue.", "A date such as 2024-03-31 or 31/03/2024 is expected.")
    table.refuse_where(is_bad.fill_null(True), "death_date", what, why)
    return found
