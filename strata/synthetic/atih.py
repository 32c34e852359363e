"""The ATIH form: one archive per hospital and year, with its RSA and its ANO.

Belongs here: which field of the layouts takes which column of the record. Not here: bytes (atih_writer.py).
"""

from pathlib import Path

import numpy as np

from strata.ingest.lines.layouts import layout_for_year
from strata.synthetic.atih_writer import NEWLINE, assemble, sheets, write_archive
from strata.synthetic.dates import month_of
from strata.synthetic.record import Record, authorisation_codes, fact_codes
from strata.synthetic.stays import SUPPLEMENTS, Table, take
from strata.synthetic.tables import position, rows

GROUPING_VERSION = b"11"
CARRIAGE_RETURN_UNTIL = 2021  # older software ends its lines the Windows way
GLOBAL_AUTHORISATIONS = (b"AA", b"HD")  # of a regional hospital
RETURN_CODES = (
    "nir_return", "birth_date_return", "sex_return", "stay_id_return", "fusion_hosp_return", "fusion_pmsi_return",
    "entry_date_return", "birth_coherence_return", "sex_coherence_return",
)  # fmt: skip


def write_landing(folder: Path, record: Record, years: range) -> None:
    """Every archive of the country, and an earlier transmission that a later one replaces."""
    folder.mkdir(parents=True)
    for year in years:
        for hospital in range(len(rows("hospitals"))):
            slice_ = record.slice(year, hospital)
            if len(slice_.stay["year"]):
                _write(folder, slice_, year, month=12)
    superseded = superseded_slice(record, years)
    _write(folder, superseded, int(superseded.stay["year"][0]), month=6)


def superseded_slice(record: Record, years: range) -> Record:
    """The first half year of a small hospital as it was first sent: fewer codes, and other stay numbers."""
    hospital = position("hospitals", "finess")["990300035"]
    last = record.slice(years[-2], hospital)
    early = last.rows(month_of(last.stay["exit"]) <= 6)
    without_das = {name: values[:0] for name, values in early.das.items()}
    stay = {**early.stay, "das_count": np.zeros_like(early.stay["das_count"])}
    stay["stay_number"] = np.arange(len(stay["year"])) + 1
    unit = {**early.unit, "das_count": np.zeros_like(early.unit["das_count"])}
    return Record(stay, unit, without_das, early.act)


def _write(folder: Path, slice_: Record, year: int, month: int) -> None:
    finess = slice_.stay["finess"][0].decode()
    newline = NEWLINE[year <= CARRIAGE_RETURN_UNTIL]
    sent = f"1502{year + 1}093000" if month == 12 else f"2507{year}141500"
    name = f"{finess}.{year}.{month}"
    entries = {f"{name}.rsa": rsa_lines(slice_, year, newline), f"{name}.ano": ano_lines(slice_, year, newline)}
    write_archive(folder / f"{name}.{sent}.out.zip", entries)


def rsa_lines(slice_: Record, year: int, newline: bytes) -> bytes:
    """The RSA of one hospital and year, one line a stay."""
    authorised, radiated = _global_authorisations(slice_), np.flatnonzero(slice_.stay["ghs"] == b"9622")
    owners = {
        "autpgv": authorised,
        "rdth": radiated,
        "um": slice_.unit["stay"],
        "da": slice_.das["stay"],
        "actes": slice_.act["stay"],
    }
    tables = {
        "fixed": _fixed(slice_, year, authorised, radiated),
        "autpgv": {"authorisation": np.resize(np.array(GLOBAL_AUTHORISATIONS), len(authorised))},
        "rdth": {"ghs": slice_.stay["ghs"][radiated], "supplement_count": slice_.stay["sessions"][radiated]},
        "um": _units(slice_),
        "da": {"code": slice_.das["code"]},
        "actes": _acts(slice_.act),
    }
    counts = {"fixed": len(slice_.stay["year"]), **{name: len(owner) for name, owner in owners.items()}}
    return assemble(sheets("mco_rsa", year, tables, counts), owners, newline)


def _global_authorisations(slice_: Record) -> np.ndarray:
    regional = np.array([row["is_regional"] == "1" for row in rows("hospitals")])[slice_.stay["hospital"]]
    return np.repeat(np.flatnonzero(regional), len(GLOBAL_AUTHORISATIONS))


