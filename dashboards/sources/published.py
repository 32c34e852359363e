"""A published run folder as read: rows of indicators, the catalogue, the facts of the receipt.

Belongs here: the files the pages read, in the shape of the public contract. Not here: any choice of what is shown.
"""

import json
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from sys import intern
from typing import Any

import polars as pl

from dashboards.texts import typeset

ALL = "ALL"
REST = "REST"
WHOLE = (ALL, REST)
STRATA = ("1", "2", "3", "4")
NO_COST = "none"
COMPARED_BASIS = "standard"  # the only cost basis on which years are compared


@dataclass(frozen=True, slots=True)
class Row:
    """One row of indicators.parquet, both sexes and all ages together. Numbers are None unless status is 'ok'."""

    indicator_id: str
    year: int
    condition: str
    territory_id: str
    stratum: str
    cost_basis: str
    numerator: float | None
    denominator: float | None
    value: float | None
    lower: float | None
    upper: float | None
    expected: float | None
    ratio: float | None
    ratio_lower: float | None
    ratio_upper: float | None
    reference_value: float | None
    unit: str
    method: str
    status: str
    reason: str
    definition_id: str
    reference_id: str
    cohort: str
    fields: str
    lookback_years: int
    coverage: str
    data_through: date
    period_status: str
    synthetic: bool


@dataclass(frozen=True)
class NationSpread:
    """Where the nation's territories lie around one figure, told by the reference pack. phi, tau2: over-dispersion, None when not known."""

    territories: int
    least: float
    lower: float
    upper: float
    most: float
    phi: float | None
    tau2: float | None


@dataclass(frozen=True)
class Calibrated:
    """A line of movement_calibration.csv: the persons of a stratum that a year of passages foretold, and those found at the end of `year`.

    withheld: the part of predicted that rests on masked cells. ratio: observed over predicted; is_within: the publication finds it fit.
    """

    year: int
    stratum: str
    predicted: float
    withheld: float
    observed: int
    ratio: float
    is_within: bool


Key = tuple[str, int, str, str, str, str]
SpreadKey = tuple[str, int, str, str, str, str]  # indicator, year, condition, stratum, cost basis, 'value' or 'ratio'
PLACES_FILE, SPREAD_FILE, CALIBRATION_FILE = "places.csv", "reference_spread.csv", "movement_calibration.csv"
SPREAD_KEY = ["indicator_id", "year", "condition", "stratum", "cost_basis", "figure"]
DetailKey = tuple[str, str, str, str, str]
COLUMNS = [field.name for field in fields(Row)]
KEY = ["indicator_id", "year", "condition", "territory_id", "stratum", "cost_basis"]
TEXT_COLUMNS = [field.name for field in fields(Row) if field.type is str]


@dataclass(frozen=True)
class Definition:
    """A definition as published. strata: by stratum, its words by language."""

    condition: str
    definition_id: str
    label: dict[str, str]
    strata: dict[str, dict[str, str]]

    def in_sentence(self, language: str) -> str:
        """The label inside a sentence: without its capital, unless it is an acronym."""
        label = self.label[language]
        return label if label[1:2].isupper() else label[:1].lower() + label[1:]


@dataclass(frozen=True)
class Published:
    """One run.

    rows: by indicator, year, condition, territory, stratum, cost basis. groups: by indicator, condition, territory.
    details: rows of one sex or one age band (all strata) of the year in front, by indicator, condition, territory, sex, age band.
    territories: names by id, in their order. partition: those of them that count nobody twice; a group of territories is none of them.
    catalogue: entries by indicator. units: by name. cost_basis: that of the costs in front; the other one is shown among the origins only.
    front_year: the latest complete year that has numbers (else the latest that has some). project: its name in strata.toml.
    threshold: the smallest number of persons that a published cell may concern. receipt: as published.
    spreads: of the nation's territories, empty when the publication does not tell them. revision: revision.json, empty without.
    calibrations: by condition and territory, of the places and years whose passages were set against the year after.
    folder: where it was read.
    """

    rows: dict[Key, Row]
    groups: dict[tuple[str, str, str], tuple[Row, ...]]
    details: dict[DetailKey, Row]
    catalogue: dict[str, dict[str, Any]]
    units: dict[str, dict[str, Any]]
    territories: dict[str, str]
    partition: frozenset[str]
    definitions: tuple[Definition, ...]
    years: tuple[int, ...]
    front_year: int
    run_id: str
    project: str
    cost_basis: str
    threshold: int
    checks_passed: int
    checks_total: int
    content_hash: str
    receipt: dict[str, Any]
    spreads: dict[SpreadKey, NationSpread] = field(default_factory=dict)
    calibrations: dict[tuple[str, str], tuple[Calibrated, ...]] = field(default_factory=dict)
    revision: dict[str, Any] = field(default_factory=dict)
    folder: Path = field(default_factory=Path)

    def find(self, indicator_id: str, year: int, condition: str, territory_id: str, stratum: str, cost_basis: str) -> Row | None:
        """The row, or None when the run did not publish it."""
        return self.rows.get((indicator_id, year, condition, territory_id, stratum, cost_basis))

    @cached_property
    def front_row(self) -> Row:
        """A row of the year in front, to read what is the same in all of that year: scope, period, date of the data, synthetic or not."""
        return next(row for row in self.rows.values() if row.year == self.front_year)

    @cached_property
    def data_through(self) -> date:
        """The last day of the data, of any year."""
        return max(row.data_through for row in self.rows.values())


