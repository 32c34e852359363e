"""The local form: what one hospital of the country keeps on its own disk.

Belongs here: its RSA, ANO without pseudonyms, TRA, VID-HOSP and grouped RSS, its settings, and the truth of who is who.
Not here: identities (local_identity.py), RSA and ANO lines (atih.py).
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from strata.ingest.lines.layouts import layout_for_year
from strata.synthetic.atih import ano_lines, rsa_lines
from strata.synthetic.atih_writer import NEWLINE, assemble, sheets
from strata.synthetic.chance import Chance
from strata.synthetic.local_identity import CLEAR, PLACEHOLDER, Identities, check_number, draw_identities
from strata.synthetic.people import People
from strata.synthetic.project import SETTINGS, STANDARD_TARIFF_YEAR, write_project
from strata.synthetic.record import Record, fact_codes
from strata.synthetic.stays import Table, take
from strata.synthetic.tables import NONE

HOSPITAL = b"990100013"
FIRST_YEAR, KEYED_FROM, CSV_FROM, RSS_YEAR, FIRST_PUBLISHED = 2020, 2022, 2023, 2023, 2024
LOOKBACK_YEARS = 3
LINE = NEWLINE[False]
README = """\
One synthetic hospital on its own (invented: its identity numbers are of department 99 and of nobody).

Its .ano names no patient from {keyed} on: persons are found through TRA and VID-HOSP, under a keyed hash.
Set a secret before running, any text of 16 characters or more here, a drawn one kept in a vault for real files:

    STRATA_PERSON_KEY=not-a-secret-synthetic-only strata run --config strata.toml      (Linux, macOS)
    $env:STRATA_PERSON_KEY = "not-a-secret-synthetic-only"; strata run --config strata.toml      (Windows)

