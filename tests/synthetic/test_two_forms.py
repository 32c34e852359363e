"""Both forms hold the same stays: read back naively, field by field, and valued again with decimals."""

import csv
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import polars as pl
import pytest

from strata.ingest.lines.layouts import Zone, layout_for_year
from tests.synthetic.conftest import Written

Row = dict[str, str]
Key = tuple[str, int]
YEARS = (2017, 2018, 2019, 2020, 2022, 2023, 2025)  # every version of the RSA and of the ANO
SAME = {  # RSA field -> column of T_MCOaaB
    "ghs": "GHS_NUM", "entry_mode": "ENT_MOD", "entry_provenance": "ENT_PRV", "exit_mode": "SOR_MOD", "exit_destination": "SOR_DES",
    "exit_month": "SOR_MOI", "exit_year": "SOR_ANN", "stay_type": "SEJ_TYP", "geo_code": "BDI_COD", "dp": "DGN_PAL", "dr": "DGN_REL",
    "automatic_rsa": "TYP_GEN_RSA", "nights": "SEJ_NBJ", "sessions": "NBR_SEA", "age_years": "AGE_ANN", "age_days": "AGE_JOU",
    "exh_days": "BEH_NBJ", "exb_kind": "BEB_SEJ", "exb_tenths": "EXB_NBJ", "supplement_rea": "NBR_SUP_REA", "supplement_stf": "NBR_SUP_STF",
    "supplement_src": "NBR_SUP_SRC", "supplement_hs": "SUP_HEM_HS", "supplement_nn1": "NBR_SUP_NN1", "sex_code": "COD_SEX",
}  # fmt: skip
NUMBERS = {"ghs", "nights", "sessions", "age_years", "age_days", "exh_days", "exb_tenths", "exit_year"}
TARIFF_COLUMN = {"rea": "trea", "stf": "tsi", "src": "tsc", "hs": "thhs", "nn1": "tnn1"}
CENT = Decimal("0.01")


def parse(zone: Zone, text: str) -> Row:
    """The fields of one block, by name and without blanks."""
    return {field.name or field.atih_name: text[field.start : field.start + field.width].strip() for field in zone.fields}


def archives(small: Written, year: int) -> Iterator[tuple[str, list[str], list[str]]]:
    """FINESS, RSA lines and ANO lines of each final archive of a year."""
    for path in sorted((small.folder / "atih" / "landing").glob(f"*.{year}.12.*")):
        with zipfile.ZipFile(path) as archive:
            text = {name.rsplit(".", 1)[1]: archive.read(name).decode("ascii").splitlines() for name in archive.namelist()}
        yield path.name.split(".")[0], text["rsa"], text["ano"]


def read_rsa(line: str, year: int) -> tuple[Row, dict[str, list[Row]]]:
    """The fixed part and the repeated zones of a line."""
    layout = layout_for_year("mco_rsa", year)
    fixed = parse(layout.fixed, line)
    cursor, zones = layout.fixed.width, {}
    for zone in layout.zones:
        count = int(fixed[str(zone.count_name)])
        zones[zone.name] = [parse(zone, line[cursor + zone.width * rank : cursor + zone.width * (rank + 1)]) for rank in range(count)]
        cursor += zone.width * count
    assert cursor == len(line)
    return fixed, zones


def unit_of(zone: Row) -> tuple[str, ...]:
    """A unit block as T_MCOaaUM writes it."""
    return str(int(zone["unit_rank"])), zone["unit_dp"], zone["unit_dr"], zone["authorisation_1"], str(int(zone["unit_nights"]))


def snds(small: Written, year: int, table: str) -> list[Row]:
    """The rows of one SNDS table as text, NULL as ''."""
    stem = small.folder / "snds" / "landing" / f"T_MCO{year % 100}{table}"
    parquet = stem.with_name(stem.name + ".parquet")
    if parquet.exists():
        frame = pl.read_parquet(parquet).cast(pl.String)
    else:
        frame = pl.read_csv(stem.with_name(stem.name + ".csv"), separator=";", infer_schema=False)
    return frame.fill_null("").to_dicts()


