"""Small tables in, strata out: stays written as text become the tables as read, and the SQL models run on them.

A stay is a line of ` | `-separated cells under a header. Columns (all but person and exit optional): person, exit (date), entry (date;
default: exit - nights), nights (1), dp (J189), dr, das (codes, blank-separated), unit_dp, unit_dr, acts (CODE or CODE@day), ghm (04M053),
units (authorisations), rea/stf/src (days), entry_mode (8), provenance, exit_mode (8), sessions (0), age (default: from `born`),
born (1950), sex (1), geo (9A001), ghs (1000), chain (nine codes), auto (0), type, finess, billed (euros), billable (1), slice (1: only the
high half of the number of the stay).
Other fields of care: field (mco), form (full; care_form), days (presence; default: nights), unfinished (1), groups (blank-separated
GROUP/TARIFF/DAYS or GROUP/TARIFF/DAYS/HOME, one a part). Their dp and dr are those of the units only.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from strata.config import Config, from_dict
from strata.definitions.compiler import Compiled
from strata.definitions.folder import CONDITIONS, compile_definitions, default_conditions, fill, write_definitions
from strata.engine import models
from strata.ingest.warehouse import tables as warehouse
from strata.settings import write_settings

YEARS = {"first": 2021, "last": 2025}
_FIRST_SLICE = {"mco": 1, "smr": 101, "had": 201, "psy": 301}
_OF_MCO = "ghm ghs dp dr stay_type exh_days exb_tenths".split()


def parse(text: str) -> list[dict[str, str]]:
    """The rows of a text table; empty cells are left out."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    names = [cell.strip() for cell in lines[0].split("|")]
    rows = [dict(zip(names, (cell.strip() for cell in line.split("|")), strict=False)) for line in lines[1:]]
    return [{name: value for name, value in row.items() if value} for row in rows]


def config(**changes: dict[str, Any]) -> Config:
    """A national configuration over 2021-2025; keyword arguments replace whole sections."""
    whole = {"scope": "national", "last_complete_month": "2025-12"}
    raw: dict[str, Any] = {"years": YEARS, "coverage": dict.fromkeys(_FIRST_SLICE, whole)}
    return from_dict(raw | changes, Path())


def built(
    stays: str, *, first_data_year: int = 2017, settings: Config | None = None, only: Iterable[str] | None = None, also: str = ""
) -> Any:
    """A connection where the stays have gone through the staging, core and strata models. also: SQL that adds to the tables as read."""
    connection = duckdb.connect(config={"threads": 1})  # a few rows: a second thread costs more than it does
    connection.execute(warehouse._DDL.read_text(encoding="utf-8"))
    rows = parse(stays)
    people = sorted({row["person"] for row in rows})
    number_of = {name: number for number, name in enumerate(people, start=1)}
    names = pa.array([name.rjust(17, "0") for name in people], pa.string())
    connection.register("small_people", pa.table({"person_id": pa.array(number_of.values(), pa.int32()), "pseudonym": names}))
    connection.execute("INSERT INTO pseudonym BY NAME SELECT * FROM small_people")
    connection.unregister("small_people")
    numbers = [(int(row.get("slice", "1")) << 32) + line for line, row in enumerate(rows, start=1)]
    read = [_stay(number, number & 0xFFFFFFFF, number_of[row["person"]], row) for number, row in zip(numbers, rows, strict=True)]
    _fill(connection, read)
    connection.execute(also)
    chosen = settings or config()
    _slices(connection, first_data_year, {row.get("field", "mco") for row in rows} | set(chosen.method.fields))
    write_settings(connection, chosen)
    define(connection, chosen)
    layers = ("staging", "core", "strata")
    for name, model in models.models().items():
        is_needed = model.layer in layers or name == "code_mention"  # the codes that the definitions meet
        if is_needed and name != "population_cell" and (only is None or name in set(only)):
            models.build(connection, name)
    return connection


def define(connection: duckdb.DuckDBPyConnection, settings: Config) -> None:
    """The definition_* tables, as write_definitions writes them; those of the repository are compiled once for all tests."""
    if settings.paths.conditions or settings.paths.nomenclatures:
        write_definitions(connection, settings)
    else:
        fill(connection, _compiled(*settings.method.conditions))


@cache
def _compiled(*conditions: str) -> Compiled:
    return compile_definitions(CONDITIONS, list(conditions) or default_conditions(CONDITIONS))


def needed(table: str) -> list[str]:
    """What has to be built for a table."""
    found = {table}
    for name, model in reversed(models.models().items()):  # each stands after what it reads
        found.update(model.inputs if name in found else ())
    return [name for name in models.models() if name in found]