def read_published(run_folder: Path) -> Published:
    """Read indicators.parquet, indicators.json, places.csv, receipt.json of one run folder; the other files of Published where they are."""
    revised = run_folder / "revision.json"
    receipt = json.loads((run_folder / "receipt.json").read_text(encoding="utf-8"))
    catalogue = json.loads((run_folder / "indicators.json").read_text(encoding="utf-8"))
    frame = pl.read_parquet(run_folder / "indicators.parquet")
    rows = _rows(frame)
    front_year = _front_year(rows)
    names, partition = _places(run_folder / PLACES_FILE)
    found = {row.territory_id for row in rows.values()} - set(WHOLE)
    return Published(
        rows=rows,
        groups=_groups(rows),
        details=_details(frame, front_year),
        catalogue=_typeset(catalogue["indicators"]),
        units=_typeset(catalogue.get("units", {})),
        territories=dict(sorted(((one, names.get(one, one)) for one in found), key=lambda pair: (pair[1], pair[0]))),
        partition=partition & found,
        definitions=_definitions(receipt, rows),
        years=tuple(sorted({row.year for row in rows.values()})),
        front_year=front_year,
        run_id=receipt["run_id"],
        project=receipt["settings"]["project"]["name"],
        cost_basis=receipt["settings"]["method"]["cost_basis"],
        threshold=receipt["settings"]["disclosure"]["threshold"],
        checks_passed=sum(1 for check in receipt["checks"] if check["passed"]),
        checks_total=len(receipt["checks"]),
        content_hash=receipt.get("content_hash", ""),
        receipt=receipt,
        spreads=_spreads(run_folder / SPREAD_FILE),
        calibrations=_calibrations(run_folder / CALIBRATION_FILE),
        revision=json.loads(revised.read_text(encoding="utf-8")) if revised.is_file() else {},
        folder=run_folder,
    )