def grouped(found: list[Row], *columns: str) -> dict[Key, Counter[tuple[str, ...]]]:
    """Per stay, the values of some columns, counted."""
    groups: dict[Key, Counter[tuple[str, ...]]] = defaultdict(Counter)
    for row in found:
        groups[row["ETA_NUM"], int(row["RSA_NUM"])][tuple(row[name] for name in columns)] += 1
    return groups


@pytest.mark.parametrize("year", YEARS)
def test_the_stays_of_a_year_are_the_same_in_both_forms(small: Written, year: int) -> None:
    b = {(row["ETA_NUM"], int(row["RSA_NUM"])): row for row in snds(small, year, "B")}
    das, act = grouped(snds(small, year, "D"), "ASS_DGN"), grouped(snds(small, year, "A"), "CDC_ACT", "ENT_DAT_DEL")
    um = grouped(snds(small, year, "UM"), "UM_ORD_NUM", "DGN_PAL", "DGN_REL", "AUT_TYP1_UM", "PAR_DUR_SEJ")
    seen = set()
    for finess, rsa, _ in archives(small, year):
        for line in rsa:
            fixed, zones = read_rsa(line, year)
            key = (finess, int(fixed["stay_number"]))
            seen.add(key)
            assert fixed["finess"] == finess and fixed["format_version"] == layout_for_year("mco_rsa", year).version
            assert "".join(fixed[f"ghm_{part}"] for part in ("cmd", "type", "number", "severity")) == b[key]["GRG_GHM"]
            for field, column in SAME.items():
                mine, theirs = fixed[field], b[key][column]
                assert (int(mine or 0) == int(theirs or 0)) if field in NUMBERS or "supplement" in field else mine == theirs, (field, key)
            assert Counter((zone["code"],) for zone in zones["da"]) == das[key]
            assert Counter((zone["code"], str(int(zone["day_offset"]))) for zone in zones["actes"]) == act[key]
            units = (
                (str(int(u["unit_rank"])), u["unit_dp"], u["unit_dr"], u["authorisation_1"], str(int(u["unit_nights"])))
                for u in zones["um"]
            )
            assert Counter(units) == um[key]
            assert sum(int(u["unit_das_count"]) for u in zones["um"]) == len(zones["da"])
            assert sum(int(u["unit_procedure_count"]) for u in zones["um"]) == len(zones["actes"])
    assert seen == set(b)


@pytest.mark.parametrize("year", YEARS)
def test_the_chaining_of_a_year_is_the_same_in_both_forms(small: Written, year: int) -> None:
    layout = layout_for_year("mco_ano", year)
    columns = {"nir_return": "NIR_RET", "birth_date_return": "NAI_RET", "sex_return": "SEX_RET", "stay_id_return": "SEJ_RET",
               "fusion_hosp_return": "FHO_RET", "fusion_pmsi_return": "PMS_RET", "entry_date_return": "DAT_RET",
               "birth_coherence_return": "COH_NAI_RET", "sex_coherence_return": "COH_SEX_RET", "pseudonym": "NIR_ANO_17",
               "entry_date": "ENT_DAT", "exit_date": "SOR_DAT"}  # fmt: skip
    valuation = {(row["ETA_NUM"], int(row["RSA_NUM"])): row["VALO"] for row in snds(small, year, "VALO")}
    c = {(row["ETA_NUM"], int(row["RSA_NUM"])): row for row in snds(small, year, "C")}
    seen = set()
    for finess, _, ano in archives(small, year):
        for line in ano:
            assert len(line) == layout.fixed.width
            fields = parse(layout.fixed, line)
            key = (finess, int(fields["stay_number"]))
            seen.add(key)
            assert {name: fields[name] for name in columns} == {name: c[key][column] for name, column in columns.items()}
            assert (fields["billable"] == "0") == (valuation[key] == "0")
    assert seen == set(c)