def strata(stays: str, *, condition: str, year: int = 2025, settings: Config | None = None) -> dict[str, tuple[str, int, str]]:
    """person -> (status, stratum, deciding rule) for one condition and year."""
    connection = built(stays, settings=settings, only=needed("person_stratum"))
    rows = connection.execute(
        """SELECT ltrim(pseudonym.pseudonym, '0'), status, stratum, rule_id FROM person_stratum
           JOIN pseudonym USING (person_id) WHERE condition = ? AND year = ?""",
        [condition, year],
    ).fetchall()
    return {person: (status, stratum, rule) for person, status, stratum, rule in rows}


def criteria(stays: str, *, condition: str, year: int = 2025) -> dict[str, set[str]]:
    """person -> the criteria met."""
    rows = built(stays, only=needed("person_evidence")).execute(
        """SELECT ltrim(pseudonym.pseudonym, '0'), list(criterion_id) FROM person_evidence
           JOIN pseudonym USING (person_id) WHERE condition = ? AND year = ? GROUP BY 1""",
        [condition, year],
    )
    return {person: set(met) for person, met in rows.fetchall()}


def strata_of_each(
    tables: Iterable[str], *, condition: str, year: int = 2025, settings: Config | None = None
) -> dict[str, tuple[str, int] | None]:
    """table -> (status, stratum) of its only person, None when they have no status: all in one country, which costs as one."""
    cases = list(tables)
    found = strata(joined(cases), condition=condition, year=year, settings=settings)
    return {case: found[str(number)][:2] if str(number) in found else None for number, case in enumerate(cases, start=1)}


def criteria_of_each(tables: Iterable[str], *, condition: str, year: int = 2025) -> dict[str, set[str]]:
    """table -> the criteria that its only person meets, all in one country."""
    cases = list(tables)
    met = criteria(joined(cases), condition=condition, year=year)
    return {case: met.get(str(number), set()) for number, case in enumerate(cases, start=1)}


def joined(tables: Iterable[str]) -> str:
    """Text tables of one person each, whatever their columns, as one table: the person of table number n is n (from 1)."""
    rows: list[dict[str, str]] = []
    for number, table in enumerate(tables, start=1):
        own = parse(table)
        assert len({row["person"] for row in own}) == 1, f"not one person: {table}"
        rows += [row | {"person": str(number)} for row in own]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return "\n".join(" | ".join(cells) for cells in (names, *([row.get(name, "") for name in names] for row in rows)))


def hold_rows(connection: duckdb.DuckDBPyConnection, view: str) -> None:
    """Put the rows of a view in its place, so that a test can make them wrong."""
    connection.execute(f"CREATE TABLE held AS FROM {view}; DROP VIEW {view}; ALTER TABLE held RENAME TO {view}")


def _slices(connection: duckdb.DuckDBPyConnection, first_year: int, care_fields: set[str]) -> None:
    """A transmission in each year and field of care; every stay says it came in the first one of its field (_FIRST_SLICE)."""
    for name in sorted(care_fields):
        connection.execute(
            """INSERT INTO read_slice BY NAME
               SELECT $slice + year - $first AS slice_id, '990000001' AS finess, $field AS field, year, 'atih' AS form
               FROM range($first, $last + 1) AS held (year)""",
            {"slice": _FIRST_SLICE[name], "field": name, "first": first_year, "last": YEARS["last"]},
        )


def _fill(connection: duckdb.DuckDBPyConnection, stays: list[dict[str, list[dict[str, Any]]]]) -> None:
    """Insert what every stay holds, table by table at once."""
    for table in ("read_stay", "read_unit", "read_diagnosis", "read_procedure", "read_group"):
        rows = [row for stay in stays for row in stay.get(table, [])]
        if rows:
            connection.register("small_rows", pa.Table.from_pylist(rows))
            connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM small_rows")
            connection.unregister("small_rows")