def _typeset(entries: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The entries of the catalogue with their French texts as the pages print them."""
    return {name: {key: _set(key, value) for key, value in entry.items()} for name, entry in entries.items()}


def _set(key: str, value: Any) -> Any:
    return typeset(value) if key.endswith("_fr") and isinstance(value, str) else value


def _spreads(path: Path) -> dict[SpreadKey, NationSpread]:
    if not path.is_file():
        return {}
    texts = {"stratum": pl.String, "phi": pl.Float64, "tau2": pl.Float64}
    frame = pl.read_csv(path, schema_overrides=texts)
    figures = frame.select(one.name for one in fields(NationSpread)).iter_rows(named=True)
    return {key: NationSpread(**row) for key, row in zip(frame.select(SPREAD_KEY).iter_rows(), figures, strict=True)}


def _places(path: Path) -> tuple[dict[str, str], frozenset[str]]:
    """The name of each published place, and those that everybody of the extract is in one of, and in one only."""
    frame = pl.read_csv(path, schema_overrides={"territory_id": pl.String, "name": pl.String, "is_in_partition": pl.Boolean})
    names = {place: _printable(name) for place, name in frame.select("territory_id", "name").iter_rows()}
    return names, frozenset(frame.filter("is_in_partition")["territory_id"])


def _calibrations(path: Path) -> dict[tuple[str, str], tuple[Calibrated, ...]]:
    if not path.is_file():
        return {}
    frame = pl.read_csv(path, schema_overrides={"stratum": pl.String, "predicted": pl.Float64, "withheld": pl.Float64, "ratio": pl.Float64})
    lines = frame.select(one.name for one in fields(Calibrated)).iter_rows()
    found: dict[tuple[str, str], tuple[Calibrated, ...]] = {}
    for key, line in zip(frame.select("condition", "territory_id").iter_rows(), lines, strict=True):
        found[key] = (*found.get(key, ()), Calibrated(*line))
    return found


def _printable(name: str) -> str:
    """A name without the control characters that no office file can hold."""
    return "".join(letter if letter.isprintable() else " " for letter in name)


def in_front(published: Published, year: int) -> Published:
    """The same run with another of its years in front; of the places whose rows are held, and of no other."""
    places = {key[2] for key in published.groups}
    details = _details(pl.read_parquet(published.folder / "indicators.parquet"), year)
    return replace(published, front_year=year, details={key: row for key, row in details.items() if row.territory_id in places})


def _rows(frame: pl.DataFrame) -> dict[Key, Row]:
    """Rows of both sexes and all ages, in a stable order."""
    rows = _as_rows(frame.filter((pl.col("sex") == "all") & (pl.col("age_band") == "all")), KEY)
    return {(row.indicator_id, row.year, row.condition, row.territory_id, row.stratum, row.cost_basis): row for _, row in rows}


def _details(frame: pl.DataFrame, year: int) -> dict[DetailKey, Row]:
    """Persons of one sex or one age band, all strata together: who the persons found are."""
    is_detail = (pl.col("sex") != "all") | (pl.col("age_band") != "all")
    wanted = is_detail & (pl.col("indicator_id") == "persons") & (pl.col("stratum") == "all") & (pl.col("year") == year)
    rows = _as_rows(frame.filter(wanted), [*KEY, "sex", "age_band"])
    return {(row.indicator_id, row.condition, row.territory_id, *part): row for part, row in rows}


def _as_rows(frame: pl.DataFrame, key: list[str]) -> list[tuple[tuple[str, str], Row]]:
    """Each row with its sex and age band, sorted by `key`."""
    empty = {name: NO_COST if name == "cost_basis" else "" for name in TEXT_COLUMNS}
    frame = frame.with_columns(pl.col(name).fill_null(text) for name, text in empty.items()).sort(key)
    parts = frame.select("sex", "age_band").iter_rows()
    rows = map(Row, *(_shared(frame[name].to_list()) if name in TEXT_COLUMNS else frame[name].to_list() for name in COLUMNS))
    return list(zip(parts, rows, strict=True))


def _shared(texts: list[str]) -> list[str]:
    """The one copy of each text: a publication repeats a few of them in every row."""
    return list(map(intern, texts))


def _groups(rows: dict[Key, Row]) -> dict[tuple[str, str, str], tuple[Row, ...]]:
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows.values():
        groups.setdefault((row.indicator_id, row.condition, row.territory_id), []).append(row)
    return {key: tuple(found) for key, found in groups.items()}


def _front_year(rows: dict[Key, Row]) -> int:
    shown = [row for row in rows.values() if row.status == "ok"] or list(rows.values())
    complete = [row.year for row in shown if row.period_status != "partial"]
    return max(complete or [row.year for row in shown])


def _definitions(receipt: dict[str, Any], rows: dict[Key, Row]) -> tuple[Definition, ...]:
    """In the order the configuration names them; a condition the receipt does not describe goes by its identifier."""
    described = receipt.get("definitions", {})
    found = {row.condition: row.definition_id for row in rows.values() if "+" not in row.definition_id}  # a union has no section
    asked = receipt["settings"]["method"]["conditions"]
    order = [name for name in asked if name in found]
    order += sorted(set(found) - set(order))
    return tuple(_definition(name, found[name], described.get(name, {})) for name in order)


def _definition(condition: str, definition_id: str, entry: dict[str, Any]) -> Definition:
    label = {"fr": typeset(entry.get("label_fr", condition)), "en": entry.get("label_en", condition)}
    strata = {number: words | {"fr": typeset(words.get("fr", ""))} for number, words in entry.get("strata", {}).items()}
    return Definition(condition, definition_id, label, strata)