{rss} has no RSA, only a grouped RSS. The years before {keyed} carry the national pseudonym: they do not join the later ones,
so the look-back is of {lookback} years. identities.parquet, beside this folder, says who is who.
"""


def write_local(out: Path, chance: Chance, people: People, record: Record, years: range, pseudonyms: np.ndarray) -> None:
    """OUT/local, a project ready to run, and OUT/identities.parquet."""
    folder = out / "local"
    write_project(folder, people, years)
    (folder / "strata.toml").write_text(_settings(years), encoding="utf-8", newline="\n")
    about = README.format(keyed=KEYED_FROM, rss=RSS_YEAR, lookback=LOOKBACK_YEARS)
    (folder / "README.txt").write_text(about, encoding="utf-8", newline="\n")
    truth = []
    for year in range(max(FIRST_YEAR, years.start), years.stop):
        slice_ = record.slice(year)
        slice_ = slice_.rows(slice_.stay["finess"] == HOSPITAL)
        landing = folder / "landing" / str(year)
        landing.mkdir(parents=True)
        if year < KEYED_FROM:
            _write_named(landing, slice_, year)
        else:
            identities = draw_identities(chance, people, slice_, year)
            _write_keyed(landing, slice_, identities, year)
            truth.append(_truth(slice_, identities, pseudonyms, year))
    pq.write_table(pa.concat_tables(truth), out / "identities.parquet", compression="zstd")


def _settings(years: range) -> str:
    text = SETTINGS.format(first=FIRST_PUBLISHED, last=years[-1], lookback=LOOKBACK_YEARS, tariff=STANDARD_TARIFF_YEAR, duplicates="")
    return text.replace('scope = "national"', f'scope = "own"\nhospitals = ["{HOSPITAL.decode()}"]')


def _name(year: int) -> str:
    return f"{HOSPITAL.decode()}.{year}.12"


def _write_named(folder: Path, slice_: Record, year: int) -> None:
    """A year whose .ano still carried the pseudonym."""
    (folder / f"{_name(year)}.rsa").write_bytes(rsa_lines(slice_, year, LINE))
    (folder / f"{_name(year)}.ano").write_bytes(ano_lines(slice_, year, LINE))


def _write_keyed(folder: Path, slice_: Record, identities: Identities, year: int) -> None:
    (folder / f"{_name(year)}.vidhosp.txt").write_bytes(vid_hosp_lines(slice_, identities, year))
    if year == RSS_YEAR:
        (folder / f"{_name(year)}.rss.grp.txt").write_bytes(rss_lines(slice_, identities, year))
        return
    nameless = Record(
        {**slice_.stay, "pseudonym": np.full(len(slice_.stay["year"]), b"", dtype="S17")}, slice_.unit, slice_.das, slice_.act
    )
    (folder / f"{_name(year)}.rsa").write_bytes(rsa_lines(nameless, year, LINE))
    (folder / f"{_name(year)}.ano").write_bytes(ano_lines(nameless, year, LINE))
    (folder / f"{_name(year)}.tra.txt").write_bytes(tra_lines(slice_, identities, year))


def nas_of(slice_: Record, year: int) -> np.ndarray:
    """The administrative number of each stay: one for all the sessions of a person in a year."""
    stay = slice_.stay
    alone = np.arange(len(stay["year"])) + 1
    return np.char.add(f"{year}S".encode(), _padded(np.where(stay["session"], 5_000_000 + stay["person"], alone), 8))


def _padded(values: np.ndarray, width: int) -> np.ndarray:
    return np.char.zfill(values.astype(f"S{width}"), width)


def tra_lines(slice_: Record, identities: Identities, year: int) -> bytes:
    """TRA: fixed until 2022, ';' since. A few stays have no line, a few have an entry a day too early."""
    kept = np.flatnonzero(identities.trouble != "tra_missing")
    stay = take(slice_.stay, kept)
    table = {
        "stay_number": _padded(stay["stay_number"], 10),
        "rss_number": _padded(stay["stay_number"] + 100_000, 20),
        "nas": nas_of(slice_, year)[kept],
        "ghm": stay["ghm"],
        "entry_date": stay["entry"] - (identities.trouble[kept] == "tra_disagrees"),
        "exit_date": stay["exit"],
    }
    filled = sheets("mco_tra", KEYED_FROM, {"fixed": table}, {"fixed": len(kept)})["fixed"]
    return assemble({"fixed": filled}, {}, LINE) if year < CSV_FROM else _csv(filled)


def _csv(filled: np.ndarray) -> bytes:
    """The fixed form as columns, in the order of the ';' form, with the software's own key behind."""
    zone = layout_for_year("mco_tra", KEYED_FROM).fixed
    names = ("stay_number", "rss_number", "nas", "entry_date", "exit_date", "ghm")
    cells = [filled[:, zone.field(name).start : zone.field(name).start + zone.field(name).width] for name in names]
    mark, end = (np.full((len(filled), 1), ord(letter), dtype=np.uint8) for letter in (";", "\n"))
    key = np.tile(np.frombuffer(b"hash@0#0", dtype=np.uint8), (len(filled), 1))
    return np.hstack([part for cell in cells for part in (cell, mark)] + [key, end]).tobytes()


def vid_hosp_lines(slice_: Record, identities: Identities, year: int) -> bytes:
    """VID-HOSP: a line per administrative stay, those of outpatient visits, and the mistakes of identities.trouble."""
    nas = nas_of(slice_, year)
    _, first = np.unique(nas, return_index=True)
    first = np.sort(first[identities.trouble[first] != "line_missing"])
    again = first[np.isin(identities.trouble[first], ("said_twice", "contradicted"))]
    outpatient = first[::97]
    rows = np.concatenate([first, again, outpatient])
    table = _vid_hosp(slice_, identities, rows, year)
    table["nas"] = np.concatenate([nas[first], nas[again], np.char.add(b"EXT", nas[outpatient])])
    wrong = np.arange(len(rows)) >= len(first)
    wrong &= identities.trouble[rows] == "contradicted"
    table["individual_nir"] = np.where(wrong, np.roll(identities.number, 1)[rows], table["individual_nir"])
    table["individual_nir_key"] = np.where(wrong, check_number(np.roll(identities.number, 1)[rows]), table["individual_nir_key"])
    table["ins"] = np.where(identities.trouble[rows] == "contradicted", b"", table["ins"])
    days = {"DISCIPLINE": np.full(len(rows), b"101"), "DEBUT": table["entry_date"], "FIN": table["exit_date"]}
    filled = sheets("vid_hosp", year, {"fixed": table, "dmt": days}, {"fixed": len(rows), "dmt": len(rows)})
    return assemble(filled, {"dmt": np.arange(len(rows))}, LINE)


