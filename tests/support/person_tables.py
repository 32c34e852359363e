"""Small SNDS tables about persons, written as a person would extract them: CSV with any separator, or Parquet.

Shares no code with strata. Rows are dicts by SNDS column: a default and what the test changes.
"""

import csv
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

NINE = {
    "FLX_DIS_DTD": "2024-02-01", "FLX_TRT_DTD": "2024-01-20", "FLX_EMT_TYP": "1", "FLX_EMT_NUM": "2", "FLX_EMT_ORD": "3",
    "ORG_CLE_NUM": "01C990990", "DCT_ORD_NUM": "1001", "PRS_ORD_NUM": "1", "REM_TYP_AFF": "0",
}  # fmt: skip
PRS = NINE | {
    "BEN_NIR_PSA": "P0000000000000001", "BEN_RNG_GEM": "1", "EXE_SOI_DTD": "2024-01-15", "PRS_NAT_REF": "1110", "PRS_ACT_QTE": "1",
    "BSE_REM_BSE": "26.50", "CPL_REM_BSE": "0", "CPL_MAJ_TOP": "0", "DPN_QLF": "0",
    "PRS_DPN_QLP": "0", "PSE_SPE_COD": "1", "PSE_ACT_NAT": "0",
}  # fmt: skip
BIO = NINE | {"BIO_ORD_NUM": "1", "BIO_PRS_IDE": "1577", "BIO_ACT_QSN": "1"}
CAM = NINE | {"CAM_ORD_NUM": "1", "CAM_PRS_IDE": "DEQP003", "CAM_ACT_COD": "1"}
PHA = NINE | {"PHA_ORD_NUM": "1", "PHA_PRS_C13": "3400900000015", "PHA_ACT_QSN": "2"}
ETE = NINE | {"ETE_IND_TAA": "1"}
BEN = {
    "BEN_NIR_PSA": "P0000000000000001", "BEN_RNG_GEM": "1", "BEN_NIR_ANO": "A0000000000000001", "BEN_IDT_ANO": "A0000000000000001",
    "BEN_CDI_NIR": "00", "BEN_SEX_COD": "1", "BEN_NAI_ANN": "1950", "BEN_NAI_MOI": "6", "BEN_DCD_DTE": "1600-01-01",
    "BEN_RES_DPT": "099", "BEN_RES_COM": "001",
}  # fmt: skip
IMB = {
    "BEN_NIR_PSA": "P0000000000000001", "BEN_RNG_GEM": "1", "IMB_ALD_NUM": "8", "MED_MTF_COD": "E11", "IMB_ETM_NAT": "41",
    "IMB_ALD_DTD": "2015-03-01", "IMB_ALD_DTF": "2020-02-29",
}  # fmt: skip
IDE = {"id_carto": "C1", "ben_nir_psa": "P0000000000000001", "ben_rng_gem": "1", "version": "G10"}
IND = {"id_carto": "C1", "top_FDiabet_ind": "1", "top_CvIC_chr": "0", "sup_FRVDiab_cat": "1", "version": "G10"}

Row = dict[str, str]


def line(number: int = 1, **changes: str) -> Row:
    """The key of one line of DCIR: another statement for another number."""
    return {"DCT_ORD_NUM": str(1000 + number)} | changes


def write_csv(path: Path, rows: Iterable[Row], separator: str = ";") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = list(rows)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)


def write_parquet(path: Path, rows: Iterable[Row], types: dict[str, pa.DataType] | None = None) -> None:
    """types: columns that are not text; blanks then become NULL."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = list(rows)
    columns = {name: pa.array([row[name] or None for row in rows], pa.string()) for name in rows[0]}
    pq.write_table(pa.table({name: column.cast((types or {}).get(name, pa.string())) for name, column in columns.items()}), path)