def tariffs(folder: Path) -> tuple[dict[tuple[str, str], Row], dict[str, Row]]:
    """The tariff rows by GHS and year, and the supplements by year."""
    with (folder / "tariffs" / "ghs.csv").open(encoding="utf-8", newline="") as handle:
        ghs = {(row["ghs"], row["anseqta"]): row for row in csv.DictReader(handle)}
    with (folder / "tariffs" / "supplements.csv").open(encoding="utf-8", newline="") as handle:
        supplements = {row["anseqta"]: row for row in csv.DictReader(handle)}
    return ghs, supplements


def value(row: Row, ghs: dict[tuple[str, str], Row], supplements: dict[str, Row]) -> Decimal:
    """What a stay is worth, as the valuation note reads."""
    year = str(int(row["SOR_ANN"]) - (row["SOR_MOI"] in ("01", "02")))
    tariff = ghs.get((row["GHS_NUM"].zfill(4), year))
    if tariff is None:
        return Decimal("0.00")
    once = not row["GRG_GHM"].startswith("28") or row["GRG_GHM"][:5] in ("28Z19", "28Z20", "28Z21", "28Z22")
    parts = [Decimal(tariff["tarif_base"]) * (1 if once else int(row["NBR_SEA"])), Decimal(tariff["tarif_exh"]) * int(row["BEH_NBJ"])]
    if row["BEB_SEJ"] == "2":
        parts.append(-Decimal(tariff["tarif_exb"]) * int(row["EXB_NBJ"]) / 10)
    if row["BEB_SEJ"] == "1":
        parts.append(-Decimal(tariff["forfait_exb"]))
    for name, column in TARIFF_COLUMN.items():
        parts.append(Decimal(supplements[year][column]) * int(row[SAME[f"supplement_{name}"]]))
    return sum((abs(part).quantize(CENT, ROUND_HALF_UP) * (-1 if part < 0 else 1) for part in parts), Decimal(0))


@pytest.mark.parametrize("year", YEARS)
def test_every_stay_is_worth_what_the_tariffs_say(small: Written, year: int) -> None:
    ghs, supplements = tariffs(small.folder / "snds")
    paid = {(row["ETA_NUM"], int(row["RSA_NUM"])): Decimal(row["MNT_TOT_BR"]) for row in snds(small, year, "VALO")}
    stays = snds(small, year, "B")
    wrong = [row["GRG_GHM"] for row in stays if value(row, ghs, supplements) != paid[row["ETA_NUM"], int(row["RSA_NUM"])]]
    assert wrong == []
    assert len(stays) == len(paid)


def test_sessions_for_another_hospital_are_paid_and_its_stays_are_not(small: Written) -> None:
    paid: dict[bool, set[str]] = {True: set(), False: set()}
    for year in YEARS:
        valuation = {(row["ETA_NUM"], int(row["RSA_NUM"])): row["VALO"] for row in snds(small, year, "VALO")}
        for row in snds(small, year, "B"):
            if row["SEJ_TYP"] == "B" and row["GHS_NUM"] != "9999":
                paid[row["GRG_GHM"].startswith("28")].add(valuation[row["ETA_NUM"], int(row["RSA_NUM"])])
    assert paid == {True: {"1"}, False: {"0"}}


def test_each_way_of_pricing_is_used(small: Written) -> None:
    stays = [row for year in YEARS for row in snds(small, year, "B")]
    assert {row["BEB_SEJ"] for row in stays} == {"0", "1", "2"}
    assert any(int(row["EXB_NBJ"]) % 10 for row in stays)
    assert any(int(row["BEH_NBJ"]) for row in stays)
    assert any(row["GRG_GHM"].startswith("28Z20") and int(row["NBR_SEA"]) > 1 for row in stays)
    for name in TARIFF_COLUMN:
        assert any(int(row[SAME[f"supplement_{name}"]]) for row in stays), name