def _vid_hosp(slice_: Record, identities: Identities, rows: np.ndarray, year: int) -> Table:
    trouble, number = identities.trouble[rows], identities.number[rows]
    check, is_adult = check_number(number), slice_.stay["age"][rows] >= 18
    blank = np.isin(trouble, ("number_missing", "placeholder", "newborn", "twin"))
    insured = np.where(trouble == "number_missing", b"", np.where(trouble == "placeholder", PLACEHOLDER, identities.insured[rows]))
    insured = np.where(trouble == "wrong_check", number, insured)
    insured_check = np.where(np.isin(insured, (b"", PLACEHOLDER)), b"", _check_or_blank(insured))
    own_known = ~blank & ~(is_adult & (slice_.stay["person"][rows] % 3 == 0))  # the others are insured by themselves: no second number
    has_ins = ~blank & (slice_.stay["person"][rows] % 4 < year - KEYED_FROM) & (trouble != "wrong_check")
    spoiled = np.where(trouble == "wrong_check", b"00", check)
    table = {
        "insured_nir": insured,
        "insured_nir_key": np.where(trouble == "wrong_check", b"00", insured_check),
        "individual_nir": np.where(own_known, number, b""),
        "individual_nir_key": np.where(own_known, spoiled, b""),
        "ins": np.where(has_ins, np.char.add(number, check), b""),
        "birth_date": identities.birth[rows],
        "sex_code": slice_.stay["sex"][rows].astype("S1"),
        "birth_rank": identities.rank[rows],
        "mother_nas": np.where(trouble == "newborn", b"M0001", b""),
        "newborn_beside_mother": np.where(trouble == "newborn", b"1", b""),
        "finess": slice_.stay["finess"][rows],
        "entry_date": slice_.stay["entry"][rows],
        "exit_date": slice_.stay["exit"][rows],
        "IPP": np.char.add(b"IPP", _padded(slice_.stay["person"][rows], 8)),
        "MEDECIN_NOM": np.full(len(rows), "DOCTEUR INVENTÉ".encode("latin-1")),
        "dmt_count": np.ones(len(rows), dtype=np.int64),
    }
    return table | {"format_version": np.full(len(rows), layout_for_year("vid_hosp", year).version.encode())}


def _check_or_blank(numbers: np.ndarray) -> np.ndarray:
    return np.where(numbers == b"", b"", check_number(np.where(numbers == b"", b"0", numbers)))


