"""The fields of care beyond MCO, from histories to files: rehabilitation, hospital at home, psychiatry.

Belongs here: the order in which care is made and written, and what it is worth. Not here: how any of it is made (care*.py).
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from strata.synthetic import atih_care, snds_care
from strata.synthetic.care import FIELDS, draw_care
from strata.synthetic.care_coding import code_care
from strata.synthetic.care_dirt import count_dirt, soil_care
from strata.synthetic.care_money import UNKNOWN, make_groups, own_year, value
from strata.synthetic.care_record import CareRecord, make_care_record
from strata.synthetic.care_rows import make_rows, make_units
from strata.synthetic.chance import Chance
from strata.synthetic.history import Cases, draw_standing
from strata.synthetic.people import People
from strata.synthetic.project import STANDARD_TARIFF_YEAR
from strata.synthetic.snds import MONEY, euros
from strata.synthetic.stays import Table, take
from strata.synthetic.tables import rows
from strata.synthetic.truth import with_care


def live_care(chance: Chance, people: People, cases: Cases, stay: Table, years: range, fields: Sequence[str]) -> tuple[Table, ...]:
    """The tables row, unit, code, act and group of the fields asked for; MCO stays are read, never changed."""
    own = chance.named("care")
    care = draw_care(own, people, cases, take(stay, np.flatnonzero(~stay["is_copy"])), years)
    asked = np.isin(np.array([row["field"] for row in rows("care")])[care.kind], fields)
    row = make_rows(own, people, care.take(np.flatnonzero(asked)), years)
    soil_care(own, row)
    unit = make_units(row)
    code, act = code_care(own, cases, draw_standing(chance, people, cases, years), row, unit)
    return row, unit, code, act, make_groups(own, row, unit)


def record_of(chance: Chance, people: People, tables: tuple[Table, ...]) -> CareRecord:
    """The same, in file order, with numbers and text."""
    return make_care_record(chance, len(people), *tables)


def everything(stay: Table, touched: np.ndarray, tables: tuple[Table, ...]) -> tuple[Table, np.ndarray]:
    """What the truth reads: MCO stays, then the rows of the other fields."""
    return with_care(stay, touched, tables[0], tables[2], tables[3])


def write_landings(out: Path, records: dict[str, CareRecord], years: range, fields: Sequence[str], parquet_years: str) -> None:
    """The archives or tables of each field, beside those of MCO. records: what is written in each form."""
    beyond = [field for field in FIELDS if field in fields and field != "mco"]
    if "atih" in records:
        atih_care.write_landing(out / "atih" / "landing", records["atih"], years, beyond)
    if "snds" in records:
        snds_care.write_landing(out / "snds" / "landing", records["snds"], years, beyond, parquet_years)


def write_costs(path: Path, record: CareRecord) -> None:
    """What each row is worth: field, finess, year, stay_number, cost_billed_eur, cost_standard_eur (NULL where tariffs do not tell)."""
    stay = record.stay
    kept = np.flatnonzero(np.isin(stay["field"], (b"smr", b"had")))
    standard = np.full(len(stay["year"]), STANDARD_TARIFF_YEAR)
    billed, priced = (value(stay, record.group, year)[kept] for year in (own_year(stay), standard))
    table = {name: pa.array(stay[name][kept].astype("U")) for name in ("field", "finess")}
    table |= {"year": pa.array(stay["year"][kept].astype(np.int16)), "stay_number": pa.array(stay["stay_number"][kept].astype(np.int32))}
    table |= {"cost_billed_eur": _euros(billed), "cost_standard_eur": _euros(priced)}
    pq.write_table(pa.table(table), path, compression="zstd")


def add_dirt(path: Path, record: CareRecord) -> None:
    """Beside the dirt of MCO, that of the other fields."""
    counted = json.loads(path.read_text(encoding="utf-8")) | count_dirt(record.stay)
    path.write_text(json.dumps(dict(sorted(counted.items())), indent=2) + "\n", encoding="utf-8", newline="\n")


def _euros(cents: np.ndarray) -> pa.Array:
    unknown = pa.array(cents == UNKNOWN)
    return pa.compute.if_else(unknown, pa.scalar(None, MONEY), euros(np.maximum(cents, 0)))
