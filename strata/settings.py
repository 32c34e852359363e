"""The configuration as tables, because SQL that runs alone as it stands has no template.

Belongs here: `setting`, `reporting_year`, `age_band`, `stay_filter`, `care_filter`, `duplicate_finess`, `accepted_gap`,
`declared_hospital`, `declared_care`, `territory_group` (docs/design.md). Not here: definitions, nor what the extract covers (coverage.py).
"""

from datetime import date
from pathlib import Path

import duckdb

from strata.config import CARE, FIELDS, Config
from strata.coverage import care_through, data_through, years_held
from strata.ingest.user.territory_groups import read_territory_groups

TABLES = Path(__file__).parent / "tables"
_TABLES = (
    *("age_band", "stay_filter", "care_filter", "coding_marker", "unvalued_session", "movement_term", "use_measure"),
    *("condition_union", "characteristic", "follow_up_term"),
)


def write_settings(connection: duckdb.DuckDBPyConnection, config: Config) -> None:
    """(Re)write the settings tables. Reads what ingest wrote: what the extract holds decides which look-backs are whole.

    StrataError: a field of care asked for and not read.
    """
    years, through = years_held(connection, config), data_through(connection, config)
    _write_setting(connection, config, through)
    _write_reporting_year(connection, config, years, through)
    for name in _TABLES:
        types = ", types = {'sex': 'VARCHAR'}" if name == "characteristic" else ""  # a column of F alone reads as false
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM {_csv(name, types)}")
    _write_territory_group(connection, config)
    _write_duplicate_finess(connection, config)
    _write_accepted_gap(connection, config)
    _write_declared_hospital(connection, config)
    _write_declared_care(connection, config)


def _csv(name: str, types: str) -> str:
    """A file of the tables folder, as DuckDB reads it. How it is written is said, not found out, which would take three times as long."""
    return f"""read_csv('{(TABLES / f"{name}.csv").as_posix()}', header = true, delim = ',', quote = '"', escape = '"'{types})"""


def _write_setting(connection: duckdb.DuckDBPyConnection, config: Config, through: date) -> None:
    method = config.method
    hospitals = connection.execute("SELECT DISTINCT finess FROM read_slice WHERE list_contains(?, field)", [list(FIELDS)]).fetchall()
    is_synthetic = bool(hospitals) and all(finess.startswith("99") for (finess,) in hospitals)
    connection.execute(
        """CREATE OR REPLACE TABLE setting AS SELECT
             ?::SMALLINT AS lookback_years, ?::SMALLINT AS standard_tariff_year, ? AS pie_rule,
             ? AS residence_rule, ? AS fields, ?::BOOLEAN AS is_synthetic, ?::DATE AS data_through""",
        [method.lookback_years, method.standard_tariff_year, method.pie_rule, method.residence, config.fields_label, is_synthetic, through],
    )


def _write_reporting_year(connection: duckdb.DuckDBPyConnection, config: Config, data_years: set[int], through: date) -> None:
    """States run from the eve of the first published year, whose members open that year's flow.

    A state needs `lookback_years` whole years of data (`data_years`), up to `through`. The opening state alone may have one year less, in
    the local data and in the reference alike, and says so (docs/decisions/0004-opening-state.md); with less, nothing is computed. A year
    that nobody transmitted breaks the look-backs that span it.
    """
    full = config.method.lookback_years
    rows = []
    for year in range(config.years.first - 1, config.years.last + 1):
        index_date = min(date(year, 12, 31), through)
        is_whole = index_date == date(year, 12, 31)
        # a window that ends within a year begins within another one
        held = _held(year, data_years, full) if is_whole else _held(year, data_years, full + 1) - 1
        is_stock = held == full and year >= config.years.first and index_date.year == year
        needed = max(full - 1, 1) if year < config.years.first else full
        opens_flow = held >= needed and is_whole and year < config.years.last
        is_flow = year >= config.years.first and is_whole and held > 0
        if is_stock or opens_flow:
            rows.append((year, index_date, held, is_stock, opens_flow, is_flow))
    connection.execute(
        """CREATE OR REPLACE TABLE reporting_year (year SMALLINT, index_date DATE, lookback_years SMALLINT,
             is_stock BOOLEAN, opens_flow BOOLEAN, is_flow BOOLEAN)"""
    )
    if rows:
        connection.executemany("INSERT INTO reporting_year VALUES (?, ?, ?, ?, ?, ?)", rows)


def _held(year: int, data_years: set[int], most: int) -> int:
    """Years with data, one after the other, that end with `year`; `most` at most."""
    return next((back for back in range(most) if year - back not in data_years), most)


def _write_territory_group(connection: duckdb.DuckDBPyConnection, config: Config) -> None:
    connection.execute("CREATE OR REPLACE TABLE territory_group (group_id VARCHAR, group_name VARCHAR, territory_id VARCHAR)")
    if config.paths.territory_groups:
        known = [name for (name,) in connection.execute("SELECT DISTINCT territory_id FROM territory ORDER BY ALL").fetchall()]
        groups = read_territory_groups(config.path("territory_groups"), known)
        connection.executemany("INSERT INTO territory_group VALUES (?, ?, ?)", groups.rows())


def _write_duplicate_finess(connection: duckdb.DuckDBPyConnection, config: Config) -> None:
    rows = _csv("duplicate_finess", ", types = {'finess': 'VARCHAR', 'until_year': 'SMALLINT'}")
    connection.execute(f"CREATE OR REPLACE TABLE duplicate_finess AS SELECT finess, until_year FROM {rows}")
    for finess in config.filters.duplicate_finess:
        connection.execute("INSERT INTO duplicate_finess VALUES (?, 2017)", [finess])


def _write_accepted_gap(connection: duckdb.DuckDBPyConnection, config: Config) -> None:
    connection.execute("CREATE OR REPLACE TABLE accepted_gap (field VARCHAR, finess VARCHAR, year SMALLINT)")
    for field, coverage in config.coverage.items():
        for gap in coverage.accepted_gaps:
            finess, _, year = gap.partition(":")
            connection.execute("INSERT INTO accepted_gap VALUES (?, ?, ?)", [field, finess, int(year)])


def _write_declared_hospital(connection: duckdb.DuckDBPyConnection, config: Config) -> None:
    connection.execute("CREATE OR REPLACE TABLE declared_hospital (field VARCHAR, finess VARCHAR)")
    for field, coverage in config.coverage.items():
        for finess in sorted(set(coverage.hospitals)):
            connection.execute("INSERT INTO declared_hospital VALUES (?, ?)", [field, finess])


def _write_declared_care(connection: duckdb.DuckDBPyConnection, config: Config) -> None:
    """One row where ambulatory care is declared, NULL when what is declared cannot serve; none where it is not."""
    connection.execute("CREATE OR REPLACE TABLE declared_care (care_through DATE)")
    if CARE in config.coverage:
        connection.execute("INSERT INTO declared_care VALUES (?)", [care_through(connection, config)])
