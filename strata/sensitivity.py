"""How far the size of each stratum depends on choices that are ours: look-back, diagnosis positions, fields of care, residence.

Belongs here: the same definitions counted again from the warehouse, one choice changed at a time. Not here: the page
(pipelines/pages/validity_page.py).
The choices are rows of tables/sensitivity.csv. The warehouse is only read: what must be built again is built in a scratch database, and no
extract is read again.
"""

import csv
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import duckdb

from strata.config import Config
from strata.coverage import years_held
from strata.engine import models
from strata.engine.scratch import WAREHOUSE, empty, look_in, open_scratch

LEVELS = ("1", "2", "3", "4", "all", "at_risk_strict", "at_risk_extended")
Text = tuple[str, str]
Cell = tuple[str, str, str]  # condition, territory ('ALL' included), level
Progress = Callable[[Text], None]
_ROWS = Path(__file__).parent / "tables" / "sensitivity.csv"
_OF_STAY = "position IN ('stay_dp', 'stay_dr')"
# Outside MCO a stay has no diagnosis of its own: those of its parts stand for it (docs/design.md, "Fields of care").
_OF_PART = "position IN ('unit_dp', 'unit_dr') AND stay_id IN (SELECT stay_id FROM stay WHERE field <> 'mco')"
_POSITIONS = {"any": "true", "without_das": "position <> 'das'", "stay_only": f"{_OF_STAY} OR ({_OF_PART})"}
_COUNT = """
    WITH cell AS (
      SELECT condition, territory_id, count(*) AS persons,
        CASE status WHEN 'diseased' THEN CAST(stratum AS VARCHAR) ELSE status END AS level
      FROM person_stratum WHERE year = $year GROUP BY ALL
    ),
    levelled AS (
      SELECT condition, territory_id, level, persons FROM cell
      UNION ALL
      SELECT condition, territory_id, 'all' AS level, persons FROM cell WHERE level IN ('1', '2', '3', '4')
      UNION ALL
      SELECT condition, territory_id, 'at_risk_extended' AS level, persons FROM cell WHERE level = 'at_risk_strict'
    ),
    placed AS (
      SELECT condition, territory_id, level, persons FROM levelled
      UNION ALL
      SELECT condition, 'ALL' AS territory_id, level, persons FROM levelled
    )
    SELECT condition, territory_id, level, CAST(sum(persons) AS BIGINT) FROM placed GROUP BY condition, territory_id, level"""


@dataclass(frozen=True)
class Variant:
    """One choice changed. axis: which choice; value: as in tables/sensitivity.csv. is_base: the choice that the project made."""

    axis: str
    value: str
    label: Text
    is_base: bool


@dataclass(frozen=True)
class Size:
    """What one variant gives. persons: of each cell that the project or the variant has. why_not: why the data cannot answer, else None."""

    variant: Variant
    persons: dict[Cell, int]
    why_not: Text | None = None


@dataclass(frozen=True)
class Sensitivity:
    """base: as the warehouse has it. sizes: one a variant, in the order of the table. cells: those of the base, every level of each."""

    year: int
    cells: tuple[Cell, ...]
    base: dict[Cell, int]
    sizes: tuple[Size, ...]


def variants(config: Config) -> Iterator[Variant]:
    """Every choice of the table, and which of them the project made."""
    made = {
        "lookback": str(config.method.lookback_years),
        "positions": "any",
        "fields": "+".join(sorted(config.method.fields)),
        "residence": config.method.residence,
    }
    with _ROWS.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            value = "+".join(sorted(row["variant"].split("+"))) if row["axis"] == "fields" else row["variant"]
            yield Variant(row["axis"], row["variant"], (row["label_fr"], row["label_en"]), value == made[row["axis"]])


def sensitivity(config: Config, year: int, progress: Progress = lambda _: None) -> Sensitivity:
    """Count the strata of one stock year under each variant. What the data cannot answer is said, not computed.

    StrataError: no warehouse, no strata in it. Memory and threads are those of [engine]; the scratch database lies in a temporary folder.
    """
    with tempfile.TemporaryDirectory() as folder:
        connection = open_scratch(config, Path(folder) / "scratch.duckdb", ("variant",))
        try:
            look_in(connection, "variant")
            base = _counted(connection, year)
            sizes = tuple(_size(connection, config, one, base, year, progress) for one in variants(config))
        finally:
            connection.close()
    places = sorted({(condition, territory) for condition, territory, _ in base}, key=lambda place: (place[0], place[1] != "ALL", place[1]))
    return Sensitivity(year, tuple((*place, level) for place in places for level in LEVELS), base, sizes)


