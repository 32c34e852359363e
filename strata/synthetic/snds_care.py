"""The SNDS form of SMR, HAD and PSY: one file per table and year, with the names of the national tables.

Belongs here: T_SSRaa…, T_HADaa… and T_RIPaa… from the record. Not here: what is written (care_record.py); MCO (snds.py).
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from strata.ingest.lines.layouts import Layout, layout_for_year
from strata.synthetic.care_coding import DA, DP, DR, FP, MPA, MPP
from strata.synthetic.care_dirt import row_again, spoiled_year, with_orphan
from strata.synthetic.care_record import CareRecord
from strata.synthetic.dates import month_of
from strata.synthetic.record import fact_codes
from strata.synthetic.snds import RETURN_COLUMNS, day_first, euros, number, text, write_table
from strata.synthetic.stays import Table, take
from strata.synthetic.tables import rows

FORM_CODES = {b"full": b"01", b"day": b"20", b"night": b"21", b"home": b"03", b"contact": b"30"}
SMR_FORM_CODES = {b"full": b"1", b"day": b"2"}
HOME_CODES = {b"": b"1", b"esms": b"3", b"ssiad": b"6"}  # home, nursing home, nursing service at home
FPPC_UNTIL = 2022  # no longer coded from March 2023

Make = Callable[[CareRecord, int], pa.Table]


def write_landing(folder: Path, record: CareRecord, years: range, fields: Sequence[str], parquet_years: str) -> None:
    """The tables of each field and year, in the same kind of file as those of MCO."""
    for year in years:
        as_parquet = parquet_years == "all" or (parquet_years == "even" and year % 2 == 0)
        for field in fields:
            prefix, makers = TABLES[field]
            slice_ = record.slice(field, year)
            made = {name: make(slice_, year) for name, make in makers.items()}
            if field == "psy":
                contacts = record.slice(field, year, is_contact=True)
                made |= {name: make(contacts, year) for name, make in CONTACT_TABLES.items()}
            if year == spoiled_year(years):
                main, (_, number, _) = next(iter(makers)), KEYS[field]
                made |= {main: row_again(made[main]), "C": with_orphan(made["C"], number)}
            for name, table in made.items():
                write_table(folder / f"T_{prefix}{year % 100:02d}{name}", table, as_parquet)


def version(family: str, year: int) -> str:
    """What the files of a year write as version of the format."""
    layout: Layout = layout_for_year(family, year)
    return (layout.codes or (layout.version,))[0]


def form_codes(stay: Table, codes: dict[bytes, bytes]) -> np.ndarray:
    """The code of the form of care of each row."""
    return np.array([codes.get(form, b"") for form in stay["form"].tolist()], dtype="S2")


def main_code(slice_: CareRecord, position: int) -> np.ndarray:
    """Per unit, the code in a position that holds one; blank without."""
    found = np.full(len(slice_.unit["stay"]), b"", dtype="S7")
    here = slice_.code["position"] == position
    found[slice_.code["place"][here]] = fact_codes()[slice_.code["fact"][here]]
    return found


def _padded(values: np.ndarray, width: int) -> np.ndarray:
    return np.char.zfill(values.astype(f"S{width}"), width) if len(values) else values.astype(f"S{width}")


def _key(slice_: CareRecord, columns: tuple[str, str, int], owner: np.ndarray | slice = slice(None)) -> dict[str, pa.Array]:
    finess, stay_number, width = columns
    return {finess: text(slice_.stay["finess"][owner]), stay_number: text(_padded(slice_.stay["stay_number"][owner], width))}


SMR_KEY, HAD_KEY, PSY_KEY = ("ETA_NUM", "RHA_NUM", 7), ("ETA_NUM_EPMSI", "RHAD_NUM", 5), ("ETA_NUM_EPMSI", "RIP_NUM", 6)
KEYS = {"smr": SMR_KEY, "had": HAD_KEY, "psy": PSY_KEY}


def _person(stay: Table, owner: np.ndarray) -> dict[str, pa.Array]:
    baby = stay["age_years_written"][owner] < 0
    return {
        "AGE_ANN": number(stay["age_years_written"][owner], baby),
        "AGE_JOU": number(stay["age_days_written"][owner], ~baby),
        "COD_SEX": text(stay["sex"][owner].astype("S1")),
        "BDI_COD": text(stay["geo_code"][owner]),
        "BDI_DEP": text(stay["geo_code"][owner].astype("S2")),
    }


def _modes(stay: Table, owner: np.ndarray | slice = slice(None)) -> dict[str, pa.Array]:
    names = {"ENT_MOD": "entry_mode", "ENT_PRV": "entry_provenance", "SOR_MOD": "exit_mode", "SOR_DES": "exit_destination"}
    return {column: text(stay[name][owner]) for column, name in names.items()}


def _chaining(slice_: CareRecord, key: tuple[str, str, int]) -> pa.Table:
    kept = np.flatnonzero(slice_.stay["has_ano"])
    stay = take(slice_.stay, kept)
    codes = stay["chaining"].view("S1").reshape(len(stay["year"]), 9)
    entry, leaving = (stay[name].astype("datetime64[D]") for name in ("entry", "exit"))
    goes_on = pa.array(stay["is_unfinished"])
    without = {"EXE_SOI_DTF": pa.array(leaving), "SOR_DAT": day_first(leaving)}
    table = {
        **_key(slice_, key, kept),
        "NIR_ANO_17": text(stay["pseudonym"]),
        **{name: text(np.ascontiguousarray(codes[:, place])) for place, name in enumerate(RETURN_COLUMNS)},
        "EXE_SOI_DTD": pa.array(entry),
        "ENT_DAT": day_first(entry),
        **{name: pa.compute.if_else(goes_on, pa.scalar(None, column.type), column) for name, column in without.items()},
        "SEJ_NUM": text(_padded(stay["stay_identifier"], 5)),
    }
    if key is PSY_KEY:
        table["IPP_IRR_CRY"] = text(stay["ipp_hash"])
    return pa.table(table)


def _billing(slice_: CareRecord, key: tuple[str, str, int]) -> pa.Table:
    """Daily rates: they come with the chaining, and are missing with it."""
    kept = np.flatnonzero(slice_.stay["has_ano"])
    billed = {"SEJ_FAC_AM": pa.array(["1"] * len(kept)), "REM_BAS_MNT": euros(slice_.stay["billing_base_cents"][kept])}
    return pa.table({**_key(slice_, key, kept), **billed})


def _codes(slice_: CareRecord, key: tuple[str, str, int], column: str, *positions: int) -> pa.Table:
    """Associated diagnoses in some positions, with the key of their unit."""
    code = take(slice_.code, np.flatnonzero(np.isin(slice_.code["position"], positions)))
    unit = _unit_key(slice_, key, code["place"])
    return pa.table({**_key(slice_, key, code["stay"]), **unit, column: text(fact_codes()[code["fact"]])})


def _unit_key(slice_: CareRecord, key: tuple[str, str, int], place: np.ndarray) -> dict[str, pa.Array]:
    unit = slice_.unit
    if key is SMR_KEY:
        return {"RHS_NUM": text(_padded(unit["rank"][place], 3))}
    if key is HAD_KEY:
        return {"SEQ_NUM": text(_padded(unit["sequence"][place], 4)), "SSEQ_NUM": text(_padded(unit["sub_sequence"][place], 4))}
    return {"SEQ_SEQ_NUM": text(_padded(unit["rank"][place], 3))}


def flag_text(flags: np.ndarray) -> np.ndarray:
    """Days of presence as the files write them: 1 or 0, one character a day."""
    return np.ascontiguousarray(np.where(flags, b"1", b"0").astype("S1")).view(f"S{flags.shape[1]}").ravel()


def ends(slice_: CareRecord) -> tuple[np.ndarray, np.ndarray]:
    """Per unit, whether it is the first and whether it is the last of a stay that has ended."""
    unit, stay = slice_.unit, slice_.stay
    owner = unit["stay"]
    last = (unit["rank"] == stay["unit_count"][owner]) & ~stay["is_unfinished"][owner]
    return (unit["first"] == stay["entry"][owner]), last


def _month_year(days: np.ndarray) -> np.ndarray:
    months = _padded(month_of(days), 2)
    return np.char.add(months, days.astype("datetime64[D]").astype("datetime64[Y]").astype(str).astype("S4"))


def _smr_b(slice_: CareRecord, year: int) -> pa.Table:
    unit, stay = slice_.unit, slice_.stay
    owner = unit["stay"]
    first, last = ends(slice_)
    purpose = main_code(slice_, FP) if year <= FPPC_UNTIL else np.full(len(owner), b"", dtype="S7")
    modes = _modes(stay, owner)
    modes["SOR_MOD"], modes["SOR_DES"] = (text(np.where(last, stay[name][owner], b"")) for name in ("exit_mode", "exit_destination"))
    return pa.table(
        {
            **_key(slice_, SMR_KEY, owner),
            **_unit_key(slice_, SMR_KEY, np.arange(len(owner))),
            "RHA_VER": pa.array([version("smr_rha", year)] * len(owner)),
            "TYP_GEN_RHA": pa.array(["0"] * len(owner)),
            **_person(stay, owner),
            "HOS_TYP_UM": text(form_codes(stay, SMR_FORM_CODES)[owner]),
            "AUT_TYP_UM": pa.array(["50"] * len(owner)),
            "ETA_NUM_GEO": text(stay["unit_finess"][owner]),
            **modes,
            "DEB_SEM": text(np.where(first, b"1", b"")),
            "DEB_FIN": text(np.where(last, b"1", b"")),
            "RHS_ANT_SEJ_ENT": number(unit["first"] - stay["entry"][owner]),
            "MOI_ANN": text(_month_year(unit["first"])),
            "JP_HWE": text(flag_text(unit["flags"][:, :5])),
            "JP_WE": text(flag_text(unit["flags"][:, 5:])),
            "FP_PEC": text(purpose),
            "MOR_PRP": text(main_code(slice_, DP)),
            "ETL_AFF": text(main_code(slice_, DR)),
            "NBR_DGN": number(counted(slice_, DA)),
        }
    )


def counted(slice_: CareRecord, position: int) -> np.ndarray:
    """Per unit, how many diagnoses in a position."""
    here = slice_.code["position"] == position
    return np.bincount(slice_.code["place"][here], minlength=len(slice_.unit["stay"]))


def sequence_kind(stay: Table) -> np.ndarray:
    """TYPE DE SUITE: 1 the stay begins and ends in the file, 2 it ends, 3 it begins, 4 neither."""
    begins = stay["first"] == stay["entry"]
    return np.where(begins, np.where(stay["is_unfinished"], b"3", b"1"), np.where(stay["is_unfinished"], b"4", b"2"))


def _smr_s(slice_: CareRecord, year: int) -> pa.Table:
    stay = slice_.stay
    return pa.table(
        {
            **_key(slice_, SMR_KEY),
            "RHA_VER": pa.array([version("smr_ssrha", year)] * len(stay["year"])),
            "SUI_TYP": text(sequence_kind(stay)),
            "SEJ_NBJ": number(stay["exit"] - stay["first"] + 1),
            "PRE_JOU_NBR": number(stay["presence_days"]),
            **_modes(stay),
            "ACT_TYP": text(form_codes(stay, SMR_FORM_CODES)),
            "NBR_RHA": number(stay["unit_count"]),
            "NBR_GME": number(np.bincount(slice_.group["stay"], minlength=len(stay["year"]))),
        }
    )


def _smr_gme(slice_: CareRecord, year: int) -> pa.Table:
    group = slice_.group
    columns = {"GME_COD": text(group["code"]), "GMT_NUM": text(group["tariff"]), "NBR_JOU": number(group["days"])}
    return pa.table({**_key(slice_, SMR_KEY, group["stay"]), **columns})


def _acts(slice_: CareRecord, key: tuple[str, str, int], names: tuple[str, ...]) -> pa.Table:
    act = slice_.acts("ccam")
    count = len(act["stay"])
    values = (text(act["code"]), pa.array(["0"] * count), pa.array(["1"] * count), number(act["offset"]), number(np.ones(count)))
    return pa.table({**_key(slice_, key, act["stay"]), **_unit_key(slice_, key, act["place"]), **dict(zip(names, values))})


def _rehabilitation(slice_: CareRecord, year: int) -> pa.Table:
    act = slice_.acts("csarr")
    columns = {
        "CSARR_COD": text(act["code"]),
        "NBR_CSARR": number(np.ones(len(act["stay"]))),
        "COMP_SEM": pa.array(["1"] * len(act["stay"])),
        "ENT_DAT_DEL_UM": number(act["offset"]),
    }
    return pa.table({**_key(slice_, SMR_KEY, act["stay"]), **_unit_key(slice_, SMR_KEY, act["place"]), **columns})


def _had_b(slice_: CareRecord, year: int) -> pa.Table:
    unit, stay = slice_.unit, slice_.stay
    owner = unit["stay"]
    goes_on = stay["is_unfinished"][owner]
    _, last = ends(slice_)
    return pa.table(
        {
            **_key(slice_, HAD_KEY, owner),
            **_unit_key(slice_, HAD_KEY, np.arange(len(owner))),
            "RAPSS_NUM": pa.array([version("had_rapss", year)] * len(owner)),
            **_person(stay, owner),
            "PAT_TYP_DOM": text(form_home(stay)[owner]),
            "ETA_NUM_GEO": text(stay["unit_finess"][owner]),
            **_modes(stay, owner),
            "SOR_MOI": text(np.where(goes_on, b"", _padded(month_of(stay["exit"]), 2)[owner])),
            "SOR_ANN": number(stay["year"][owner], goes_on),
            "SOR_MOI_SSEQ": text(_padded(month_of(unit["last"]), 2)),
            "SOR_ANN_SSEQ": number(stay["year"][owner]),
            "SSEQ_NBJ": number(unit["last"] - unit["first"] + 1),
            "SSEQ_SEJ_DER": text(np.where(last, b"1", b"2")),
            "SEJ_NBJ": number(stay["exit"][owner] - stay["entry"][owner] + 1),
            "PEC_PAL": text(care_modes(slice_)),
            "DGN_PAL": text(main_code(slice_, DP)),
            "NBR_DGN": number(counted(slice_, DA)),
            "NBR_DGN_MPP": number(counted(slice_, MPP)),
            "NBR_DGN_MPA": number(counted(slice_, MPA)),
        }
    )


def form_home(stay: Table) -> np.ndarray:
    """TYPE DE DOMICILE of each row."""
    return np.array([HOME_CODES[home] for home in stay["home"].tolist()], dtype="S1")


def care_modes(slice_: CareRecord) -> np.ndarray:
    """Per sub-sequence, its main mode of care."""
    modes = np.array([row["mode"] for row in rows("care")], dtype="S2")
    return modes[slice_.stay["kind"][slice_.unit["stay"]]]


def _finished(slice_: CareRecord, key: tuple[str, str, int]) -> pa.Table:
    stay = slice_.stay
    done = np.where(stay["is_unfinished"], b"0", b"1")
    return pa.table({**_key(slice_, key), "COD_SEX": text(stay["sex"].astype("S1")), "SEJ_FINI": text(done), **_modes(stay)})


def _had_grp(slice_: CareRecord, year: int) -> pa.Table:
    group = slice_.group
    columns = {"PAP_GRP_GHPC": text(group["code"]), "GHT_NUM": text(group["tariff"]), "GHT_NBJ": number(group["days"])}
    return pa.table({**_key(slice_, HAD_KEY, group["stay"]), **_unit_key(slice_, HAD_KEY, group["place"]), **columns})


def _psy_rsa(slice_: CareRecord, year: int) -> pa.Table:
    unit, stay = slice_.unit, slice_.stay
    owner = unit["stay"]
    first, last = ends(slice_)
    return pa.table(
        {
            **_key(slice_, PSY_KEY, owner),
            **_unit_key(slice_, PSY_KEY, np.arange(len(owner))),
            "FOR_NUM": pa.array([version("psy_rpsa", year)] * len(owner)),
            "ETA_NUM_TWO": text(stay["unit_finess"][owner]),
            "IPP_IRR_CRY": text(stay["ipp_hash"][owner]),
            "SEJ_IDT": text(_padded(stay["stay_identifier"][owner], 5)),
            **_person(stay, owner),
            "FOR_ACT": text(form_codes(stay, FORM_CODES)[owner]),
            **_modes(stay, owner),
            "DEL_DAT": number(unit["first"] - stay["entry"][owner]),
            "SEQ_PRE_IND": text(np.where(first, b"1", b"2")),
            "SEQ_DER_IND": text(np.where(last, b"1", b"2")),
            "SEQ_FIN_MOI": text(_padded(month_of(unit["last"]), 2)),
            "SEQ_FIN_ANN": number(stay["year"][owner]),
            "SEQ_COU_NBJ": number(unit["last"] - unit["first"] + 1),
            "PRE_JOU_NBJ": number(unit["days"]),
            "PRE_DEM_JOU_NBJ": number(unit["half_days"]),
            "TYP_GEN_RSA": pa.array(["0"] * len(owner)),
            "DGN_PAL": text(main_code(slice_, DP)),
            "NBR_DGN": number(counted(slice_, DA)),
        }
    )


def _contact_key(slice_: CareRecord, owner: np.ndarray | slice = slice(None)) -> dict[str, pa.Array]:
    stay = slice_.stay
    return {
        "ETA_NUM_EPMSI": text(stay["finess"][owner]),
        "SEJ_IDT": text(_padded(stay["stay_identifier"][owner], 5)),
        "ORD_NUM": text(_padded(stay["stay_number"][owner], 8)),
        "IPP_IRR_CRY": text(stay["ipp_hash"][owner]),
    }


def _r3a(slice_: CareRecord, year: int) -> pa.Table:
    stay = slice_.stay
    everyone = np.arange(len(stay["year"]))
    return pa.table(
        {
            **_contact_key(slice_),
            "FOR_NUM": pa.array([version("psy_r3a", year)] * len(everyone)),
            "ETA_NUM_TWO": text(stay["unit_finess"]),
            **_person(stay, everyone),
            "FOR_ACT": text(form_codes(stay, FORM_CODES)),
            "RAL_ACT_MOI": text(_padded(month_of(stay["exit"]), 2)),
            "RAL_ACT_ANN": number(stay["year"]),
            "ACT_NAT": pa.array(["E"] * len(everyone)),
            "ACT_LIEU": pa.array(["L01"] * len(everyone)),
            "PRO_CAT": pa.array(["M"] * len(everyone)),
            "INT_NBR": number(np.ones(len(everyone))),
            "DGN_PAL": text(main_code(slice_, DP)),
            "NBR_DGN": number(counted(slice_, DA)),
        }
    )


def _r3ad(slice_: CareRecord, year: int) -> pa.Table:
    code = take(slice_.code, np.flatnonzero(slice_.code["position"] == DA))
    return pa.table({**_contact_key(slice_, code["stay"]), "ASS_DGN": text(fact_codes()[code["fact"]])})


SMR_ACT = ("CCAM_ACT", "CCAM_PHA_ACT", "CCAM_COD_ACT", "CCAM_DEL_ENT_UM", "CCAM_NBR_REA")
HAD_ACT = ("CCAM_COD", "PHA_COD", "ACT_COD", "DEL_DEB_SSEQ", "REAL_NBR")
TABLES: dict[str, tuple[str, dict[str, Make]]] = {
    "smr": ("SSR", {
        "B": _smr_b, "S": _smr_s, "GME": _smr_gme, "CSARR": _rehabilitation,
        "C": lambda slice_, year: _chaining(slice_, SMR_KEY),
        "D": lambda slice_, year: _codes(slice_, SMR_KEY, "DGN_COD", DA),
        "CCAM": lambda slice_, year: _acts(slice_, SMR_KEY, SMR_ACT),
        "STC": lambda slice_, year: _billing(slice_, SMR_KEY),
    }),
    "had": ("HAD", {
        "B": _had_b, "GRP": _had_grp,
        "S": lambda slice_, year: _finished(slice_, HAD_KEY),
        "C": lambda slice_, year: _chaining(slice_, HAD_KEY),
        "D": lambda slice_, year: _codes(slice_, HAD_KEY, "DGN_ASS", DA),
        "DMPP": lambda slice_, year: _codes(slice_, HAD_KEY, "DGN_ASS_MPP", MPP),
        "DMPA": lambda slice_, year: _codes(slice_, HAD_KEY, "DGN_ASS_MPA", MPA),
        "A": lambda slice_, year: _acts(slice_, HAD_KEY, HAD_ACT),
        "STC": lambda slice_, year: _billing(slice_, HAD_KEY),
    }),
    "psy": ("RIP", {
        "RSA": _psy_rsa,
        "S": lambda slice_, year: _finished(slice_, PSY_KEY),
        "C": lambda slice_, year: _chaining(slice_, PSY_KEY),
        "RSAD": lambda slice_, year: _codes(slice_, PSY_KEY, "ASS_DGN", DA),
        "STC": lambda slice_, year: _billing(slice_, PSY_KEY),
    }),
}  # fmt: skip
CONTACT_TABLES: dict[str, Make] = {"R3A": _r3a, "R3AD": _r3ad}
