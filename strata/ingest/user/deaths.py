"""The deaths a user brings: a person key and a date, for who died outside the hospital.

Belongs here: reading deaths.csv, finding the persons. Not here: which date is kept (sql/core/person_death.sql).
"""

import csv
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from strata.ingest.lines.layouts import FORMATS
from strata.ingest.reasons import reasons
from strata.ingest.user.csv_file import Text, UserCsv, read_user_csv
from strata.ingest.user.layouts import recognise
from strata.ingest.warehouse.store import transaction

_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d%m%Y", "%Y%m%d")
_FIRST = date(1900, 1, 1)
_Rows = tuple[pl.DataFrame, pl.DataFrame]  # pseudonym, death_date; source_line, reason


def load_deaths(connection: duckdb.DuckDBPyConnection, path: Path, today: date | None = None) -> list[Text]:
    """Fill `user_death` (one row per known person, their earliest date) from `path`, all or nothing; without the file it is empty.

    A default date (snds_sentinels.csv) and a date after `today` (the day of the run) are no death: their lines go to `quarantine`.
    Returns what must be said: how many lines are set aside and why, how many keys no extract holds, never which. StrataError (exit 2)
    names the line and the column.
    """
    empty = (
        pl.DataFrame(schema={"pseudonym": pl.String, "death_date": pl.Date}),
        pl.DataFrame(schema={"line": pl.Int64, "reason": pl.String}),
    )
    rows, aside = _read(path, today or date.today()) if path.exists() else empty
    with transaction(connection):
        connection.register("incoming_death", rows.to_arrow())
        connection.register("aside_death", aside.to_arrow())
        connection.execute("DELETE FROM user_death")
        connection.execute(_INSERT)
        connection.execute("DELETE FROM quarantine WHERE source_file = ?", [path.name])
        connection.execute("INSERT INTO quarantine SELECT ?, CAST(line AS INTEGER), reason FROM aside_death", [path.name])
        connection.unregister("incoming_death")
        connection.unregister("aside_death")
    known = connection.execute("SELECT count(*) FROM user_death").fetchall()[0][0]
    return [*_set_aside(path, aside), *_unknown(path, rows["pseudonym"].n_unique(), known)]


def _set_aside(path: Path, aside: pl.DataFrame) -> list[Text]:
    counts = aside.group_by("reason").len().sort("reason").iter_rows()
    return [
        (
            f"  {path.name} : {lines} ligne(s) sans décès : {label[0]} ({reason})",
            f"  {path.name}: {lines} line(s) without a death: {label[1]} ({reason})",
        )
        for reason, lines in counts
        for label in [reasons()[reason].label]
    ]


def _unknown(path: Path, keys: int, known: int) -> list[Text]:
    if keys == known:
        return []
    return [
        (
            f"  {path.name} : {keys - known} clé(s) sur {keys} sans séjour ni soin dans les extractions, laissée(s) de côté",
            f"  {path.name}: {keys - known} key(s) of {keys} without a stay or care in the extracts, left aside",
        )
    ]


_INSERT = """
    INSERT INTO user_death
    SELECT pseudonym.person_id, min(incoming_death.death_date) AS death_date
    FROM incoming_death
    JOIN pseudonym ON pseudonym.pseudonym = incoming_death.pseudonym
    GROUP BY pseudonym.person_id
"""


def _read(path: Path, today: date) -> _Rows:
    _, table = recognise(read_user_csv(path), "death")
    key = table.text("pseudonym")
    read = pl.DataFrame({"pseudonym": key, "death_date": _dates(table), "line": table.rows["line"]})
    is_default = pl.any_horizontal(pl.col("death_date").is_between(first, last) for first, last in _defaults())
    reason = pl.when(is_default).then(pl.lit("default_date")).when(pl.col("death_date") > today).then(pl.lit("future_date"))
    judged = read.with_columns(reason.alias("reason"))
    kept = judged.filter(pl.col("reason").is_null()).select("pseudonym", "death_date")
    return kept, judged.filter(pl.col("reason").is_not_null()).select(pl.col("line").cast(pl.Int64), "reason")


def _defaults() -> list[tuple[date, date]]:
    """The periods that say that no death is known."""
    with (FORMATS / "snds_sentinels.csv").open(encoding="utf-8", newline="") as handle:
        found = [row for row in csv.DictReader(handle) if row["raw_table"] == "user_death"]
    return [(date.fromisoformat(row["first_date"]), date.fromisoformat(row["last_date"])) for row in found]


def _dates(table: UserCsv) -> pl.Series:
    """The dates of death; a line that holds none is at fault, never read as alive."""
    text = table.text("death_date").str.head(10)
    found = pl.Series("death_date", [None] * len(text), dtype=pl.Date)
    for form in _FORMATS:
        found = found.fill_null(text.str.to_date(form, strict=False, exact=True))
    is_default = pl.select(pl.any_horizontal(pl.lit(found).is_between(first, last) for first, last in _defaults())).to_series()
    is_bad = found.is_null() | ((found < _FIRST) & ~is_default)
    what = ("Date de décès impossible.", "Impossible date of death.")
    why = ("Une date comme 2024-03-31 ou 31/03/2024 est attendue.", "A date such as 2024-03-31 or 31/03/2024 is expected.")
    table.refuse_where(is_bad.fill_null(True), "death_date", what, why)
    return found