def _size(
    connection: duckdb.DuckDBPyConnection,
    config: Config,
    variant: Variant,
    base: dict[Cell, int],
    year: int,
    progress: Progress,
) -> Size:
    if variant.is_base:
        return Size(variant, base)
    if why_not := _why_not(connection, config, variant, year):
        return Size(variant, {}, why_not)
    progress(variant.label)
    recount(connection, variant, year)
    persons = _counted(connection, year)
    empty(connection, "variant")
    look_in(connection, "variant")
    return Size(variant, persons)


def recount(connection: duckdb.DuckDBPyConnection, variant: Variant, year: int) -> None:
    """Build person_stratum of one year again under a variant, in the scratch schema: its changed inputs, and what reads them."""
    lookback = variant.value if variant.axis == "lookback" else "lookback_years"
    _replace(connection, "reporting_year", f"* REPLACE (CAST({lookback} AS SMALLINT) AS lookback_years)", f"year = {year:d}")
    stale, rebuilt = {"reporting_year"}, set[str]()
    if variant.axis == "positions":
        _replace(connection, "diagnosis", "*", _POSITIONS[variant.value], "VIEW")
        stale.add("diagnosis")
    elif variant.axis == "fields":
        _replace(connection, "setting", f"* REPLACE ('{variant.value}' AS fields)")
        rebuilt.add("stay_rejection")  # what else reads the settings does not read this one
    elif variant.axis == "residence":
        _replace(connection, "setting", f"* REPLACE ('{variant.value}' AS residence_rule)")
        rebuilt.add("person_residence")
    rebuilt |= set(models.downstream(stale | rebuilt))
    for name in _behind_strata():
        if name in rebuilt:
            models.build(connection, name)


def _replace(connection: duckdb.DuckDBPyConnection, table: str, columns: str, condition: str = "true", kind: str = "TABLE") -> None:
    connection.execute(f"CREATE {kind} {table} AS SELECT {columns} FROM {WAREHOUSE}.{table} WHERE {condition}")


@cache
def _behind_strata() -> tuple[str, ...]:
    """The SQL tables that person_stratum is made from, and itself, in build order."""
    needed = {"person_stratum"}
    for name, model in reversed(models.models().items()):  # each stands after what it reads
        if name in needed:
            needed.update(model.inputs)
    return tuple(name for name in models.models() if name in needed)


def _counted(connection: duckdb.DuckDBPyConnection, year: int) -> dict[Cell, int]:
    return {
        (condition, place, level): persons for condition, place, level, persons in connection.execute(_COUNT, {"year": year}).fetchall()
    }


def _why_not(connection: duckdb.DuckDBPyConnection, config: Config, variant: Variant, year: int) -> Text | None:
    """A look-back needs as many whole years in every field of care included; a partial year needs one more."""
    asked = config
    if variant.axis == "fields":
        fields = variant.value.split("+")
        held = {row[0] for row in connection.execute("SELECT DISTINCT field FROM read_slice").fetchall()}
        if missing := [name for name in fields if name not in held]:
            named = ", ".join(name.upper() for name in missing)
            return (f"champ de soins non lu : {named}", f"field of care not read: {named}")
        asked = replace(config, method=replace(config.method, fields=fields))
    ((lookback, is_partial),) = connection.execute(
        f"SELECT lookback_years, index_date <> make_date(year, 12, 31) FROM {WAREHOUSE}.reporting_year WHERE year = ?", [year]
    ).fetchall()
    needed = (int(variant.value) if variant.axis == "lookback" else lookback) + is_partial
    years = years_held(connection, asked)
    if missing_years := [back for back in range(year - needed + 1, year + 1) if back not in years]:
        named = ", ".join(map(str, missing_years))
        return (f"années absentes des données : {named}", f"years absent from the data: {named}")
    return None


@dataclass(frozen=True)
class Shared:
    """One size as it may be shown outside. status: 'ok' | 'few' (1 to threshold - 1 persons) | 'as_base' | 'not_computable'.

    persons: rounded; change: share of the base, from rounded numbers. None where there is no number.
    """

    status: str
    persons: int | None = None
    change: float | None = None


def shared(persons: int | None, base: int, threshold: int) -> Shared:
    """Protect one size: small ones are withheld, and so is what tells a few persons from the base; the others are rounded.

    Two variants are nested populations: their difference concerns persons as much as their sizes do. Every number is therefore rounded to
    threshold - 1 on its own, and a variant within that of its base is said to be as the base, of which a small one has no number
    (docs/explanation/validity.md).
    """
    if persons is None:
        return Shared("not_computable")
    if 0 < persons < threshold <= base:
        return Shared("few")  # the whole of 1 to threshold - 1 is possible
    step = max(threshold - 1, 1)
    rounded, of_base = (step * ((2 * number + step) // (2 * step)) for number in (persons, base))
    if abs(persons - base) < threshold:
        return Shared("as_base", of_base if base == 0 or base >= threshold else None)
    return Shared("ok", rounded, (rounded - of_base) / of_base if of_base >= threshold else None)
