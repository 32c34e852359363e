"""From rows of sql/indicators to the columns of the public contract: values, limits, ratios, or the reason there is none.

Belongs here: every row that should exist, computed by the method of its catalogue entry. Not here: what may be shown (strata/disclosure).
"""

from datetime import date

import duckdb
import numpy as np
import polars as pl

from strata.config import Config
from strata.measures.catalogue import NEEDS, Catalogue, Indicator
from strata.measures.methods import COMPUTATIONS, Parts
from strata.settings import TABLES

COST_INTERVAL = TABLES / "cost_interval.csv"
CELL = ["year", "condition", "territory_id", "stratum", "sex", "age_band"]
VALUES = ["numerator", "denominator", "value", "lower", "upper", "expected", "ratio", "ratio_lower", "ratio_upper", "reference_value"]
PUBLISHED = {
    **{"indicator_id": pl.String, "year": pl.Int16},
    **dict.fromkeys(CELL[1:], pl.String),
    **dict.fromkeys(VALUES, pl.Float64),
    **dict.fromkeys(["unit", "method", "status", "reason", "definition_id", "reference_id", "cohort", "cost_basis", "fields"], pl.String),
    **{"lookback_years": pl.Int16, "coverage": pl.String, "data_through": pl.Date, "period_status": pl.String, "synthetic": pl.Boolean},
}
# Persons behind the row, those of its numerator when not all of them, those of what is left of its base (`rest`), its table, measure and
# base, its euros (`spent_by`: the measure whose stays they are of, '' when of the members) and those of its dearest person, and whether its
# expected is made of the members' own sexes and ages.
FOR_DISCLOSURE = [
    *("persons", "numerator_persons", "rest_persons", "table", "measure", "base", "rest"),
    *("spent_by", "cost_eur", "largest_eur", "expects_members"),
]
_OF_SOME_TABLES = {
    **{"numerator_persons": "CAST(NULL AS BIGINT)", "rest_persons": "CAST(NULL AS BIGINT)", "measure": "''"},
    **{"base": "CAST(NULL AS VARCHAR)", "rest": "CAST(NULL AS VARCHAR)"},
}
_ROW = [*CELL, "cohort", "cost_basis", "persons", "numerator", "denominator", "expected", "variance", "reference_value"]
_BY_UNIT = ["value", "lower", "upper", "reference_value"]
_LIMITS = ("value", "lower", "upper", "ratio", "ratio_lower", "ratio_upper")


def measure(connection: duckdb.DuckDBPyConnection, config: Config, catalogue: Catalogue) -> pl.DataFrame:
    """One row per indicator x cost basis x published year x published cell, with `persons` behind it (NULL when not computable).

    Columns: those of PUBLISHED, and what disclosure control looks at: FOR_DISCLOSURE. NOT for publication: disclosure.protect is the only
    door out.
    """
    rows = _expected_rows(connection, config, catalogue)
    rows = rows.join(
        _with_dispersion(_computed_rows(connection, catalogue)), on=["table", "measure", *CELL, "cohort", "cost_basis"], how="left"
    )
    rows = rows.with_columns(spent_by=pl.when(pl.col("cost_basis") != "none").then("measure").otherwise(pl.lit("")))
    rows = rows.join(_spent(connection), on=["spent_by", *CELL, "cohort", "cost_basis"], how="left")
    rows = _with_follow_up(_with_declared(rows, connection), connection, catalogue)
    rows = _with_reasons(_with_years(rows, connection, config), config)
    measured = pl.concat([_compute(part, str(name)) for (name,), part in rows.group_by("computes", maintain_order=True)])
    return _in_public_form(measured, connection, config)


def _expected_rows(connection: duckdb.DuckDBPyConnection, config: Config, catalogue: Catalogue) -> pl.DataFrame:
    """Every row the publication owes, so that nothing is missing in silence."""
    cells = connection.sql("SELECT condition, territory_id, stratum, sex, age_band, breakdown FROM published_cell").pl()
    years = pl.DataFrame({"year": _years(config)}, schema={"year": pl.Int16})
    owed = [_owed(entry, catalogue, cells) for entry in catalogue.indicators.values()]
    return pl.concat(owed).join(years, how="cross")