def _stay(stay_id: int, line: int, person_id: int, row: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """The rows of one stay, by table."""
    exit_date = date.fromisoformat(row["exit"])
    nights = int(row.get("nights", "1"))
    entry_date = date.fromisoformat(row["entry"]) if "entry" in row else exit_date - timedelta(days=nights)
    stay = {
        "stay_id": stay_id, "slice_id": 1, "field": "mco", "finess": row.get("finess", "990000001"), "year": exit_date.year,
        "stay_number": str(line).rjust(10, "0"), "person_id": person_id, "pseudonym_status": "ok",
        "chaining_codes": row.get("chain", "000000000"), "entry_date": entry_date, "exit_date": exit_date, "exit_month": exit_date.month,
        "entry_mode": row.get("entry_mode", "8"), "entry_provenance": row.get("provenance"), "exit_mode": row.get("exit_mode", "8"),
        "stay_type": row.get("type"), "automatic_rsa": row.get("auto", "0"), "sex_code": row.get("sex", "1"),
        "age_years": int(row.get("age", entry_date.year - int(row.get("born", "1950")))), "geo_code": row.get("geo", "9A001"),
        "ghm": row.get("ghm", "04M053"), "ghs": row.get("ghs", "1000"), "nights": nights, "sessions": int(row.get("sessions", "0")),
        "exh_days": 0, "exb_tenths": 0, "billable": row.get("billable", "1"), "cost_billed_eur": row.get("billed"),
        **{f"supplement_{name}": int(row.get(name, "0")) for name in ("hs", "rea", "si", "stf", "src", "rep", "nn1", "nn2", "nn3")},
        "dp": row.get("dp", "J189"), "dr": row.get("dr"), "unit_count": 1, "source_file": "small", "source_line": line,
    }  # fmt: skip
    stay |= _other_field(row, nights)
    units: list[str | None] = [*row.get("units", "").split()] or [None]
    dp, dr = row.get("unit_dp", row.get("dp", "J189")), row.get("unit_dr", row.get("dr"))
    acts = [act.partition("@") for act in row.get("acts", "").split()]
    return {
        "read_stay": [stay],
        "read_unit": [
            {"stay_id": stay_id, "unit_rank": rank, "dp": dp, "dr": dr, "authorisation_1": unit, "nights": nights}
            for rank, unit in enumerate(units, start=1)
        ],
        "read_diagnosis": [{"stay_id": stay_id, "unit_rank": 1, "code": code} for code in row.get("das", "").split()],
        "read_procedure": [
            {
                "stay_id": stay_id,
                "unit_rank": 1,
                "system": "csarr" if "+" in code else "ccam",
                "code": code,
                "phase": "0",
                "activity": "1",
                "day_offset": int(day or 0),
                "executions": 1,
            }
            for code, _, day in acts
        ],
        "read_group": [_group(stay_id, rank, *cell.split("/")) for rank, cell in enumerate(row.get("groups", "").split(), start=1)],
    }


def _other_field(row: dict[str, str], nights: int) -> dict[str, Any]:
    """What a stay outside MCO has otherwise; a stay of MCO has nothing there."""
    name = row.get("field", "mco")
    if name == "mco":
        return dict.fromkeys(("care_form", "presence_days", "is_unfinished"))  # every row has the same columns
    form = row.get("form", "full")
    slept = nights if form in ("full", "night") else 0
    return dict.fromkeys(_OF_MCO) | {
        "field": name, "slice_id": _FIRST_SLICE[name], "care_form": form, "nights": slept,
        "presence_days": int(row.get("days", nights)), "is_unfinished": row.get("unfinished") == "1",
        "exit_mode": None if row.get("unfinished") == "1" else row.get("exit_mode", "8"),
    }  # fmt: skip


def _group(stay_id: int, rank: int, group: str, tariff: str, days: str, home: str | None = None) -> dict[str, Any]:
    """One part with a tariff; a HAD cell says its home, '-' for at home."""
    place = None if home is None else home.replace("-", "")
    return {"stay_id": stay_id, "unit_rank": rank, "group_code": group, "tariff_code": tariff, "days": int(days), "home": place}


# One file per hospital and year, with a line per stay, as the accounts want it.
_FILES_OF_SLICES = """
INSERT INTO read_slice_file
SELECT slice_id, 'slice-' || slice_id, '', (SELECT count(*) FROM read_stay WHERE read_stay.slice_id = read_slice.slice_id)
FROM read_slice;
INSERT INTO read_file
SELECT
  held.source_file, held.sha256, 'mco_rsa', '', read_slice.finess, read_slice.year, read_slice.month,
  held.accepted, held.accepted, 0, 0, NULL, false
FROM read_slice_file AS held
INNER JOIN read_slice ON held.slice_id = read_slice.slice_id
"""


def hold_stays(path: Path, stays: str) -> None:
    """Put stays written as text in the tables as read of the warehouse at `path`, as if their extracts had been taken earlier."""
    source = built(stays, only=[])
    connection = warehouse.open_warehouse(path)
    for table in ("read_stay", "read_unit", "read_diagnosis", "read_procedure", "pseudonym", "read_slice"):
        connection.register("as_read", source.sql(f"FROM {table}").to_arrow_table())
        connection.execute(f"INSERT INTO {table} BY NAME FROM as_read")
        connection.unregister("as_read")
    connection.execute(_FILES_OF_SLICES)
    connection.close()
