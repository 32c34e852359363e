"""The ATIH form of SMR, HAD and PSY: one archive per field, hospital and year, as e-PMSI hands them out.

Belongs here: which field of the layouts takes which column of the record. Not here: bytes (atih_writer.py); MCO (atih.py).
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from strata.ingest.lines.layouts import layouts
from strata.synthetic.atih import CARRIAGE_RETURN_UNTIL, RETURN_CODES
from strata.synthetic.atih_writer import NEWLINE, assemble, sheets, write_archive
from strata.synthetic.care_coding import DA, DP, DR, FP, MPA, MPP
from strata.synthetic.care_dirt import SPOILED_FAMILIES, spoil_lines, spoiled_year
from strata.synthetic.care_record import CareRecord
from strata.synthetic.dates import NEVER, day, month_of, year_of
from strata.synthetic.record import fact_codes
from strata.synthetic.snds_care import (
    FORM_CODES,
    FPPC_UNTIL,
    SMR_FORM_CODES,
    care_modes,
    counted,
    ends,
    flag_text,
    form_codes,
    form_home,
    main_code,
    sequence_kind,
    version,
)
from strata.synthetic.stays import Table, take
from strata.synthetic.tables import rows

NOT_EVERYWHERE = {"unit_finess", "geo_code", "age_years", "age_days", "sex_code", "entry_mode", "entry_provenance", "exit_mode",
                  "exit_destination", "ipp_hash", "link_index", "stay_identifier", "entry_month", "entry_year", "stay_delay"}  # fmt: skip
NUMBER_WIDTH = {"smr": 7, "had": 5, "psy": 6}
SENT = {"smr": "093100", "had": "093200", "psy": "093300"}


def write_landing(folder: Path, record: CareRecord, years: range, fields: Sequence[str]) -> None:
    """Every archive of some fields of care."""
    for year in years:
        for field in fields:
            for hospital in range(len(rows("care_hospitals"))):
                stays, contacts = (record.slice(field, year, hospital, is_contact) for is_contact in (False, True))
                if len(stays.stay["year"]) + len(contacts.stay["year"]):
                    _write(folder, field, stays, contacts, year, year == spoiled_year(years))


def _write(folder: Path, field: str, stays: CareRecord, contacts: CareRecord, year: int, is_spoiled: bool) -> None:
    finess = (stays if len(stays.stay["year"]) else contacts).stay["finess"][0].decode()
    newline = NEWLINE[year <= CARRIAGE_RETURN_UNTIL]
    lines = {"smr": _smr, "had": _had, "psy": _psy}[field](stays, contacts, year, newline)
    for family in SPOILED_FAMILIES & {f"{field}_{kind}" for kind in lines} if is_spoiled else ():
        kind = family.removeprefix(f"{field}_")
        lines[kind] = spoil_lines(lines[kind], family, year, newline)
    name = f"{finess}.{year}.12"
    write_archive(folder / f"{name}.1502{year + 1}{SENT[field]}.out.zip", {f"{name}.{kind}": text for kind, text in lines.items()})


def _smr(stays: CareRecord, contacts: CareRecord, year: int, newline: bytes) -> dict[str, bytes]:
    return {
        "rha": rha_lines(stays, year, newline),
        "ssrha": ssrha_lines(stays, year, newline),
        "ano": ano_lines("smr", stays, year, newline),
    }


def _had(stays: CareRecord, contacts: CareRecord, year: int, newline: bytes) -> dict[str, bytes]:
    return {"rapss": rapss_lines(stays, year, newline), "ano": ano_lines("had", stays, year, newline)}


def _psy(stays: CareRecord, contacts: CareRecord, year: int, newline: bytes) -> dict[str, bytes]:
    lines = {}
    if len(stays.stay["year"]):
        lines = {"rpsa": rpsa_lines(stays, year, newline), "ano": ano_lines("psy", stays, year, newline)}
    return lines | ({"r3a": r3a_lines(contacts, year, newline)} if len(contacts.stay["year"]) else {})


def _stay_columns(slice_: CareRecord, family: str, width: int, year: int, owner: np.ndarray) -> Table:
    """What every family says of the stay on each of its lines."""
    stay = slice_.stay
    same = ("finess", "unit_finess", "geo_code", "entry_mode", "entry_provenance", "exit_mode", "exit_destination")
    table = {name: stay[name][owner] for name in same}
    table |= {"age_years": stay["age_years_written"][owner], "age_days": stay["age_days_written"][owner]}
    table |= {"sex_code": stay["sex"][owner].astype("S1"), "stay_number": _padded(stay["stay_number"][owner], width)}
    return table | {"format_version": np.full(len(owner), version(family, year).encode())}


def _padded(values: np.ndarray, width: int) -> np.ndarray:
    return np.char.zfill(values.astype(f"S{width}"), width) if len(values) else values.astype(f"S{width}")


def _months(days: np.ndarray) -> np.ndarray:
    return _padded(month_of(days), 2)


def _years(days: np.ndarray) -> np.ndarray:
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(str).astype("S4")


def _diagnoses(slice_: CareRecord, position: int) -> tuple[Table, np.ndarray]:
    """The blocks of a position, and the unit of each."""
    code = take(slice_.code, np.flatnonzero(slice_.code["position"] == position))
    return {"code": fact_codes()[code["fact"]]}, code["place"]


def _acts(slice_: CareRecord, system: str = "ccam") -> tuple[Table, np.ndarray]:
    act = slice_.acts(system)
    count = len(act["stay"])
    said = {"date_valid": b"1"} | ({"phase": b"0", "activity": b"1"} if system == "ccam" else {})
    constant = {name: np.full(count, value) for name, value in said.items()}
    return {**constant, "code": act["code"], "day_offset": act["offset"], "executions": np.ones(count, dtype=np.int64)}, act["place"]


def _lines(family: str, year: int, fixed: Table, zones: dict[str, tuple[Table, np.ndarray]], newline: bytes) -> bytes:
    count = len(next(iter(fixed.values())))
    if not count:
        return b""
    if unknown := set(fixed) - _names(family) - NOT_EVERYWHERE:
        raise KeyError(f"{family}: {sorted(unknown)}")
    counts = {"fixed": count, **{name: len(owner) for name, (_, owner) in zones.items()}}
    tables = {"fixed": fixed, **{name: table for name, (table, _) in zones.items()}}
    return assemble(sheets(family, year, tables, counts), {name: owner for name, (_, owner) in zones.items()}, newline)


@cache
def _names(family: str) -> set[str]:
    """What the fixed part of some version of a family holds."""
    return {name for layout in layouts(family).values() for field in layout.fixed.fields for name in (field.name, field.atih_name)}


def rha_lines(slice_: CareRecord, year: int, newline: bytes) -> bytes:
    """The RHA of one hospital and year, one line a week."""
    owner = slice_.unit["stay"]
    fixed = _stay_columns(slice_, "smr_rha", 7, year, owner) | _week_dates(slice_)
    first, last = ends(slice_)
    fixed |= {name: np.where(last, fixed[name], b"") for name in ("exit_mode", "exit_destination")}
    fixed |= {"is_first_week": np.where(first, b"1", b""), "is_last_week": np.where(last, b"1", b"")}
    fixed |= {"unit_number": _padded(slice_.unit["rank"], 3), "automatic_rsa": np.full(len(owner), b"0")}
    fixed |= {"hospitalisation_type": form_codes(slice_.stay, SMR_FORM_CODES)[owner], "authorisation": np.full(len(owner), b"50")}
    fixed |= {"mmp": main_code(slice_, DP), "ae": main_code(slice_, DR), "das_count": counted(slice_, DA)}
    fixed["fppc"] = main_code(slice_, FP) if year <= FPPC_UNTIL else np.full(len(owner), b"")
    acts = {system: _acts(slice_, system) for system in ("csarr", "ccam")}
    fixed |= {f"{system}_count": np.bincount(places, minlength=len(owner)) for system, (_, places) in acts.items()}
    return _lines("smr_rha", year, fixed, {"da": _diagnoses(slice_, DA), **acts}, newline)


def _week_dates(slice_: CareRecord) -> Table:
    """When each week was, and which of its days the patient was there; no exit while the stay goes on."""
    unit, stay = slice_.unit, slice_.stay
    owner = unit["stay"]
    goes_on = stay["is_unfinished"][owner]
    table = {"week_month": month_of(unit["first"]), "week_year": year_of(unit["first"])}
    table |= {"calendar_week": (unit["first"] - day(int(table["week_year"][0]))) // 7 + 1, "calendar_year": table["week_year"]}
    table |= {"exit_month": np.where(goes_on, -1, month_of(stay["exit"])[owner]), "exit_year": np.where(goes_on, -1, stay["year"][owner])}
    table |= {"days_since_entry": _padded(unit["first"] - stay["entry"][owner], 4)}
    return table | {"weekdays_present": flag_text(unit["flags"][:, :5]), "weekend_days_present": flag_text(unit["flags"][:, 5:])}


def ssrha_lines(slice_: CareRecord, year: int, newline: bytes) -> bytes:
    """The SSRHA of one hospital and year, one line a stay, with its GME zones."""
    stay, group = slice_.stay, slice_.group
    everyone = np.arange(len(stay["year"]))
    fixed = _stay_columns(slice_, "smr_ssrha", 7, year, everyone)
    fixed |= {"sequence_kind": sequence_kind(stay), "stay_days": stay["exit"] - stay["first"] + 1, "presence_days": stay["presence_days"]}
    fixed |= {"hospitalisation_type": form_codes(stay, SMR_FORM_CODES), "week_count": stay["unit_count"]}
    fixed["group_count"] = np.bincount(group["stay"], minlength=len(everyone))
    zones = {"gme": ({"gme": group["code"], "gmt": group["tariff"], "days": group["days"]}, group["stay"])}
    return _lines("smr_ssrha", year, fixed, zones, newline)


def rapss_lines(slice_: CareRecord, year: int, newline: bytes) -> bytes:
    """The RAPSS of one hospital and year, one line a sub-sequence, grouped twice: by the hospital and by PAPRICA."""
    unit, stay, group = slice_.unit, slice_.stay, slice_.group
    owner = unit["stay"]
    goes_on = stay["is_unfinished"][owner]
    _, last = ends(slice_)
    fixed = _stay_columns(slice_, "had_rapss", 5, year, owner)
    fixed |= {"home_type": form_home(stay)[owner], "stay_days": stay["exit"][owner] - stay["entry"][owner] + 1, "mpp": care_modes(slice_)}
    fixed |= {
        "exit_month": np.where(goes_on, b"", _months(stay["exit"])[owner]),
        "exit_year": np.where(goes_on, b"", _years(stay["exit"])[owner]),
    }
    fixed |= {"sequence_number": _padded(unit["sequence"], 4), "unit_number": _padded(unit["sub_sequence"], 4)}
    fixed |= {"end_month": _months(unit["last"]), "end_year": _years(unit["last"]), "days": unit["last"] - unit["first"] + 1}
    fixed |= {
        "sequence_end_month": _months(unit["last"]),
        "sequence_end_year": _years(unit["last"]),
        "is_last_of_stay": np.where(last, b"1", b"2"),
    }
    fixed |= {"dp": main_code(slice_, DP), "das_count": counted(slice_, DA), "karnofsky": np.full(len(owner), b"050")}
    fixed |= {"mpp_diagnosis_count": counted(slice_, MPP), "mpa_diagnosis_count": counted(slice_, MPA)}
    fixed["procedure_count"] = np.bincount(slice_.acts("ccam")["place"], minlength=len(owner))
    ghpc = np.full(len(owner), b"", dtype="S4")
    ghpc[group["place"]] = group["code"]
    places, tariffs = np.arange(len(owner)), {"ght": group["tariff"], "days": group["days"]}
    grouped = {"ghpc": ghpc, "group_version": np.full(len(owner), b"06"), "grouping_return": np.full(len(owner), b"000")}
    count = np.bincount(group["place"], minlength=len(owner))
    zones = {
        "dcmpp": _diagnoses(slice_, MPP), "dcmpa": _diagnoses(slice_, MPA), "da": _diagnoses(slice_, DA), "actes": _acts(slice_),
        "grp_etab": ({**grouped, "hospital_tariff_count": np.minimum(count, 1)}, places),
        "zt_etab": ({name: values[_first_of(group["place"])] for name, values in tariffs.items()}, np.unique(group["place"])),
        "grp_paprica": ({**grouped, "tariff_count": count}, places), "zt_paprica": (tariffs, group["place"]),
    }  # fmt: skip
    return _lines("had_rapss", year, fixed, zones, newline)


def _first_of(sorted_keys: np.ndarray) -> np.ndarray:
    return np.unique(sorted_keys, return_index=True)[1]


def rpsa_lines(slice_: CareRecord, year: int, newline: bytes) -> bytes:
    """The RPSA of one hospital and year, one line a sequence."""
    unit, stay = slice_.unit, slice_.stay
    owner = unit["stay"]
    first, last = ends(slice_)
    fixed = _stay_columns(slice_, "psy_rpsa", 6, year, owner) | _links(stay, owner)
    fixed |= {
        "activity_form": form_codes(stay, FORM_CODES)[owner],
        "unit_number": _padded(unit["rank"], 3),
        "automatic_rsa": np.full(len(owner), b"0"),
    }
    fixed |= {
        "day_offset": unit["first"] - stay["entry"][owner],
        "is_first": np.where(first, b"1", b"2"),
        "is_last": np.where(last, b"1", b"2"),
    }
    fixed |= {"end_month": _months(unit["last"]), "end_year": _years(unit["last"]), "days": unit["last"] - unit["first"] + 1}
    fixed |= {
        "presence_days": unit["days"],
        "presence_half_days": unit["half_days"],
        "dp": main_code(slice_, DP),
        "das_count": counted(slice_, DA),
    }
    return _lines("psy_rpsa", year, fixed, {"da": _diagnoses(slice_, DA)}, newline)


def _links(stay: Table, owner: np.ndarray) -> Table:
    """What ties the acts, sequences and chaining lines of one patient of one hospital together."""
    link = np.char.add(stay["ipp_hash"].astype("S16"), stay["finess"].astype("S9"))
    return {"ipp_hash": stay["ipp_hash"][owner], "link_index": link[owner], "stay_identifier": _padded(stay["stay_identifier"][owner], 5)}


def r3a_lines(slice_: CareRecord, year: int, newline: bytes) -> bytes:
    """The R3A of one hospital and year, one line an act."""
    stay = slice_.stay
    everyone = np.arange(len(stay["year"]))
    fixed = _stay_columns(slice_, "psy_r3a", 8, year, everyone) | _links(stay, everyone)
    fixed |= {"activity_form": form_codes(stay, FORM_CODES), "dp": main_code(slice_, DP), "das_count": counted(slice_, DA)}
    fixed |= {"month": month_of(stay["exit"]), "year": stay["year"], "contact_date": stay["exit"]}
    fixed |= {"contact_nature": np.full(len(everyone), b"E"), "contact_place": np.full(len(everyone), b"L01")}
    return _lines("psy_r3a", year, fixed, {"da": _diagnoses(slice_, DA)}, newline)


def ano_lines(field: str, slice_: CareRecord, year: int, newline: bytes) -> bytes:
    """The ANO of one field, hospital and year, in another order than its stays."""
    stay = take(slice_.stay, np.flatnonzero(slice_.stay["has_ano"])[::-1])
    codes = stay["chaining"].view("S1").reshape(len(stay["year"]), 9)
    table = {name: np.ascontiguousarray(codes[:, place]) for place, name in enumerate(RETURN_CODES)}
    table |= {name: stay[name] for name in ("finess", "unit_finess", "pseudonym")}
    table |= {"stay_number": _padded(stay["stay_number"], NUMBER_WIDTH[field]), "entry_date": stay["entry"]}
    table |= {"exit_date": np.where(stay["is_unfinished"], NEVER, stay["exit"]), "billable": np.full(len(stay["year"]), b"1")}
    table |= {"entry_month": _months(stay["entry"]), "entry_year": _years(stay["entry"])}
    table |= _links(stay, np.arange(len(stay["year"])))
    table |= {"MTBASERM": stay["billing_base_cents"], "stay_delay": stay["stay_identifier"]}
    return _lines(f"{field}_ano", year, table, {}, newline)
