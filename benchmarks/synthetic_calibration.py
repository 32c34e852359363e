"""Print how close the synthetic country comes to the published magnitudes.

Usage: python benchmarks/synthetic_calibration.py FOLDER   (a folder that write_country filled, SNDS form included)
Belongs here: shares and costs read from the written files. Not here: any target inside the generator.
"""

import sys
from pathlib import Path

import polars as pl

PUBLISHED_PERCENT = {  # 2021 table of five pioneer territories and France, percent of residents of any age
    "orsenne": (1.53, 14.61, 3.23, 25.50),
    "cap-armel": (1.77, 16.62, 2.65, 31.39),
    "deux-vernes": (1.76, 14.25, 3.27, 28.09),
    "bassin-sauve": (1.56, 16.53, 3.65, 25.36),
    "haute-lisse": (2.15, 15.54, 3.56, 29.56),
    "REST": (1.60, 14.0, 2.98, 25.7),
}
PUBLISHED_STRATA = {"t2d": (33, 29, 20, 17), "hf": (None, None, None, None)}
PUBLISHED_COST_EUR = {"t2d": (1_500, 3_500, 7_500, 20_000), "hf": (None, None, None, None)}


def read_costs(landing: Path) -> pl.DataFrame:
    """pseudonym, year, cost_eur of the valued stays of well chained people."""
    parts = []
    for path in sorted(landing.glob("T_MCO*VALO.*")):
        other = path.with_name(path.name.replace("VALO", "C"))
        valued, chained = _read(path), _read(other)
        valued = valued.filter(pl.col("VALO") == "1").with_columns(pl.col("RSA_NUM").cast(pl.Int64), pl.col("ETA_NUM").cast(pl.Int64))
        chained = chained.with_columns(pl.col("RSA_NUM").cast(pl.Int64), pl.col("ETA_NUM").cast(pl.Int64))
        joined = chained.join(valued, on=["ETA_NUM", "RSA_NUM"])
        year = 2000 + int(path.name[5:7])
        parts.append(joined.select(pseudonym="NIR_ANO_17", year=pl.lit(year), cost_eur=pl.col("MNT_TOT_BR").cast(pl.Float64)))
    return pl.concat(parts)


def _read(path: Path) -> pl.DataFrame:
    if path.suffix == ".parquet":
        return pl.read_parquet(path)
    return pl.read_csv(path, separator=";", infer_schema=False)


def shares(out: Path, truth: pl.DataFrame) -> None:
    """Prevalence and at-risk shares, observed against published."""
    territories = pl.read_csv(out / "snds" / "territories.csv").select("geo_code", "territory_id")
    population = pl.read_csv(out / "snds" / "population.csv").join(territories, on="geo_code", how="left")
    population = population.with_columns(pl.col("territory_id").fill_null("REST")).group_by("year", "territory_id")
    residents = {(year, name): count for year, name, count in population.agg(pl.col("population").sum()).iter_rows()}
    print("territory        year   hf%  (pub)  hf-risk%  (pub)   t2d%  (pub)  t2d-risk%  (pub)")
    for year in sorted(truth["year"].unique()):
        for name, published in PUBLISHED_PERCENT.items():
            here = truth.filter((pl.col("year") == year) & (pl.col("territory_id") == name))
            found = []
            for condition in ("hf", "t2d"):
                rows = here.filter(pl.col("condition") == condition)
                diseased = rows.filter(pl.col("status") == "diseased").height
                found += [100 * n / residents[year + 1, name] for n in (diseased, rows.height - diseased)]
            cells = "  ".join(f"{mine:6.2f} ({theirs:5.2f})" for mine, theirs in zip(found, published))
            print(f"{name:15s}  {year}  {cells}")


def strata(truth: pl.DataFrame, costs: pl.DataFrame) -> None:
    """Shares of the strata, ambiguous share, stays and cost of the year, observed against published."""
    yearly = costs.group_by("pseudonym", "year").agg(pl.col("cost_eur").sum(), stays=pl.len())
    diseased = truth.filter(pl.col("status") == "diseased").with_columns(pl.col("year").cast(pl.Int32))
    joined = diseased.join(yearly.with_columns(pl.col("year").cast(pl.Int32)), on=["pseudonym", "year"], how="left")
    joined = joined.with_columns(pl.col("cost_eur").fill_null(0), in_hospital=pl.col("stays").is_not_null())
    for condition, published in PUBLISHED_STRATA.items():
        rows = joined.filter(pl.col("condition") == condition)
        for year in sorted(rows["year"].unique()):
            here = rows.filter(pl.col("year") == year)
            cells = []
            for stratum in (1, 2, 3, 4):
                part = here.filter(pl.col("stratum") == stratum)
                share, cost = 100 * part.height / here.height, part["cost_eur"].mean()
                cells.append(
                    f"S{stratum} {share:4.1f}% ({published[stratum - 1]}) {cost:6.0f} EUR ({PUBLISHED_COST_EUR[condition][stratum - 1]})"
                )
            total = f"mean {here['cost_eur'].mean():6.0f} EUR, hospitalised {100 * here['in_hospital'].mean():.0f}%"
            print(condition, year, here.height, " | ".join(cells), total, f"ambiguous {100 * here['ambiguous'].mean():.1f}%")


def smallest_cells(truth: pl.DataFrame) -> None:
    """The smallest territory x stratum cells: what disclosure control would hide."""
    diseased = truth.filter(pl.col("status") == "diseased")
    cells = diseased.group_by("condition", "year", "territory_id", "stratum").len().sort("len")
    print(cells.head(6))
    print("all cells:", cells.height, "of", 2 * truth["year"].n_unique() * 6 * 4)


def main(folder: str) -> None:
    """Print everything."""
    out = Path(folder)
    truth = pl.read_parquet(out / "truth.parquet")
    shares(out, truth)
    strata(truth, read_costs(out / "snds" / "landing"))
    smallest_cells(truth)


if __name__ == "__main__":
    main(sys.argv[1])
