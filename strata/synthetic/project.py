"""The files that stand beside a landing folder: settings, territories, population, tariffs.

Belongs here: what makes a folder a project ready to run. Not here: the extracts themselves.
"""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from strata.synthetic.care_money import ght_rows, gmt_rows
from strata.synthetic.dates import day
from strata.synthetic.geography import REST, geography
from strata.synthetic.money import FIRST_TARIFF_YEAR, supplement_cents, tariff_rows
from strata.synthetic.people import WOMAN, People, population_on
from strata.synthetic.reading import LOOKBACK_YEARS
from strata.synthetic.tables import column, rows

STANDARD_TARIFF_YEAR = 2024
OLDEST_BAND = 95
SUPPLEMENT_COLUMNS = ("tedpahs", "tedpcahs", "tehhs", "thhs", "tnn1", "tnn2", "tnn3", "trea", "trep", "tsc", "tsi")
SETTINGS = """\
# Synthetic extracts: an invented country. No person, hospital or territory in them exists.
[project]
name = "Pays synthétique"
language = "fr"

[paths]
landing = "landing"
warehouse = "warehouse"
published = "published"
territories = "territories.csv"
population = "population.csv"
tariffs = "tariffs"

[years]
first = {first}
last = {last}

[method]
conditions = ["t2d", "hf"]
fields = ["mco"]
lookback_years = {lookback}
cost_basis = "standard"
standard_tariff_year = {tariff}
residence = "last"
pie_rule = "c"

[coverage.mco]
scope = "national"
last_complete_month = "{last}-12"

[disclosure]
threshold = 11

[filters]
duplicate_finess = [{duplicates}]
"""


def write_project(folder: Path, people: People, years: range, fields: Sequence[str] = ("mco",), covered: Sequence[str] = ()) -> None:
    """strata.toml, territories.csv, population.csv and tariffs/ (of the fields of care) in `folder`. covered: what is held beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "strata.toml").write_text(_settings(years, fields, covered), encoding="utf-8", newline="\n")
    _write(folder / "territories.csv", ("territory_id", "territory_name", "geo_code"), _territories())
    _write(folder / "population.csv", ("year", "geo_code", "sex", "age_band", "population"), _population(people, years))
    (folder / "tariffs").mkdir()
    ghs = ("ghs", "ghm", "borne_basse", "borne_haute", "tarif_base", "forfait_exb", "tarif_exb", "tarif_exh", "date_effet", "anseqta")
    _write(folder / "tariffs" / "ghs.csv", ghs, _ghs())
    supplements = ("fg", "Classe_Tarif", "anseqta", "cgeo", *SUPPLEMENT_COLUMNS)
    _write(folder / "tariffs" / "supplements.csv", supplements, _supplements())
    if "smr" in fields:
        _write(folder / "tariffs" / "gmt.csv", ("gmt", "gme", "dzf", "fzf", "tzf1", "annee_pmsi", "tzb", "tzf2"), _gmt())
    if "had" in fields:
        _write(folder / "tariffs" / "ght.csv", ("paprica_numght", "lib_ght", "tarif_jour", "annee", "typdom"), _ght())


def _write(path: Path, header: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)


def _settings(years: range, fields: Sequence[str], covered: Sequence[str]) -> str:
    duplicates = ", ".join(f'"{row["finess"]}"' for row in rows("hospitals") if row["copies"])
    first, last = years[LOOKBACK_YEARS - 1], years[-1]
    text = SETTINGS.format(first=first, last=last, lookback=LOOKBACK_YEARS, tariff=STANDARD_TARIFF_YEAR, duplicates=duplicates)
    named = ", ".join(f'"{field}"' for field in fields)
    coverage = text[text.index("[coverage.mco]") : text.index("[disclosure]")]
    every = "".join(coverage.replace("mco", field) for field in (*fields, *covered))
    return text.replace('fields = ["mco"]', f"fields = [{named}]").replace(coverage, every)


def _territories() -> Iterable[tuple[str, str, str]]:
    for row in rows("territories"):
        if row["territory_id"] != REST:
            for code in row["geo_codes"].split():
                yield row["territory_id"], row["territory_name"], code


def _population(people: People, years: range) -> Iterable[tuple[int, str, str, str, int]]:
    """Residents on 1 January of each year, and of the year after the last."""
    for year in (*years, years.stop):
        for code, sex, age, count in zip(*population_on(people, day(year))):
            band = f"{age}+" if age == OLDEST_BAND else f"{age}-{age + 4}"
            yield year, str(geography().codes[code]), "F" if sex == WOMAN else "M", band, int(count)


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _ghs() -> Iterable[tuple[object, ...]]:
    for row in tariff_rows():
        amounts = (_euros(int(row[key])) for key in ("base", "exb_flat", "exb_day", "exh_day"))
        yield row["ghs"], row["ghm"], row["low"], row["high"], *amounts, f"01/03/{row['year']}", row["year"]


def _gmt() -> Iterable[tuple[object, ...]]:
    for row in gmt_rows():
        low, flat, second = (_euros(int(row[key])) if row[key] else "" for key in ("low", "flat", "flat_2"))
        yield row["gmt"], row["gme"], f"{row['from']}.0", f"{row['to']}.0", flat, row["year"], low, second


def _ght() -> Iterable[tuple[object, ...]]:
    for row in ght_rows():
        yield row["ght"], f"GHT{int(row['ght'])}", _euros(int(row["day"])), row["year"], row["home"]


def _supplements() -> Iterable[tuple[object, ...]]:
    by_column = {row["column"]: supplement_cents()[row["supplement"]] for row in rows("supplements")}
    for place, year in enumerate(column("tariff_years", "year", int)):
        amounts = (_euros(int(by_column[name][place])) if name in by_column else "0.00" for name in SUPPLEMENT_COLUMNS)
        yield 11, 1 + year - FIRST_TARIFF_YEAR, year, "1.00", *amounts