def _fixed(slice_: Record, year: int, authorised: np.ndarray, radiated: np.ndarray) -> Table:
    stay, count = slice_.stay, len(slice_.stay["year"])
    same = ("finess", "stay_number", "unit_count", "entry_mode", "entry_provenance", "exit_mode", "exit_destination", "geo_code",
            "nights", "sessions", "ghs", "exh_days", "exb_kind", "exb_tenths", "das_count", "procedure_count", "dp_unit_rank")  # fmt: skip
    table = {name: stay[name] for name in same}
    table |= {f"supplement_{name}": stay[f"supplement_{name}"] for name in SUPPLEMENTS}
    table |= {"age_years": stay["age_years_written"], "age_days": stay["age_days_written"], "dp": stay["dp_code"], "dr": stay["dr_code"]}
    table |= {"sex_code": stay["sex"].astype("S1"), "stay_type": stay["type"], "automatic_rsa": stay["automatic"]}
    table |= {"exit_month": _two_digits(month_of(stay["exit"])), "exit_year": stay["year"].astype("S4")}
    table["dp_unit_rank"] = _two_digits(stay["dp_unit_rank"])
    table["authorisation_count"] = np.bincount(authorised, minlength=count)
    table["radiotherapy_count"] = np.bincount(radiated, minlength=count)
    table |= _grouping(stay["ghm"], year)
    return table


def _grouping(ghm: np.ndarray, year: int) -> Table:
    """The group, written twice: as read from the hospital and as made by GENRSA."""
    letters = ghm.astype("S6").view("S1").reshape(len(ghm), 6)
    pieces = {"CMD": letters[:, 0:2], "TYPE": letters[:, 2:3], "NUM": letters[:, 3:5], "COMPX": letters[:, 5:6]}
    joined = {name: np.ascontiguousarray(part).view(f"S{part.shape[1]}").ravel() for name, part in pieces.items()}
    table = {f"GP{name}": values for name, values in joined.items()} | {f"RSA{name}": values for name, values in joined.items()}
    constant = {"GPVCLASS": GROUPING_VERSION, "RSAVCLASS": GROUPING_VERSION, "GPCDRETR": b"000", "RSACDRETR": b"000"}
    constant |= {"format_version": layout_for_year("mco_rsa", year).version.encode(), "rss_version": b"120", "tariff_sequence": b"001"}
    return table | {name: np.full(len(ghm), value) for name, value in constant.items()}


def _two_digits(values: np.ndarray) -> np.ndarray:
    return np.char.zfill(values.astype("S2"), 2)


def _units(slice_: Record) -> Table:
    unit = slice_.unit
    return {
        "unit_rank": _two_digits(unit["rank"]),
        "unit_sequence": _two_digits(unit["rank"]),
        "unit_finess": slice_.stay["unit_finess"][unit["stay"]],
        "unit_dp": unit["code"],
        "unit_dr": fact_codes()[unit["related"]],
        "unit_das_count": unit["das_count"],
        "unit_procedure_count": unit["procedure_count"],
        "unit_nights": unit["nights"],
        "authorisation_1": authorisation_codes()[unit["authorisation"]],
    }


def _acts(act: Table) -> Table:
    count = len(act["stay"])
    constant = {"phase": b"0", "activity": b"1", "date_valid": b"1"}
    table = {name: np.full(count, value) for name, value in constant.items()}
    return table | {"day_offset": act["offset"], "code": act["code"], "executions": np.ones(count, dtype=np.int64)}


def ano_lines(slice_: Record, year: int, newline: bytes) -> bytes:
    """The ANO of one hospital and year, in another order than the RSA: lines are matched by number, never by place."""
    stay = take(slice_.stay, np.flatnonzero(slice_.stay["has_ano"])[::-1])
    codes = stay["chaining"].view("S1").reshape(len(stay["year"]), 9)
    table = {name: np.ascontiguousarray(codes[:, place]) for place, name in enumerate(RETURN_CODES)}
    table |= {"entry_date": stay["entry"], "exit_date": stay["exit"], "exit_year": stay["year"].astype("S4"), "billable": stay["billable"]}
    table |= {name: stay[name] for name in ("finess", "stay_number", "pseudonym")}
    table |= {"exit_month": _two_digits(month_of(stay["exit"])), "stay_number": np.char.zfill(stay["stay_number"].astype("S10"), 10)}
    return assemble(sheets("mco_ano", year, {"fixed": table}, {"fixed": len(stay["year"])}), {}, newline)
