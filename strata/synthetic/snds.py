"""The SNDS form: one file per table and year, CSV or Parquet, with the names and types of the national tables.

Belongs here: T_MCOaaB, C, D, A, UM and VALO from the record. Not here: what is written (record.py).
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from strata.ingest.lines.layouts import layout_for_year
from strata.synthetic.dates import month_of
from strata.synthetic.record import Record, authorisation_codes, fact_codes
from strata.synthetic.stays import Table, take

RETURN_COLUMNS = ("NIR_RET", "NAI_RET", "SEX_RET", "SEJ_RET", "FHO_RET", "PMS_RET", "DAT_RET", "COH_NAI_RET", "COH_SEX_RET")
SUPPLEMENT_COLUMNS = {
    "rea": "NBR_SUP_REA", "si": "NBR_SUP_SOI", "stf": "NBR_SUP_STF", "src": "NBR_SUP_SRC", "rep": "NBR_SUP_REP",
    "nn1": "NBR_SUP_NN1", "nn2": "NBR_SUP_NN2", "nn3": "NBR_SUP_NN3", "hs": "SUP_HEM_HS",
}  # fmt: skip
MONEY = pa.decimal128(12, 2)
PARQUET_YEARS = ("even", "all", "none")


def write_landing(folder: Path, record: Record, years: range, parquet_years: str) -> None:
    """Six tables a year; parquet_years tells which years are Parquet ('even', 'all' or 'none'), the others are CSV."""
    folder.mkdir(parents=True)
    for year in years:
        slice_ = record.slice(year)
        as_parquet = parquet_years == "all" or (parquet_years == "even" and year % 2 == 0)
        makers = {"B": _b, "C": _c, "D": _d, "A": _a, "UM": _um, "VALO": _valo}
        for name, make in makers.items():
            write_table(folder / f"T_MCO{year % 100:02d}{name}", make(slice_, year), as_parquet)


def write_table(path: Path, table: pa.Table, as_parquet: bool) -> None:
    """One table as Parquet or CSV; the suffix is added to the path."""
    if as_parquet:
        pq.write_table(table, path.with_name(path.name + ".parquet"), compression="zstd")
    else:
        options = pacsv.WriteOptions(delimiter=";", quoting_style="needed")
        pacsv.write_csv(table, path.with_name(path.name + ".csv"), options)


def text(values: np.ndarray) -> pa.Array:
    """Bytes as text; blank is NULL."""
    written = pa.array(values.astype("U"))
    return pa.compute.if_else(pa.compute.equal(written, ""), pa.scalar(None, pa.string()), written)


def number(values: np.ndarray, blank: np.ndarray | None = None) -> pa.Array:
    """Whole numbers; NULL where `blank`."""
    return pa.array(values.astype(np.int64), mask=blank)


def euros(cents: np.ndarray) -> pa.Array:
    """Exact decimals from whole cents (low and high half of each 128-bit integer)."""
    halves = np.stack([cents.astype(np.int64), np.zeros(len(cents), dtype=np.int64)], axis=1)
    return pa.Array.from_buffers(MONEY, len(cents), [None, pa.py_buffer(halves.tobytes())])


def _padded_key(stay: Table, owner: np.ndarray | slice = slice(None)) -> dict[str, pa.Array]:
    """The key as text with its zeros, as in tables A, D, UM and VALO."""
    padded = np.char.zfill(stay["stay_number"].astype("S10"), 10)
    return {"ETA_NUM": text(stay["finess"][owner]), "RSA_NUM": text(padded[owner])}


def _integer_key(stay: Table) -> dict[str, pa.Array]:
    """The key as integers, as in tables B and C: the zeros in front are lost."""
    return {"ETA_NUM": number(stay["finess"]), "RSA_NUM": number(stay["stay_number"])}


def _version(year: int, count: int) -> pa.Array:
    return pa.array([layout_for_year("mco_rsa", year).version] * count)


def _b(slice_: Record, year: int) -> pa.Table:
    stay = slice_.stay
    return pa.table({**_integer_key(stay), "RSS_NUM": _version(year, len(stay["year"])), **_b_stay(stay), **_b_counts(stay)})


def _b_stay(stay: Table) -> dict[str, pa.Array]:
    """What the stay is: group, age, modes, month, residence, main diagnoses."""
    count = len(stay["year"])
    return {
        "GRG_GHM": text(stay["ghm"]),
        "GRG_RET": pa.array(["000"] * count),
        "GRG_VER": pa.array(["11"] * count),
        "AGE_ANN": number(stay["age_years_written"], stay["age_years_written"] < 0),
        "AGE_JOU": number(stay["age_days_written"], stay["age_days_written"] < 0),
        "COD_SEX": text(stay["sex"].astype("S1")),
        "ENT_MOD": text(stay["entry_mode"]),
        "ENT_PRV": text(stay["entry_provenance"]),
        "SOR_MOD": text(stay["exit_mode"]),
        "SOR_DES": text(stay["exit_destination"]),
        "SOR_MOI": _month(stay),
        "SOR_ANN": number(stay["year"]),
        "SEJ_TYP": text(stay["type"]),
        "BDI_COD": text(stay["geo_code"]),
        "BDI_DEP": text(stay["geo_code"].astype("S2")),
        "DGN_PAL": text(stay["dp_code"]),
        "DGN_REL": text(stay["dr_code"]),
        "TYP_GEN_RSA": text(stay["automatic"]),
    }


def _b_counts(stay: Table) -> dict[str, pa.Array]:
    """What the stay counts: nights (blank for sessions), sessions, codes, and what its price needs."""
    return {
        "SEJ_NBJ": number(stay["nights"], stay["session"]),
        "NBR_DGN": number(stay["das_count"]),
        "NBR_ACT": number(stay["procedure_count"]),
        "NBR_RUM": number(stay["unit_count"]),
        "NBR_SEA": number(stay["sessions"], stay["sessions"] == 0),
        "GHS_NUM": number(stay["ghs"]),
        "BEH_NBJ": number(stay["exh_days"]),
        "BEB_SEJ": text(stay["exb_kind"]),
        "EXB_NBJ": number(stay["exb_tenths"]),
        "SEQ_RUM": number(stay["dp_unit_rank"]),
        **{column: number(stay[f"supplement_{name}"]) for name, column in SUPPLEMENT_COLUMNS.items()},
    }


def _month(stay: Table) -> pa.Array:
    return text(np.char.zfill(month_of(stay["exit"]).astype("S2"), 2))


def _c(slice_: Record, year: int) -> pa.Table:
    stay = take(slice_.stay, np.flatnonzero(slice_.stay["has_ano"]))
    codes = stay["chaining"].view("S1").reshape(len(stay["year"]), 9)
    entry, leaving = (stay[name].astype("datetime64[D]") for name in ("entry", "exit"))
    return pa.table(
        {
            **_integer_key(stay),
            "NIR_ANO_17": text(stay["pseudonym"]),
            **{name: text(np.ascontiguousarray(codes[:, place])) for place, name in enumerate(RETURN_COLUMNS)},
            "EXE_SOI_DTD": pa.array(entry),
            "EXE_SOI_DTF": pa.array(leaving),
            "ENT_DAT": day_first(entry),
            "SOR_DAT": day_first(leaving),
            "SOR_ANN": number(stay["year"]),
            "SOR_MOI": _month(stay),
        }
    )


def day_first(dates: np.ndarray) -> pa.Array:
    """Days as ddmmyyyy."""
    return pa.compute.strftime(pa.array(dates), format="%d%m%Y")


def _d(slice_: Record, year: int) -> pa.Table:
    das, owner = slice_.das, slice_.das["stay"]
    first = np.searchsorted(owner, owner, side="left")
    columns = {"ASS_DGN": text(das["code"]), "DGN_ASS_NUM": number(np.arange(len(owner)) - first + 1)}
    return pa.table({**_padded_key(slice_.stay, owner), "RSS_NUM": _version(year, len(owner)), **columns})


def _a(slice_: Record, year: int) -> pa.Table:
    act, owner = slice_.act, slice_.act["stay"]
    count = len(owner)
    columns = {
        "ENT_DAT_DEL": number(act["offset"]),
        "CDC_ACT": text(act["code"]),
        "PHA_ACT": pa.array(["0"] * count),
        "ACV_ACT": pa.array(["1"] * count),
        "NBR_EXE_ACT": number(np.ones(count)),
    }
    return pa.table({**_padded_key(slice_.stay, owner), "RSS_NUM": _version(year, count), **columns})


def _um(slice_: Record, year: int) -> pa.Table:
    unit, owner = slice_.unit, slice_.unit["stay"]
    columns = {
        "UM_ORD_NUM": number(unit["rank"]),
        "DGN_PAL": text(unit["code"]),
        "DGN_REL": text(fact_codes()[unit["related"]]),
        "ETA_NUM_GEO": text(slice_.stay["unit_finess"][owner]),
        "AUT_TYP1_UM": text(authorisation_codes()[unit["authorisation"]]),
        "AUT_TYP2_UM": pa.array([""] * len(owner)),
        "PAR_DUR_SEJ": number(unit["nights"]),
        "DGN_ASS_NBR": number(unit["das_count"]),
        "ACT_RUM_NBR": number(unit["procedure_count"]),
    }
    return pa.table({**_padded_key(slice_.stay, owner), "RSS_NUM": _version(year, len(owner)), **columns})


def _valo(slice_: Record, year: int) -> pa.Table:
    stay, count = slice_.stay, len(slice_.stay["year"])
    return pa.table(
        {
            **_padded_key(stay),
            "VALO": text(stay["valuation"]),
            "GHS_NUM": text(stay["ghs"]),
            "COEFGEO": pa.array(["1.00"] * count),
            "COEFPRUD": pa.array(["1.0000"] * count),
            "MNT_TOT_BR": euros(stay["cost_cents"]),
            "MNT_MON": number(np.zeros(count)),
            "MNT_DMI": number(np.zeros(count)),
            "MNT_MED_ATU": number(np.zeros(count)),
        }
    )