def _owed(entry: Indicator, catalogue: Catalogue, cells: pl.DataFrame) -> pl.DataFrame:
    unit, method = catalogue.units[entry.unit], catalogue.methods[entry.method]
    constant = {
        **{"indicator_id": entry.id, "table": entry.table, "measure": entry.measure, "cohort": entry.cohort},
        **{"unit": entry.unit, "method": entry.method, "computes": method["computes"]},
        **{"decimals": unit["decimals"], "scale": float(unit.get("scale", 1))},
        **{f"needs_{need}": need in entry.needs for need in NEEDS},
    }
    mine = cells.filter(pl.col("breakdown").is_in(entry.breakdowns)).drop("breakdown")
    if entry.conditions:
        mine = mine.filter(pl.col("condition").is_in(entry.conditions))
    return mine.with_columns(pl.lit(value).alias(name) for name, value in constant.items()).join(
        pl.DataFrame({"cost_basis": entry.cost_bases}), how="cross"
    )


def _computed_rows(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> pl.DataFrame:
    tables = sorted({entry.table for entry in catalogue.indicators.values()})
    held = connection.sql("SELECT table_name, column_name FROM duckdb_columns()").fetchall()
    selects = []
    for table in tables:
        some = [name if (table, name) in held else f"{none} AS {name}" for name, none in _OF_SOME_TABLES.items()]
        selects.append(f"SELECT '{table}' AS \"table\", {', '.join(_ROW)}, {', '.join(some)} FROM {table}")
    return connection.sql("\nUNION ALL\n".join(selects)).pl().with_columns(pl.col("year").cast(pl.Int16))


def _spent(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Euros of each cell, and of its dearest person: those of its members, or of the stays that a measure names (`spent_by`)."""
    cell = ", ".join([*CELL, "cohort", "cost_basis"])
    euros = connection.sql(
        f"""SELECT '' AS spent_by, {cell}, cost_eur, largest_eur FROM cohort_total WHERE cost_basis <> 'none'
            UNION ALL SELECT measure, {cell.replace("cohort", "'flow' AS cohort")}, cost_eur, largest_eur FROM stay_cost_total"""
    )
    return euros.pl().with_columns(pl.col("year").cast(pl.Int16))


def _with_declared(rows: pl.DataFrame, connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """`lacks_event`: the measure needs an event that no definition in use declares."""
    declared = connection.sql(
        """SELECT condition, measure, TRUE AS is_declared FROM declared_measure
           UNION ALL SELECT condition, measure, TRUE FROM declared_characteristic"""
    ).pl()
    asked = connection.sql("SELECT measure FROM use_measure UNION SELECT measure FROM characteristic").pl()["measure"].to_list()
    joined = rows.join(declared, on=["condition", "measure"], how="left")
    return joined.with_columns(lacks_event=pl.col("measure").is_in(asked) & pl.col("is_declared").is_null())


def _with_follow_up(rows: pl.DataFrame, connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> pl.DataFrame:
    """Of acts of follow-up, `lacks_code`: nothing shows them; `lacks_expected`: not of the stratum; `lacks_care`: not in the year."""
    acts = [(entry.measure, entry.follow_up.act) for entry in catalogue.indicators.values() if entry.follow_up]
    if not acts:
        return rows.with_columns(pl.lit(False).alias(name) for name in ("lacks_code", "lacks_expected", "lacks_care"))
    named = pl.DataFrame(acts, schema={"measure": pl.String, "act": pl.String}, orient="row")
    rows = rows.join(named, on="measure", how="left", maintain_order="left")
    shown = connection.sql("SELECT condition, act, NOT is_observable AS lacks_code FROM definition_act").pl()
    expected = connection.sql(
        """SELECT condition, act, stratum, FALSE AS lacks_expected FROM definition_act_expected
           UNION ALL SELECT condition, act, 'all', FALSE FROM definition_act WHERE is_for_all"""
    ).pl()
    held = connection.sql("SELECT condition, act, year::SMALLINT AS year, FALSE AS lacks_care FROM act_year").pl()
    joined = rows.join(shown, on=["condition", "act"], how="left").join(expected, on=["condition", "act", "stratum"], how="left")
    joined = joined.join(held, on=["condition", "act", "year"], how="left")
    is_act = pl.col("act").is_not_null()
    return joined.with_columns(
        lacks_code=is_act & pl.col("lacks_code").fill_null(False),
        lacks_expected=is_act & pl.col("lacks_expected").fill_null(True),
        lacks_care=is_act & pl.col("lacks_care").fill_null(True),
    )


def _with_years(rows: pl.DataFrame, connection: duckdb.DuckDBPyConnection, config: Config) -> pl.DataFrame:
    """What each year is worth: through when, whole or not, after how many years of look-back."""
    held = connection.sql(
        """SELECT year, 'stock' AS cohort, lookback_years FROM reporting_year WHERE is_stock
           UNION ALL SELECT year, 'flow', lookback_years FROM flow_year"""
    ).pl()
    held = held.with_columns(pl.col("year", "lookback_years").cast(pl.Int16))
    (through,) = connection.execute("SELECT data_through FROM setting").fetchall()[0]
    years = pl.DataFrame([_period(year, through) for year in _years(config)], schema=_PERIOD)
    nominal = config.method.lookback_years
    joined = rows.join(years, on="year", how="left").join(held, on=["year", "cohort"], how="left")
    return joined.with_columns(pl.col("lookback_years").fill_null(nominal))


_PERIOD = {"year": pl.Int16, "data_through": pl.Date, "is_partial": pl.Boolean, "is_after": pl.Boolean}


def _period(year: int, through: date) -> dict[str, object]:
    """is_partial: the data ends within the year or before; is_after: before its first month was complete."""
    last = date(year, 12, 31)
    return {"year": year, "data_through": min(last, through), "is_partial": through < last, "is_after": through < date(year, 1, 31)}


def _years(config: Config) -> range:
    return range(config.years.first, config.years.last + 1)


_SAME_SERIES = ["table", "measure", "year", "condition", "cohort", "cost_basis", "stratum"]


def _with_dispersion(rows: pl.DataFrame) -> pl.DataFrame:
    """`variation`: spread of one person's euros over their mean, in the whole extract for the same stratum; `variance` as it gives it.

    `dispersion`: variance over count of events, in the whole extract likewise (1 where it saw none, or as many of each person); their own
    variance stays. A small cell sees too few of the rare dear persons to know its own spread: see docs/decisions/0005-cost-intervals.md.
    """
    is_whole = (pl.col("territory_id") == "ALL") & (pl.col("sex") == "all") & (pl.col("age_band") == "all")
    spread = (pl.col("persons") * pl.col("variance")).sqrt() / pl.col("numerator")
    over_events = pl.when(pl.col("variance") > 0).then(pl.col("variance") / pl.col("numerator"))
    whole = rows.filter(is_whole & (pl.col("numerator") > 0)).select(*_SAME_SERIES, variation=spread, dispersion=over_events)
    of_euros = (pl.col("variation") * pl.col("numerator")) ** 2 / pl.col("persons")
    is_cost = pl.col("cost_basis") != "none"
    return rows.join(whole, on=_SAME_SERIES, how="left").with_columns(
        variance=pl.when(is_cost).then(of_euros).otherwise("variance"), dispersion=pl.col("dispersion").fill_null(1.0)
    )


def _with_reasons(rows: pl.DataFrame, config: Config) -> pl.DataFrame:
    """The first thing that stands in the way of a number, or NULL; where something does, the parts of the number go."""
    residents, persons = pl.col("denominator"), pl.col("numerator")
    lacks_mean = (pl.col("computes") == "cost_standardised") & pl.col("reference_value").is_null()
    obstacles = {
        "coverage": pl.col("needs_national") & (config.scope != "national"),
        "no_data": pl.col("is_after"),
        "partial_year": pl.col("needs_whole_year") & pl.col("is_partial"),
        "definition": pl.col("lacks_event"),
        "not_observable": pl.col("lacks_code"),
        "not_expected": pl.col("lacks_expected"),
        "ambulatory_care": pl.col("lacks_care"),
        "exemptions": pl.col("needs_exemptions") & pl.col("persons").is_null(),
        "lookback": pl.col("persons").is_null(),
        "small_place": pl.col("needs_large_place") & pl.col("numerator").is_null(),
        "population": pl.col("needs_population") & ~_is_true((residents > 0) & ((pl.col("computes") != "share") | (persons <= residents))),
        "negative_cost": (pl.col("cost_basis") != "none") & (pl.col("numerator") < 0),
        "no_person": pl.col("denominator") == 0,
        "reference": pl.col("needs_reference") & (~_is_true(pl.col("expected") > 0) | lacks_mean),
    }
    reason = pl.coalesce(pl.when(stands).then(pl.lit(name)) for name, stands in obstacles.items())
    parts = ("numerator", "denominator", "expected", "variance", "reference_value", "dispersion")
    return rows.with_columns(reason=reason, **{name: pl.when(reason.is_null()).then(name) for name in parts})


def _is_true(condition: pl.Expr) -> pl.Expr:
    return condition.fill_null(False)


def _compute(rows: pl.DataFrame, computes: str) -> pl.DataFrame:
    """Value, limits and ratio of the rows of one computation; those with a reason stay NULL."""
    names = ("numerator", "denominator", "expected", "variance", "reference_value", "dispersion")
    figures = COMPUTATIONS[computes](Parts(*(rows[name].cast(pl.Float64).to_numpy() for name in names)))
    columns = dict(zip(_LIMITS, figures, strict=True))
    computed = rows.with_columns(pl.Series(name, values, dtype=pl.Float64).fill_nan(None) for name, values in columns.items())
    if computes.startswith("cost"):
        computed = _only_claimed(computed)
    computed = computed.with_columns(pl.col("value", "lower", "upper", "reference_value") * pl.col("scale"))
    if computes in ("count_ratio", "cost_ratio", "repeated_ratio"):
        computed = computed.with_columns(reference_value=pl.when(pl.col("ratio").is_not_null()).then(1.0))
    if computes in ("count_ratio", "cost_ratio", "repeated_ratio", "cost_standardised", "cost_gap"):
        computed = computed.with_columns(denominator="expected")
    if computes == "count":
        computed = computed.with_columns(denominator=pl.lit(None, pl.Float64))
    return computed


def _only_claimed(rows: pl.DataFrame) -> pl.DataFrame:
    """Leave out the limits of cells with too few persons for their dispersion (docs/decisions/0005-cost-intervals.md)."""
    table = pl.read_csv(COST_INTERVAL)
    enough = np.append(table["persons_at_least"].to_numpy().astype(float), np.inf)
    variation = rows["variation"].fill_null(np.inf).to_numpy()
    needed = pl.Series(enough[np.searchsorted(table["cv_up_to"].to_numpy(), variation)])
    unclaimed = (rows["persons"].fill_null(0) < needed) | rows["lower"].is_null()
    shown = pl.when(~unclaimed)
    return rows.with_columns(
        *(shown.then(name).alias(name) for name in ("lower", "upper", "ratio_lower", "ratio_upper")),
        reason=pl.when(unclaimed & pl.col("reason").is_null()).then(pl.lit("interval_not_claimed")).otherwise("reason"),
    )


def _in_public_form(rows: pl.DataFrame, connection: duckdb.DuckDBPyConnection, config: Config) -> pl.DataFrame:
    definitions = connection.sql(
        "SELECT condition, definition_id FROM definition UNION ALL SELECT condition, definition_id FROM declared_union"
    ).pl()
    found = connection.sql("SELECT reference_id FROM reference_pack").fetchall()
    is_synthetic = connection.sql("SELECT is_synthetic FROM setting").fetchall()[0][0]
    is_national = config.scope == "national"
    named = (
        _rounded(rows)
        .join(definitions, on="condition", how="left")
        .with_columns(
            status=pl.when(pl.col("reason").is_null() | (pl.col("reason") == "interval_not_claimed"))
            .then(pl.lit("ok"))
            .otherwise(pl.lit("not_computable")),
            reference_value=pl.when(is_national).then("reference_value"),  # a local mean is not a share of the national one
            reference_id=pl.lit(found[0][0] if found and is_national else None, dtype=pl.String),
            fields=pl.lit(config.fields_label),
            coverage=pl.lit(config.scope),
            period_status=pl.when("is_partial").then(pl.lit("partial")).otherwise(pl.lit("complete")),
            synthetic=pl.lit(is_synthetic),
            expects_members=pl.col("needs_reference") & ~pl.col("needs_population"),
        )
    )
    return in_order(named.select(*FOR_DISCLOSURE, *(pl.col(name).cast(kind) for name, kind in PUBLISHED.items())))


def _rounded(rows: pl.DataFrame) -> pl.DataFrame:
    """Published decimals: those of the unit; cents of euros, hundredths of expected persons, 5 for ratios."""
    rows = rows.with_columns(
        pl.col("numerator", "denominator", "expected").round(2), pl.col("ratio", "ratio_lower", "ratio_upper").round(5)
    )
    parts = rows.group_by("decimals", maintain_order=True)
    return pl.concat([part.with_columns(pl.col(_BY_UNIT).round(decimals)) for (decimals,), part in parts])


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows in their one total order: by indicator, cost basis and cell."""
    return rows.sort(["indicator_id", "cost_basis", *CELL])
