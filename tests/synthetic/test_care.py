"""Care outside MCO: it changes no byte of MCO, it holds every case that files know, and its truth is what the table of cases expects."""

import csv
import hashlib
import zipfile
from pathlib import Path

import polars as pl

from strata.synthetic.care import cast
from strata.synthetic.chance import Chance
from strata.synthetic.country import _live
from strata.synthetic.record import pseudonyms
from strata.synthetic.stays import take
from strata.synthetic.tables import rows
from tests.synthetic.conftest import Written

YEARS = range(2017, 2026)
# What the default country writes, whatever compresses it. The other fields of care did not change it.
PINNED = "9b053fcf72c0f7dacfae158010eb6139d5964d8f54a84bf06c528624a2a74ff8"


def contents(folder: Path) -> str:
    """One hash of every line of a country: archives unpacked, tables of CSV years, settings, truth by rows."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(str(path.relative_to(folder).as_posix()).encode())
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    total.update(archive.read(name))
        elif path.suffix == ".parquet":
            total.update(pl.read_parquet(path).cast(pl.String).write_csv().encode())
        else:
            total.update(path.read_bytes())
    return total.hexdigest()


def test_the_default_country_is_what_it_was(small: Written) -> None:
    assert contents(small.folder) == PINNED


def test_other_fields_change_no_file_of_mco(small: Written, everywhere: Written) -> None:
    for form in ("atih", "snds"):
        for path in sorted((small.folder / form / "landing").iterdir()):
            assert (everywhere.folder / form / "landing" / path.name).read_bytes() == path.read_bytes()
        for name in ("population.csv", "territories.csv", "tariffs/ghs.csv"):
            assert (everywhere.folder / form / name).read_bytes() == (small.folder / form / name).read_bytes()
    assert pl.read_parquet(everywhere.folder / "truth_mco.parquet").equals(small.truth)


def expectations() -> dict[tuple[str, str, int], str]:
    """'stratum or status or -' by case of care, condition and year, as its author read the clinical text."""
    found = {}
    for row in rows("care_cases"):
        for text in row["expects"].split():
            where, value = text.split("=")
            condition, year = where.split("/")
            found[row["case"], condition, int(year)] = value
    return found


def test_every_case_of_care_is_what_the_clinical_text_says(everywhere: Written) -> None:
    chance = Chance(everywhere.seed)
    people, cases, stay, _ = _live(chance, everywhere.persons, YEARS)
    chosen = cast(chance.named("care"), people, cases, take(stay, ~stay["is_copy"]))
    names = pseudonyms(chance, len(people)).astype("U")
    played = {rows("care_cases")[case]["case"]: str(names[person]) for case, person in chosen.items()}
    assert len(played) == len(rows("care_cases"))
    columns = everywhere.truth.select("pseudonym", "condition", "year", "status", "stratum", "ambiguous").iter_rows()
    truth = {row[:3]: (str(row[4]) if row[3] == "diseased" else row[3], row[5]) for row in columns}
    seen = {key: truth.get((played[key[0]], *key[1:]), ("-", False)) for key in expectations()}
    wrong = {key: value for key, value in seen.items() if value != (expectations()[key], False)}
    assert len(seen) > 50
    assert wrong == {}


def table(written: Written, name: str) -> pl.DataFrame:
    """One SNDS table over all years, as text, with the year of its file."""
    frames = []
    for year in YEARS:
        stem = written.folder / "snds" / "landing" / f"T_{name[:3]}{year % 100}{name[3:]}"
        parquet, text = (stem.with_name(f"{stem.name}.{suffix}") for suffix in ("parquet", "csv"))
        frame = pl.read_parquet(parquet) if parquet.exists() else pl.read_csv(text, separator=";", infer_schema=False)
        frames.append(frame.cast(pl.String).with_columns(pl.lit(year).alias("file_year")))
    return pl.concat(frames)


def test_weeks_of_smr_are_many_some_silent_some_of_day_care_some_over_new_year(everywhere: Written) -> None:
    weeks, stays, chaining = (table(everywhere, f"SSR{name}") for name in ("B", "S", "C"))
    assert weeks.group_by("ETA_NUM", "RHA_NUM", "file_year").len()["len"].max() >= 6
    assert weeks.filter(pl.col("MOR_PRP").is_null()).height >= 5
    assert set(weeks["HOS_TYP_UM"]) == {"1", "2"}
    assert {"1", "2", "3"} <= set(stays["SUI_TYP"])
    assert chaining.filter(pl.col("EXE_SOI_DTF").is_null()).height >= 3
    groups = table(everywhere, "SSRGME").group_by("ETA_NUM", "RHA_NUM", "file_year").len()
    assert set(groups["len"]) == {1, 2}


def test_home_care_has_several_sub_sequences_with_several_tariffs(everywhere: Written) -> None:
    periods, groups = table(everywhere, "HADB"), table(everywhere, "HADGRP")
    assert periods.group_by("ETA_NUM_EPMSI", "RHAD_NUM", "file_year").len()["len"].max() >= 3
    assert groups.group_by("ETA_NUM_EPMSI", "RHAD_NUM", "SEQ_NUM", "SSEQ_NUM", "file_year").len()["len"].max() == 3
    assert set(periods["PAT_TYP_DOM"]) == {"1", "3", "6"}
    assert all(table(everywhere, f"HAD{name}").height >= 3 for name in ("D", "DMPP", "DMPA", "A"))


def test_psychiatry_has_sequences_and_acts_and_people_die_in_each_field(everywhere: Written) -> None:
    sequences, acts = table(everywhere, "RIPRSA"), table(everywhere, "RIPR3A")
    assert sequences.group_by("ETA_NUM_EPMSI", "RIP_NUM", "file_year").len()["len"].max() >= 3
    assert set(sequences["FOR_ACT"]) == {"01", "03", "20", "21"}
    assert set(acts["FOR_ACT"]) == {"30"} and table(everywhere, "RIPR3AD").height >= 5
    for frame in (table(everywhere, "SSRS"), table(everywhere, "HADS"), table(everywhere, "RIPS")):
        assert frame.filter(pl.col("SOR_MOD") == "9").height >= 1


def test_tariffs_are_printed_as_the_official_tables_are(everywhere: Written) -> None:
    headers = {}
    for name in ("gmt", "ght"):
        with (everywhere.folder / "atih" / "tariffs" / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
            headers[name] = next(csv.reader(handle))
    assert headers == {
        "gmt": ["gmt", "gme", "dzf", "fzf", "tzf1", "annee_pmsi", "tzb", "tzf2"],
        "ght": ["paprica_numght", "lib_ght", "tarif_jour", "annee", "typdom"],
    }
    assert {path.name for path in (everywhere.folder / "snds" / "tariffs").iterdir()} == {
        "ghs.csv",
        "supplements.csv",
        "gmt.csv",
        "ght.csv",
    }
