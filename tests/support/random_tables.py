"""Random tables of small territories as disclosure control meets them: measured rows of every kind, and who is behind them.

Belongs here: drawing a country of persons by a seed, and its measured rows. Not here: masking it (strata/disclosure), attacking it
(table_attack.py).
"""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from strata.measures.measure import PUBLISHED

PLACE = ["territory_id", "stratum", "sex", "age_band"]
BANDS = ["18-39", "40-49", "50-59", "60-64", "65-69", "70-74", "75-79", "80-84", "85-89", "90+"]
CONDITIONS = ("t2d", "hf")
UNION = "t2d_or_hf"
_LEVELS = ["1", "2", "3", "4", "at_risk_strict", "at_risk_extended"]
_MEANS = {level: 1_000.0 * number for number, level in enumerate(_LEVELS, start=1)}


@dataclass(frozen=True)
class Country:
    """persons: one row each (condition, territory_id, level, sex, age_band, is_hospitalised, euros). wholes: places made of places."""

    persons: pl.DataFrame
    wholes: dict[str, list[str]] = field(default_factory=dict)


def country(seed: int, territories: int = 100, *, mean: float = 60, conditions: tuple[str, ...] = ("t2d",), wholes: int = 0) -> Country:
    """`territories` of about `mean` persons, some of a dozen, some of hundreds; with two conditions, some persons have both."""
    chance = np.random.default_rng(seed)
    places = np.array([f"T{number:03}" for number in range(territories)] + ["REST"])
    sizes = chance.poisson(chance.lognormal(np.log(mean), 1.0, len(places)))
    drawn = [_drawn(chance, np.repeat(places, sizes), number) for number in range(len(conditions))]
    parts = [people.with_columns(condition=pl.lit(name)) for name, people in zip(conditions, drawn, strict=True)]
    if len(parts) == 2:
        parts = _overlapping(chance, *parts)
    groups = np.array_split(places[:-1], wholes) if wholes else []
    return Country(pl.concat(parts), {f"G{number:02}": list(map(str, group)) for number, group in enumerate(groups)})


def _drawn(chance: np.random.Generator, places: np.ndarray, first: int) -> pl.DataFrame:
    count = len(places)
    return pl.DataFrame(
        {
            "person": np.arange(count) + first * 10_000_000,
            "territory_id": places,
            "level": chance.choice(_LEVELS, count, p=[0.35, 0.25, 0.12, 0.05, 0.15, 0.08]),
            "sex": chance.choice(["F", "M"], count),
            "age_band": chance.choice(BANDS, count, p=[0.004, 0.03, 0.1, 0.1, 0.13, 0.16, 0.17, 0.15, 0.1, 0.056]),
            "is_hospitalised": chance.random(count) < 0.3,
            "euros": chance.lognormal(8, 1.2, count).round(2),
        }
    )


def _overlapping(chance: np.random.Generator, one: pl.DataFrame, two: pl.DataFrame) -> list[pl.DataFrame]:
    """A few persons of the second condition are persons of the first; the union holds each once."""
    common = one.filter(pl.Series(chance.random(len(one)) < 0.15)).with_columns(condition=pl.lit(CONDITIONS[1]))
    second = pl.concat([two, common])
    union = pl.concat([one, second]).unique("person", keep="first", maintain_order=True).with_columns(condition=pl.lit(UNION))
    return [one, second, union]


def measured(made: Country, year: int = 2024) -> pl.DataFrame:
    """Rows of the stock of `year` and of the flow of the year after, before disclosure control."""
    cells = _cells(made)
    count, euros, members = pl.col("persons").cast(pl.Float64), pl.col("euros"), pl.col("member_euros")
    residents, expected, inside = count * 40 + 500, (count * 1.1 + 3.7).round(2), pl.col("numerator_persons").cast(pl.Float64)
    of_residents = {"denominator": expected, "expected": expected, "ratio": count / expected, "value": count / expected}
    of_members = {"denominator": members, "expected": members, "ratio": euros / members, "value": euros / members}
    rows = [
        _rows(cells, "persons", year, numerator=count, value=count),
        _rows(cells, "prevalence", year, numerator=count, denominator=residents, value=count / residents),
        _rows(cells, "persons_vs_expected", year, numerator=count, **of_residents),
        _rows(cells, "hospitalised_share", year, numerator=inside, denominator=count, value=inside / count),
        _rows(cells, "cost_total", year + 1, numerator=euros, value=euros),
        _rows(cells, "cost_per_patient", year + 1, numerator=euros, denominator=count, value=euros / count),
        _rows(cells, "cost_vs_expected", year + 1, numerator=euros, **of_members),
    ]
    return pl.concat(rows)


