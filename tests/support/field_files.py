"""Whole transmissions of SMR, HAD and PSY in plain lines: stays of two units each, with their persons.

Belongs here: plausible values by our names and the files of one transmission. Not here: bytes (zoned_lines.py), whole countries.
"""

from datetime import date

from tests.support.zoned_lines import Values, line, named_fields, versions, zones

FINESS = "990000015"
EXTENSIONS = {
    "smr_rha": "rha",
    "smr_ssrha": "ssrha",
    "smr_ano": "ano",
    "smr_tra": "tra",
    "had_rapss": "rapss",
    "had_ano": "ano",
    "had_tra": "tra",
    "psy_rpsa": "rpsa",
    "psy_r3a": "r3a",
    "psy_ano": "ano",
}
FILES_OF = {field: tuple(family for family in EXTENSIONS if family.startswith(field)) for field in ("smr", "had", "psy")}
WIDTHS = {"smr": 7, "had": 5, "psy": 6}
UNITS = 2


def version_of(family: str, year: int) -> str:
    return next(name for name, row in versions(family).items() if int(row["year_from"]) <= year <= int(row["year_to"]))


def pseudonym(stay: int) -> str:
    return f"P{stay:016d}"


def transmission(field: str, year: int, stays: int = 3, finess: str = FINESS) -> dict[str, list[str]]:
    """Family -> lines of the files of a field in a year; PSY has as many ambulatory acts, of the same patients."""
    return {family: _lines(family, year, stays, finess) for family in FILES_OF[field]}


def written(lines: list[str]) -> bytes:
    return "".join(one + "\r\n" for one in lines).encode("ascii")


def files(field: str, year: int, stays: int = 3, finess: str = FINESS, stem: str = "a") -> dict[str, bytes]:
    """Name of file -> bytes."""
    return {f"{stem}.{EXTENSIONS[family]}": written(lines) for family, lines in transmission(field, year, stays, finess).items()}


def _lines(family: str, year: int, stays: int, finess: str) -> list[str]:
    is_by_unit = family in ("smr_rha", "smr_tra", "had_rapss", "had_tra", "psy_rpsa")
    units = range(1, UNITS + 1) if is_by_unit else (1,)
    return [field_line(family, year, stay, unit, finess) for stay in range(1, stays + 1) for unit in units]


def field_line(family: str, year: int, stay: int, unit: int = 1, finess: str = FINESS, own: Values | None = None) -> str:
    """One line: the stay `stay`, its unit `unit` (of UNITS), in the month of that number. own: values of this line alone."""
    version, field = version_of(family, year), family[:3]
    number = f"{stay:0{WIDTHS[field]}d}"
    entry, end = date(year, 1, 3), date(year, UNITS, 5)
    values: Values = {
        "finess": finess,
        "stay_number": f"{stay:08d}" if family == "psy_r3a" else number,
        "unit_number": f"{unit:0{_width(family, version, 'unit_number')}d}",
        "sequence_number": "0001",
        "stay_identifier": f"{stay:05d}",
        "link_index": f"L{stay:031d}",
        "ipp_hash": f"H{stay:015d}",
        "unit_finess": finess,
        "age_years": 70,
        "sex_code": "1",
        "geo_code": "75101",
        "entry_mode": "8",
        "exit_mode": "8" if unit == UNITS else None,
        "hospitalisation_type": "1",
        "activity_form": "01",
        "home_type": "1",
        "dp": "E119",
        "mmp": "I500",
        "ae": "E110",
        "fppc": "Z501",
        "days": 5,
        "presence_days": 5,
        "weekdays_present": "11111",
        "weekend_days_present": "00",
        "sequence_kind": "1",
        "week_month": unit,
        "week_year": year,
        "end_month": unit,
        "end_year": year,
        "month": 2,
        "year": year,
        "contact_date": date(year, 2, 9),
        "is_last_of_stay": "1" if unit == UNITS else "2",
        "entry_year": year,
        "entry_month": 1,
        "entry_date": entry,
        "exit_date": end,
        "pseudonym": pseudonym(stay),
        "billing_base_eur": 123456,
        "local_stay_number": number,
        "week": "012024",
        "rhs_line": "0000000001",
        "nas": f"{stay:020d}",
        "birth_date": date(1950, 1, 1),
    }
    values |= {name: "0" for name in named_fields(family, version, "fixed") if name.endswith("_return")} | (own or {})
    return line(family, version, _known(family, version, "fixed", values), _repeated(family, version))


def _width(family: str, version: str, name: str) -> int:
    return named_fields(family, version, "fixed").get(name, (0, 1, ""))[1]


def _known(family: str, version: str, zone: str, values: Values) -> Values:
    return {name: value for name, value in values.items() if name in named_fields(family, version, zone)}


ACT_CODES = {"ccam": "DEQP003", "actes": "DEQP003", "csarr": "ZZC+221", "csar": "AAA01"}  # by zone
RECORD: Values = {
    "code": "E780",
    "phase": "0",
    "activity": "1",
    "day_offset": 2,
    "executions": 1,
    "gme": "0303A1",
    "gmt": "1234",
    "days": 5,
    "ghpc": "0312",
    "ght": "07",
}


def _repeated(family: str, version: str) -> dict[str, list[Values]]:
    made = {}
    for zone in zones(family, version):
        made[zone] = [_known(family, version, zone, RECORD | {"code": ACT_CODES.get(zone, RECORD["code"])})]
    return made
