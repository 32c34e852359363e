"""A small set of SNDS tables, written as a person would extract them: CSV with any separator, or Parquet.

Shares no code with strata. Rows are dicts by SNDS column; a stay is built from its defaults and what the test changes.
"""

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

FINESS, OTHER = "990000011", "990000022"
B = {
    "ETA_NUM": FINESS, "RSA_NUM": "0000000001", "RSS_NUM": "224", "GRG_GHM": "05M092", "AGE_ANN": "67", "AGE_JOU": "", "COD_SEX": "1",
    "ENT_MOD": "8", "ENT_PRV": "5", "SOR_MOD": "8", "SOR_DES": "", "SOR_MOI": "3", "SOR_ANN": "2017", "SEJ_TYP": "A", "SEJ_NBJ": "4",
    "BDI_COD": "59350", "DGN_PAL": "I500", "DGN_REL": "", "NBR_RUM": "1", "NBR_SEA": "", "GHS_NUM": "1709", "BEH_NBJ": "0",
    "BEB_SEJ": "0", "EXB_NBJ": "0", "TYP_GEN_RSA": "0", "NBR_SUP_SOI": "2", "SUP_HEM_HS": "1",
}  # fmt: skip
RETURNS = ("NIR_RET", "NAI_RET", "SEX_RET", "SEJ_RET", "FHO_RET", "PMS_RET", "DAT_RET", "COH_NAI_RET", "COH_SEX_RET")
C = {
    "ETA_NUM": FINESS, "RSA_NUM": "0000000001", "NIR_ANO_17": "P0000000000000001", **dict.fromkeys(RETURNS, "0"),
    "EXE_SOI_DTD": "2017-03-01", "EXE_SOI_DTF": "2017-03-05",
}  # fmt: skip
D = {"ETA_NUM": FINESS, "RSA_NUM": "0000000001", "ASS_DGN": "E1190"}
A = {
    "ETA_NUM": FINESS, "RSA_NUM": "0000000001", "CDC_ACT": "DEQP003", "PHA_ACT": "0", "ACV_ACT": "1",
    "ENT_DAT_DEL": "0", "NBR_EXE_ACT": "1",
}  # fmt: skip
UM = {
    "ETA_NUM": FINESS, "RSA_NUM": "0000000001", "UM_ORD_NUM": "1", "DGN_PAL": "I500", "DGN_REL": "", "ETA_NUM_GEO": "990000010",
    "AUT_TYP1_UM": "51", "AUT_TYP2_UM": "", "PAR_DUR_SEJ": "4",
}  # fmt: skip
VALO = {"ETA_NUM": FINESS, "RSA_NUM": "0000000001", "VALO": "1", "MNT_TOT_BR": "2345.67"}
DEFAULTS = {"B": B, "C": C, "D": D, "A": A, "UM": UM, "VALO": VALO}

STC = {"ETA_NUM": FINESS, "RSA_NUM": "0000000001", "REM_BAS_MNT": "9876.5"}
FB = {"ETA_NUM": FINESS, "RSA_NUM": "0000000001", "NUM_FAC": "001", "TYP_ART": "B", "REM_BAS": "1500"}
FA = {"ETA_NUM": FINESS, "RSA_NUM": "0000000001", "NUM_FAC": "001", "TYP_ART": "A", "PH_BRM": "1500.00"}

Rows = dict[str, list[dict[str, str]]]


def stay(number: int = 1, finess: str = FINESS, **changes: dict[str, str]) -> Rows:
    """One row per table for one stay; `changes` by table letter."""
    key = {"ETA_NUM": finess, "RSA_NUM": f"{number:010d}"}
    person = {"NIR_ANO_17": f"P{number:016d}"}
    return {table: [row | key | (person if table == "C" else {}) | changes.get(table, {})] for table, row in DEFAULTS.items()}


def together(*stays: Rows) -> Rows:
    return {table: [row for one in stays for row in one[table]] for table in DEFAULTS}


def write_csv(folder: Path, rows: Rows, year: str = "17", separator: str = ";", encoding: str = "utf-8", suffix: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for table, lines in rows.items():
        names = list(dict.fromkeys(name for row in lines for name in row)) or list(DEFAULTS[table])
        with (folder / f"T_MCO{year}{table}{suffix}.csv").open("w", encoding=encoding, newline="") as handle:
            writer = csv.DictWriter(handle, names, delimiter=separator, restval="")
            writer.writeheader()
            writer.writerows(lines)


def write_parquet(folder: Path, rows: Rows, year: str = "17", types: dict[str, pa.DataType] | None = None) -> None:
    """types: columns that are not text, by SNDS name; blanks then become NULL."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, lines in rows.items():
        names = list(dict.fromkeys(name for row in lines for name in row))
        columns = {name: pa.array([row.get(name) or None for row in lines], pa.string()) for name in names}
        typed = {name: column.cast((types or {}).get(name, pa.string())) for name, column in columns.items()}
        pq.write_table(pa.table(typed), folder / f"T_MCO{year}{table}.parquet")