def _cells(made: Country) -> pl.DataFrame:
    """Every published cell, zeros included: strata and risk by place, sexes by place, ages of the whole."""
    people = made.persons.with_columns(
        member_euros=pl.col("level").replace_strict(_MEANS, return_dtype=pl.Float64) + pl.col("age_band").rank("dense") * 37.5
    )
    wholes = [
        people.filter(pl.col("territory_id").is_in(parts)).with_columns(territory_id=pl.lit(name)) for name, parts in made.wholes.items()
    ]
    placed = pl.concat([people, people.with_columns(territory_id=pl.lit("ALL")), *wholes])
    diseased = placed.filter(pl.col("level").is_in(["1", "2", "3", "4"]))
    nobody = {name: pl.lit("all") for name in PLACE[1:]}
    shapes = [
        diseased.with_columns(**nobody),
        diseased.with_columns(**nobody | {"stratum": pl.col("level")}),
        diseased.with_columns(**nobody | {"sex": pl.col("sex")}),
        diseased.filter(pl.col("territory_id") == "ALL").with_columns(**nobody | {"age_band": pl.col("age_band")}),
        placed.filter(pl.col("level") == "at_risk_strict").with_columns(**nobody | {"stratum": pl.lit("at_risk_strict")}),
        placed.filter(pl.col("level").str.starts_with("at_risk")).with_columns(**nobody | {"stratum": pl.lit("at_risk_extended")}),
    ]
    found = pl.concat(shapes).group_by("condition", *PLACE).agg(
        persons=pl.len().cast(pl.Int64), numerator_persons=pl.col("is_hospitalised").sum().cast(pl.Int64),
        euros=pl.col("euros").sum().round(2), largest_eur=pl.col("euros").max(), member_euros=pl.col("member_euros").sum().round(2),
    )  # fmt: skip
    return _with_zeros(found, made).sort("condition", *PLACE)


def _with_zeros(found: pl.DataFrame, made: Country) -> pl.DataFrame:
    places = found["territory_id"].unique().sort()
    shapes = [(level, "all") for level in ("1", "2", "3", "4", "all", "at_risk_strict", "at_risk_extended")] + [("all", "F"), ("all", "M")]
    owed = [
        (condition, place, stratum, sex, "all")
        for condition in made.persons["condition"].unique().sort()
        for place in places
        for stratum, sex in shapes
    ]
    owed += [(condition, "ALL", "all", "all", band) for condition in made.persons["condition"].unique().sort() for band in BANDS]
    frame = pl.DataFrame(owed, schema=["condition", *PLACE], orient="row")
    return frame.join(found, on=["condition", *PLACE], how="left").with_columns(
        pl.col(pl.Int64).fill_null(0), pl.col(pl.Float64).fill_null(0.0)
    )


_UNITS = {
    **{"persons": "persons", "prevalence": "share", "hospitalised_share": "share"},
    **{"cost_total": "eur", "cost_per_patient": "eur", "persons_vs_expected": "ratio", "cost_vs_expected": "ratio"},
}
_EXTRA = ["persons", "numerator_persons", "table", "cost_eur", "largest_eur", "expects_members"]


def _rows(cells: pl.DataFrame, indicator_id: str, year: int, **figures: pl.Expr) -> pl.DataFrame:
    is_euro = indicator_id.startswith("cost")
    constant = {
        **{"indicator_id": indicator_id, "table": indicator_id, "year": year, "unit": _UNITS[indicator_id], "status": "ok"},
        **{
            "cohort": "flow" if is_euro else "stock",
            "cost_basis": "standard" if is_euro else "none",
            "definition_id": "D-1",
            "fields": "mco",
        },
        **{"lookback_years": 5, "expects_members": indicator_id == "cost_vs_expected"},
    }
    of_euros = {"cost_eur": pl.col("euros"), "largest_eur": pl.col("largest_eur")}
    named = cells.with_columns(
        *(pl.lit(value).alias(name) for name, value in constant.items()),
        *((value if is_euro else pl.lit(None, pl.Float64)).alias(name) for name, value in of_euros.items()),
        numerator_persons=pl.col("numerator_persons") if indicator_id == "hospitalised_share" else pl.lit(None, pl.Int64),
        **figures,
    )
    full = named.with_columns(pl.lit(None).alias(name) for name in PUBLISHED if name not in named.columns)
    public = full.select(*_EXTRA, *(pl.col(name).cast(kind) for name, kind in PUBLISHED.items()))
    return public.with_columns(pl.col(pl.Float64).fill_nan(None))