def rss_lines(slice_: Record, identities: Identities, year: int) -> bytes:
    """A grouped RSS: a line per unit, without the stays that software made."""
    by_hand = slice_.stay["automatic"] == b"0"
    nas, birth = nas_of(slice_, year)[by_hand], identities.birth[by_hand]
    slice_ = slice_.rows(by_hand)
    stay, unit = slice_.stay, slice_.unit
    of = unit["stay"]
    entry = stay["entry"][of] + _nights_before(unit)
    last = unit["rank"] == stay["unit_count"][of]
    exit_ = np.where(last, stay["exit"][of], entry + unit["nights"])
    table = {
        "NOCLAS": np.full(len(of), b"11"), "ghm": stay["ghm"][of], "NOVERR": np.full(len(of), b"022"), "CDERG": np.full(len(of), b"000"),
        "format_version": np.full(len(of), layout_for_year("mco_rum", year).version.encode()), "finess": stay["finess"][of],
        "rss_number": _padded(stay["stay_number"][of] + 100_000, 20), "nas": nas[of], "NORUM": _padded(np.arange(len(of)) + 1, 10),
        "birth_date": birth[of], "sex_code": stay["sex"][of].astype("S1"), "CDURM": _padded(unit["authorisation"] + 1, 4),
        "entry_date": entry, "exit_date": exit_, "postcode": stay["geo_code"][of], "dp": unit["code"], "dr": fact_codes()[unit["related"]],
        "entry_mode": np.where(unit["rank"] == 1, stay["entry_mode"][of], b"6"),
        "entry_provenance": np.where(unit["rank"] == 1, stay["entry_provenance"][of], b"1"),
        "exit_mode": np.where(last, stay["exit_mode"][of], b"6"), "exit_destination": np.where(last, stay["exit_destination"][of], b"1"),
        "sessions": np.minimum(stay["sessions"][of], 99), "das_count": unit["das_count"], "procedure_count": unit["procedure_count"],
    }  # fmt: skip
    documentary = np.flatnonzero(np.arange(len(of)) % 37 == 0)
    table["dad_count"] = np.bincount(documentary, minlength=len(of))
    owners = {"da": _unit_of(slice_.das, unit), "dad": documentary, "actes": _unit_of(slice_.act, unit)}
    acts = {
        "procedure_date": stay["entry"][slice_.act["stay"]] + slice_.act["offset"], "code": slice_.act["code"],
        "phase": np.full(len(owners["actes"]), b"0"), "activity": np.full(len(owners["actes"]), b"1"),
        "executions": np.ones(len(owners["actes"]), dtype=np.int64),
    }  # fmt: skip
    tables = {"fixed": table, "da": {"code": slice_.das["code"]}, "dad": {"DAD": np.full(len(documentary), b"E1120")}, "actes": acts}
    counts = {"fixed": len(of), **{name: len(owner) for name, owner in owners.items()}}
    return assemble(sheets("mco_rum", year, tables, counts), owners, LINE)


def _nights_before(unit: Table) -> np.ndarray:
    """Nights of the stay before each of its units."""
    total = np.cumsum(unit["nights"]) - unit["nights"]
    begins = np.concatenate([[True], unit["stay"][1:] != unit["stay"][:-1]])
    return total - total[np.maximum.accumulate(np.where(begins, np.arange(len(begins)), 0))]


def _unit_of(codes: Table, unit: Table) -> np.ndarray:
    """The row of the unit of each code."""
    return np.searchsorted(unit["stay"] * 4 + unit["rank"], codes["stay"] * 4 + codes["rank"])


def _truth(slice_: Record, identities: Identities, pseudonyms: np.ndarray, year: int) -> pa.Table:
    """One row per stay: who it is in the country, the identity that stands in the files, and what keeps it from being found."""
    stay = slice_.stay
    says_less = (year == RSS_YEAR) & ((stay["dirt"] != NONE) | (stay["unit_count"] > 1) | (stay["automatic"] != b"0"))
    without_tra = (year == RSS_YEAR) & np.isin(identities.trouble, ("tra_missing", "tra_disagrees"))
    trouble = np.where(without_tra, CLEAR, identities.trouble)
    trouble = np.where((trouble == CLEAR) & says_less, "rss_says_less", trouble)
    trouble = np.where(~stay["has_ano"] & (trouble == CLEAR), "ano_missing", trouble)
    trouble = np.where((year == RSS_YEAR) & (stay["automatic"] != b"0"), "not_in_rss", trouble)
    born = np.datetime_as_string(identities.birth.astype("datetime64[D]"))
    return pa.table(
        {
            "year": pa.array(np.full(len(trouble), year, dtype=np.int16)),
            "stay_number": pa.array(_padded(stay["stay_number"], 10).astype("U")),
            "pseudonym": pa.array(pseudonyms[stay["person"]].astype("U")),
            "number": pa.array(identities.number.astype("U")),
            "birth_date": pa.array(born),
            "sex": pa.array(stay["sex"].astype("U1")),
            "trouble": pa.array(trouble),
        }
    )
